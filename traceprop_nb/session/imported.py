"""The installed packages whose code a process has loaded."""

from __future__ import annotations

import sys
from functools import cache
from importlib import metadata

from traceprop_nb.exports.model import Package


def imported() -> tuple[Package, ...]:
    """Distributions of the modules in ``sys.modules``, by name; none for modules of no one's."""
    roots = {name.partition(".")[0] for name in list(sys.modules)}
    names = {dist for root in roots for dist in _distributions().get(root, ())}
    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue  # uninstalled while the process ran
    return tuple(Package(name, version) for name, version in sorted(found.items()))


@cache
def _distributions() -> dict[str, list[str]]:
    """Module -> its distributions; reads the list of files of every one, once a process."""
    return dict(metadata.packages_distributions())
