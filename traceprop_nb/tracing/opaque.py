"""What is recorded when no rule knows an operation: its name, and every row it may have used.

A library function sees only its arguments, so "every row of every argument" is a superset of the
truth: INEXACT. A function of the user's that was not traced, or a method of an object that may
hold data of its own, may have used anything: UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from traceprop_nb.lineage.maps import All, Identity
from traceprop_nb.lineage.nodes import Kind, Status
from traceprop_nb.tracing import memory, through
from traceprop_nb.tracing.callables import inert, is_user_module, reached
from traceprop_nb.tracing.identity import Tracked
from traceprop_nb.tracing.operand import Operand
from traceprop_nb.tracing.rules import Call, Edge
from traceprop_nb.tracing.syntax import HOOKS

if TYPE_CHECKING:
    from traceprop_nb.tracing.record import Recorder

_HARMLESS = frozenset("numpy pandas sklearn scipy matplotlib seaborn builtins torch".split())


def record(recorder: Recorder, call: Call) -> None:
    """Record a call, subscript or attribute that no rule recognised."""
    if _descended(call):
        for out in _outputs(recorder, call.out):
            if recorder.identity.node(out) is None:
                recorder.emit(call.site, call.name, out, (), Status.UNKNOWN)
        return
    if _silent_write(recorder, call):
        written(recorder, call)
        return
    recorder.table.explain(call)
    operands = list(_operands(recorder, call))
    outputs = list(_outputs(recorder, call.out))
    stateful = call.kind not in recorder.table.recorded and not _is_scope(call)
    status = Status.UNKNOWN if stateful or _user_made(call) else Status.EXACT
    if not operands:
        status = Status.UNKNOWN
    for out in outputs:
        _record_one(recorder, call, out, operands, status)
    if status == Status.UNKNOWN and not _trusted(recorder, call):
        _maybe_written(recorder, call, operands)


def _record_one(
    recorder: Recorder, call: Call, out: Any, operands: list[tuple[Any, int]], status: Status
) -> None:
    known = recorder.identity.node(out)
    if known is not None and all(out is not thing for thing, _ in operands):
        return  # stored earlier, or recorded inside the call
    kin = recorder.table.kin.get(type(out)) if known is None and not operands else None
    if kin is not None and kin(recorder, out) is not None:
        return  # a view of a recorded value, taken out of what nobody follows
    if known is None and not operands and type(out) in recorder.table.scalars:
        recorder.identity.set(out, recorder.lost())
        return
    if known is None and not operands:
        recorder.source(out, f"opaque {call.name}", "unknown", site=call.site)
        return
    rows = recorder.table.rows(out)
    edges: list[Edge] = [
        (node, All(recorder.graph.rows(node), rows), Kind.DIRECT, Status.INEXACT)
        for _, node in operands
    ]
    node = recorder.emit(call.site, call.name, out, edges, status)
    if known is not None:  # it gave an operand back, which it may have written into
        aliases_written(recorder, call.site, recorder.identity.find(out), node)
    for thing, _ in operands:
        memory.share(recorder, thing, out)


_READING = ("to_", "tofile", "dump", "info", "setflags", "hist", "plot", "boxplot")
"""Beginnings of methods that return nothing because they write elsewhere."""


def _silent_write(recorder: Recorder, call: Call) -> bool:
    """Whether a method without a result may have written into its receiver."""
    tracked = call.node is not None and call.kind in recorder.table.tracked
    return tracked and call.out is None and not call.name.startswith(_READING)


def written(recorder: Recorder, call: Call) -> None:
    """Record a write that no rule recognised: any row of the object may have changed."""
    if call.node is None:
        return
    if call.receiver is None:  # a temporary that is gone again; what it was a view of is not
        aliases_written(recorder, call.site, call.ref)
        return
    rows = recorder.table.rows(call.receiver)
    edges: list[Edge] = [(call.node, All(recorder.graph.rows(call.node), rows), *_INEXACT)]
    for value in (*call.args, *call.kwargs.values()):
        for thing in _flat(value):
            node = recorder.identity.node(thing)
            if node is not None:
                edges.append((node, All(recorder.graph.rows(node), rows), *_INEXACT))
    status = Status.UNKNOWN if "among" in call.kwargs else Status.EXACT
    node = recorder.emit(call.site, call.name, call.receiver, edges, status)
    aliases_written(recorder, call.site, recorder.identity.find(call.receiver), node)


def aliases_written(recorder: Recorder, site: int, ref: Tracked | None, *brought: int) -> None:
    """Rows of other values were written into an object, and so into what shares its memory.

    Args:
        recorder: Takes the records.
        site: Where.
        ref: Entry of the object, which may be gone.
        *brought: Nodes whose rows it may hold now; where nobody knows, none.
    """
    if ref is None:
        return
    memory.meet(recorder, ref)
    status = Status.EXACT if brought else Status.UNKNOWN
    known = brought == (ref.node,)
    for alias, its in recorder.identity.aliases(ref):
        if known and through.moved(recorder, site, ref, its):
            continue
        rows = recorder.table.rows(alias)
        edges: list[Edge] = [(its.node, Identity(rows), Kind.DIRECT, Status.EXACT)]
        edges += [(n, All(recorder.graph.rows(n), rows), *_INEXACT) for n in brought]
        recorder.emit(site, "written through a view", alias, edges, status)


_INEXACT = (Kind.DIRECT, Status.INEXACT)


def _descended(call: Call) -> bool:
    """Whether the callee is rewritten code, whose own operations were recorded."""
    function = call.function
    if not isinstance(function, FunctionType):
        function = getattr(call.kind, "__call__" if function is None else call.name, None)
        function = getattr(function, "__func__", function)
    code = getattr(function, "__code__", None)
    return code is not None and (HOOKS in code.co_names or inert(code))


def _is_scope(call: Call) -> bool:
    """Whether the receiver is a module, class or function: nothing that holds rows."""
    return (
        call.kind is ModuleType
        or isinstance(call.receiver, type)
        or call.name == "@"
        or (call.function is not None and call.function is call.receiver)
    )


def _trusted(recorder: Recorder, call: Call) -> bool:
    module = getattr(call.function, "__module__", None) or call.kind.__module__
    root = str(module).partition(".")[0]
    return root in _HARMLESS or root in recorder.table.trusted_roots


def _user_made(call: Call) -> bool:
    """Whether the callee is the user's own code, which may read any global."""
    function = getattr(call.function, "__func__", call.function)
    if not isinstance(function, FunctionType):
        return False
    return is_user_module(function.__module__ or "__main__")


