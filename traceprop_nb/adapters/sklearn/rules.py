"""What scikit-learn does to rows: its estimators, splitters, functions, data sets and matrices.

A transformer keeps the row it is given (DIRECT) and depends on every row it was fitted on
(CONTEXT). An estimator is a value of its own: fitting records which rows went in.
"""

from __future__ import annotations

from sklearn.base import BaseEstimator, BiclusterMixin
from sklearn.covariance import MinCovDet
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import _VectorizerMixin
from sklearn.preprocessing import MultiLabelBinarizer

from traceprop_nb.adapters.sklearn import (
    datasets,
    functions,
    metrics,
    models,
    neighbours,
    rowwise,
    saving,
    sparse,
    splits,
)
from traceprop_nb.adapters.sklearn.taps import Taps
from traceprop_nb.tracing.record import Recorder
from traceprop_nb.tracing.rules import Call, RuleTable

_SETTINGS = (
    "set_output set_params get_params set_callbacks get_metadata_routing densify sparsify "
    "get_stop_words get_depth get_n_leaves get_shape error_norm aic bic perplexity restrict "
    "log_marginal_likelihood reconstruction_error"
).split()
"""Methods that give the estimator itself, its settings or a plain number."""
_ONE_BY_ONE = "staged_predict staged_predict_proba staged_decision_function staged_score".split()
_CALLABLES = "build_analyzer build_preprocessor build_tokenizer decode".split()


def install(table: RuleTable) -> None:
    """Fill the table."""
    table.trusted_roots.update(("sklearn", "scipy"))
    sparse.install(table)
    for part in (models, rowwise, neighbours, splits, metrics, functions, saving, datasets):
        part.install(table)
    table.method(_nothing, BaseEstimator, _SETTINGS)
    table.no_rows(*((BaseEstimator, name) for name in _SETTINGS))
    table.no_rows((MultiLabelBinarizer, "inverse_transform"), (DictVectorizer, "inverse_transform"))
    table.no_rows(*((_VectorizerMixin, name) for name in (*_CALLABLES, "get_stop_words")))
    why = "gives one result after the other, out of sight"
    table.opaque(why, *((BaseEstimator, name) for name in _ONE_BY_ONE))
    why = "changes the estimator while it answers"
    table.opaque(why, *((MinCovDet, f"{name}_covariance") for name in ("correct", "reweight")))
    why = "positions of a block of rows and columns"
    table.opaque(why, *((BiclusterMixin, name) for name in ("get_indices", "get_submatrix")))


def taps(recorder: Recorder) -> Taps:
    """The taps of a recorder, not yet in place."""
    return Taps(recorder)


def _nothing(call: Call) -> bool | None:
    return True
