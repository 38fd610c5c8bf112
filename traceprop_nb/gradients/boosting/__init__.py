"""Boosted ensembles of trees as objectives, whichever library grew them."""
