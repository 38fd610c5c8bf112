"""scikit-learn: transformers, splitters, and linear models as objectives."""
