"""What a jaxpr does to rows: its equations are read, never run, and maps of rows carried through.

A value is a set of dependences (``deps``): on these axes the element with this index comes from
those rows of that argument. ``interpret`` walks the equations, one family of primitives a file.
"""
