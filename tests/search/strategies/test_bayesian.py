from __future__ import annotations

import math

import numpy as np
import pytest

from automl_cli.records import Trial
from automl_cli.search.strategies.make import make_strategy
from automl_cli.spec.search import StrategyName
from tests.contracts.strategy_contract import FAMILIES, StrategyContract, play, quality, trials_of

pytestmark = pytest.mark.keras


class TestBayesian(StrategyContract):
    name = "bayesian"


def tried(name: StrategyName, *, seed: int, score=quality) -> list[Trial]:
    strategy = make_strategy(name, FAMILIES, greater_is_better=True, seed=seed)
    return trials_of(play(strategy, events=50, score=score))


def test_it_finds_better_trials_than_chance_does() -> None:
    best = {
        name: np.mean([max(map(quality, tried(name, seed=seed))) for seed in range(4)])
        for name in ("bayesian", "random")
    }
    assert best["bayesian"] > best["random"] + 0.01


def test_nothing_is_tried_twice() -> None:
    trials = tried("bayesian", seed=0, score=lambda trial: 1.0)
    assert len({(trial.family, *trial.hyperparameters.items()) for trial in trials}) == len(trials)


def test_a_region_that_fails_is_left() -> None:
    """The better the rate, the nearer the edge beyond which all fails; unless told, a search would stay there."""

    def fragile(trial: Trial) -> float | None:
        rate = float(trial.hyperparameters["learning_rate"])
        return None if rate > 3e-3 else math.log10(rate)

    late = [trial for seed in range(2) for trial in tried("bayesian", seed=seed, score=fragile)[-15:]]
    assert sum(fragile(trial) is None for trial in late) <= len(late) / 3
