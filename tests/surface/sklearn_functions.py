# ruff: noqa: E501  # tables, to be read by the line
"""A call of every function of scikit-learn that has a rule."""

from __future__ import annotations

from collections.abc import Iterator

from tests.surface.witness import Witness

_FEW = "a score moves only when a row crosses a border"
_MOVED = {
    "model_selection.train_test_split": (
        "model_selection.train_test_split(F, random_state=0)[0]",
        "model_selection.train_test_split(F, t, d, test_size=.4, random_state=1, stratify=h_)[3]",
        "model_selection.train_test_split(F, S, train_size=5, shuffle=False)[3]",
        "model_selection.train_test_split(list(range(12)), d, test_size=3, random_state=2)[3]",
    ),
    "utils.resample": (
        "utils.resample(F, random_state=0)",
        "utils.resample(t, d, n_samples=5, replace=False, random_state=1)[1]",
        "utils.resample(S, t, n_samples=20, random_state=1)[0]",
        "utils.resample(F, stratify=h_, random_state=1)",
    ),
    "utils.shuffle": (
        "utils.shuffle(F, random_state=0)",
        "utils.shuffle(t, F, n_samples=4, random_state=0)[1]",
    ),
    "utils.check_array": ("utils.check_array(F)", "utils.check_array(Q, copy=True)"),
    "utils.as_float_array": ("utils.as_float_array(F)",),
    "utils.column_or_1d": ("utils.column_or_1d(t)",),
}
_MADE = {
    "calibration.calibration_curve": "calibration.calibration_curve(g, W / 2, n_bins=3)[1]",
    "cluster.affinity_propagation": "cluster.affinity_propagation(-metrics.pairwise_distances(F),"
    " random_state=0)[1]",
    "cluster.cluster_optics_dbscan": "cluster.cluster_optics_dbscan(reachability=W,"
    " core_distances=t, ordering=np.arange(12), eps=1.)",
    "cluster.compute_optics_graph": "cluster.compute_optics_graph(F, min_samples=2, max_eps=np.inf,"
    " metric='euclidean', p=2, metric_params=None, algorithm='auto', leaf_size=30, n_jobs=None)[1]",
    "cluster.dbscan": "cluster.dbscan(F, eps=1., min_samples=2)[1]",
    "cluster.estimate_bandwidth": "cluster.estimate_bandwidth(F)",
    "cluster.get_bin_seeds": "cluster.get_bin_seeds(F, 2.)",
    "cluster.k_means": "cluster.k_means(F, 2, n_init=1, random_state=0)[1]",
    "cluster.kmeans_plusplus": "cluster.kmeans_plusplus(F, 2, random_state=0)[0]",
    "cluster.mean_shift": "cluster.mean_shift(F, bandwidth=2.)[1]",
    "cluster.spectral_clustering": "cluster.spectral_clustering(metrics.pairwise.rbf_kernel(F),"
    " n_clusters=2, random_state=0)",
    "covariance.empirical_covariance": "covariance.empirical_covariance(F)",
    "covariance.fast_mcd": "covariance.fast_mcd(F, random_state=0)[3]",
    "covariance.graphical_lasso": "covariance.graphical_lasso(covariance.empirical_covariance(F), 0.1)[0]",
    "covariance.ledoit_wolf": "covariance.ledoit_wolf(F)[0]",
    "covariance.log_likelihood": "covariance.log_likelihood(covariance.empirical_covariance(F), np.eye(3))",
    "covariance.oas": "covariance.oas(F)[0]",
    "covariance.shrunk_covariance": "covariance.shrunk_covariance(covariance.empirical_covariance(F))",
    "decomposition.dict_learning": "decomposition.dict_learning(F, 2, alpha=.1, max_iter=3,"
    " random_state=0)[0]",
    "decomposition.fastica": "decomposition.fastica(F, 2, random_state=0)[2]",
    "decomposition.non_negative_factorization": "decomposition.non_negative_factorization(F,"
    " n_components=2, max_iter=9, random_state=0)[0]",
    "decomposition.randomized_svd": "decomposition.randomized_svd(F, 2, random_state=0)[0]",
    "decomposition.sparse_encode": "decomposition.sparse_encode(Q, np.eye(3))",
    "feature_selection.chi2": "feature_selection.chi2(F, g)[0]",
    "feature_selection.f_classif": "feature_selection.f_classif(F, g)[0]",
    "feature_selection.f_oneway": "feature_selection.f_oneway(F, Q)[0]",
    "feature_selection.f_regression": "feature_selection.f_regression(F, t)[0]",
    "feature_selection.mutual_info_classif": "feature_selection.mutual_info_classif(F, g,"
    " random_state=0)",
    "feature_selection.mutual_info_regression": "feature_selection.mutual_info_regression(F, t,"
    " random_state=0)",
    "feature_selection.r_regression": "feature_selection.r_regression(F, t)",
    "inspection.partial_dependence": "inspection.partial_dependence(LinearRegression().fit(F, t),"
    " Q, [0]).average",
    "inspection.permutation_importance": "inspection.permutation_importance("
    "LinearRegression().fit(F, t), Q, h, random_state=0).importances_mean",
    "isotonic.isotonic_regression": "isotonic.isotonic_regression(t)",
    "linear_model.enet_path": "linear_model.enet_path(F, t, n_alphas=3)[1]",
    "linear_model.lasso_path": "linear_model.lasso_path(F, t, n_alphas=3)[1]",
    "linear_model.lars_path": "linear_model.lars_path(F, t)[2]",
    "linear_model.lars_path_gram": "linear_model.lars_path_gram(feature_selection.r_regression(F, t), covariance.empirical_covariance(F), n_samples=12)[2]",
    "linear_model.orthogonal_mp": "linear_model.orthogonal_mp(F, t, n_nonzero_coefs=2)",
    "linear_model.orthogonal_mp_gram": "linear_model.orthogonal_mp_gram(covariance.empirical_covariance(F), feature_selection.r_regression(F, t),"
    " n_nonzero_coefs=2)",
    "linear_model.ridge_regression": "linear_model.ridge_regression(F, t, 1.)",
    "manifold.locally_linear_embedding": "manifold.locally_linear_embedding(F, n_neighbors=4,"
    " n_components=2, eigen_solver='dense')[0]",
    "manifold.smacof": "manifold.smacof(metrics.pairwise_distances(F), random_state=0, n_init=1,"
    " max_iter=3)[0]",
    "manifold.spectral_embedding": "manifold.spectral_embedding(metrics.pairwise.rbf_kernel(F),"
    " n_components=2, random_state=0)",
    "model_selection.cross_val_predict": "model_selection.cross_val_predict(LinearRegression(), F,"
    " t, cv=3)",
    "model_selection.cross_val_score": "model_selection.cross_val_score(LinearRegression(), F, t,"
    " cv=3)",
    "model_selection.cross_validate": "model_selection.cross_validate(LinearRegression(), F, t,"
    " cv=3)['test_score']",
    "model_selection.learning_curve": "model_selection.learning_curve(LinearRegression(), F, t,"
    " cv=3)[2]",
    "model_selection.permutation_test_score": "model_selection.permutation_test_score("
    "LinearRegression(), F, t, cv=3, n_permutations=3)[1]",
    "model_selection.validation_curve": "model_selection.validation_curve(linear_model.Ridge(), F,"
    " t, param_name='alpha', param_range=[.1, 1], cv=3)[1]",
    "neighbors.kneighbors_graph": "neighbors.kneighbors_graph(F, 2, mode='distance')",
    "neighbors.radius_neighbors_graph": "neighbors.radius_neighbors_graph(F, 3., mode='distance')",
    "neighbors.sort_graph_by_row_values": "neighbors.sort_graph_by_row_values(S, copy=True,"
    " warn_when_not_sorted=False)",
    "preprocessing.label_binarize": "preprocessing.label_binarize(h, classes=[0, 1])",
    "preprocessing.power_transform": "preprocessing.power_transform(F)",
    "utils.check_symmetric": "utils.check_symmetric(F[:3], raise_warning=False)",
    "utils.compute_class_weight": "utils.compute_class_weight('balanced', classes=np.array([0, 1]),"
    " y=g)",
    "utils.compute_sample_weight": "utils.compute_sample_weight('balanced', g)",
    "utils.safe_sqr": "utils.safe_sqr(F)",
    "metrics.multilabel_confusion_matrix": "metrics.multilabel_confusion_matrix(g, (W > 1) * 1)",
    "metrics.silhouette_samples": "metrics.silhouette_samples(F, g)",
}
_SCALES = "scale minmax_scale maxabs_scale robust_scale quantile_transform normalize".split()
_PAIRS = (
    "pairwise_distances euclidean_distances nan_euclidean_distances pairwise_kernels "
    "pairwise_distances_argmin pairwise.cosine_similarity pairwise.cosine_distances "
    "pairwise.manhattan_distances pairwise.linear_kernel pairwise.rbf_kernel "
    "pairwise.laplacian_kernel pairwise.polynomial_kernel pairwise.sigmoid_kernel "
    "pairwise.chi2_kernel pairwise.additive_chi2_kernel"
).split()
_PAIRED = "distances cosine_distances euclidean_distances manhattan_distances".split()
_CLASSES = ("confusion_matrix pair_confusion_matrix precision_recall_fscore_support").split()
_CURVES = "roc_curve det_curve precision_recall_curve confusion_matrix_at_thresholds".split()


