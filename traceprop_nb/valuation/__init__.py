"""What each training row is worth: its share of the model's success on held-out rows."""
