"""LightGBM: boosted trees as runs."""
