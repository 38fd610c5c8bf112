"""Which columns a column came from: kept beside the rows, answered together with them.

A value has labels (a frame) or only places (a matrix). An edge between two values has a relation
between their columns where a rule knew it, else the one that the labels themselves give.
"""

from traceprop_nb.lineage.columns.relations import Every, Places, Relation, Shift
from traceprop_nb.lineage.columns.table import Aside, ColumnTable, Labels

__all__ = [
    "Aside",
    "ColumnTable",
    "Every",
    "Labels",
    "Places",
    "Relation",
    "Shift",
]
