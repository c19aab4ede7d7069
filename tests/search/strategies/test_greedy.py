from __future__ import annotations

import pytest

from automl_cli.search.strategies.make import make_strategy
from tests.contracts.strategy_contract import FAMILIES, StrategyContract, play, quality, trials_of

pytestmark = pytest.mark.keras


class TestGreedy(StrategyContract):
    name = "greedy"


def test_it_begins_with_the_defaults_and_then_changes_the_best() -> None:
    strategy = make_strategy("greedy", FAMILIES, greater_is_better=True, seed=0)
    trials = trials_of(play(strategy, events=80))
    assert [(trial.family, trial.origin) for trial in trials[:2]] == [("deep", "default"), ("wide", "default")]
    changes = []
    for position in range(2, len(trials)):
        best, trial = max(trials[:position], key=quality), trials[position]
        if trial.family == best.family:
            shared = trial.hyperparameters.keys() & best.hyperparameters.keys()
            changes.append(sum(trial.hyperparameters[name] != best.hyperparameters[name] for name in shared))
    assert changes.count(1) > len(changes) / 2
