"""XGBoost: boosted trees as runs."""
