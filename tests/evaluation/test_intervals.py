"""Bootstrap intervals: as wide as theory says, the same for the same seed, quick on many rows."""

import time

import numpy as np
import pytest

from automl_cli.evaluation.intervals import bootstrap_interval, improvement_interval, prediction_interval
from automl_cli.evaluation.metrics import METRICS


def made_binary(rows, separation=1.0, seed=0):
    generator = np.random.default_rng(seed)
    truth = generator.integers(2, size=rows)
    positive = 1 / (1 + np.exp(-generator.normal((2 * truth - 1) * separation)))
    return truth, np.stack([1 - positive, positive], axis=1).astype(np.float32)


def test_the_interval_of_a_share_is_that_of_the_binomial():
    truth = np.repeat([0, 1], 200)
    probabilities = np.eye(2)[np.where(np.arange(400) % 5 == 0, 1 - truth, truth)]
    score = bootstrap_interval(truth, probabilities, metric=METRICS["accuracy"], measured_on="400 rows", seed=0)
    half_width = 1.96 * np.sqrt(0.8 * 0.2 / 400)
    assert score.value == 0.8
    assert (score.low, score.high) == pytest.approx((0.8 - half_width, 0.8 + half_width), abs=0.006)
    assert (score.metric, score.measured_on, score.rows) == ("accuracy", "400 rows", 400)


def test_the_same_seed_gives_the_same_interval():
    truth, probabilities = made_binary(100)
    first, second, other = (
        bootstrap_interval(truth, probabilities, metric=METRICS["roc_auc"], measured_on="", seed=seed)
        for seed in (0, 0, 1)
    )
    assert first == second
    assert (first.low, first.high) != (other.low, other.high)


def test_a_rare_class_that_some_draws_miss_still_gives_numbers():
    truth, probabilities = made_binary(50)
    truth[:] = 0
    truth[7] = 1
    score = bootstrap_interval(truth, probabilities, metric=METRICS["roc_auc"], measured_on="", seed=0)
    assert 0 <= score.low <= score.high <= 1


@pytest.mark.parametrize("name", ["roc_auc", "average_precision", "log_loss", "f1"])
def test_twenty_thousand_rows_take_less_than_a_second(name):
    truth, probabilities = made_binary(20_000)
    started = time.process_time()
    bootstrap_interval(truth, probabilities, metric=METRICS[name], measured_on="", seed=0)
    assert time.process_time() - started < 1


def test_a_small_but_steady_improvement_is_seen_where_single_intervals_overlap():
    generator = np.random.default_rng(0)
    truth = generator.normal(size=300)
    error = generator.normal(size=300)
    ours, theirs = truth + error, truth + 1.05 * error
    metric = METRICS["rmse"]
    low, high = improvement_interval(truth, ours, metric=metric, reference=theirs, seed=0)
    assert 0 < low < high
    assert bootstrap_interval(truth, ours, metric=metric, measured_on="", seed=0).high > metric.function(truth, theirs)


def test_a_test_score_lies_where_the_validation_expects_it():
    """Nineteen times in twenty, whatever the sizes of both."""
    for rows, others in ((300, 100), (150, 600)):
        held = []
        for seed in range(100):
            truth, predictions = made_binary(rows + others, seed=seed)
            metric = METRICS["log_loss"]
            expected = prediction_interval(truth[:rows], predictions[:rows], metric=metric, measured_on="", rows=others)
            held.append(expected.low <= metric.function(truth[rows:], predictions[rows:]) <= expected.high)
        assert 0.88 <= np.mean(held) <= 1.0


def test_an_expected_score_stays_possible():
    truth, predictions = made_binary(30, separation=4.0)
    area = prediction_interval(truth, predictions, metric=METRICS["roc_auc"], measured_on="", rows=30)
    loss = prediction_interval(truth, predictions, metric=METRICS["log_loss"], measured_on="", rows=30)
    assert area.high <= 1.0
    assert loss.low >= 0.0


def test_that_no_row_is_mistaken_does_not_say_that_none_will_be():
    truth = np.arange(200) % 2
    certain = np.where(np.eye(2)[truth] == 1, 1 - 1e-5, 1e-5)
    loss = prediction_interval(truth, certain, metric=METRICS["log_loss"], measured_on="", rows=50)
    accuracy = prediction_interval(truth, certain, metric=METRICS["accuracy"], measured_on="", rows=50)
    assert loss.rows == 200
    assert loss.value < 1e-4 < -np.log(1e-5) / 50 < loss.high  # of one mistake among the fifty
    assert accuracy.low <= 1 - 1 / 50 < accuracy.value == accuracy.high
