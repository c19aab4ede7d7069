from __future__ import annotations

import pytest

from automl_cli.records import Trial, TrialResult
from automl_cli.search.pace import Pace


def trial(family: str = "mlp", *, epochs: int = 200, initial_epoch: int = 0, **sizes: int | float) -> Trial:
    return Trial(1, family, sizes, epochs=epochs, initial_epoch=initial_epoch)


def ended(trial: Trial, *, seconds: float, epochs: float = 40.0) -> TrialResult:
    return TrialResult(trial, "completed", 0.5, epochs=epochs, seconds=seconds)


def test_a_trial_needs_ten_epochs_at_the_usual_pace_of_its_family() -> None:
    pace = Pace()
    for seconds in (10.0, 20.0, 40.0):
        pace.record(ended(trial(), seconds=seconds))
    assert pace.least_seconds(trial()) == pytest.approx(5.0)
    assert pace.least_seconds(trial(epochs=8)) == pytest.approx(4.0)
    assert pace.least_seconds(trial(epochs=30, initial_epoch=26)) == pytest.approx(2.0)


def test_wide_networks_are_known_to_take_longer_and_rates_are_not() -> None:
    pace = Pace()
    for width, depth, rate in ((32, 1, 0.1), (64, 4, 0.01), (128, 2, 0.3), (256, 1, 0.02), (512, 3, 0.1)):
        pace.record(ended(trial(width=width, depth=depth, rate=rate), seconds=0.01 * width * depth**0.5))
    small, large = (pace.seconds_per_epoch(trial(width=width, depth=2, rate=0.1)) for width in (48, 384))
    assert 5 < large / small < 9
    assert small == pytest.approx(0.01 * 48 * 2**0.5 / 40, rel=0.3)
    assert pace.seconds_per_epoch(trial(width=384, depth=2, rate=0.9)) == large


def test_the_forecast_keeps_near_what_was_seen() -> None:
    pace = Pace()
    for width in (32, 64, 128):
        pace.record(ended(trial(width=width), seconds=width / 32))
    assert pace.seconds_per_epoch(trial(width=100_000)) == pytest.approx(4 * 4.0 / 40)


def test_without_a_forecast_a_trial_is_taken_for_short() -> None:
    pace = Pace()
    pace.record(ended(trial("linear", epochs=1), seconds=30.0, epochs=0.0))
    assert pace.least_seconds(trial("mlp")) == 1.0
    assert pace.least_seconds(trial("linear", epochs=1)) == pytest.approx(30.0)


def test_failures_say_nothing_of_the_pace() -> None:
    pace = Pace()
    pace.record(TrialResult(trial(), "failed", None, seconds=600.0))
    assert pace.least_seconds(trial()) == 1.0
