"""Temperatures: found where they are, left at 1 where they are not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import softmax

from automl_cli.evaluation.calibration import apply_temperature, fit_temperature
from automl_cli.evaluation.classification import log_loss


def made_rows(rows, classes=3, temperature=1.0, seed=0):
    """Returns labels and probabilities that are calibrated by this temperature."""
    draw = np.random.default_rng(seed)
    logits = 2 * draw.normal(size=(rows, classes))
    chances = softmax(logits, axis=1)
    truth = (draw.random((rows, 1)) > chances.cumsum(axis=1)).sum(axis=1).clip(max=classes - 1)
    return truth, softmax(logits * temperature, axis=1)


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("temperature", [0.5, 1.5, 3.0])
def test_it_finds_the_temperature_of_many_rows(temperature, classes):
    truth, probabilities = made_rows(20_000, classes, temperature)
    found = fit_temperature(truth, probabilities)
    assert found == pytest.approx(temperature, rel=0.05)
    best = minimize_scalar(
        lambda t: log_loss(truth, apply_temperature(probabilities, t)), bounds=(0.25, 4), method="bounded"
    ).x
    assert found == pytest.approx(best, rel=0.01)


def test_few_rows_change_nothing_by_chance_and_little_otherwise():
    changes = [np.log(fit_temperature(*made_rows(60, seed=seed))) for seed in range(40)]
    assert np.mean(np.array(changes) == 0) > 0.6
    assert 1 < fit_temperature(*made_rows(60, temperature=2.0)) < fit_temperature(*made_rows(600, temperature=2.0))


def test_it_helps_on_fresh_rows_more_often_than_it_harms():
    gains = []
    for seed in range(20):
        truth, probabilities = made_rows(5_200, temperature=1.3, seed=seed)
        fresh, fresh_probabilities = truth[200:], probabilities[200:]
        temperature = fit_temperature(truth[:200], probabilities[:200])
        scaled = apply_temperature(fresh_probabilities, temperature)
        gains.append(log_loss(fresh, fresh_probabilities) - log_loss(fresh, scaled))
    assert np.mean(gains) > 0
    assert min(gains) > -0.01


def test_nobody_is_made_surer_than_so_many_rows_can_tell():
    truth = np.arange(2_000) % 2
    sure = np.where(np.eye(2)[truth] == 1, 0.99, 0.01)  # and never mistaken
    assert fit_temperature(truth[:50], sure[:50]) == 1
    assert fit_temperature(truth, sure) < 1
    certain = np.where(np.eye(2)[truth] == 1, 1 - 1e-6, 1e-6)
    assert fit_temperature(truth, certain) == 1


def test_it_stays_within_bounds():
    draw = np.random.default_rng(0)
    truth = draw.integers(2, size=500)
    certain = np.eye(2)[truth]
    assert 0.25 <= fit_temperature(truth, 0.9 * certain + 0.05) < 1  # always right, yet not sure
    assert 1 < fit_temperature(truth, certain[::-1]) <= 4  # right by chance, yet sure
    assert fit_temperature(truth, np.full((500, 2), 0.5)) == 1  # no temperature changes these


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_applying_is_a_softmax_of_scaled_logarithms(dtype):
    _, probabilities = made_rows(50)
    scaled = apply_temperature(probabilities.astype(dtype), 1.7)
    assert scaled.dtype == dtype
    np.testing.assert_allclose(scaled, softmax(np.log(probabilities) / 1.7, axis=1), rtol=1e-5)


def test_a_probability_of_zero_becomes_small_and_never_infinite_or_missing():
    extreme = np.array([[1, 0, 0], [0, 0.5, 0.5], [1e-38, 1, 0]], np.float32)
    for temperature in (0.25, 4.0):
        scaled = apply_temperature(extreme, temperature)
        assert np.isfinite(scaled).all()
        np.testing.assert_allclose(scaled.sum(axis=1), 1, rtol=1e-6)
        assert (scaled.argmax(axis=1) == extreme.argmax(axis=1)).all()
    assert apply_temperature(extreme, 1.0) is extreme
