"""The forecast: right on average where trials are draws, and in words that fit what happens."""

from __future__ import annotations

import math

import numpy as np
import pytest

from automl_cli.evaluation.forecast import expected_gain, make_forecast

DRAWS = {
    "normal": lambda generator, size: generator.normal(size=size),
    "a long tail": lambda generator, size: generator.exponential(size=size),
    "a ceiling": lambda generator, size: generator.beta(8, 2, size=size),
}


def history(scores, *, every=10.0):
    return [(every * (place + 1), float(score)) for place, score in enumerate(scores)]


def forecast(scores, *, greater_is_better=True, every=10.0, left=math.inf):
    return make_forecast(
        history(scores, every=every),
        greater_is_better=greater_is_better,
        elapsed_seconds=every * len(scores),
        left_seconds=left,
    )


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS.keys())
@pytest.mark.parametrize(("done", "more"), [(12, 6), (40, 40)])
def test_it_is_right_on_average(draw, done, more):
    generator = np.random.default_rng(0)
    actual, expected = [], []
    for _ in range(1000):
        scores = draw(generator, done + more)
        actual.append(scores.max() - scores[:done].max())
        expected.append(expected_gain(scores[:done], trials=more))
    assert np.mean(expected) == pytest.approx(np.mean(actual), rel=0.35)


def test_more_trials_are_expected_to_gain_more_and_each_doubling_less():
    scores = np.random.default_rng(1).normal(size=40)
    gains = [expected_gain(scores, trials=trials) for trials in (0, 40, 120)]
    assert gains[0] == 0
    assert gains[1] > 0
    assert 0 < gains[2] - gains[1] <= gains[1]


@pytest.mark.parametrize("scores", [np.full(9, 0.8), np.array([0.5, *[0.8] * 20])])
def test_where_all_is_the_same_nothing_is_expected(scores):
    assert expected_gain(scores, trials=10) == pytest.approx(0, abs=1e-12)


def test_it_is_too_early_to_tell_from_few_scores_or_in_the_first_seconds():
    assert forecast([0.5, 0.6, 0.7, 0.71, 0.72, 0.73]) is None
    assert forecast(np.linspace(0.5, 0.9, 20), every=1.0) is None
    assert forecast(np.linspace(0.5, 0.9, 20)) is not None


def test_it_looks_ahead_no_further_than_there_is_time_and_than_it_has_seen():
    scores = np.random.default_rng(5).normal(0.7, 0.05, size=60)
    assert [forecast(scores, left=left).ahead_seconds for left in (75.0, 300.0, math.inf)] == [60, 300, 600]
    assert forecast(scores, left=75.0).expected < forecast(scores, left=300.0).expected
    assert forecast(scores, left=5.0) is None


def test_a_stretch_of_few_trials_says_nothing():
    slow = [*history(np.linspace(0.5, 0.8, 12)), (500.0, 0.81)]
    assert make_forecast(slow, greater_is_better=True, elapsed_seconds=600.0, left_seconds=60.0) is None


def test_a_flat_search_may_stop():
    generator = np.random.default_rng(2)
    scores = [0.5, 0.8, *(0.9 - 0.001 * generator.exponential(size=60))]
    told = forecast(scores)
    assert told.can_stop
    assert told.seconds == 180
    assert told.sentence.startswith("the last 3 minutes gained ")
    assert told.sentence.endswith(
        " expected in the next 10 minutes (from the spread of 62 validation scores): you can stop"
    )


def test_an_improving_search_says_how_fast():
    told = forecast([0.5, 0.6, *np.linspace(0.7, 0.9, 22)])
    assert not told.can_stop
    assert told.gained == pytest.approx(0.9 / (0.7 + 0.2 * 15 / 21) - 1)
    assert told.sentence.startswith("still improving: +6.8 % in the last minute, ")


def test_a_noisy_search_that_gained_nothing_may_still_gain():
    generator = np.random.default_rng(3)
    scores = [*generator.normal(0.7, 0.05, size=30)]
    scores[5] = max(scores) + 0.001
    told = forecast(scores)
    assert told.gained == 0
    assert told.expected > 0.0025
    assert "the last minute gained nothing, but" in told.sentence
    assert "stop" not in told.sentence


def test_a_metric_that_falls_is_read_the_other_way_round():
    scores = np.random.default_rng(4).exponential(size=40) + 20
    falling, rising = forecast(scores, greater_is_better=False), forecast(-scores)
    assert falling == rising
    assert falling.gained >= 0


def test_a_score_of_nothing_has_no_shares():
    assert forecast(np.zeros(30)) is None


@pytest.mark.parametrize(
    ("every", "words"), [(1.5, "the last 10 seconds"), (300.0, "the last 30 minutes"), (600.0, "the last hour")]
)
def test_stretches_have_short_names(every, words):
    assert words in forecast(np.linspace(0.5, 0.9, 24), every=every).sentence
