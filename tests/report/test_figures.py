"""What the report draws is first computed, and the computing is checked here."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve as reference_precision_recall
from sklearn.metrics import roc_curve as reference_roc_curve

from automl_cli.records import Curves, RangeTest
from automl_cli.report.charts import Series, draw
from automl_cli.report.figures import (
    calibration_curve,
    precision_recall_curve,
    residual_histogram,
    roc_curve,
    scatter_sample,
)
from automl_cli.report.outcome_charts import draw_classes, draw_values
from automl_cli.report.page import range_chart, rate_curves


def test_the_roc_curve_is_that_of_scikit_learn_also_with_ties() -> None:
    generator = np.random.default_rng(0)
    truth = generator.integers(2, size=300)
    positive = np.round(np.clip(truth * 0.3 + generator.random(300) * 0.7, 0, 1), 1)
    x, y, _ = reference_roc_curve(truth, positive, drop_intermediate=False)
    ours = roc_curve(truth, positive)
    assert ours.x == pytest.approx(x)
    assert ours.y == pytest.approx(y)


def test_calibration_bins_hold_equally_many_rows() -> None:
    positive = np.linspace(0, 1, 100)
    curve = calibration_curve((positive > 0.5).astype(int), positive, bins=4)
    assert curve.y.tolist() == [0, 0, 1, 1]
    assert np.all(np.diff(curve.x) > 0)


def test_few_rows_are_all_shown_and_many_are_sampled() -> None:
    assert len(scatter_sample(np.arange(50.0), np.arange(50.0), seed=0).x) == 50
    many = scatter_sample(np.arange(5000.0), np.arange(5000.0), seed=0)
    assert len(many.x) < 1000
    assert np.array_equal(many.x, many.y)


def test_every_row_is_in_the_histogram() -> None:
    truth = np.random.default_rng(0).normal(size=500)
    histogram = residual_histogram(truth, np.zeros(500))
    assert histogram.y[::2].sum() == 500


def test_a_chart_leaves_out_what_is_no_number_and_says_when_nothing_is_left() -> None:
    drawn = draw([Series("loss", [1, 2, 3], [0.5, float("nan"), 0.1])], x_label="epoch", y_label="loss", title="Loss")
    assert drawn.count(",") >= 2
    assert "nan" not in drawn
    assert "<svg" not in draw([Series("loss", [1], [float("inf")])], x_label="epoch", y_label="loss", title="Loss")


def test_words_of_users_cannot_become_markup() -> None:
    drawn = draw([Series("<b>", [1, 2], [1, 2])], x_label="<script>", y_label="y", title="<i>")
    assert "<script>" not in drawn
    assert "<b>" not in drawn


def test_precision_and_recall_are_those_of_scikit_learn_also_with_ties() -> None:
    generator = np.random.default_rng(1)
    truth = generator.integers(2, size=200)
    positive = np.round(np.clip(truth * 0.3 + generator.random(200) * 0.7, 0, 1), 1)
    precision, recall, _ = reference_precision_recall(truth, positive)
    ours = precision_recall_curve(truth, positive)
    assert ours.x[1:] == pytest.approx(recall[:-1][::-1])
    assert ours.y[1:] == pytest.approx(precision[:-1][::-1])


@pytest.mark.parametrize("classes", [["no", "yes"], ["a", "b", "c"], list("abcdefgh")])
def test_classes_get_roc_precision_and_calibration(classes: list[str]) -> None:
    generator = np.random.default_rng(0)
    truth = generator.integers(len(classes), size=80)
    predictions = generator.dirichlet(np.ones(len(classes)), size=80)
    drawn = draw_classes(truth, predictions, classes=classes)
    assert [chart.count("<svg") for chart in drawn] == [1, 1, 1]
    curves = 1 if len(classes) == 2 else min(len(classes), 5)
    assert drawn[1].count("<polyline") == curves


def test_values_get_predictions_residuals_and_their_spread() -> None:
    truth = np.random.default_rng(0).normal(size=60)
    drawn = draw_values(truth, truth * 0.9, target="height", seed=0)
    assert len(drawn) == 3
    assert drawn[1].count("<circle") == 60
    assert "Residuals" in drawn[1]


def test_the_learning_rate_and_its_range_test_are_drawn() -> None:
    curves = [Curves(loss=(1.0, 0.5), validation_loss=(1.0, 0.6), learning_rate=(0.01, 0.002))]
    assert "Learning rate at the end of each epoch" in rate_curves(curves)
    assert rate_curves([Curves()]) == ""
    rates = (1e-6, 1e-4, 1e-2, 1.0)
    test = RangeTest(rates, losses=(1.0, 0.9, 0.5, 3.0), smoothed=(1.0, 0.9, 0.6, 2.0), given=0.002, proposal=0.001)
    drawn = range_chart(test)
    assert "chosen: 0.001" in drawn
    assert drawn.count("<circle") == 4
    assert range_chart(None) == ""
