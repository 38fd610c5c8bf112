"""The libraries' own tests, each run twice: as they are, and rewritten and recorded as a cell is.

A test that ends differently is a change that tracing made to somebody's program.
"""
