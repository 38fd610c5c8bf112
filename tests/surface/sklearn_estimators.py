# ruff: noqa: E501  # tables, to be read by the line
"""How each estimator is made, fitted and asked in a witness, where the usual way does not do."""

from __future__ import annotations

from dataclasses import dataclass

from sklearn.base import is_classifier, is_regressor

from tests.surface.sklearn_setting import home


@dataclass(frozen=True)
class Way:
    """How one estimator is witnessed.

    Attributes:
        make: Source that makes it.
        fit: The arguments of ``fit``.
        ask: The argument of everything else.
    """

    make: str
    fit: str
    ask: str = "Q"


_LR = "linear_model.LinearRegression()"
_LOG = "linear_model.LogisticRegression()"
_TREE = "tree.DecisionTreeClassifier(max_depth=2, random_state=0)"
ARGUMENTS = {
    "AdaBoostClassifier": "n_estimators=2, random_state=0",
    "AdaBoostRegressor": "n_estimators=2, random_state=0",
    "BaggingClassifier": "linear_model.LogisticRegression(), n_estimators=2, random_state=0",
    "BaggingRegressor": "n_estimators=2, random_state=0",
    "CalibratedClassifierCV": f"{_LOG}, cv=2",
    "ClassifierChain": _LOG,
    "ColumnTransformer": "[('s', StandardScaler(), [0]), ('r', 'passthrough', [1, 2])]",
    "DBSCAN": "eps=1.0, min_samples=2",
    "DictionaryLearning": "2, max_iter=3, random_state=0",
    "ElasticNetCV": "cv=2, alphas=3", "LassoCV": "cv=2, alphas=3",
    "MultiTaskElasticNetCV": "cv=2, alphas=3", "MultiTaskLassoCV": "cv=2, alphas=3",
    "LarsCV": "cv=2", "LassoLarsCV": "cv=2", "OrthogonalMatchingPursuitCV": "cv=2",
    "ExtraTreesClassifier": "2, random_state=0", "ExtraTreesRegressor": "2, random_state=0",
    "FeatureUnion": "[('a', StandardScaler()), ('b', preprocessing.MinMaxScaler())]",
    "FixedThresholdClassifier": _LOG,
    "FrozenEstimator": f"{_LR}.fit(F, t)",
    "GradientBoostingClassifier": "n_estimators=2", "GradientBoostingRegressor": "n_estimators=2",
    "GridSearchCV": "linear_model.Ridge(), {'alpha': [0.1, 1]}, cv=2",
    "HalvingGridSearchCV": "linear_model.Ridge(), {'alpha': [0.1, 1]}, cv=2, min_resources=4",
    "HalvingRandomSearchCV": "linear_model.Ridge(), {'alpha': [0.1, 1]}, cv=2, random_state=0,"
    " min_resources=4",
    "RandomizedSearchCV": "linear_model.Ridge(), {'alpha': [0.1, 1]}, cv=2, n_iter=2",
    "GraphicalLassoCV": "cv=2, alphas=2",
    "HDBSCAN": "min_cluster_size=2, copy=True",
    "HistGradientBoostingClassifier": "max_iter=2, min_samples_leaf=2",
    "HistGradientBoostingRegressor": "max_iter=2, min_samples_leaf=2",
    "IsolationForest": "n_estimators=3, random_state=0",
    "IterativeImputer": "max_iter=2, random_state=0",
    "Isomap": "n_neighbors=5", "LocallyLinearEmbedding": "n_neighbors=5, eigen_solver='dense'",
    "KNNImputer": "n_neighbors=2",
    "KNeighborsClassifier": "3", "KNeighborsRegressor": "3",     "KNeighborsTransformer": "n_neighbors=3", "LocalOutlierFactor": "3, novelty=True", "NearestNeighbors": "n_neighbors=3, radius=9.0",
    "RadiusNeighborsClassifier": "radius=9.0", "RadiusNeighborsRegressor": "radius=9.0",
    "RadiusNeighborsTransformer": "radius=9.0",
    "LatentDirichletAllocation": "2, max_iter=2, random_state=0",
    "LogisticRegressionCV": "Cs=2, cv=2",
    "MDS": "max_iter=5, random_state=0, n_init=1, init='random'",
    "MLPClassifier": "(3,), max_iter=5, random_state=0",
    "MLPRegressor": "hidden_layer_sizes=(3,), max_iter=5, random_state=0",
    "MeanShift": "bandwidth=3.0",
    "MultiOutputClassifier": _LOG, "MultiOutputRegressor": _LR,
    "NMF": "2, max_iter=20, random_state=0", "MiniBatchNMF": "2, max_iter=5, random_state=0",
    "MiniBatchDictionaryLearning": "2, max_iter=3, random_state=0",
    "NuSVC": "nu=0.3", "Nystroem": "n_components=4, random_state=0",
    "OPTICS": "min_samples=2",
    "OneVsOneClassifier": _LOG, "OneVsRestClassifier": _LOG,
    "OutputCodeClassifier": f"{_LOG}, random_state=0",
    "Pipeline": f"[('s', StandardScaler()), ('l', {_LR})]",
    "PLSCanonical": "2", "PLSRegression": "2", "PLSSVD": "2", "CCA": "2",
    "PatchExtractor": "patch_size=(2, 2), max_patches=3, random_state=0",
    "QuantileTransformer": "n_quantiles=4", "QuadraticDiscriminantAnalysis": "reg_param=0.1",
    "RANSACRegressor": "random_state=0",
    "RFE": f"{_LR}, n_features_to_select=2", "RFECV": f"{_LR}, cv=2",
    "RandomForestClassifier": "2, random_state=0", "RandomForestRegressor": "2, random_state=0",
    "RandomTreesEmbedding": "2, random_state=0", "RegressorChain": _LR,
    "SelectFromModel": _LR, "SelectKBest": "k=2", "SelectFdr": "feature_selection.f_regression, alpha=0.9999",
    "SelectFpr": "feature_selection.f_regression, alpha=0.9999", "SelectFwe": "feature_selection.f_regression, alpha=0.9999", "SelectPercentile": "percentile=70",
    "GenericUnivariateSelect": "mode='k_best', param=2",
    "SelfTrainingClassifier": _LOG,
    "SequentialFeatureSelector": f"{_LR}, cv=2, n_features_to_select=1",
    "SparseCoder": "np.eye(3)",
    "SpectralEmbedding": "n_neighbors=5, random_state=0",
    "SpectralClustering": "2, random_state=0", "AffinityPropagation": "random_state=0",
    "SpectralBiclustering": "2, random_state=0", "SpectralCoclustering": "2, random_state=0",
    "StackingClassifier": f"[('a', {_LOG}), ('b', {_TREE})], cv=2",
    "StackingRegressor": f"[('a', {_LR}), ('b', linear_model.Ridge())], cv=2",
    "TSNE": "perplexity=3, max_iter=250, random_state=0",
    "TheilSenRegressor": "random_state=0, max_subpopulation=20",
    "TransformedTargetRegressor": f"{_LR}, func=np.log1p, inverse_func=np.expm1",
    "TunedThresholdClassifierCV": f"{_LOG}, cv=2",
    "VotingClassifier": f"[('a', {_LOG}), ('b', {_TREE})]",
    "VotingRegressor": f"[('a', {_LR}), ('b', linear_model.Ridge())]",
    "VarianceThreshold": "0.1",
    "MissingIndicator": "features='all'",
    "TruncatedSVD": "2", "RBFSampler": "random_state=0, n_components=4",
    "SkewedChi2Sampler": "random_state=0, n_components=4",
    "PolynomialCountSketch": "random_state=0, n_components=4",
    "GaussianRandomProjection": "2, random_state=0", "SparseRandomProjection": "2, random_state=0",
    "Birch": "n_clusters=2", "KMeans": "2, n_init=1, random_state=0",
    "MiniBatchKMeans": "2, n_init=1, random_state=0, batch_size=12",
    "BisectingKMeans": "2, random_state=0", "FastICA": "2, random_state=0",
    "GaussianMixture": "2, random_state=0", "BayesianGaussianMixture": "n_components=2, random_state=0",
    "BernoulliRBM": "2, n_iter=2, random_state=0", "MinCovDet": "random_state=0",
    "EllipticEnvelope": "random_state=0", "SparsePCA": "2, max_iter=3, random_state=0",
    "MiniBatchSparsePCA": "2, max_iter=3, random_state=0",
    "SVC": "probability=False", "SGDClassifier": "loss='log_loss', random_state=0",
    "SGDRegressor": "random_state=0", "SGDOneClassSVM": "random_state=0",
    "Perceptron": "random_state=0", "PassiveAggressiveClassifier": "random_state=0",
    "PassiveAggressiveRegressor": "random_state=0", "LinearSVC": "random_state=0",
    "LinearSVR": "random_state=0", "HashingVectorizer": "n_features=8",
    "FeatureHasher": "n_features=8, input_type='string'",
    "NeighborhoodComponentsAnalysis": "2, max_iter=3, random_state=0",
    "TargetEncoder": "cv=2, random_state=0, target_type='continuous'",
    "KBinsDiscretizer": "3, encode='ordinal', quantile_method='averaged_inverted_cdf'",
    "KernelPCA": "2, fit_inverse_transform=True", "PCA": "2", "SimpleImputer": "add_indicator=True",
    "FunctionTransformer": "np.log1p, inverse_func=np.expm1, feature_names_out='one-to-one'",
    "DictVectorizer": "", "LabelPropagation": "gamma=0.5", "LabelSpreading": "gamma=0.5",
    "DummyClassifier": "strategy='prior'",
}  # fmt: skip
"""Arguments of the constructors that need some."""
_TWO = "np.c_[g, 1 - g]"
_BOTH = "np.c_[t, t * 2]"
_CATEGORIES = "np.round(F)"
_FIT = {
    "CategoricalNB": ("(F > 2).astype(int), g", "(Q > 2).astype(int)"),
    "BernoulliNB": ("F > 2, g", "Q > 2"),
    "BernoulliRBM": ("F / 20", "Q / 20"),
    "ClassifierChain": (f"F, {_TWO}", "Q"), "MultiOutputClassifier": (f"F, {_TWO}", "Q"),
    "RegressorChain": (f"F, {_BOTH}", "Q"), "MultiOutputRegressor": (f"F, {_BOTH}", "Q"),
    "CountVectorizer": ("s", "s"), "TfidfVectorizer": ("s", "s"),
    "HashingVectorizer": ("s", "s"), "FeatureHasher": ("s.str.split()", "s.str.split()"),
    "DictVectorizer": ("d.to_dict('records')", "d.to_dict('records')"),
    "GenericUnivariateSelect": ("F, g", "Q"),
    "IsotonicRegression": ("F[:, 0], t", "Q[:, 0]"),
    "KernelCenterer": ("F @ F.T", "Q @ F.T"),
    "LabelBinarizer": ("g", "h"), "LabelEncoder": ("g", "h"),
    "MultiLabelBinarizer": ("np.c_[g, g + 2]", "np.c_[h, h + 2]"),
    "LinearDiscriminantAnalysis": ("F, g", "Q"),
    "MissingIndicator": ("F", "Q"),
    "NeighborhoodComponentsAnalysis": ("F, g", "Q"),
    "OneHotEncoder": ("d[['c']]", "e[['c']]"), "OrdinalEncoder": ("d[['c']]", "e[['c']]"),
    "TargetEncoder": ("d[['c']], t", "e[['c']]"),
    "PatchExtractor": ("F[:, :, None] * np.ones(3)", "Q[:, :, None] * np.ones(3)"),
    "PLSSVD": ("F, F[:, :2] * 2", "Q"),
    "FrozenEstimator": ("F, t", "Q"),
    "SelectFwe": ("F, F[:, 0] * 9 + t", "Q"),
}  # fmt: skip
"""Arguments of ``fit``, and what is asked, where the estimator does not take rows of numbers."""
_SUPERVISED = ("RFE RFECV SelectFdr SelectFpr SelectFromModel SelectFwe SelectKBest "
               "SelectPercentile SequentialFeatureSelector").split()  # fmt: skip