_OUTPUTS = (
    "d2_absolute_error_score d2_pinball_score explained_variance_score mean_absolute_error "
    "mean_absolute_percentage_error mean_pinball_loss mean_squared_error mean_squared_log_error "
    "median_absolute_error r2_score root_mean_squared_error root_mean_squared_log_error"
).split()
_SETS = "breast_cancer diabetes digits iris linnerud wine".split()
_MAKERS = (
    "blobs circles classification friedman1 friedman2 friedman3 gaussian_quantiles hastie_10_2 "
    "moons multilabel_classification regression s_curve sparse_uncorrelated swiss_roll"
).split()
_MATRICES = {
    "make_biclusters": "((12, 3), 2, random_state=0)[0]",
    "make_checkerboard": "((12, 3), 2, random_state=0)[0]",
    "make_low_rank_matrix": "(12, 3, random_state=0)",
    "make_sparse_spd_matrix": "(4, random_state=0)",
    "make_spd_matrix": "(4, random_state=0)",
}
_LIBSVM = """
import io
file = io.BytesIO()
datasets.dump_svmlight_file(np.eye(3), np.arange(3), file)
file.seek(0)
"""


def _sources() -> Iterator[Witness]:
    """Rows that enter: none of them is of an input."""
    for name in _SETS:
        full = f"datasets.load_{name}"
        yield Witness(f"sklearn.{full}", f"{full}(return_X_y=True)[1]")
        yield Witness(f"sklearn.{full}", f"b = {full}()\nx = b.target\nout = b.data")
    for name in _MAKERS:
        yield Witness(f"sklearn.datasets.make_{name}", f"datasets.make_{name}(random_state=0)[1]")
    for name, rest in _MATRICES.items():
        yield Witness(f"sklearn.datasets.{name}", f"datasets.{name}{rest}")
    for name, rest in (("load_svmlight_file", "(file)[0]"), ("load_svmlight_files", "([file])[0]")):
        yield Witness(f"sklearn.datasets.{name}", f"{_LIBSVM}out = datasets.{name}{rest}")


