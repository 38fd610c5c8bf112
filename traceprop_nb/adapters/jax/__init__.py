"""JAX: a training that the user names part by part, since its loops are plain functions."""