_PLS = "PLSCanonical PLSRegression CCA".split()
_SEARCH = (
    "GridSearchCV RandomizedSearchCV HalvingGridSearchCV HalvingRandomSearchCV Pipeline".split()
)
_SGD = "linear_model.SGDClassifier(loss='log_loss', random_state=0)"
_LAST = {
    **dict.fromkeys(("transform", "fit_transform", "inverse_transform", "score_samples"),
                    ("decomposition.PCA(2)", "F")),
    **dict.fromkeys(("predict_proba", "predict_log_proba", "decision_function"), (_LOG, "F, g")),
    "fit_predict": ("cluster.KMeans(2, n_init=1, random_state=0)", "F"),
    "partial_fit": ("linear_model.SGDRegressor(random_state=0)", "F, t"),
}  # fmt: skip
"""What a method is handed on to, and how that is fitted."""
_HANDED_ON = {
    "GridSearchCV": "{}, {{}}, cv=2", "RandomizedSearchCV": "{}, {{}}, cv=2, n_iter=1",
    "HalvingGridSearchCV": "{}, {{}}, cv=2, min_resources=8",
    "HalvingRandomSearchCV": "{}, {{}}, cv=2, random_state=0, min_resources=8, n_candidates=1",
    "Pipeline": "[('s', StandardScaler()), ('l', {})]",
    "FrozenEstimator": "{}.fit(F, g)",
    "RFE": "{}, n_features_to_select=2", "RFECV": "{}, cv=2", "SelectFromModel": "{}",
    "BaggingClassifier": "{}, n_estimators=2, random_state=0",
}  # fmt: skip
"""Estimators that answer what another of them can."""
_OTHER = {
    ("LocalOutlierFactor", "fit_predict"): "3",
    ("MultiOutputClassifier", "partial_fit"): _SGD,
    ("MultiOutputRegressor", "partial_fit"): "linear_model.SGDRegressor(random_state=0)",
    ("SelectFromModel", "partial_fit"): "linear_model.SGDRegressor(random_state=0)",
    ("SVC", "predict_proba"): "probability=True, random_state=0",
    ("SVC", "predict_log_proba"): "probability=True, random_state=0",
    ("NuSVC", "predict_proba"): "nu=0.3, probability=True, random_state=0",
    ("NuSVC", "predict_log_proba"): "nu=0.3, probability=True, random_state=0",
    ("OneVsRestClassifier", "partial_fit"): _SGD,
    ("OneVsOneClassifier", "partial_fit"): _SGD,
    ("ClassifierChain", "decision_function"): _LOG,
    ("StackingClassifier", "decision_function"): f"[('a', {_LOG}), ('b', {_TREE})], cv=2",
    **dict.fromkeys(
        [("VotingClassifier", "predict_proba"), ("VotingClassifier", "predict_log_proba")],
        f"[('a', {_LOG}), ('b', {_TREE})], voting='soft'",
    ),
}


