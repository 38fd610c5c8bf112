"""NumPy: rules for its functions, methods, operators and indexing."""
