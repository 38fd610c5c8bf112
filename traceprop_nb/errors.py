"""Every error that traceprop_nb raises on purpose, in one tree.

Each message says what could not be done, with the values, and what to do next::

    TracepropError
    ├── UnknownNameError (LookupError)      no source, run, method, option of that name
    ├── UntracedError (LookupError)         an object whose lineage was never recorded
    ├── NoRunError (LookupError)            a model without a recorded training run
    ├── NoModelError (RuntimeError)         a training cell in which no model was found
    ├── RowRangeError (IndexError)          rows that the value or source does not have
    ├── ShapeError (ValueError)             arrays that do not fit each other
    ├── NotFiniteError (ValueError)         NaN or infinity where a number is needed
    ├── EmptyForgetSetError (ValueError)    nothing, or everything, to forget
    ├── OptionError (ValueError)            an option's value that makes no sense
    ├── UnsupportedModelError (TypeError)   a model or loss without an objective here
    ├── ConvergenceError (ArithmeticError)  a solver that stopped before its tolerance
    ├── MissingFrameworkError (ImportError) an extra that is not installed
    ├── CancelledError (RuntimeError)       work that somebody stopped
    ├── PolicyError (RuntimeError)          what a policy in force forbids
    ├── StoreError (RuntimeError)           a store that cannot be opened, read or written
    ├── FormatError (ValueError)            a file that is not what its format says
    ├── TrustError (RuntimeError)           a key or an anchor that cannot be had
    └── RecordError (ValueError)            a record that its own schema refuses
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class TracepropError(Exception):
    """Anything that traceprop_nb refuses to do."""


class UnknownNameError(TracepropError, LookupError):
    """No source, run, method or option has that name."""


class UntracedError(TracepropError, LookupError):
    """The object's lineage was never recorded."""


class NoRunError(TracepropError, LookupError):
    """The model has no recorded training run."""


class NoModelError(TracepropError, RuntimeError):
    """A training cell ran, and no model was found in it."""


class RowRangeError(TracepropError, IndexError):
    """A row that the value or the source does not have."""


class ShapeError(TracepropError, ValueError):
    """Arrays that do not fit each other."""


class NotFiniteError(TracepropError, ValueError):
    """NaN or infinity where a number is needed."""


class EmptyForgetSetError(TracepropError, ValueError):
    """Nothing to forget, or nothing left to keep."""


class OptionError(TracepropError, ValueError):
    """An option's value that makes no sense."""


class UnsupportedModelError(TracepropError, TypeError):
    """A model, penalty or loss for which there is no objective."""


class ConvergenceError(TracepropError, ArithmeticError):
    """A solver stopped before it reached its tolerance."""


class MissingFrameworkError(TracepropError, ImportError):
    """An optional package that the question needs is not installed."""


class CancelledError(TracepropError, RuntimeError):
    """Long work was stopped before its end; what it would have changed stays as it was."""


class PolicyError(TracepropError, RuntimeError):
    """A policy in force forbids it; nothing of it has happened."""


class PolicyWarning(UserWarning):
    """A policy in force has something to say to what happens now."""


class StoreError(TracepropError, RuntimeError):
    """A store cannot be opened, read or written."""


class FormatError(TracepropError, ValueError):
    """A file in another tool's format that cannot be read as that."""


class TrustError(TracepropError, RuntimeError):
    """A key, a signature or an anchor cannot be had."""


class RecordError(TracepropError, ValueError):
    """A record that its own schema refuses."""


def unknown_name(kind: str, name: str, known: Iterable[str]) -> UnknownNameError:
    """The error for a name that does not exist, with the nearest one that does.

    Args:
        kind: What was looked for, such as ``"source"``.
        name: The name as the user typed it.
        known: The names that exist.
    """
    names = sorted(map(str, known))
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    listed = ", ".join(map(repr, names[:12])) + (", ..." if len(names) > 12 else "")
    have = f" Known: {listed}." if names else f" There is no {kind} yet."
    return UnknownNameError(f"no {kind} named {name!r}{hint or '.'}{have}")
