"""Rows 8, 9, 10, 34, 36 and 37 of the practices: what is minimised, rare classes, and what is measured by them."""

from __future__ import annotations

import numpy as np
import pytest

from automl_cli.evaluation.by_class import score_classes
from automl_cli.evaluation.metrics import metric_of_quantile
from automl_cli.records import Score, Value
from automl_cli.search.families import resolve_families
from automl_cli.search.strategies.tree import make_tree
from automl_cli.spec.search import SearchSpec
from search_spaces.family import load_families
from search_spaces.portfolio import Occasion, portfolio_for

CURES = ("class_weights", "class_balanced", "over_sampling", "under_sampling", "smote", "focal", "logit_adjustment")


def searched(name: str, *, task: str, has_rare_class: bool = False, family: str = "mlp") -> tuple[Value, ...]:
    """The values of a choice that a search tries by itself."""
    suited = load_families([family])[family].for_table(task=task, rows=1000, has_rare_class=has_rare_class)  # type: ignore[arg-type]
    return make_tree({family: suited})[f"{family}/{name}"].values


def pinned(**values: Value) -> dict[str, Value]:
    plan = SearchSpec(
        time=60, trials=None, metric="rmse", strategy="manual", families=["mlp"], space=None, seed=0,
        hyperparameters=values,
    )  # fmt: skip
    task = "regression" if "loss" in values else "binary"
    return resolve_families(plan, task=task, rows=1000)["mlp"].full_space.defaults()


def test_row_08_losses_of_amounts_are_searched_or_fixed() -> None:
    assert searched("loss", task="regression") == ("mse", "huber")
    for loss in ("mse", "mae", "huber", "log_cosh", "quantile", "poisson", "tweedie"):
        assert pinned(loss=loss)["loss"] == loss
    assert pinned(loss="quantile", quantile=0.9)["quantile"] == 0.9
    assert pinned(loss="huber", huber_delta=0.5)["huber_delta"] == 0.5
    assert metric_of_quantile(0.9) == "pinball_90"


def test_row_09_smoothing_is_searched() -> None:
    for task in ("binary", "multiclass"):
        assert len(searched("label_smoothing", task=task)) > 1


@pytest.mark.keras
def test_row_10_the_overlap_of_boxes_is_a_loss_and_a_metric() -> None:
    from automl_cli.training.boxes import ciou_loss, giou_loss, iou

    one, other = np.float32([[0, 0, 2, 2]]), np.float32([[1, 1, 2, 2]])
    assert float(iou(one, other)[0]) == pytest.approx(1 / 7)
    assert float(giou_loss(one, other)[0]) == pytest.approx(6 / 7 + 2 / 9)
    assert float(ciou_loss(one, other)[0]) == pytest.approx(6 / 7 + 1 / 9)


@pytest.mark.parametrize("cure", CURES)
def test_row_34_each_cure_can_be_asked_for(cure: str) -> None:
    assert pinned(imbalance=cure)["imbalance"] == cure


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_row_34_the_search_chooses_among_cures_where_a_class_is_rare_and_only_then(task: str) -> None:
    assert searched("imbalance", task=task) == ("none",)
    assert searched("imbalance", task=task, has_rare_class=True) == ("none", *CURES)
    tried = {
        is_rare: {
            entry.values["imbalance"]
            for entry in portfolio_for(Occasion(task, 1000, seconds=300.0, has_rare_class=is_rare))  # type: ignore[arg-type]
            if "imbalance" in entry.values
        }
        for is_rare in (False, True)
    }
    assert tried[False] == set()
    assert len(tried[True]) >= 3


def test_row_36_every_class_has_precision_recall_and_f1_with_intervals() -> None:
    truth = np.repeat([0, 1], [90, 10])
    shares = np.where(np.arange(100)[:, None] % 3 == 0, [0.4, 0.6], [0.7, 0.3])
    rare = score_classes(truth, shares, classes=("no", "yes"), measured_on="100 test rows", seed=0)[1]
    for score in (rare.precision, rare.recall, rare.f1):
        assert isinstance(score, Score)
        assert score.low < score.value < score.high


def test_row_37_a_quantile_is_measured_in_the_unit_of_the_target() -> None:
    from automl_cli.evaluation.metrics import METRICS

    value = METRICS["pinball_90"].function(np.array([10.0, 20.0]), np.array([[12.0], [15.0]]))
    assert value == pytest.approx((0.1 * 2 + 0.9 * 5) / 2)
