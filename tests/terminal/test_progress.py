"""Both views of a running search, as the text that people read."""

from __future__ import annotations

import dataclasses

from automl_cli.events import Diagnosed, Notice, Progressed, SearchResumed, StageStarted, TrialEnded
from automl_cli.records import Finding
from automl_cli.terminal.course import Course
from automl_cli.terminal.progress import LineProgress, LiveProgress, draw
from tests.terminal.made_search import STARTED, Heard, MadeClock, ended, epoch, rendered, started


def drawn(*events, seconds=0.0):
    clock = MadeClock(seconds)
    course = Course(started=0.0, clock=clock)
    for event in events:
        course.hear(event)
    return rendered(draw(course)).splitlines()


def test_before_the_search_the_stage_is_named():
    assert drawn(StageStarted("encoding"), seconds=3.0) == ["encoding …  3 s"]


def test_the_bar_says_how_much_time_is_left_and_what_is_best():
    bar, counts, *_ = drawn(STARTED, started(1), ended(1, 3.5), started(2), ended(2, 2.25), seconds=100.0)
    assert "3 min 20 s left of 5 min" in bar
    assert "best 2.250 rmse by mlp" in bar
    assert bar.rstrip().endswith("searching")
    assert counts.strip() == "2 trials done, 0 running"


def test_every_running_trial_has_a_row_with_its_own_epoch():
    lines = drawn(STARTED, started(7), started(8), started(9), epoch(8, fold=2, epoch=5, loss=0.25), epoch(7, epoch=11))
    rows = {line.split()[0]: line for line in lines if line.strip()[:1].isdigit() and "running" in line}
    assert "fold 1, epoch 11 of 40, loss 0.5000" in rows["7"]
    assert "fold 3, epoch 5 of 40, loss 0.2500, validation 0.6250, rate 1.0e-03" in rows["8"]
    assert rows["9"].rstrip().endswith("running")
    assert any("0 trials done, 3 running" in line for line in lines)


def test_failures_and_the_size_on_disk_are_counted():
    text = "\n".join(drawn(STARTED, ended(1), ended(2, None, reason="no number [at] epoch 3"), Progressed(84.0)))
    assert "2 trials done (1 failed), 0 running, 84.0 MB on disk" in text
    assert "failed no number [at] epoch 3" in text


def test_only_the_latest_trials_are_listed():
    lines = drawn(STARTED, *(ended(number) for number in range(1, 31)))
    listed = [line.split()[0] for line in lines if "completed" in line]
    assert listed == [str(number) for number in range(19, 31)]


def test_the_forecast_stands_below_the_bar():
    clock = MadeClock()
    course = Course(started=0.0, clock=clock)
    course.hear(STARTED)
    for number in range(1, 25):
        course.hear(started(number))
        clock.seconds += 5.0
        course.hear(ended(number, max(9.0 - number, 2.0)))
    assert rendered(draw(course)).splitlines()[2].strip() == course.forecast.sentence
    assert course.forecast.sentence.endswith("you can stop")


def test_the_live_view_prints_what_must_stay_on_the_screen():
    heard = Heard()
    with LiveProgress(heard.terminal(), started=0.0, clock=MadeClock()) as progress:
        for event in (STARTED, started(1), Notice("Ending: press Ctrl-C again to quit [at once].")):
            progress(event)
    text = "\n".join(heard.lines)
    assert "warning: There are few rows." in text
    assert "Nobody needs to know." not in text
    assert "cars-1: predict price (regression) by rmse. 8,000 rows to learn from, validated by 5 folds" in text
    assert "press Ctrl-C again to quit [at once]" in text


def search_in_lines(scores, *, every=5.0, verbose=False):
    heard, clock = Heard(), MadeClock()
    progress = LineProgress(heard.terminal(verbose=verbose), clock=clock)
    progress(STARTED)
    for number, score in enumerate(scores, start=1):
        progress(started(number))
        progress(epoch(number))
        clock.seconds += every
        progress(ended(number, score))
    return heard.lines


def test_a_trial_is_one_line():
    assert search_in_lines([2.5])[-1].split() == "trial 1 mlp 2.500 1.5 s random completed".split()


def test_what_is_said_in_full_is_said_only_when_asked_for():
    for verbose in (False, True):
        heard = Heard()
        progress = LineProgress(heard.terminal(verbose=verbose), clock=MadeClock())
        for event in (StageStarted("encoding"), STARTED):
            progress(event)
        assert ("encoding …" in heard.lines) is verbose
        assert ("info: Nobody needs to know." in heard.lines) is verbose


def test_the_advice_to_stop_is_given_once():
    lines = search_in_lines([9.0, 5.0, *[2.0] * 40])
    advice = [line for line in lines if not line.startswith(("trial", "warning", "cars-1"))]
    assert len(advice) == 1
    assert advice[0].endswith("you can stop")


def test_a_search_that_improves_again_takes_the_advice_back():
    lines = search_in_lines([9.0, 5.0, *[2.0] * 18, *(2.0 - 0.05 * step for step in range(12))])
    advice = [line for line in lines if not line.startswith(("trial", "warning", "cars-1"))]
    assert len(advice) == 2
    assert advice[0].endswith("you can stop")
    assert advice[1].startswith("still improving: +")


def test_a_search_that_keeps_improving_is_left_in_peace():
    lines = search_in_lines([9.0 - 0.2 * step for step in range(30)])
    assert all(line.startswith(("trial", "warning", "cars-1")) for line in lines)


def test_trials_of_an_earlier_sitting_are_not_printed_again():
    heard = Heard()
    progress = LineProgress(heard.terminal(), clock=MadeClock())
    for event in (SearchResumed(STARTED, used_seconds=90.0), ended(1), ended(2), started(3), ended(3)):
        progress(event)
    assert "Goes on after 1 min 30 s." in heard.lines
    assert [line.split()[1] for line in heard.lines if line.startswith("trial")] == ["3"]


OVERFITS = Finding("overfitting", "warning", "The validation loss rises.", hint="more dropout")
TREMBLES = Finding("plateau", "info", "The training loss stands.")


def test_what_a_training_showed_is_a_word_in_its_line_and_a_sentence_where_more_is_asked_for():
    event = TrialEnded(dataclasses.replace(ended(1).result, findings=(OVERFITS, TREMBLES)))
    for verbose in (False, True):
        heard = Heard()
        progress = LineProgress(heard.terminal(verbose=verbose), clock=MadeClock())
        for one in (STARTED, started(1), event):
            progress(one)
        text = "\n".join(heard.lines)
        assert "completed overfitting" in text
        assert "plateau" not in text.split("warning: The validation")[0]
        assert ("The validation loss rises." in text) == verbose
        assert ("The training loss stands." in text) == verbose


def test_what_all_trials_showed_is_said_at_the_end_if_it_is_urgent():
    heard = Heard()
    LineProgress(heard.terminal(), clock=MadeClock())(Diagnosed((OVERFITS, TREMBLES)))
    assert heard.lines == ["warning: The validation loss rises.", "  more dropout"]