def _scores() -> Iterator[Witness]:
    for name in _OUTPUTS:
        call = f"metrics.{name}(F, np.sqrt(F) + 1, multioutput='raw_values')"
        yield Witness(f"sklearn.metrics.{name}", call, loose=_FEW)
    for name in "f1_score fbeta_score jaccard_score precision_score recall_score".split():
        beta = ", beta=.5" if name == "fbeta_score" else ""
        call = f"metrics.{name}(g, (W > 1) * 1, average=None{beta})"
        yield Witness(f"sklearn.metrics.{name}", call, loose=_FEW)
    for name in ("roc_auc_score", "average_precision_score"):
        call = f"metrics.{name}(np.c_[g, 1 - g], np.c_[W, t], average=None)"
        yield Witness(f"sklearn.metrics.{name}", call, loose=_FEW)
    call = "metrics.metric_at_thresholds(g, W, metrics.accuracy_score)[0]"
    yield Witness("sklearn.metrics.metric_at_thresholds", call, loose=_FEW)


def _functions() -> Iterator[Witness]:
    for name, calls in _MOVED.items():
        for call in calls:
            call = f"h_ = np.arange(12) % 2\nout = {call}" if "h_" in call else call
            yield Witness(f"sklearn.{name}", call, "carried")
    for name, call in _MADE.items():
        yield Witness(f"sklearn.{name}", call, loose=_FEW)
    yield from _numbers()
    for name in _CLASSES:
        call = f"metrics.{name}(g, (W > 1) * 1)" + "[0]" * ("support" in name)
        yield Witness(f"sklearn.metrics.{name}", call, loose=_FEW)
    for name in _CURVES:
        yield Witness(f"sklearn.metrics.{name}", f"metrics.{name}(g, W)[1]", loose=_FEW)
    yield Witness("sklearn.metrics.pairwise.haversine_distances",
                  "metrics.pairwise.haversine_distances(Q[:, :2], F[:, :2])", context=("F",))  # fmt: skip
    yield Witness("sklearn.metrics.pairwise_distances_argmin_min",
                  "metrics.pairwise_distances_argmin_min(Q, F)[1]", context=("F",))  # fmt: skip
    for name in ("add_dummy_feature", "binarize"):
        yield Witness(f"sklearn.preprocessing.{name}", f"preprocessing.{name}(F)", loose=_FEW)


