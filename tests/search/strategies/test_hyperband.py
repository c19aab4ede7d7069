from __future__ import annotations

import dataclasses

import pytest

from automl_cli.errors import UsageError
from automl_cli.records import Trial
from automl_cli.search.strategies.make import make_strategy
from search_spaces.grammar import Space
from tests.contracts.strategy_contract import FAMILIES, StrategyContract, play, quality, trials_of

pytestmark = pytest.mark.keras


class TestHyperband(StrategyContract):
    name = "hyperband"


def bracket(*, failing: frozenset[int] = frozenset(), workers: int = 1) -> tuple[list[Trial], list[Trial]]:
    """Plays the first bracket, of 30 epochs at most; returns its first and its second round."""
    strategy = make_strategy("hyperband", FAMILIES, greater_is_better=True, seed=0)
    journal = play(
        strategy, events=22, workers=workers, score=lambda trial: None if trial.number in failing else quality(trial)
    )
    trials = [trial for trial in trials_of(journal) if trial.origin.startswith("bracket 1")]
    return [t for t in trials if t.epochs == 10], [t for t in trials if t.epochs == 30]


def test_the_best_of_a_round_go_on_from_where_they_stood() -> None:
    first, second = bracket()
    assert len(first) == 8
    assert {trial.origin for trial in first} == {"bracket 1, round 1 of 2"}
    best = sorted(first, key=quality)[-3:]
    assert [trial.parent for trial in second] == [trial.number for trial in reversed(best)]
    for trial in second:
        parent = first[(trial.parent or 0) - 1]
        assert (trial.family, trial.hyperparameters) == (parent.family, parent.hyperparameters)
        assert (trial.initial_epoch, trial.epochs, trial.origin) == (10, 30, "bracket 1, round 2 of 2")


@pytest.mark.parametrize("workers", [1, 2])
def test_failures_take_no_place_in_the_next_round_and_do_not_empty_it(workers: int) -> None:
    first, second = bracket(failing=frozenset({1, 2, 5}), workers=workers)
    assert len(first) == 8
    assert len(second) == 3
    assert not {1, 2, 5} & {trial.parent for trial in second}


def test_nothing_goes_on_from_a_trial_that_failed() -> None:
    first, second = bracket(failing=frozenset(range(1, 8)))
    assert len(first) == 8
    assert [trial.parent for trial in second] == [8]


def test_a_bracket_keeps_its_name_when_a_second_worker_opens_the_next() -> None:
    strategy = make_strategy("hyperband", FAMILIES, greater_is_better=True, seed=0)
    trials = {trial.number: trial for trial in trials_of(play(strategy, events=60, workers=4))}
    for trial in trials.values():
        if trial.parent is not None:
            assert trial.origin.split(",")[0] == trials[trial.parent].origin.split(",")[0]


def test_families_without_epochs_are_left_out() -> None:
    fitted = dataclasses.replace(FAMILIES["wide"], name="fitted", kind="fitted", recipe=Space())
    strategy = make_strategy("hyperband", {"fitted": fitted, **FAMILIES}, greater_is_better=True, seed=0)
    assert {trial.family for trial in trials_of(play(strategy, events=40))} == {"deep", "wide"}
    with pytest.raises(UsageError, match="fitted have no epochs"):
        make_strategy("hyperband", {"fitted": fitted}, greater_is_better=True, seed=0)
