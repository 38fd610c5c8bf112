"""From running code to lineage: rewriting cells, naming live objects, recording operations."""
