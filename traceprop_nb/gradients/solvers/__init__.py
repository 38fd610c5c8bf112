"""Solving with a curvature that may be too large to form: one way a file, one answer for all."""
