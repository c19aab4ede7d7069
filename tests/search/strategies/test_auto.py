from __future__ import annotations

import pytest

from automl_cli.records import Trial, TrialResult
from automl_cli.search.strategies.make import make_strategy
from tests.contracts.strategy_contract import FAMILIES, StrategyContract, play, trials_of

pytestmark = pytest.mark.keras


class TestAuto(StrategyContract):
    name = "auto"


def test_the_default_of_each_family_comes_first() -> None:
    trials = trials_of(play(make_strategy("auto", FAMILIES, greater_is_better=True, seed=0), events=8))
    assert [(trial.family, trial.origin) for trial in trials[:3]] == [
        ("deep", "default"),
        ("wide", "default"),
        ("deep", "near the best"),
    ]
    for trial in trials[:2]:
        assert trial.hyperparameters == FAMILIES[trial.family].full_space.defaults()


def test_a_default_that_ran_as_a_baseline_is_not_run_again() -> None:
    strategy = make_strategy("auto", FAMILIES, greater_is_better=True, seed=0)
    baseline = Trial(1, "deep", FAMILIES["deep"].full_space.defaults(), epochs=30, origin="baseline")
    strategy.tell(TrialResult(baseline, "completed", 0.5))
    wide, deep = strategy.ask(2), strategy.ask(3)
    assert wide is not None
    assert deep is not None
    assert (wide.family, wide.origin) == ("wide", "default")
    assert (deep.family, deep.origin) == ("deep", "near the best")
