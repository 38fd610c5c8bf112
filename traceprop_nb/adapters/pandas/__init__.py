"""pandas: rules for frames and series, and taps where pandas moves rows itself."""