def _numbers() -> Iterator[Witness]:
    for name in _SCALES:
        more = ", n_quantiles=4" if name == "quantile_transform" else ""
        full = f"preprocessing.{name}"
        yield Witness(f"sklearn.{full}", f"{full}(F{more})")
        yield Witness(f"sklearn.{full}", f"{full}(F, axis=1{more.replace('4', '2')})", loose=_FEW)
        yield Witness(f"sklearn.{full}", f"{full}(F, axis=0{more})")
    for name in _PAIRS:
        yield from _pairs(f"metrics.{name}")
    for name in _PAIRED:
        full = f"metrics.pairwise.paired_{name}"
        yield Witness(f"sklearn.{full}", f"{full}(F, np.sqrt(F) + F ** 2)")


def _pairs(full: str) -> Iterator[Witness]:
    yield Witness(f"sklearn.{full}", f"{full}(Q, F)", context=("F",), loose=_FEW)
    if "argmin" not in full:
        yield Witness(f"sklearn.{full}", f"{full}(F)", loose=_FEW)
    if full.endswith("pairwise_distances"):
        for metric in ("seuclidean", "mahalanobis", "precomputed", "cityblock"):
            second = ", F" if metric == "cityblock" else ""
            first = (
                "metrics.pairwise_distances(Q)"
                if metric == "precomputed"
                else "F"
                if metric != "cityblock"
                else "Q"
            )
            yield Witness(f"sklearn.{full}", f"{full}({first}{second}, metric='{metric}')")


FUNCTIONS = [*_functions(), *_scores(), *_sources()]
