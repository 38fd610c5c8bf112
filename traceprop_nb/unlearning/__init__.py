"""Taking rows back out of a trained model, next to the model retrained without them."""
