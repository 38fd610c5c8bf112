"""Static twins of the widgets: deterministic, without scripts, everything escaped."""
