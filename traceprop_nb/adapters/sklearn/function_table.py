"""The table behind ``functions``: a code for each result of each function."""

from __future__ import annotations

_ALL = {
    "metrics": (
        "confusion_matrix multilabel_confusion_matrix pair_confusion_matrix roc_curve det_curve "
        "precision_recall_curve precision_recall_fscore_support confusion_matrix_at_thresholds "
        "metric_at_thresholds"
    ),
    "cluster": "get_bin_seeds estimate_bandwidth",
    "covariance": "empirical_covariance graphical_lasso ledoit_wolf oas log_likelihood",
    "feature_selection": (
        "chi2 f_classif f_oneway f_regression mutual_info_classif mutual_info_regression "
        "r_regression"
    ),
    "inspection": "partial_dependence permutation_importance",
    "linear_model": (
        "enet_path lasso_path lars_path lars_path_gram orthogonal_mp orthogonal_mp_gram "
        "ridge_regression"
    ),
    "calibration": "calibration_curve",
    "utils.class_weight": "compute_class_weight",
}
_ROWS = {
    "r": "manifold.spectral_embedding "
    "isotonic.isotonic_regression covariance.shrunk_covariance cluster.spectral_clustering "
    "utils.compute_sample_weight utils.check_symmetric "
    "neighbors.kneighbors_graph neighbors.radius_neighbors_graph cluster.cluster_optics_dbscan",
    "o": "preprocessing.add_dummy_feature preprocessing.binarize preprocessing.label_binarize "
    "decomposition.sparse_encode neighbors.sort_graph_by_row_values "
    "utils.check_array utils.as_float_array utils.column_or_1d utils.extmath.softmax "
    "utils.extmath.row_norms utils.safe_sqr",
    "x": "metrics.pairwise_distances metrics.euclidean_distances metrics.nan_euclidean_distances "
    "metrics.pairwise_kernels metrics.pairwise_distances_argmin "
    "metrics.pairwise_distances_argmin_min "
    "metrics.pairwise.cosine_similarity metrics.pairwise.cosine_distances "
    "metrics.pairwise.manhattan_distances metrics.pairwise.haversine_distances "
    "metrics.pairwise.linear_kernel metrics.pairwise.rbf_kernel metrics.pairwise.laplacian_kernel "
    "metrics.pairwise.polynomial_kernel metrics.pairwise.sigmoid_kernel "
    "metrics.pairwise.chi2_kernel metrics.pairwise.additive_chi2_kernel",
    "b": "metrics.silhouette_samples",
    "p": "metrics.pairwise.paired_distances metrics.pairwise.paired_cosine_distances "
    "metrics.pairwise.paired_euclidean_distances metrics.pairwise.paired_manhattan_distances",
}
OVER_COLUMNS = {
    "scale": 0, "minmax_scale": 0, "maxabs_scale": 0, "robust_scale": 0, "quantile_transform": 0,
    "normalize": 1,
}  # fmt: skip
"""Functions that go over columns (0) or over rows (1) unless they are told to."""
SPEC: dict[str, str] = {
    **{f"{module}.{name}": "a" for module, names in _ALL.items() for name in names.split()},
    **{name: code for code, names in _ROWS.items() for name in names.split()},
    **{f"preprocessing.{name}": "r" for name in (*OVER_COLUMNS, "power_transform")},
    "cluster.affinity_propagation": "ar",
    "cluster.compute_optics_graph": "arrr",
    "cluster.dbscan": "ar",
    "cluster.k_means": "ar-",
    "cluster.kmeans_plusplus": "aa",
    "cluster.mean_shift": "ar",
    "covariance.fast_mcd": "aarr",
    "decomposition.dict_learning": "ra-",
    "decomposition.fastica": "aar",
    "decomposition.non_negative_factorization": "ra",
    "decomposition.randomized_svd": "raa",
    "manifold.locally_linear_embedding": "ra",
    "manifold.smacof": "ra",
}
"""``module.function`` -> a code for each of its results; the last stands for those after it."""
BY_OUTPUT = (
    "d2_absolute_error_score d2_pinball_score explained_variance_score mean_absolute_error "
    "mean_absolute_percentage_error mean_pinball_loss mean_squared_error mean_squared_log_error "
    "median_absolute_error r2_score root_mean_squared_error root_mean_squared_log_error"
).split()
"""Metrics that give a number for each output if they are asked to."""
BY_CLASS = (
    "f1_score fbeta_score jaccard_score precision_score recall_score roc_auc_score "
    "average_precision_score"
).split()
"""Metrics that give a number for each class if they are asked to."""
NUMBERS = (
    "accuracy_score adjusted_mutual_info_score adjusted_rand_score auc balanced_accuracy_score "
    "brier_score_loss calinski_harabasz_score cohen_kappa_score completeness_score "
    "consensus_score coverage_error d2_brier_score d2_log_loss_score d2_tweedie_score "
    "davies_bouldin_score dcg_score fowlkes_mallows_score hamming_loss hinge_loss "
    "homogeneity_completeness_v_measure homogeneity_score label_ranking_average_precision_score "
    "label_ranking_loss log_loss matthews_corrcoef max_error mean_gamma_deviance "
    "mean_poisson_deviance mean_tweedie_deviance mutual_info_score ndcg_score "
    "normalized_mutual_info_score rand_score silhouette_score top_k_accuracy_score "
    "v_measure_score zero_one_loss"
).split()
"""Metrics of all rows that give a plain number, which is no value with rows."""
NO_ROWS = (
    "metrics.classification_report metrics.class_likelihood_ratios metrics.check_scoring "
    "metrics.get_scorer metrics.pairwise.distance_metrics metrics.pairwise.kernel_metrics "
    "metrics.get_scorer_names metrics.make_scorer covariance.ledoit_wolf_shrinkage "
    "manifold.trustworthiness isotonic.check_increasing compose.make_column_transformer "
    "pipeline.make_pipeline pipeline.make_union base.clone base.is_classifier base.is_regressor "
    "base.is_clusterer base.is_outlier_detector model_selection.check_cv svm.l1_min_c "
    "random_projection.johnson_lindenstrauss_min_dim tree.export_text tree.export_graphviz "
    "tree.plot_tree utils.check_random_state utils.check_scalar utils.check_consistent_length "
    "utils.assert_all_finite utils.gen_batches utils.gen_even_slices utils.estimator_html_repr "
    "utils.murmurhash3_32 utils.all_estimators callback.with_callbacks set_config get_config "
    "config_context show_versions utils.get_tags"
).split()
OPAQUE = {
    "positions along a tree of merges, not rows": "cluster.ward_tree cluster.linkage_tree",
    "clusters are stretches of an ordering": "cluster.cluster_optics_xi",
    "pixels of an image, not rows": (
        "feature_extraction.grid_to_graph feature_extraction.img_to_graph "
        "feature_extraction.image.extract_patches_2d "
        "feature_extraction.image.reconstruct_from_patches_2d"
    ),
    "gives one block of rows after the other": "metrics.pairwise_distances_chunked",
    "its results depend on which are asked for": "decomposition.dict_learning_online",
    "only checks what it hands back": (
        "utils.safe_mask utils.indexable utils.check_X_y "
        "metrics.pairwise.check_pairwise_arrays metrics.pairwise.check_paired_arrays"
    ),
}
"""Why no rule follows a function."""
