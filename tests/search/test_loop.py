from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable, Iterable

import pytest

from automl_cli.errors import SearchError
from automl_cli.events import EpochEnded, Event, TrialEnded, TrialStarted
from automl_cli.records import Trial, TrialResult
from automl_cli.search.budget import Clock
from automl_cli.search.executors.in_process import InProcess
from automl_cli.search.limits import Limit
from automl_cli.search.loop import Search, run_search
from automl_cli.training.task import Watch

Run = Callable[[Trial, Watch], TrialResult]
NO_LIMIT = Limit(None, "")
BASELINES = (
    Trial(1, "constant", {}, epochs=1, origin="baseline"),
    Trial(2, "linear", {}, epochs=1, origin="baseline"),
)


class Rates:
    """Tries a list of learning rates; keeps what it is told."""

    def __init__(self, rates: Iterable[float], *, epochs: int = 20) -> None:
        self.rates, self.epochs = iter(rates), epochs
        self.told: list[TrialResult] = []

    def ask(self, number: int) -> Trial | None:
        rate = next(self.rates, None)
        return None if rate is None else Trial(number, "mlp", {"learning_rate": rate}, epochs=self.epochs)

    def tell(self, result: TrialResult) -> None:
        self.told.append(result)


class Bench:
    """Trains in no time: the score is a function of the rate, an epoch moves the clock on by half a second."""

    def __init__(self, *, seconds: float = 1000.0) -> None:
        self.seconds = 0.0
        self.clock = Clock(seconds, started=0.0, now=lambda: self.seconds)
        self.events: list[Event] = []

    def run(self, trial: Trial, watch: Watch) -> TrialResult:
        stopped, started, epoch = watch.should_stop(0), self.seconds, 0
        while not stopped and epoch < trial.epochs:
            epoch += 1
            self.seconds += 0.5
            watch.on_epoch(EpochEnded(trial.number, 0, epoch, trial.epochs, 0.5, 0.5, 0.01))
            stopped = watch.should_stop(0)
        rate = float(trial.hyperparameters.get("learning_rate", 1.0))
        return TrialResult(
            trial,
            "stopped" if stopped else "completed",
            score=-((math.log10(rate) + 2) ** 2),
            epochs=epoch,
            seconds=self.seconds - started,
            reason=stopped,
        )

    def search(
        self, strategy: Rates, *, run: Run | None = None, limit: Limit = NO_LIMIT, baselines: tuple[Trial, ...] = ()
    ) -> tuple[list[TrialResult], str]:
        executor = InProcess(run or self.run, hear=self.events.append)
        return run_search(Search(baselines, strategy, executor, 1, self.clock, limit, self.events.append, lag=4))


def failing(reason: Callable[[Trial], str]) -> Run:
    def run(trial: Trial, watch: Watch) -> TrialResult:
        if trial.origin == "baseline":
            return TrialResult(trial, "completed", 0.5)
        return TrialResult(trial, "failed", None, reason=reason(trial))

    return run


def test_baselines_come_first_and_numbers_go_on() -> None:
    results, _ = Bench().search(Rates([0.1, 0.01]), baselines=BASELINES)
    assert [(result.trial.number, result.trial.family) for result in results] == [
        (1, "constant"),
        (2, "linear"),
        (3, "mlp"),
        (4, "mlp"),
    ]


def test_every_event_is_published_before_the_strategy_hears_of_it() -> None:
    bench, strategy = Bench(), Rates([0.1, 0.01])
    published: list[int] = []
    tell = strategy.tell
    strategy.tell = lambda result: (published.append(len(bench.events)), tell(result))[1]  # type: ignore[method-assign]
    results, _ = bench.search(strategy, baselines=BASELINES[:1])
    kinds = [type(event) for event in bench.events]
    assert kinds == [TrialStarted, EpochEnded, TrialEnded] + 2 * [TrialStarted, *[EpochEnded] * 20, TrialEnded]
    assert len(published) == 3
    assert all(published[number] >= [3, 25, 47][number] for number in range(3))
    assert strategy.told == results
    assert [event.result for event in bench.events if isinstance(event, TrialEnded)] == results


def test_it_ends_where_nothing_is_left() -> None:
    results, reason = Bench().search(Rates([0.1, 0.01]))
    assert (len(results), reason) == (2, "nothing is left to try")


