"""Attribution methods: which training rows moved a prediction, and by how much.

What is imported here is for those who write a method of their own; docs/new_method.md does so.
"""

from traceprop_nb.attribution.check import check_attributor
from traceprop_nb.attribution.curvature import hvp, ihvp, per_example_grads
from traceprop_nb.attribution.registry import register, unregister
from traceprop_nb.attribution.scores import Attributor, InfluenceScores
from traceprop_nb.gradients.blocks import gradient_products
from traceprop_nb.gradients.objective import Objective
from traceprop_nb.gradients.projection import Projection, sign_sketch
from traceprop_nb.gradients.projections.hadamard import Hadamard
from traceprop_nb.gradients.projections.logra import Kronecker
from traceprop_nb.gradients.projections.rademacher import Rademacher
from traceprop_nb.gradients.projections.sparse import Sparse
from traceprop_nb.gradients.projections.tensor_sketch import TensorSketch
from traceprop_nb.gradients.run import TrainingRun
from traceprop_nb.gradients.solvers.solution import Code, Solution

__all__ = [
    "Attributor",
    "Code",
    "Hadamard",
    "InfluenceScores",
    "Kronecker",
    "Objective",
    "Projection",
    "Rademacher",
    "Solution",
    "Sparse",
    "TensorSketch",
    "TrainingRun",
    "check_attributor",
    "gradient_products",
    "hvp",
    "ihvp",
    "per_example_grads",
    "register",
    "sign_sketch",
    "unregister",
]
