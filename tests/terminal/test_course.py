"""What a watcher knows after a number of events."""

from __future__ import annotations

import dataclasses

from automl_cli.events import Progressed, SearchEnded, SearchResumed, StageStarted
from automl_cli.terminal.course import Course
from tests.terminal.made_search import STARTED, MadeClock, ended, epoch, started


def made_course(*events, clock=None):
    course = Course(started=0.0, clock=clock or MadeClock())
    for event in events:
        course.hear(event)
    return course


def test_trials_run_side_by_side_and_end_in_any_order():
    course = made_course(STARTED, started(1), started(2), epoch(2, epoch=7), epoch(1, epoch=3), ended(2), started(3))
    assert list(course.running) == [1, 3]
    assert course.running[1].epoch.epoch == 3
    assert course.running[3].epoch is None
    assert [result.trial.number for result in course.results] == [2]


def test_an_epoch_that_comes_after_the_end_of_its_trial_is_let_pass():
    assert made_course(STARTED, started(1), ended(1), epoch(1)).running == {}


def test_the_best_is_the_lowest_where_less_is_better():
    scores = [ended(1, 3.0), ended(2, None), ended(3, 2.0)]
    assert made_course(STARTED, *scores).best.trial.number == 3
    rising = dataclasses.replace(STARTED, metric="r2")
    assert made_course(rising, *scores).best.trial.number == 1
    assert made_course(*scores).best is None


def test_time_left_counts_earlier_sittings():
    clock = MadeClock()
    course = made_course(clock=clock)
    assert course.left_seconds == float("inf")
    course.hear(SearchResumed(STARTED, used_seconds=200.0))
    clock.seconds = 30.0
    assert (course.elapsed_seconds, course.left_seconds) == (230.0, 70.0)
    clock.seconds = 400.0
    assert course.left_seconds == 0.0


def test_stages_and_size_are_as_last_told():
    course = made_course(STARTED, StageStarted("encoding"))
    assert course.stage == "encoding"
    course.hear(started(1))
    course.hear(Progressed(12.5))
    assert (course.stage, course.megabytes) == ("searching", 12.5)
    course.hear(SearchEnded(1, 2.0, None, 10.0, "time is up"))
    assert course.stage == "done"


def searched(course, clock, scores, *, first=1):
    for number, score in enumerate(scores, start=first):
        course.hear(started(number))
        clock.seconds += 5.0
        course.hear(ended(number, score))


def test_the_forecast_follows_the_scores():
    clock = MadeClock()
    course = made_course(STARTED, clock=clock)
    searched(course, clock, [9.0, 5.0, None, 4.0, 3.0])
    assert course.forecast is None
    searched(course, clock, [2.9, 2.8, 2.7, 2.6, 2.5, 2.4, 2.3], first=6)
    assert course.forecast.gained > 0.1
    assert course.forecast.scores == 11
    searched(course, clock, [2.3] * 12, first=13)
    assert course.forecast.can_stop


def test_trials_of_earlier_sittings_do_not_count_as_recent():
    clock = MadeClock(4.0)
    course = made_course(SearchResumed(STARTED, used_seconds=200.0), clock=clock)
    for number in range(1, 13):
        course.hear(ended(number, 9.0 - number / 2))
    assert course.forecast is None
    searched(course, clock, [3.1] * 12, first=13)
    assert course.forecast.gained == 0
    assert course.forecast.scores == 24
