"""A believable session as evidence, small enough to read, and a fixed clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from traceprop_nb.reports.data_facts import ClassFact, LabelFact, ProfileFact
from traceprop_nb.reports.environment_facts import Environment, SeedFact
from traceprop_nb.reports.evidence import (
    CellFact,
    Coverage,
    EvaluationFact,
    Evidence,
    InfluenceFact,
    LogFact,
    MetricFact,
    OperationCount,
    Origins,
    Repository,
    RunFact,
    SessionFact,
    SourceFact,
    TopRow,
    UnlearningFact,
    Validation,
)
from traceprop_nb.reports.record import Record

A, B = 0, 7  # lineage nodes of the two files
BYTES_OF_A, BYTES_OF_B = "sha256:" + "a1" * 32, "sha256:" + "b2" * 32


def clock() -> datetime:
    return datetime(2026, 11, 20, 17, 10, 3, tzinfo=UTC)


def rows(*indices: int) -> np.ndarray:
    return np.array(indices, dtype=np.int64)


def sources() -> tuple[SourceFact, ...]:
    a = SourceFact(A, "hospital_a.csv", "file", 300, "hospital_a.csv", BYTES_OF_A, 2, 1)
    b = SourceFact(B, "hospital_b.csv", "file", 269, "hospital_b.csv", BYTES_OF_B, 2, 2)
    return (
        replace(a, digest_now=BYTES_OF_A, found=True),
        replace(b, digest_now=BYTES_OF_B, found=True),
    )


def run(name: str = "screen", order: int = 1, **changes: Any) -> RunFact:
    origins = Origins({A: rows(0, 1, 2, 3), B: rows(0, 1)}, "exact")
    fitted = RunFact(
        name=name,
        order=order,
        framework="sklearn",
        model="sklearn.linear_model.LogisticRegression",
        n_rows=6,
        n_parameters=31,
        loss="log loss",
        hyperparameters={"C": 1.0, "penalty": "l2", "random_state": None},
        seconds=0.0123,
        rows_traced=6,
        origins=origins,
        parameters_digest="sha256:" + "c3" * 32,
        cell=6,
    )
    return replace(fitted, **changes)


def unlearning(**changes: Any) -> UnlearningFact:
    request = UnlearningFact(
        order=2,
        what="source='hospital_b.csv'",
        run="screen",
        result="screen without hospital_b.csv",
        method="newton",
        n_forgotten=2,
        forgotten=Origins({B: rows(0, 1)}, "exact"),
        verified=True,
        verdict="at the retrained model: 0.002 % of the distance is left",
        distance_before=1.9,
        distance_after=3.8e-5,
        seconds=0.004,
        cell=9,
        why="the model is convex",
        relation="retrain_without",
        test="parameters, at most 0.1 % of the distance to the minimum left",
        gold_seeds=1,
        baselines=("random rows", "nothing"),
        note="one note",
    )
    return replace(request, **changes)


def session(**changes: Any) -> Evidence:
    """Everything captured, everything checked; ``changes`` replace parts of the evidence."""
    without_b = Origins({A: rows(0, 1, 2, 3)}, "exact")
    whole = Evidence(
        session=SessionFact("s-01", "2026-11-20T17:00:00Z", "screening.ipynb"),
        cells=tuple(
            CellFact(number, "sha256:" + "d4" * 32, ok=True, traced=True) for number in range(1, 11)
        ),
        sources=sources(),
        operations=(
            OperationCount("read_csv", "exact", 2),
            OperationCount("merge", "exact", 1),
            OperationCount("dropna", "exact", 1),
        ),
        coverage=Coverage(4, 0, (), ()),
        runs=(
            run(),
            run(
                "screen without hospital_b.csv",
                order=3,
                n_rows=4,
                rows_traced=4,
                origins=without_b,
                parent="screen",
                cell=9,
            ),
        ),
        influences=(
            InfluenceFact(
                run="screen",
                method="closed-form",
                estimand="leave_one_out",
                query="X_test[3]",
                n_queries=1,
                top=(TopRow("hospital_a.csv", 2, 0.31), TopRow("hospital_b.csv", 1, -0.08)),
                note="polished to the optimum before scoring",
                validation=Validation("Spearman against leave-one-out retraining", 0.998, True),
                cell=8,
            ),
        ),
        unlearnings=(unlearning(),),
        evaluations=(EvaluationFact("X_test", "screen", 2, Origins({A: rows(8, 9)}, "exact"), 7),),
        metrics=(MetricFact("accuracy", 0.965, 2, "screen", "X_test", 0.965, 7),),
        environment=Environment(
            "3.11.7",
            "Linux x86_64",
            {"numpy": "2.4.6", "pandas": "3.1.1", "scikit-learn": "1.8.0"},
            {"processors": 2, "accelerators": "none seen"},
        ),
        repository=Repository(True, "0123456789abcdef0123456789abcdef01234567", False),
        seeds=(SeedFact("numpy.random.default_rng", 7, 1),),
        log=LogFact(41, "sha256:" + "e5" * 32, True),
        profiles=(
            ProfileFact("hospital_a.csv", False, 300, 31, 2, 0, 0),
            ProfileFact("hospital_b.csv", False, 269, 31, 0, 1, 0),
            ProfileFact("screen", True, 6, 30, 0, 0, 0, (ClassFact("0", 4), ClassFact("1", 2))),
            ProfileFact(
                "screen without hospital_b.csv", True, 4, 30, 0, 0, 0, (ClassFact("0", 4),)
            ),
        ),
        labels=(LabelFact("screen", 6, 30, 2, ()),),
    )
    return replace(whole, **changes)


def fields(record: Record) -> dict[str, dict[str, Any]]:
    """The record's fields by id."""
    return {field["id"]: field for s in record.to_dict()["sections"] for field in s["fields"]}
