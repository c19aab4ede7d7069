"""Every metric agrees with scikit-learn, and stays a number where scikit-learn has none."""

import math

import numpy as np
import pytest
from sklearn import metrics as sklearn

from automl_cli.evaluation.classification import confusion_matrix
from automl_cli.evaluation.metrics import METRICS, default_metric, metric_of_quantile, metrics_for


def made_classes(classes, rows=300, seed=0):
    generator = np.random.default_rng(seed)
    truth = generator.integers(classes, size=rows)
    scores = generator.random((rows, classes)).round(1) + 0.05  # rounded: there are ties
    scores[np.arange(rows), truth] += 0.3
    return truth, scores / scores.sum(axis=1, keepdims=True)


BINARY = {
    "accuracy": lambda t, p: sklearn.accuracy_score(t, p.argmax(1)),
    "balanced_accuracy": lambda t, p: sklearn.balanced_accuracy_score(t, p.argmax(1)),
    "roc_auc": lambda t, p: sklearn.roc_auc_score(t, p[:, 1]),
    "average_precision": lambda t, p: sklearn.average_precision_score(t, p[:, 1]),
    "log_loss": sklearn.log_loss,
    "f1": lambda t, p: sklearn.f1_score(t, p.argmax(1)),
    "precision": lambda t, p: sklearn.precision_score(t, p.argmax(1)),
    "recall": lambda t, p: sklearn.recall_score(t, p.argmax(1)),
    "mcc": lambda t, p: sklearn.matthews_corrcoef(t, p.argmax(1)),
    "brier": lambda t, p: sklearn.brier_score_loss(t, p[:, 1]),
}
MULTICLASS = BINARY | {
    "roc_auc": lambda t, p: sklearn.roc_auc_score(t, p, multi_class="ovr", average="macro"),
    "average_precision": lambda t, p: sklearn.average_precision_score(np.eye(4)[t], p, average="macro"),
    "f1": lambda t, p: sklearn.f1_score(t, p.argmax(1), average="macro"),
    "precision": lambda t, p: sklearn.precision_score(t, p.argmax(1), average="macro"),
    "recall": lambda t, p: sklearn.recall_score(t, p.argmax(1), average="macro"),
    "brier": lambda t, p: np.mean(np.sum((p - np.eye(4)[t]) ** 2, axis=1)),
}
REGRESSION = {
    "rmse": sklearn.root_mean_squared_error,
    "mse": sklearn.mean_squared_error,
    "mae": sklearn.mean_absolute_error,
    "r2": sklearn.r2_score,
    "mape": sklearn.mean_absolute_percentage_error,
    "median_absolute_error": sklearn.median_absolute_error,
    "pinball": sklearn.mean_pinball_loss,
}


def test_every_metric_is_compared_below():
    assert {metric.name for metric in metrics_for("binary")} == set(BINARY)
    assert {metric.name for metric in metrics_for("multiclass")} == set(MULTICLASS)
    assert {metric.name for metric in metrics_for("regression")} == set(REGRESSION)


@pytest.mark.parametrize("name", BINARY)
def test_binary_metrics_agree_with_scikit_learn(name):
    truth, probabilities = made_classes(2)
    assert METRICS[name].function(truth, probabilities) == pytest.approx(BINARY[name](truth, probabilities), abs=1e-12)


@pytest.mark.parametrize("name", MULTICLASS)
def test_multiclass_metrics_agree_with_scikit_learn(name):
    truth, probabilities = made_classes(4)
    expected = MULTICLASS[name](truth, probabilities)
    assert METRICS[name].function(truth, probabilities) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
@pytest.mark.parametrize("name", REGRESSION)
def test_regression_metrics_agree_with_scikit_learn(name, shape):
    generator = np.random.default_rng(0)
    truth = generator.normal(5, 3, size=200)
    predictions = (truth + generator.normal(size=200)).astype(np.float32)
    value = METRICS[name].function(truth, predictions.reshape(shape))
    assert value == pytest.approx(REGRESSION[name](truth, predictions), rel=1e-9)


