"""Row-level lineage: maps between rows, the graph of operations, and questions to it."""
