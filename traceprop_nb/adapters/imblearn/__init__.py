"""imbalanced-learn."""
