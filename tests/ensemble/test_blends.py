"""Fast measuring agrees with the metrics themselves."""

from __future__ import annotations

import time

import numpy as np
import pytest

from automl_cli.ensemble.blends import loss_of, measure_blends
from automl_cli.evaluation.metrics import METRICS

COUNTS = np.array([3.0, 0, 1, 0, 2])


def made_predictions(classes, rows=400, candidates=5, seed=0):
    """One class stands for a regression, in which some true values are 0."""
    draw = np.random.default_rng(seed)
    if classes == 1:
        truth = np.where(draw.random(rows) < 0.1, 0, draw.normal(5, 3, rows))
        return truth, [(truth[:, None] + draw.normal(0.2, 1, (rows, 1))).astype(np.float32) for _ in range(candidates)]
    truth = draw.integers(classes, size=rows)
    logits = 2 * np.eye(classes)[truth] + draw.normal(size=(candidates, rows, classes))
    powers = np.exp(logits)
    return truth, list((powers / powers.sum(axis=2, keepdims=True)).astype(np.float32))


def cases():
    for metric in METRICS.values():
        for classes in (1,) if "regression" in metric.tasks else (2, 4):
            yield pytest.param(metric, classes, id=f"{metric.name}-{classes}")


@pytest.mark.parametrize(("metric", "classes"), list(cases()))
def test_blends_are_measured_as_the_metric_measures_them(metric, classes):
    truth, predictions = made_predictions(classes)
    measured = measure_blends(metric, predictions, truth=truth)(COUNTS)
    total = np.tensordot(COUNTS, np.stack(predictions).astype(np.float64), axes=1)
    # Squared errors stand for their roots and for R²: the order is what counts.
    same = {"rmse": METRICS["mse"], "r2": METRICS["mse"]}.get(metric.name, metric)
    expected = [loss_of(same, same.function(truth, (total + each) / 7)) for each in predictions]
    np.testing.assert_allclose(measured, expected, rtol=1e-5)


@pytest.mark.parametrize("name", ["roc_auc", "average_precision"])
@pytest.mark.parametrize("classes", [2, 3])
def test_ties_count_as_in_the_metric(name, classes):
    truth, predictions = made_predictions(classes)
    coarse = [np.round(each * 4) / 4 for each in predictions]
    constant = np.full_like(coarse[0], 1 / classes)
    measured = measure_blends(METRICS[name], [*coarse, constant], truth=truth)(np.zeros(6))
    expected = [1 - METRICS[name].function(truth, each) for each in (*coarse, constant)]
    np.testing.assert_allclose(measured, expected, rtol=1e-9)


@pytest.mark.parametrize("name", ["roc_auc", "log_loss", "accuracy"])
def test_classes_that_are_missing_are_no_reason_to_fail(name):
    truth, predictions = made_predictions(3)
    for present in (truth % 2, np.zeros_like(truth)):
        assert np.isfinite(measure_blends(METRICS[name], predictions, truth=present)(COUNTS)).all()


@pytest.mark.parametrize("name", ["roc_auc", "log_loss", "rmse", "accuracy"])
def test_a_part_of_many_rows_is_measured_in_place_of_all(name):
    metric = METRICS[name]
    truth, predictions = made_predictions(1 if name == "rmse" else 2, rows=300_000, candidates=2)
    start = time.process_time()
    first, second = measure_blends(metric, predictions, truth=truth)(np.zeros(2))
    assert time.process_time() - start < 1
    same = METRICS["mse"] if name == "rmse" else metric
    for measured, each in ((first, predictions[0]), (second, predictions[1])):
        assert measured == pytest.approx(loss_of(same, same.function(truth, each)), rel=0.05)
