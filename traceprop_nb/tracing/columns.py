"""What operations do to columns: rules of their own, asked after a record was made.

Where no rule is, labels tell (a column of a name is the column of that name), and where these do
not, every column may be behind every other, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING, Any

from traceprop_nb.lineage.columns import ColumnTable
from traceprop_nb.tracing.static import ancestors

if TYPE_CHECKING:
    from traceprop_nb.tracing.rules import Call

Labels = Callable[[Any], Any]
"""(value) -> its column labels, or how many columns it has, -1 where that means nothing."""
ColumnRule = Callable[["Call", ColumnTable, int], None]
"""(call, table, node of the result): tells the table."""


class ColumnRules:
    """Column rules by function and by (type, method).

    Attributes:
        labels: Type -> how to read a value's labels.
        functions: Function -> rule.
        methods: (type, method) -> rule.
        placed: Names of operations that leave the columns of a matrix where they are.
        spelled: Type of a sequence of labels -> how to read it, where ``tuple`` would be slow.
    """

    def __init__(self) -> None:
        self.labels: dict[type, Labels] = {}
        self.functions: dict[Any, ColumnRule] = {}
        self.methods: dict[tuple[type, str], ColumnRule] = {}
        self.placed: set[str] = set()
        self.spelled: dict[type, Callable[[Any], Iterable[Hashable]]] = {}
        self._found: dict[tuple[type, str], ColumnRule | None] = {}

    def function(self, rule: ColumnRule, *functions: Any) -> None:
        """A rule for functions."""
        self.functions.update(dict.fromkeys(functions, rule))

    def method(self, rule: ColumnRule, kind: type, names: Iterable[str]) -> None:
        """A rule for methods of a type and of its subclasses."""
        self.methods.update({(kind, name): rule for name in names})
        self._found.clear()

    def find(self, call: Call, key: str) -> ColumnRule | None:
        """The rule for a call, by its function, or by that name of a method."""
        if call.function is not None:
            try:
                rule = self.functions.get(call.function)
            except TypeError:  # an unhashable callable
                rule = None
            if rule is not None:
                return rule
        which = (call.kind, key)
        if which not in self._found:
            found = (self.methods.get((base, key)) for base in ancestors(call.kind))
            self._found[which] = next((rule for rule in found if rule is not None), None)
        return self._found[which]


def tell(rules: ColumnRules, call: Call, key: str, out: Any) -> None:
    """After a call was recorded: what it did to columns, if a rule knows.

    Args:
        rules: The rules.
        call: The call.
        key: The name by which its method is found.
        out: The value that it made or changed.
    """
    rule = rules.find(call, key)
    if rule is None:
        return
    node = call.recorder.identity.node(out)
    if node is not None:
        rule(call, call.recorder.graph.column_table, node)
