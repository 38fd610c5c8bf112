"""Pyro: sets that travel with tensors, and the graph of a model's sample sites."""
