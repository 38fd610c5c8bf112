"""What the package costs, measured: ``make bench``. Nothing here asserts a number."""
