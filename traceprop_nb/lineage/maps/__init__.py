"""Maps from the rows of a result to the rows of an operand: one kind a file, one small algebra.

Closed under composition, union and restriction, so that a question about twenty operations is
answered without twenty columns of row ids.
"""

from traceprop_nb.lineage.maps.all import All
from traceprop_nb.lineage.maps.chain import Chain
from traceprop_nb.lineage.maps.compose import compose, restrict
from traceprop_nb.lineage.maps.compress import compress, flatten
from traceprop_nb.lineage.maps.deferred import Deferred
from traceprop_nb.lineage.maps.gather import Gather
from traceprop_nb.lineage.maps.groups import Groups, SameGroup
from traceprop_nb.lineage.maps.identity import Identity
from traceprop_nb.lineage.maps.mask import Mask
from traceprop_nb.lineage.maps.mosaic import Mosaic
from traceprop_nb.lineage.maps.on_demand import OnDemand
from traceprop_nb.lineage.maps.part import Part
from traceprop_nb.lineage.maps.prefix import Prefix
from traceprop_nb.lineage.maps.ragged import Ragged
from traceprop_nb.lineage.maps.range import Range
from traceprop_nb.lineage.maps.repeat import Repeat
from traceprop_nb.lineage.maps.rowmap import RowMap
from traceprop_nb.lineage.maps.rowsets import Ints, Rows, materialise
from traceprop_nb.lineage.maps.runs import Runs
from traceprop_nb.lineage.maps.tile import Tile
from traceprop_nb.lineage.maps.union import Union, union
from traceprop_nb.lineage.maps.window import Window

__all__ = [
    "All",
    "Chain",
    "Deferred",
    "Gather",
    "Groups",
    "Identity",
    "Ints",
    "Mask",
    "Mosaic",
    "OnDemand",
    "Part",
    "Prefix",
    "Ragged",
    "Range",
    "Repeat",
    "RowMap",
    "Rows",
    "Runs",
    "SameGroup",
    "Tile",
    "Union",
    "Window",
    "compose",
    "compress",
    "flatten",
    "materialise",
    "restrict",
    "union",
]
