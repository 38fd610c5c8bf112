"""One decision about one row: what each feature added to its score, and what would change it."""
