"""What makes changes to a log show: chains, Merkle trees, keys, signatures, checkpoints."""
