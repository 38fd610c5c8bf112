"""Random projections of gradients that keep inner products, one a file."""
