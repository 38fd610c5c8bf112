"""Traceprop's functions over the session of this process; light until called."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from traceprop_nb.compat.acting import UnlearnedSource, ValuedRows
    from traceprop_nb.compat.context import TrainingContext
    from traceprop_nb.compat.engine import AttributionEngine
    from traceprop_nb.compat.gradient_store import GradientStore
    from traceprop_nb.compat.view import ProvenanceView

_NUMBERS = count(1)
_OF_NO_USE = frozenset(("n_steps", "lr", "verification_threshold", "test_gradient", "model"))


def provenance(tensor: Any) -> ProvenanceView:
    """The lineage of a traced value: ``.ancestors()``, ``.ops()``, ``.sources()``, ``.rows(i)``.

    Raises:
        UntracedError: Nobody saw it made; says which cell to trace.
    """
    from traceprop_nb.compat.view import ProvenanceView
    from traceprop_nb.session import current, questions

    session = current()
    return ProvenanceView(session, questions.node_of(session, tensor))


def reset_graph() -> None:
    """Forget everything recorded, as ``%trace reset`` does."""
    from traceprop_nb.session import current

    current().reset()


def training_context(
    model: Any = None, X_train: Any = None, y_train: Any = None, *, source_id: str = "",
    proj_dim: int = 4096, seed: int = 0,
) -> TrainingContext:  # fmt: skip
    """Record the training in a block, as ``tp.train`` does, and give its gradients as a store.

    The training stays as it is, parameter for parameter. Gradients are those of each row's own loss
    at the trained parameters; every row's source is what its lineage says.

    Args:
        model: The model or its name, where the block trains several.
        X_train: The training rows, whose lineage tells of gradients that are logged by hand.
        y_train: Their labels, which must be as many.
        source_id: Source of gradients logged by hand that do not name theirs.
        proj_dim: Numbers kept of a larger gradient.
        seed: Of the projection of gradients logged by hand.

    Returns:
        A context; its ``gradient_store`` goes to ``attribution_engine``. It has ``log_gradient``
        and ``log_batch`` for loops that nobody can record.

    Raises:
        OptionError: ``proj_dim`` is less than 1.
        ShapeError: Not as many labels as rows.
    """
    from traceprop_nb.compat.context import TrainingContext
    from traceprop_nb.compat.gradient_store import GradientStore
    from traceprop_nb.errors import ShapeError
    from traceprop_nb.session import current

    if X_train is not None and y_train is not None and len(X_train) != len(y_train):
        raise ShapeError(f"{len(X_train)} training rows and {len(y_train)} labels; align them")
    session = current()
    node = None if X_train is None else session.recorder.identity.node(X_train)
    logged = GradientStore(proj_dim, seed, source_id, rows_node=node)
    options = {"proj_dim": proj_dim} | ({} if model is None else {"model": model})
    return TrainingContext(session, f"context {next(_NUMBERS)}", logged, options)


def attribution_engine(gradient_store: GradientStore) -> AttributionEngine:
    """An engine over the gradients of a training; for rows of data ask ``tp.influence``.

    Args:
        gradient_store: From ``training_context``, or one that was saved and loaded.

    Returns:
        ``.attribute(test_gradient, top_k=10)``, which gives ``.top(n)``, ``.by_source()`` and
        ``.trace_to_file(rank)``. Rows without which the loss would rise come first.
    """
    from traceprop_nb.compat.engine import AttributionEngine
    from traceprop_nb.session import current

    return AttributionEngine(current(), gradient_store)


def unlearn(
    gradient_store: GradientStore, source_id: str | None = None, **settings: Any
) -> UnlearnedSource:
    """A model without a source, asked with the store of a recorded training.

    Args:
        gradient_store: From ``training_context``.
        source_id: Every row made of a record of this source is forgotten.
        **settings: ``n_steps``, ``lr``, ``verification_threshold``, ``test_gradient`` and ``model``
            are taken and play no part: the method takes the steps it needs, and a linear model is
            compared with the retrained one.

    Returns:
        ``.model``, ``.verified``, ``.verdict``, ``.influence_before``, ``.influence_after`` (share
        of the way to the retrained model that is left), ``.compliance_report``, ``.answer``.

    Raises:
        OptionError: No source, or a setting that there is not.
        UnsupportedModelError: The gradients were logged by hand: there is no model to change.
        UnknownNameError, EmptyForgetSetError: No such source, or no training row is of it.
    """
    from traceprop_nb.compat.acting import unlearned
    from traceprop_nb.errors import unknown_name

    for name in settings:
        if name not in _OF_NO_USE:
            raise unknown_name("option", name, ("gradient_store", "source_id", *_OF_NO_USE))
    return unlearned(gradient_store, source_id)


def data_valuation(gradient_store: GradientStore, val_gradients: Any) -> ValuedRows:
    """What training rows are worth, asked with gradients of held-out losses.

    Gradients have no labels, so no nearest-neighbour value can be had of them: a row is worth the
    mean rise of the held-out losses without it, to first order.

    Args:
        gradient_store: From ``training_context``.
        val_gradients: (n_val, p), gradients of the held-out rows' losses.

    Returns:
        ``.values`` float64 (n,), ``.by_source()``, ``.by_op()``.

    Raises:
        ShapeError, NotFiniteError: The gradients do not fit the model.
        UnsupportedModelError: The gradients of the store were logged by hand.
    """
    from traceprop_nb.compat.acting import valued

    return valued(gradient_store, val_gradients)
