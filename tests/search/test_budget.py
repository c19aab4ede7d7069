from __future__ import annotations

import pytest

from automl_cli.search.budget import Clock, TimeShare


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize(
    ("total", "reserved"), [(5, 2.25), (12, 5.4), (20, 6), (60, 6), (300, 15), (800, 40), (86_400, 40)]
)
def test_the_end_of_the_run_has_its_share_of_the_time(total: float, reserved: float) -> None:
    assert Clock(total, started=0.0).reserved_seconds == pytest.approx(reserved)


def test_time_counts_from_the_start_of_the_command() -> None:
    now = Hands()
    clock = Clock(91, started=990.0, now=now)
    assert (clock.elapsed_seconds, clock.left_seconds) == (10.0, 75.0)
    now.seconds += 74.9
    assert clock.should_stop() is None
    now.seconds += 0.2
    assert clock.should_stop() == "time is up"


def test_an_interruption_comes_before_the_time() -> None:
    clock = Clock(1, started=-10.0, now=lambda: 0.0)
    clock.interrupt()
    assert clock.interrupted
    assert clock.should_stop() == "interrupted"


def test_more_can_be_reserved_but_never_most_of_the_time() -> None:
    clock = Clock(100, started=0.0, now=lambda: 0.0)
    clock.reserve(5.0)
    assert clock.left_seconds == 89.0
    clock.reserve(500.0)
    assert clock.left_seconds == 55.0


def share_of(now: Hands, *, folds: int = 1, is_last: bool = False) -> TimeShare:
    """Returns the share of a trial that begins 85 seconds before the end of the search."""
    return TimeShare(Clock(91, started=now.seconds, now=now), folds=folds, is_last=is_last)


def seconds_of(share: TimeShare, fold: int, now: Hands) -> float:
    """Lets a fold run until it is stopped; returns how long that took."""
    started = now.seconds
    while share(fold) is None:
        now.seconds += 0.25
    return now.seconds - started


def test_a_trial_leaves_half_of_the_time_to_those_that_follow() -> None:
    now = Hands()
    share = share_of(now)
    assert seconds_of(share, 0, now) == 42.5
    assert share(0) == "its share of the time is up"


def test_the_last_trial_may_take_all() -> None:
    now = Hands()
    share = share_of(now, is_last=True)
    assert seconds_of(share, 0, now) == 85.0
    assert share(0) == "time is up"


@pytest.mark.parametrize(("left", "seconds"), [(40.0, 20.0), (25.0, 15.0), (15.0, 15.0), (6.0, 6.0)])
def test_a_short_rest_is_not_cut_into_crumbs(left: float, seconds: float) -> None:
    now = Hands()
    clock = Clock(91, started=now.seconds - 85.0 + left, now=now)
    assert seconds_of(TimeShare(clock, folds=1, is_last=False), 0, now) == seconds


def test_folds_share_evenly_and_leave_what_they_do_not_need() -> None:
    now = Hands()
    share = share_of(now, folds=3, is_last=True)
    assert share(0) is None
    now.seconds += 5.0  # The first fold ends by itself; 80 seconds are left for two.
    assert seconds_of(share, 1, now) == pytest.approx(40.0, abs=0.25)
    assert seconds_of(share, 2, now) == pytest.approx(40.0, abs=0.25)


def test_compiling_in_the_first_epoch_is_not_the_first_folds_share() -> None:
    now = Hands()
    share = share_of(now, folds=5, is_last=True)
    assert share(0) is None
    now.seconds += 5.0  # the first epoch; 80 seconds are left for five folds
    assert share(0) is None
    now.seconds += 15.5
    assert share(0) is None
    now.seconds += 0.5
    assert share(0) == "its share of the time is up"


def test_every_fold_of_a_trial_that_has_begun_gets_an_epoch() -> None:
    now = Hands()
    share = share_of(now, folds=2, is_last=True)
    assert share(0) is None
    now.seconds += 90.0
    assert share(0) == "time is up"
    assert share(1) is None
    assert share(1) == "time is up"


def test_an_interruption_ends_a_fold_at_once() -> None:
    clock = Clock(100, started=0.0, now=lambda: 0.0)
    share = TimeShare(clock, folds=2, is_last=False)
    clock.interrupt()
    assert share(0) == "interrupted"


def test_trials_that_do_not_end_may_take_a_part_of_what_is_reserved() -> None:
    now = Hands()
    clock = Clock(300, started=now.seconds, now=now)  # 15 seconds are reserved
    now.seconds += 285.0 + 5.9
    assert clock.should_stop() == "time is up"
    assert not clock.is_overdue
    now.seconds += 0.2
    assert clock.is_overdue
