"""Greedy selection: what it gains on fresh rows, and what it refuses."""

from __future__ import annotations

import dataclasses
import time

import numpy as np
import pytest

from automl_cli.ensemble.selection import Candidate, select
from automl_cli.evaluation.metrics import METRICS

FRESH = 20_000


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)


def made_world(errors, *, rows, regression=False, shared=0.0, seed=0):
    """Makes candidates that see the truth through noise of their own and noise that all share.

    Returns:
        The truth `(rows + FRESH,)` and the predictions of each candidate; only the first rows are to be shown.
    """
    draw = np.random.default_rng(seed)
    every = rows + FRESH
    signal = draw.normal(size=every) * 2
    common = shared * draw.normal(size=every)
    seen = [signal + common + error * draw.normal(size=every) for error in errors]
    if regression:
        return signal + 0.3 * draw.normal(size=every), [each.astype(np.float32)[:, np.newaxis] for each in seen]
    truth = (draw.random(every) < 1 / (1 + np.exp(-signal))).astype(np.int64)
    return truth, [softmax(np.stack([np.zeros(every), each], axis=1)) for each in seen]


def candidates_of(truth, predictions, metric, *, rows, costs=None):
    costs = costs or [1.0] * len(predictions)
    return [
        Candidate(number, each[:rows], metric.function(truth[:rows], each[:rows]), cost)
        for number, (each, cost) in enumerate(zip(predictions, costs, strict=True), start=1)
    ]


def gain_over_best(metric, truth, predictions, *, rows):
    """By how much the loss of the selection is below that of the best candidate on fresh rows, relative to it."""
    candidates = candidates_of(truth, predictions, metric, rows=rows)
    selection = select(candidates, truth[:rows], metric=metric)
    best = max(candidates, key=lambda each: metric.improvement(each.score, 0.0))
    blend = sum(weight * predictions[number - 1][rows:] for number, weight in selection.weights.items())
    losses = [
        1 - value if metric.greater_is_better else value
        for value in (metric.function(truth[rows:], each) for each in (predictions[best.number - 1][rows:], blend))
    ]
    return 1 - losses[1] / losses[0]


@pytest.mark.parametrize("name", ["log_loss", "roc_auc", "rmse"])
def test_members_that_err_differently_make_a_better_blend(name):
    truth, predictions = made_world([1.0, 1.1, 1.2, 3.0], rows=2_000, regression=name == "rmse")
    assert gain_over_best(METRICS[name], truth, predictions, rows=2_000) > 0.03


@pytest.mark.parametrize("name", ["log_loss", "roc_auc", "accuracy", "rmse"])
def test_with_few_rows_and_little_to_gain_it_does_no_harm_on_average(name):
    """Eight candidates that mostly err together, and 150 rows on which chance decides who looks best."""
    gains = []
    for seed in range(12):
        errors = np.random.default_rng(seed).uniform(0.2, 0.6, 8)
        truth, predictions = made_world(errors, rows=150, regression=name == "rmse", shared=1.0, seed=seed)
        gains.append(gain_over_best(METRICS[name], truth, predictions, rows=150))
    assert np.mean(gains) > 0
    assert min(gains) > -0.1


def test_one_candidate_far_ahead_stays_alone():
    truth, predictions = made_world([0.1, 2.5, 2.5], rows=500, regression=True)
    selection = select(
        candidates_of(truth, predictions, METRICS["rmse"], rows=500), truth[:500], metric=METRICS["rmse"]
    )
    assert selection.weights == {1: 1.0}
    assert selection.score == METRICS["rmse"].function(truth[:500], predictions[0][:500])


def test_candidates_hardly_better_than_a_constant_are_not_looked_at():
    """One that adds nothing but noise can look as if it corrected the best on a few rows."""
    metric, draw = METRICS["log_loss"], np.random.default_rng(0)
    truth, predictions = made_world([0.5], rows=60)
    noise = [softmax(0.3 * draw.normal(size=(60 + FRESH, 2))) for _ in range(30)]
    selection = select(candidates_of(truth, [*predictions, *noise], metric, rows=60), truth[:60], metric=metric)
    assert selection.weights == {1: 1.0}


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_weights_are_shares_and_the_score_is_theirs(metric):
    regression = "regression" in metric.tasks
    truth, predictions = made_world([0.8, 0.9, 1.0, 1.1], rows=300, regression=regression)
    selection = select(candidates_of(truth, predictions, metric, rows=300), truth[:300], metric=metric)
    weights = list(selection.weights.values())
    assert sum(weights) == pytest.approx(1)
    assert min(weights) > 0
    assert weights == sorted(weights, reverse=True)
    assert selection.steps <= 25
    blend = sum(weight * predictions[number - 1][:300] for number, weight in selection.weights.items())
    assert selection.score == pytest.approx(metric.function(truth[:300], blend), abs=1e-5)


