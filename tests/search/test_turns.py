from __future__ import annotations

import random

import pytest

from automl_cli.records import Trial, TrialResult
from automl_cli.search.limits import Limit
from automl_cli.search.turns import Turns, lag_for

NO_LIMIT = Limit(None, "")
BASELINES = (Trial(1, "constant", {}, epochs=1), Trial(2, "linear", {}, epochs=1))


class Climber:
    """Steps on from the best that it was told; notes everything that it was asked and told."""

    def __init__(self, most: int = 100) -> None:
        self.most, self.best, self.notes = most, 0, list[str]()

    def ask(self, number: int) -> Trial | None:
        if number > self.most:
            self.notes.append(f"nothing for {number}")
            return None
        self.notes.append(f"ask {number}")
        return Trial(number, "mlp", {"width": self.best + number}, epochs=1)

    def tell(self, result: TrialResult) -> None:
        self.notes.append(f"tell {result.trial.number}")
        self.best = max(self.best, int(result.score or 0))


class Rounds(Climber):
    """Asks for two, and for the next two once it was told of both."""

    def ask(self, number: int) -> Trial | None:
        told = sum(note.startswith("tell") for note in self.notes)
        return super().ask(number) if number <= told - told % 2 + 2 else None


def ended(trial: Trial) -> TrialResult:
    return TrialResult(trial, "completed", score=float(trial.number % 7))


def play(strategy: Climber, *, workers: int, seed: int, trials: int, baselines: tuple[Trial, ...] = ()) -> list[Trial]:
    """Runs trials that end in any order; returns all, by number."""
    draw, running, given = random.Random(seed), list[Trial](), list[Trial]()
    turns = Turns(strategy, baselines=baselines, limit=Limit(trials, "that was the last"), lag=4)
    while True:
        while len(running) < workers and (trial := turns.next()) is not None:
            running.append(trial)
            given.append(trial)
        if not running:
            assert turns.ending
            return given
        turns.ended(ended(running.pop(draw.randrange(len(running)))))


@pytest.mark.parametrize("make", [Climber, Rounds])
def test_neither_the_number_of_workers_nor_who_is_first_matters(make: type[Climber]) -> None:
    alone = make()
    expected = play(alone, workers=1, seed=0, trials=30, baselines=BASELINES)
    for workers in (1, 2, 3, 4):
        for seed in range(5):
            strategy = make()
            assert play(strategy, workers=workers, seed=seed, trials=30, baselines=BASELINES) == expected
            told = [note for note in strategy.notes if note.startswith("tell")]
            assert told == sorted(told, key=lambda note: int(note.split()[1]))


def test_a_strategy_is_asked_ahead_of_its_results_by_four_trials_and_no_more() -> None:
    strategy = Climber()
    turns = Turns(strategy, baselines=(), limit=NO_LIMIT, lag=4)
    trials = [turns.next() for _ in range(5)]
    assert [trial and trial.number for trial in trials] == [1, 2, 3, 4, None]
    turns.ended(ended(Trial(2, "mlp", {}, epochs=1)))
    assert turns.next() is None  # the first is still out
    turns.ended(ended(Trial(1, "mlp", {}, epochs=1)))
    assert [turns.next(), turns.next(), turns.next()] == [
        Trial(5, "mlp", {"width": 1 + 5}, epochs=1),
        Trial(6, "mlp", {"width": 2 + 6}, epochs=1),
        None,
    ]


def test_many_workers_need_more_trials_ahead_and_one_needs_as_many_as_two() -> None:
    assert lag_for(0) == lag_for(1) == lag_for(2) == 4
    assert lag_for(8) == 16


def test_a_round_waits_for_all_of_its_trials() -> None:
    turns = Turns(Rounds(), baselines=(), limit=NO_LIMIT, lag=4)
    first, second, third = turns.next(), turns.next(), turns.next()
    assert first
    assert second
    assert third is None
    assert turns.ending == ""
    turns.ended(ended(second))
    assert turns.next() is None
    turns.ended(ended(first))
    assert turns.next() == Trial(3, "mlp", {"width": 2 + 3}, epochs=1)


def test_it_ends_where_a_strategy_that_knows_everything_has_nothing() -> None:
    turns = Turns(Climber(most=1), baselines=(), limit=NO_LIMIT, lag=4)
    trial = turns.next()
    assert trial
    assert turns.next() is None
    assert turns.ending == ""
    turns.ended(ended(trial))
    assert turns.next() is None
    assert turns.ending == "nothing is left to try"


def test_the_limit_counts_the_strategy_alone() -> None:
    assert len(play(Climber(), workers=2, seed=1, trials=3, baselines=BASELINES)) == 5
