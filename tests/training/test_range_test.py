"""The range test finds a rate that trains, leaves the start alone, and ends where nothing good comes any more."""

import numpy as np
import pytest

from automl_cli.training import seeds
from automl_cli.training.loop import Course
from automl_cli.training.range_test import propose, rising_rates, run_range_test, smooth
from tests.training.made_engine import SGD, make_engine, make_network, make_rows

pytestmark = pytest.mark.keras


def test_a_tenth_of_the_rate_of_the_lowest_loss_is_proposed():
    rates = rising_rates()
    losses = np.where(rates < 0.5, 1 - 0.2 * np.log10(rates / 1e-6) / 6, 1 + rates)
    assert propose(rates, losses, given=7.0) == pytest.approx(0.05, rel=0.2)


def test_a_loss_that_never_falls_proposes_nothing():
    assert propose(rising_rates(), np.linspace(1, 2, 100), given=7.0) == 7.0
    assert propose(rising_rates()[:0], np.array([]), given=7.0) == 7.0


def test_smoothing_does_not_lag():
    peak = np.zeros(21)
    peak[10] = 1
    smoothed = smooth(peak)
    np.testing.assert_allclose(smoothed, smoothed[::-1])
    assert smoothed.sum() == pytest.approx(1)


def test_a_test_is_the_same_twice_ends_where_the_loss_explodes_and_proposes_what_trains():
    network, rows = make_network(), make_rows(50)
    engine = make_engine(network, {**SGD, "gradient_clip_norm": 0.0})
    found = [
        run_range_test(
            engine,
            network.get_weights(),
            rows=rows,
            course=Course(np.zeros((1, 1)), 25, np.ones(1)),
            given=0.01,
            seeds=lambda step: seeds.stream(0, step),
        )
        for _ in range(2)
    ]
    assert found[0] == found[1]
    assert len(found[0].losses) < 100
    assert 1e-3 < found[0].proposal < 0.3
