"""Every rule of a search, from both sides."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from automl_cli.diagnosis import diagnose_run
from automl_cli.diagnosis.edge_of_range import beyond, edges_of_best
from automl_cli.diagnosis.searched import Searched
from automl_cli.records import Trial, TrialResult, Value
from search_spaces.grammar import Parameter
from tests.contracts.strategy_contract import FAMILIES
from tests.diagnosis.made_curves import codes

SPACE = FAMILIES["deep"].full_space


def result(number: int, score: float, *, origin: str = "near the best", **values: Value) -> TrialResult:
    if origin == "baseline":
        return TrialResult(Trial(number, "linear", {}, epochs=1, origin=origin), "completed", score)
    return TrialResult(Trial(number, "deep", SPACE.active(values), epochs=30, origin=origin), "completed", score)


WELL = Searched(
    [result(1, 0.6, origin="baseline"), *(result(2 + n, 0.8 - n / 100, width=32 + 16 * n) for n in range(6))],
    FAMILIES,
    metric="accuracy",
    greater_is_better=True,
    class_rows=(400, 600),
    validation_rows=1000,
    columns=[tuple(np.random.default_rng(0).normal(size=(2, 500, 8)))],
)


def test_nothing_is_found_of_a_search_that_went_well() -> None:
    assert diagnose_run(WELL) == ()


@pytest.mark.parametrize(("baseline", "found"), [(0.79, []), (0.9, ["worse-than-baseline"])])
def test_a_baseline_that_is_not_beaten_is_named(baseline: float, found: list[str]) -> None:
    results = [result(1, baseline, origin="baseline"), *WELL.results[1:]]
    assert codes(diagnose_run(dataclasses.replace(WELL, results=results))) == found


def test_a_rare_class_that_nobody_cared_for_is_named() -> None:
    rare = dataclasses.replace(WELL, class_rows=(50, 950))
    (finding,) = diagnose_run(rare)
    assert finding.code == "imbalance-ignored"
    assert "50 of 1,000" in finding.message
    cared = dataclasses.replace(WELL.results[3].trial, hyperparameters={"imbalance": "smote"})
    results = [*WELL.results, TrialResult(cared, "completed", 0.5)]
    assert diagnose_run(dataclasses.replace(rare, results=results)) == ()


@pytest.mark.parametrize(
    ("changes", "end"), [({"width": 256}, "upper"), ({"learning_rate": 1.01e-4}, "lower"), ({"dropout": 0.0}, None)]
)
def test_a_best_value_at_the_end_of_its_range_is_named_where_there_is_more_beyond(
    changes: dict[str, Value], end: str | None
) -> None:
    name = next(iter(changes))
    ordinary = [result(3 + n, 0.7, **{"width": 32 * (1 + n % 3), "learning_rate": 1e-3 * (1 + n)}) for n in range(6)]
    search = dataclasses.replace(WELL, results=[WELL.results[0], result(2, 0.9, **changes), *ordinary])
    assert list(edges_of_best(search)) == ([(name, end)] if end else [])
    assert codes(diagnose_run(search)) == (["edge-of-range"] if end else [])
    # A handful of trials has not looked around.
    assert list(edges_of_best(dataclasses.replace(search, results=search.results[:4]))) == []


@pytest.mark.parametrize(
    ("parameter", "lower", "upper"),
    [
        (Parameter("rate", "float", default=1e-3, low=1e-4, high=1e-2, log=True), 3.333e-5, 0.03),
        (Parameter("width", "int", default=64, low=16, high=256, step=2, log=True), 8, 512),
        (Parameter("depth", "int", default=3, low=1, high=5), None, 6),
        (Parameter("dropout", "float", default=0.1, low=0.0, high=0.5), None, 0.625),
        (Parameter("share", "float", default=0.5, low=0.5, high=1.0), 0.375, None),
        (Parameter("batch_size", "choice", default=64, values=(32, 64, 128)), 16, 256),
        (Parameter("beta_2", "choice", default=0.99, values=(0.9, 0.99)), None, None),
        (Parameter("activation", "choice", default="relu", values=("relu", "silu")), None, None),
        (Parameter("nesterov", "bool", default=True), None, None),
    ],
)
def test_a_range_is_widened_as_far_as_its_type_allows(
    parameter: Parameter, lower: Value | None, upper: Value | None
) -> None:
    assert (beyond(parameter, "lower"), beyond(parameter, "upper")) == (lower, upper)


def test_few_validation_rows_or_few_of_a_class_are_named() -> None:
    (few,) = diagnose_run(dataclasses.replace(WELL, validation_rows=40))
    assert few.code == "small-validation"
    assert "8 points" in few.message
    (rare,) = diagnose_run(dataclasses.replace(WELL, class_rows=(5, 5, 5), validation_rows=24, families={}))
    assert rare.code == "small-validation"


def test_rows_that_measure_and_are_of_another_kind_are_named() -> None:
    train, validation = WELL.columns[0]
    moved = validation + np.where(np.arange(8) == 3, 1.0, 0.0)
    (finding,) = diagnose_run(dataclasses.replace(WELL, columns=[(train, moved)]))
    assert finding.code == "validation-shift"
    assert "1 of 8 encoded numbers" in finding.message
    # Ten rows differ by as much by chance.
    assert diagnose_run(dataclasses.replace(WELL, columns=[(train, validation[:10])])) == ()


@pytest.mark.parametrize(("worst", "found"), [(0.74, []), (0.4, ["validation-shift"])])
def test_a_fold_on_which_every_trial_fails_is_named(worst: float, found: list[str]) -> None:
    results = [dataclasses.replace(one, fold_scores=(0.8, 0.79, worst, 0.81, 0.8)) for one in WELL.results]
    assert codes(diagnose_run(dataclasses.replace(WELL, results=results))) == found
