"""DuckDB: what its relations give is a source, named by its query."""
