from __future__ import annotations

import pytest

from automl_cli.evaluation.metrics import METRICS
from automl_cli.records import Curves
from automl_cli.training.plan import batches, make_criterion, make_plan


@pytest.mark.parametrize(
    ("rows", "expected"), [(1, (1, 1)), (256, (1, 256)), (257, (2, 129)), (1000, (4, 250)), (5_000_000, (1024, 256))]
)
def test_rows_are_dealt_out_evenly_and_an_epoch_is_not_endless(rows: int, expected: tuple[int, int]) -> None:
    assert batches(rows, at_most=256) == expected


def test_a_batch_may_be_a_single_row_or_all_rows() -> None:
    assert batches(200, at_most=1) == (200, 1)
    assert batches(1000, at_most=0) == (1, 1000)


def test_a_patience_of_zero_never_ends_a_training() -> None:
    recipe = {"schedule": "constant", "batch_size": 32, "learning_rate": 0.01, "epochs": 99}
    curves = Curves(loss=(1.0,) * 90, validation_loss=tuple(map(float, range(90))))
    ends = [make_plan({**recipe, "patience": n}, epochs=99, metric=METRICS["roc_auc"]).ends(curves) for n in (0, 5)]
    assert ends == [False, True]


@pytest.mark.parametrize(
    ("metric", "better", "worse"),
    [
        ("roc_auc", (0.3, 0.7), (0.4, 0.9)),  # (loss, metric): the loss decides
        ("log_loss", (0.3, 0.3), (0.4, 0.4)),
        ("accuracy", (0.4, 0.9), (0.3, 0.8)),  # labels decide for themselves
        ("rmse", (9.0, 1.0), (1.0, 2.0)),
        ("r2", (9.0, 0.9), (1.0, 0.8)),
    ],
)
def test_epochs_are_judged_by_the_metric_that_the_search_is_for(
    metric: str, better: tuple[float, float], worse: tuple[float, float]
) -> None:
    criterion = make_criterion(METRICS[metric])
    assert criterion(*better) < criterion(*worse)


def test_patience_follows_the_metric_of_values_and_the_loss_of_classes() -> None:
    recipe = {"schedule": "constant", "batch_size": 32, "learning_rate": 0.01, "patience": 2, "epochs": 50}
    falling, rising = (3.0, 2.0, 1.0, 0.5), (1.0, 2.0, 3.0, 4.0)
    curves = Curves(loss=falling, validation_loss=rising, validation_metric=falling, criterion=falling)
    ends = {name: make_plan(recipe, epochs=50, metric=METRICS[name]).ends(curves) for name in ("mae", "accuracy")}
    assert ends == {"mae": False, "accuracy": True}


def test_regularisation_fades_where_the_recipe_says_so() -> None:
    recipe = {"schedule": "constant", "batch_size": 32, "learning_rate": 0.01, "patience": 99, "epochs": 10}
    flat = make_plan(recipe, epochs=10, metric=METRICS["rmse"])
    fading = make_plan({**recipe, "regularization_schedule": "flat_cos"}, epochs=10, metric=METRICS["rmse"])
    strengths = [[plan.strength(Curves(loss=(1.0,) * epoch)) for epoch in (0, 4, 7, 9)] for plan in (flat, fading)]
    assert strengths[0] == [1.0] * 4
    assert strengths[1][:2] == [1.0, 1.0]
    assert 1.0 > strengths[1][2] > strengths[1][3] > 0.0
