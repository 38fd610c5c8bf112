"""The table of what operations do to rows, filled by the adapters.

The recorder looks an operation up here and hands the rule a ``Call``. A rule that recognises the
call records its lineage and returns True; any other answer makes the recorder fall back to an
opaque, inexact record with the operation's name. Nothing is dropped.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import BuiltinMethodType, MethodType
from typing import TYPE_CHECKING, Any

from traceprop_nb.lineage.maps import RowMap
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing import declared
from traceprop_nb.tracing.columns import ColumnRules
from traceprop_nb.tracing.identity import Tracked
from traceprop_nb.tracing.layout import Layout
from traceprop_nb.tracing.operand import Operand

if TYPE_CHECKING:
    from traceprop_nb.tracing.record import Recorder
    from traceprop_nb.tracing.writer import Writer

Edge = tuple[int, RowMap, Kind, Status]
"""Parent node, map from the value's rows to the parent's, kind, status."""


_BOUND = (MethodType, BuiltinMethodType)


@dataclass(slots=True)
class Call:
    """One call, subscript, attribute or write, after it happened.

    Attributes:
        recorder: Takes the record.
        site: Entry in the graph's site table.
        name: Method or function name.
        receiver: The object before the dot, or None when it is gone already.
        node: The receiver's node, or None when it was never recorded.
        kind: The receiver's type.
        ndim: The receiver's number of axes before the call, -1 where unknown.
        args: Positional arguments.
        kwargs: Named arguments.
        out: The result.
        function: The callable, where it was called by name or through a module.
        rows: The receiver's number of rows before the call, -1 where unknown.
        index: The receiver's row labels before the call, or None.
        ref: The receiver's entry in the identity table, or None.
        mark: What taps know the receiver by, or None.
    """

    recorder: Recorder
    site: int
    name: str
    receiver: Any
    node: int | None
    kind: type
    ndim: int
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    out: Any
    function: Any = None
    rows: int = -1
    index: Any = None
    ref: Tracked | None = None
    mark: Any = None

    def argument(self, position: int, name: str, default: Any = None) -> Any:
        """An argument by position or name."""
        if position < len(self.args):
            return self.args[position]
        return self.kwargs.get(name, default)

    def written(self) -> Any:
        """The value that ``base[key] = value`` or its method writes."""
        given = self.args[1] if len(self.args) > 1 else None
        return self.kwargs.get("value", self.kwargs.get("update", given))

    def receiver_operand(self) -> Operand:
        """The receiver as an operand among others."""
        return Operand(self.node, self.kind, self.ndim, self.rows, self.index)

    def emit(self, *edges: Edge, out: Any = None, op: str | None = None) -> bool:
        """Record the result (or another output) with these edges."""
        target = self.out if out is None else out
        self.recorder.emit(self.site, op or self.name, target, edges)
        return True


Rule = Callable[[Call], bool | None]
Saver = Callable[["Recorder", Sequence[Any], Mapping[str, Any], int], None]
"""(recorder, positional, named arguments, site): tells of a file that was just written."""
Align = Callable[["Recorder", int, int, Any, Sequence[Operand]], None]
"""(recorder, site, operation, result, leaves): records a tree of element-wise operators."""
Snapshot = Callable[[Any], tuple[int, int, Any]]
"""(value) -> number of axes, rows, row labels or None."""


class RuleTable:
    """Rules by function, by (type, method), and for trees, subscripts and writes by type.

    Attributes:
        states: How what a call may change stands before it, by its type, or by the module that
            keeps a generator of random numbers.
    """

    def __init__(self) -> None:
        self.tracked: set[type] = set()
        self.scalars: set[type] = set()
        self.recorded: set[type] = set()
        self.functions: dict[Any, Rule] = {}
        self.align: dict[type, Align] = {}
        self.marks: dict[type, Callable[[Any], Any]] = {}
        self.memory: dict[type, Callable[[Any], tuple[int, int]]] = {}
        self.layouts: dict[type, Callable[[Any], Layout | None]] = {}
        self.kin: dict[type, Callable[[Writer, Any], int | None]] = {}
        self.states: dict[Any, Callable[[Any], Any]] = {}
        self.trusted_roots: set[str] = {"builtins"}
        self.trusted_code: set[Any] = set()
        self.frozen: set[type] = set()
        self.seeds: dict[Any, str] = {random.seed: "random.seed", random.Random: "random.Random"}
        self.noted_ops = {"seed", "Random"}
        self.savers: dict[Any, Saver] = {}
        self.columns = ColumnRules()
        self.opaques: dict[Any, str] = {}
        self.rowless: set[Any] = set()
        self.members: dict[type, Callable[[Any, str], Any]] = {}
        self._member: dict[type, Callable[[Any, str], Any] | None] = {}
        self._methods: dict[tuple[type, str], Rule] = {}
        self._found: dict[tuple[type, str], Rule | None] = {}
        self._snapshots: dict[type, Snapshot] = {}
        self._any: list[tuple[type, Rule]] = []

    def track(self, snapshot: Snapshot, align: Align, *types: type, scalar: bool = False) -> None:
        """Values of these types get a node of their own."""
        (self.scalars if scalar else self.tracked).update(types)
        self.recorded.update(types)
        for kind in types:
            self._snapshots[kind] = snapshot
            self.align[kind] = align

    def snapshot(self, value: Any) -> tuple[int, int, Any]:
        """Number of axes, rows and row labels of a recorded value."""
        return self._snapshots[type(value)](value)

    def rows(self, value: Any) -> int:
        """Rows of any object: the length of its first axis, 1 where it has none."""
        find = self._snapshots.get(type(value))
        if find is not None:
            return find(value)[1]
        try:
            return len(value)
        except TypeError:
            return 1

    def function(self, rule: Rule, *functions: Any) -> None:
        """A rule for functions or classes called by name or through their module."""
        for function in functions:
            self.functions[function] = rule

    def seeding(self, functions: Mapping[Any, str]) -> None:
        """Functions and classes whose first argument is a seed, each with its full name."""
        self.seeds.update(functions)
        self.noted_ops.update(name.rpartition(".")[2] for name in functions.values())

    def saving(self, saver: Saver, function: Any) -> None:
        """A function that writes a model, or its parameters, to a file."""
        self.savers[function] = saver
        self.noted_ops.add(function.__name__)

    def opaque(self, why: str, *callables: Any) -> None:
        """Functions, or (type, method name), that no rule can follow, and why: INEXACT always."""
        self.opaques.update(dict.fromkeys(callables, why))

    def explain(self, call: Call) -> None:
        """Note why a call's callee is opaque, where something was said of it."""
        try:
            named = self.opaques.get(call.function, "") if call.function is not None else ""
        except TypeError:  # an unhashable callable
            named = ""
        keys = ((base, call.name) for base in call.kind.__mro__)
        why = named or next((self.opaques[key] for key in keys if key in self.opaques), "")
        if why:
            call.recorder.graph.reasons[call.site] = why

    def no_rows(self, *callables: Any) -> None:
        """Functions, or (type, method name), whose result has no rows: nothing to follow."""
        self.rowless.update(callables)

    def treatment(self, which: Any) -> str | None:
        """What was decided of a function or a (type, method name): None where nothing was.

        Returns:
            ``"rule"``, ``"opaque"``, ``"no rows"`` or None. A rule may still stand back from a
            call whose arguments it was not tested with; that call is INEXACT.
        """
        kind, name = which if isinstance(which, tuple) else (None, "")
        bases = () if kind is None else kind.__mro__
        for key in ((base, name) for base in bases) if bases else (which,):
            if key in self.opaques:
                return "opaque"
            if key in self.rowless:
                return "no rows"
            if key in (self._methods if bases else self.functions):
                return "rule"
        return None

    def method(self, rule: Rule, kind: type, names: Iterable[str]) -> None:
        """A rule for methods of a type and of its subclasses."""
        for name in names:
            self._methods[kind, name] = rule
        self._found.clear()

    def any_method(self, rule: Rule, kind: type) -> None:
        """A rule for every other method of a type and of its subclasses."""
        self._any.append((kind, rule))
        self._found.clear()

    def keeps(self, kind: type, member: Callable[[Any, str], Any]) -> None:
        """Objects of a type and its subclasses keep others: ``member(object, name)`` or None."""
        self.members[kind] = member
        self._member.clear()

    def find_method(self, kind: type, name: str) -> Rule | None:
        """The rule of a method, looked up along the type's bases."""
        key = (kind, name)
        if key not in self._found:
            self._found[key] = self._search(kind, name)
        return self._found[key]

    def member(self, kind: type) -> Callable[[Any, str], Any] | None:
        """How objects of a type keep others that are called through them, as ``self.layer(x)``."""
        if kind not in self._member:
            found = (self.members[base] for base in kind.__mro__ if base in self.members)
            self._member[kind] = next(found, None)
        return self._member[kind]

    def kept(self, kind: type, owner: Any, name: str) -> Any:
        """What an object (weakly held) keeps under a name, where its type is known to keep such."""
        member = self.member(kind)
        alive = owner() if member is not None and owner is not None else None
        return member(alive, name) if member is not None and alive is not None else None

    def find_function(self, function: Any) -> Rule | None:
        """The rule of a function or class: the user's own before ours."""
        try:
            if declared.RULES and function in declared.RULES:
                return declared.RULES[function]
            found = self.functions.get(function)
        except TypeError:  # an unhashable callable
            return None
        if found is None and type(function) in _BOUND:  # as in f = rng.shuffle
            owner = type(function.__self__)
            return self.find_method(owner, function.__name__) if owner in self.states else None
        return found

    def _search(self, kind: type, name: str) -> Rule | None:
        for base in kind.__mro__:
            rule = self._methods.get((base, name))
            if rule is not None:
                return rule
        for family, rule in self._any:
            if issubclass(kind, family):
                return rule
        return None
