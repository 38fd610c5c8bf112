"""Where things stand in the lineage drawing; the same coordinates as js/src/layout gives."""