def test_the_limit_counts_the_strategy_alone() -> None:
    limit = Limit(3, "3 trials are done")
    results, reason = Bench().search(Rates([0.1] * 9), limit=limit, baselines=BASELINES)
    assert (len(results), reason) == (5, "3 trials are done")


def test_a_running_trial_is_stopped_when_the_time_is_up_and_counts() -> None:
    results, reason = Bench(seconds=32.0).search(Rates([0.1] * 9))  # 26 for the search
    assert [(result.state, result.seconds) for result in results] == [
        ("completed", 10.0),
        ("completed", 10.0),
        ("stopped", 6.0),
    ]
    assert results[2].score is not None
    assert reason == "time is up"


def test_a_trial_that_has_no_time_for_ten_epochs_is_not_started() -> None:
    results, reason = Bench(seconds=30.0).search(Rates([0.1] * 9))  # 24 for the search: 4 are left after two trials
    assert [result.state for result in results] == ["completed", "completed"]
    assert reason == "time is up: another trial would not have fitted"


def test_one_slow_trial_leaves_time_for_another_unless_it_is_the_last() -> None:
    several, _ = Bench(seconds=91.0).search(Rates([0.1] * 9, epochs=900))  # 85 for the search
    assert [result.seconds for result in several] == [42.5, 21.5, 15.0, 6.0]
    alone, _ = Bench(seconds=91.0).search(Rates([0.1] * 9, epochs=900), limit=Limit(1, "1 trial is done"))
    assert [result.seconds for result in alone] == [85.0]


def test_baselines_run_even_if_the_time_is_up() -> None:
    bench = Bench(seconds=10.0)
    bench.seconds = 60.0
    results, reason = bench.search(Rates([0.1]), baselines=BASELINES)
    assert ([result.state for result in results], reason) == (["completed", "completed"], "time is up")


def test_an_interruption_ends_the_running_trial_and_keeps_everything() -> None:
    bench = Bench()

    def interrupt(event: Event) -> None:
        bench.events.append(event)
        if isinstance(event, EpochEnded) and (event.number, event.epoch) == (2, 7):
            bench.clock.interrupt()

    search = Search(
        (), Rates([0.1] * 9), InProcess(bench.run, hear=interrupt), 1, bench.clock, NO_LIMIT, interrupt, lag=4
    )
    results, reason = run_search(search)
    assert [(result.state, result.seconds, result.reason) for result in results] == [
        ("completed", 10.0, None),
        ("stopped", 3.5, "interrupted"),
    ]
    assert reason == "interrupted"


def test_a_second_interruption_goes_through() -> None:
    def run(trial: Trial, watch: Watch) -> TrialResult:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Bench().search(Rates([0.1]), run=run)


def test_failures_are_told_and_the_search_goes_on() -> None:
    strategy = Rates([0.1] * 9)
    results, reason = Bench().search(strategy, run=failing(lambda trial: f"trial {trial.number}"), baselines=BASELINES)
    assert [result.state for result in results] == ["completed"] * 2 + ["failed"] * 9
    assert strategy.told == results
    assert reason == "nothing is left to try"


def test_networks_that_all_fail_for_one_reason_end_the_search() -> None:
    bench = Bench()
    with pytest.raises(SearchError, match="The first 5 networks all failed: the memory is full"):
        bench.search(Rates([0.1] * 9), run=failing(lambda trial: "the memory is full"), baselines=BASELINES)
    assert sum(isinstance(event, TrialEnded) for event in bench.events) == 7


def test_one_success_is_hope_enough() -> None:
    bench = Bench()
    broken = failing(lambda trial: "the memory is full")
    results, _ = bench.search(
        Rates([0.1] * 9), run=lambda trial, watch: (bench.run if trial.number == 2 else broken)(trial, watch)
    )
    assert len(results) == 9


def test_without_any_score_the_reason_is_named() -> None:
    with pytest.raises(SearchError, match="No trial could be trained: the memory is full"):
        Bench().search(Rates([0.1, 0.2]), run=failing(lambda trial: "the memory is full"))


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys, automl_cli.search.loop, automl_cli.search.strategies.make, automl_cli.search.leaderboard;"
        "print([name for name in ('tensorflow', 'keras', 'keras_tuner', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