@pytest.mark.parametrize("metric", metrics_for("multiclass"), ids=lambda metric: metric.name)
@pytest.mark.parametrize("classes", [2, 3])
def test_a_metric_is_a_number_when_the_rows_hold_one_class(metric, classes):
    probabilities = np.full((5, classes), 1 / classes, dtype=np.float32)
    for only in range(classes):
        assert math.isfinite(metric.function(np.full(5, only), probabilities))


def test_a_class_that_is_absent_does_not_lower_the_average():
    truth = np.array([0, 0, 1, 1])
    probabilities = np.array([[0.8, 0.1, 0.1], [0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.7, 0.1]])
    for name in ("roc_auc", "average_precision", "f1", "precision", "recall", "balanced_accuracy"):
        assert METRICS[name].function(truth, probabilities) == 1.0, name


def test_certainty_about_the_wrong_class_costs_much_but_not_everything():
    wrong = np.array([[1.0, 0.0]], dtype=np.float32)
    assert 15 < METRICS["log_loss"].function(np.array([1]), wrong) < 17


def test_a_share_of_zero_is_left_out_of_the_percentage_error():
    assert METRICS["mape"].function(np.array([0.0, 2.0]), np.array([1.0, 3.0])) == 0.5


def test_a_constant_truth_leaves_nothing_to_explain():
    constant = np.full(4, 7.0)
    assert METRICS["r2"].function(constant, constant) == 1.0
    assert METRICS["r2"].function(constant, constant + 1) == 0.0


def test_confusion_has_the_truth_in_rows():
    truth = np.array([0, 0, 1, 2])
    probabilities = np.eye(3)[[0, 1, 1, 0]]
    assert confusion_matrix(truth, probabilities).tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]


def test_improvement_knows_the_direction():
    assert METRICS["accuracy"].improvement(0.9, 0.8) > 0
    assert METRICS["log_loss"].improvement(0.9, 0.8) < 0


@pytest.mark.parametrize(("task", "name"), [("binary", "roc_auc"), ("multiclass", "log_loss"), ("regression", "rmse")])
def test_each_task_has_a_default(task, name):
    assert default_metric(task) == name
    assert task in METRICS[name].tasks


@pytest.mark.parametrize("metric", metrics_for("binary"), ids=lambda metric: metric.name)
def test_metrics_read_no_more_of_predictions_than_they_say(metric):
    truth, probabilities = made_classes(2)
    positive = probabilities[:, 1]
    same_labels = np.where(positive > 0.5, 0.9, 0.1)
    same_ranks = positive**3
    changed = {
        reads: metric.function(truth, np.stack([1 - moved, moved], axis=1)) != metric.function(truth, probabilities)
        for reads, moved in (("labels", same_labels), ("ranks", same_ranks))
    }
    assert changed == {"labels": metric.reads != "labels", "ranks": metric.reads != "ranks"}


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_pinball_is_that_of_scikit_learn_and_smallest_at_its_quantile(quantile):
    truth = np.random.default_rng(0).normal(size=301)
    metric = METRICS[metric_of_quantile(quantile)]
    expected = sklearn.mean_pinball_loss(truth, truth * 0.5, alpha=quantile)
    assert metric.function(truth, truth[:, None] * 0.5) == pytest.approx(expected)
    best = min(np.linspace(-2, 2, 81), key=lambda value: metric.function(truth, np.full(301, value)))
    assert np.mean(truth <= best) == pytest.approx(quantile, abs=0.03)


def test_only_the_median_is_measured_unasked():
    names = [metric.name for metric in metrics_for("regression")]
    assert [name for name in names if "pinball" in name] == ["pinball"]
    names = [metric_of_quantile(quantile) for quantile in (0.5, 0.9, 0.87, 0.001)]
    assert names == ["pinball", "pinball_90", "pinball_85", "pinball_1"]