def _maybe_written(recorder: Recorder, call: Call, operands: list[tuple[Any, int]]) -> None:
    """Unknown code got these objects and may have changed them: say so in their lineage."""
    for thing, node in operands:
        if type(thing) in recorder.table.frozen:
            continue  # nobody can write into it
        if type(thing) in recorder.table.tracked and recorder.identity.node(thing) == node:
            same: Edge = (node, Identity(recorder.table.rows(thing)), Kind.DIRECT, Status.ASSUMED)
            if recorder.graph.rows(node) == recorder.table.rows(thing):
                recorder.emit(call.site, f"passed to {call.name}", thing, (same,))


def _operands(recorder: Recorder, call: Call) -> Iterator[tuple[Any, int]]:
    if call.node is not None:
        yield call.receiver, call.node
    seen = {call.node, None}
    for value in (*call.args, *call.kwargs.values()):
        for thing in _flat(value):
            for found in (_placed(recorder, thing), *reached(recorder, thing)):
                if found[1] not in seen:
                    seen.add(found[1])
                    yield found


def _placed(recorder: Recorder, thing: Any) -> tuple[Any, Any]:
    """A thing and its node, if it has one."""
    if isinstance(thing, Operand):
        return thing.ref() if thing.ref else None, thing.node
    if type(thing) in recorder.table.recorded:
        return thing, recorder.node_of(thing)
    return thing, recorder.identity.node(thing)


def _outputs(recorder: Recorder, out: Any) -> Iterator[Any]:
    for thing in _flat(out):
        if type(thing) in recorder.table.recorded:
            yield thing


def _flat(value: Any) -> Iterator[Any]:
    """A value, or the members of a list, tuple or dict, two levels deep."""
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list | tuple):
        yield value
        return
    for member in _members(value):
        if isinstance(member, list | tuple):
            yield from _members(member)
        else:
            yield member


def _members(values: list[Any] | tuple[Any, ...]) -> Sequence[Any]:
    """All of them; of a long list that begins with plain values, the beginning."""
    first = values[:1000]
    return first if all(type(v) in _PLAIN for v in first) else values


_PLAIN = frozenset((int, float, str, bool, complex, bytes, type(None)))
