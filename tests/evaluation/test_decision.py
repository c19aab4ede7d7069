"""Class factors: what is known to be right is found, and chance is left alone."""

from __future__ import annotations

import numpy as np
import pytest

from automl_cli.evaluation.decision import decide, fit_decision
from automl_cli.evaluation.metrics import METRICS, metrics_for


def made_rows(rows, shares, strength=1.5, seed=0):
    """Returns labels and the probabilities that they were drawn with."""
    draw = np.random.default_rng(seed)
    powers = np.asarray(shares) * np.exp(strength * draw.normal(size=(rows, len(shares))))
    chances = powers / powers.sum(axis=1, keepdims=True)
    truth = (draw.random((rows, 1)) > chances.cumsum(axis=1)).sum(axis=1).clip(max=len(shares) - 1)
    return truth, chances


def gain(metric, truth, probabilities, *, rows):
    """What factors from the first rows gain on the others."""
    factors = fit_decision(truth[:rows], probabilities[:rows], metric=metric)
    fresh = probabilities[rows:]
    return metric.function(truth[rows:], decide(fresh, factors)) - metric.function(truth[rows:], fresh)


def threshold(factors):
    return factors[0] / sum(factors)


def test_balanced_accuracy_is_decided_at_the_share_of_the_class():
    truth, probabilities = made_rows(40_000, (0.85, 0.15))
    factors = fit_decision(truth, probabilities, metric=METRICS["balanced_accuracy"])
    assert threshold(factors) == pytest.approx(truth.mean(), abs=0.03)


def test_balanced_accuracy_of_several_classes_is_decided_by_their_inverse_shares():
    truth, probabilities = made_rows(20_000, (0.7, 0.2, 0.1))
    factors = np.array(fit_decision(truth, probabilities, metric=METRICS["balanced_accuracy"]))
    expected = 1 / np.bincount(truth)
    np.testing.assert_allclose(factors / factors.sum(), expected / expected.sum(), atol=0.06)


def test_f1_is_decided_at_half_its_best_value():
    """Lipton et al. (2014), for calibrated probabilities."""
    metric = METRICS["f1"]
    truth, probabilities = made_rows(40_000, (0.9, 0.1))
    factors = fit_decision(truth, probabilities, metric=metric)
    best = metric.function(truth, decide(probabilities, factors))
    assert threshold(factors) == pytest.approx(best / 2, abs=0.03)


@pytest.mark.parametrize("name", ["balanced_accuracy", "f1", "mcc"])
@pytest.mark.parametrize("shares", [(0.9, 0.1), (0.8, 0.15, 0.05)], ids=["binary", "multiclass"])
def test_fresh_rows_of_rare_classes_gain(name, shares):
    truth, probabilities = made_rows(24_000, shares)
    many = gain(METRICS[name], truth, probabilities, rows=4_000)
    few = gain(METRICS[name], truth, probabilities, rows=300)
    assert many > 0.005
    assert few > -0.01


@pytest.mark.parametrize("metric", metrics_for("multiclass"), ids=lambda metric: metric.name)
def test_few_rows_in_which_nothing_is_to_be_gained_do_no_harm(metric):
    gains = [gain(metric, *made_rows(10_150, (0.5, 0.5), seed=seed), rows=150) for seed in range(12)]
    assert np.mean(gains) > -0.005


def test_accuracy_gains_where_probabilities_are_off():
    truth, probabilities = made_rows(20_000, (0.5, 0.3, 0.2))
    assert fit_decision(truth, probabilities, metric=METRICS["accuracy"]) == (1, 1, 1)
    shifted = decide(probabilities, (1.0, 1.0, 0.25))
    factors = fit_decision(truth, shifted, metric=METRICS["accuracy"])
    assert factors[2] / factors[0] == pytest.approx(4, rel=0.15)


@pytest.mark.parametrize("name", ["log_loss", "roc_auc", "brier", "precision", "recall"])
def test_metrics_that_no_threshold_improves_leave_probabilities_alone(name):
    truth, probabilities = made_rows(500, (0.9, 0.1))
    assert fit_decision(truth, probabilities, metric=METRICS[name]) == (1, 1)


def test_separated_classes_are_cut_in_the_middle():
    positive = np.concatenate([np.linspace(0.01, 0.1, 200), np.linspace(0.3, 0.45, 100)])
    truth = (positive > 0.2).astype(np.int64)
    factors = fit_decision(truth, np.stack([1 - positive, positive], axis=1), metric=METRICS["f1"])
    assert 0.1 < threshold(factors) < 0.3


def test_a_class_that_does_not_occur_is_no_reason_to_fail():
    truth, probabilities = made_rows(300, (0.5, 0.3, 0.2))
    for present in (truth % 2, np.zeros_like(truth)):
        assert fit_decision(present, probabilities, metric=METRICS["balanced_accuracy"]) == (1, 1, 1)


def test_certain_probabilities_stay_finite():
    truth = np.array([0] * 90 + [1] * 10)
    certain = np.eye(2, dtype=np.float32)[truth]
    certain[::7] = certain[::7, ::-1]
    factors = fit_decision(truth, certain, metric=METRICS["balanced_accuracy"])
    assert np.isfinite(decide(certain, factors)).all()


def test_decisions_are_by_weighted_probabilities():
    probabilities = np.array([[0.7, 0.3], [0.65, 0.35]], np.float32)
    decided = decide(probabilities, (0.8, 1.2))
    assert decided.dtype == np.float32
    assert decided.argmax(axis=1).tolist() == [0, 0]
    assert decide(probabilities, (0.64, 1.36)).argmax(axis=1).tolist() == [0, 1]
    np.testing.assert_allclose(decided[0], [0.56 / 0.92, 0.36 / 0.92], rtol=1e-6)
    assert decide(probabilities, (1.0, 1.0)) is probabilities
