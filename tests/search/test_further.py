"""Which members are trained again with other rows held out, and how much time is kept for it."""

from __future__ import annotations

import numpy as np
import pytest

from automl_cli.records import Split, Trial, TrialResult
from automl_cli.search.budget import Clock
from automl_cli.search.further import Member, affordable, again, most_further, seconds_kept
from automl_cli.search.plan import make_plan
from automl_cli.spec.dataset import DatasetSpec
from automl_cli.spec.search import SearchSettings, SearchSpec

ROWS = np.arange(10)
SPLIT = Split(ROWS, ROWS, (), "made", further=(ROWS[:2], ROWS[2:4], ROWS[4:6]))


def plan(**settings: object) -> SearchSpec:
    dataset = DatasetSpec(data="made.csv", target="y", task="regression", columns={})
    return make_plan(SearchSettings(**settings), dataset, rows=20_000)


def member(number: int, *, weight: float, seconds: float, reached: int = 10, stopped: bool = False) -> Member:
    trial = Trial(number, "mlp", {}, epochs=10)
    state = "stopped" if stopped else "completed"
    return Member(TrialResult(trial, state, score=1.0, epochs=reached, seconds=seconds), weight, most=3)


def chosen(members: list[Member], seconds: float, *, workers: int = 2) -> list[int]:
    return [each.result.trial.number for each in affordable(members, seconds, workers=workers)]


@pytest.mark.parametrize(
    ("settings", "models"),
    [({}, 3), ({"time": 60.0}, 0), ({"refit": True}, 0), ({"prefer": "fast"}, 0), ({"single": True}, 3)],
)
def test_there_are_further_models_where_several_are_wanted_and_there_is_time(
    settings: dict[str, object], models: int
) -> None:
    assert most_further(plan(**settings), SPLIT) == models


def test_without_hold_outs_there_are_none() -> None:
    assert most_further(plan(), Split(ROWS, ROWS, (), "made")) == 0


def test_the_search_gets_the_first_minute_and_most_of_what_follows() -> None:
    clock = Clock(300.0, started=0.0, now=lambda: 0.0)
    kept = seconds_kept(clock)
    assert 0 < kept < 0.5 * clock.left_seconds
    with clock.keeping(kept):
        assert clock.left_seconds == pytest.approx(300.0 - clock.reserved_seconds)
        assert seconds_kept(clock) < kept
    assert seconds_kept(clock) == kept
    assert seconds_kept(Clock(50.0, started=0.0, now=lambda: 0.0)) == 0.0


def test_all_are_trained_again_where_there_is_time_the_longest_first() -> None:
    members = [member(1, weight=0.6, seconds=5.0), member(2, weight=0.4, seconds=30.0)]
    assert chosen(members, 100.0) == [2, 1]


def test_where_time_is_short_those_that_gain_most_for_it_come_first() -> None:
    members = [
        member(1, weight=0.5, seconds=40.0),
        member(2, weight=0.3, seconds=2.0),
        member(3, weight=0.2, seconds=30.0),
    ]
    assert chosen(members, 40.0) == [3, 2]
    assert chosen(members, 60.0, workers=1) == [1, 2]
    assert chosen(members, 3.0) == []


def test_one_that_was_cut_short_is_expected_to_take_its_full_length() -> None:
    assert member(1, weight=1.0, seconds=10.0, reached=5, stopped=True).seconds == pytest.approx(
        2 * member(1, weight=1.0, seconds=10.0).seconds
    )


def test_one_that_went_on_from_another_is_expected_to_take_the_epochs_of_both() -> None:
    trial = Trial(1, "mlp", {}, epochs=10, initial_epoch=8, parent=3)
    went_on = Member(TrialResult(trial, "completed", score=1.0, epochs=10, seconds=2.0), 1.0, most=3)
    assert went_on.seconds == pytest.approx(10.0)


def test_a_trial_that_went_on_from_another_is_trained_from_its_beginning() -> None:
    trial = again(Trial(7, "mlp", {"width": 8}, epochs=30, initial_epoch=10, parent=3), 1)
    assert (trial.number, trial.parent, trial.initial_epoch, trial.epochs) == (1, None, 0, 30)
