"""Programs that notice when their code is rewritten carelessly.

Every snippet leaves what it saw in names that do not start with an underscore. ``log`` is a list
that is there from the start; ``np`` and ``pd`` are imported.
"""
