"""PyTorch: tensors, datasets, loaders, and any module as an objective."""
