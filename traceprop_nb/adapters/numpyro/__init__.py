"""NumPyro: the graph of a model's sample sites."""