def test_the_order_of_candidates_does_not_matter():
    metric = METRICS["roc_auc"]
    truth, predictions = made_world([0.8, 0.9, 1.0, 1.1, 1.2], rows=300)
    candidates = candidates_of(truth, predictions, metric, rows=300)
    first = select(candidates, truth[:300], metric=metric)
    assert select(candidates[::-1], truth[:300], metric=metric) == first


def test_of_equal_candidates_the_cheaper_one_is_taken():
    metric = METRICS["log_loss"]
    truth, predictions = made_world([1.0], rows=300)
    candidates = candidates_of(truth, predictions * 3, metric, rows=300, costs=[5.0, 2.0, 2.0])
    assert select(candidates, truth[:300], metric=metric).weights == {2: 1.0}


def test_what_members_cost_together_is_limited():
    metric = METRICS["rmse"]
    truth, predictions = made_world([0.9, 1.0, 1.0, 1.0], rows=500, regression=True)
    candidates = candidates_of(truth, predictions, metric, rows=500, costs=[4.0, 3.0, 3.0, 8.0])
    costs = {candidate.number: candidate.cost for candidate in candidates}

    def spent(most_cost):
        members = select(candidates, truth[:500], metric=metric, most_cost=most_cost).weights
        return sum(costs[number] for number in members)

    assert spent(float("inf")) == 18
    assert spent(10.5) == 10
    assert spent(7.5) == 7
    assert spent(1.0) == 3  # nothing is that cheap


def test_several_cheap_ones_replace_a_dear_one_where_they_are_better_together():
    metric = METRICS["rmse"]
    truth, predictions = made_world([0.9, 1.0, 1.0, 1.0], rows=500, regression=True)
    candidates = candidates_of(truth, predictions, metric, rows=500, costs=[9.0, 3.0, 3.0, 3.0])
    assert set(select(candidates, truth[:500], metric=metric, most_cost=9.5).weights) == {2, 3, 4}


def test_one_step_is_the_best_single_candidate():
    metric = METRICS["log_loss"]
    truth, predictions = made_world([1.2, 0.8, 1.0], rows=2_000)
    selection = select(
        candidates_of(truth, predictions, metric, rows=2_000), truth[:2_000], metric=metric, most_steps=1
    )
    assert selection.weights == {2: 1.0}


def test_a_candidate_without_a_finite_score_is_left_out():
    metric = METRICS["rmse"]
    truth, predictions = made_world([0.5, 0.6], rows=200, regression=True)
    broken = np.full((200, 1), np.nan, np.float32)
    candidates = candidates_of(truth, predictions, metric, rows=200)
    selection = select([Candidate(9, broken, float("nan"), 0.1), *candidates], truth[:200], metric=metric)
    assert 9 not in selection.weights


def test_where_a_threshold_follows_probabilities_count():
    """Before it is moved, F1 prefers a bad model that calls some rows positive to the truth that calls none."""
    metric, draw = METRICS["f1"], np.random.default_rng(0)
    signal = draw.normal(size=1_000)
    chance = 0.45 / (1 + np.exp(-3 * signal))
    truth = (draw.random(1_000) < chance).astype(np.int64)
    blurred = 1 / (1 + np.exp(-(signal + 2 * draw.normal(size=1_000) - 1)))
    predictions = [np.stack([1 - each, each], axis=1).astype(np.float32) for each in (chance, blurred)]
    candidates = candidates_of(truth, predictions, metric, rows=1_000)
    assert candidates[0].score == 0 < candidates[1].score
    assert select(candidates, truth, metric=metric).weights == {1: 1.0}


def test_a_gain_that_may_be_chance_is_believed_in_part():
    """The same rows a hundred times over gain the same, but it is no chance any more."""
    metric = METRICS["log_loss"]
    truth, predictions = made_world([0.5, 0.5], rows=40, shared=1.0, seed=0)
    few = candidates_of(truth, predictions, metric, rows=40)
    often = [dataclasses.replace(each, predictions=np.tile(each.predictions, (100, 1))) for each in few]
    cautious = select(few, truth[:40], metric=metric).weights
    sure = select(often, np.tile(truth[:40], 100), metric=metric).weights
    best = min(few, key=lambda each: each.score).number
    assert cautious[best] > sure[best] > 0.5


def test_no_candidate_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        select([], np.zeros(3), metric=METRICS["rmse"])


@pytest.mark.parametrize("name", ["log_loss", "rmse"])
def test_forty_candidates_of_fifty_thousand_rows_take_a_moment(name):
    metric = METRICS[name]
    truth, predictions = made_world([0.8, 0.9], rows=30_000, regression=name == "rmse")
    pair = candidates_of(truth, predictions, metric, rows=50_000)
    many = [dataclasses.replace(pair[number % 2], number=number) for number in range(40)]
    start = time.process_time()
    select(many, truth, metric=metric)
    assert time.process_time() - start < 2