def way(kind: type, method: str) -> Way:
    """How an estimator is made, fitted and asked by one of its methods."""
    name = kind.__name__
    method = "transform" if (name, method) == ("Pipeline", "get_feature_names_out") else method
    arguments, fit = ARGUMENTS.get(name, ""), _fit(kind)
    if name in _HANDED_ON and method in _LAST and not _of_its_own(name, method):
        last, fit = _LAST[method]
        arguments = _HANDED_ON[name].format(last)
    if name == "FrozenEstimator" and method not in _LAST:
        fit = "F, t"
    arguments = _OTHER.get((name, method), arguments)
    ask = "Q"
    if name in _FIT and name != "FrozenEstimator":
        fit, ask = _FIT[name]
    return Way(f"{home(kind)}.{name}({arguments})", fit, ask)


def _of_its_own(name: str, method: str) -> bool:
    """Whether a selector of columns answers by itself."""
    return name.startswith(("RFE", "SelectFrom")) and (
        "transform" in method or method == "partial_fit"
    )


def _fit(kind: type) -> str:
    name = kind.__name__
    if name.startswith("MultiTask") or name in _PLS:
        return f"F, {_BOTH}"
    if name in _SEARCH or name in _SUPERVISED:
        return "F, t"
    if "Classifier" in name or name in ("LabelSpreading", "LabelPropagation"):
        return "F, g"
    if "Regressor" in name:
        return "F, t"
    try:
        made = kind()
    except TypeError:
        return "F"
    return "F, g" if is_classifier(made) else "F, t" if is_regressor(made) else "F"
