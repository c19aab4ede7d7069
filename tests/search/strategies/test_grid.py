from __future__ import annotations

import dataclasses
from itertools import product

import pytest

from automl_cli.search.strategies.make import make_strategy
from search_spaces.grammar import Parameter, Space
from tests.contracts.strategy_contract import FAMILIES, StrategyContract, play, trials_of

pytestmark = pytest.mark.keras


class TestGrid(StrategyContract):
    name = "grid"
    draws = False


def test_every_combination_is_tried_once_the_default_first() -> None:
    space = Space(
        (
            Parameter("rate", "float", default=0.01, low=0.001, high=1.0, log=True),
            Parameter("share", "float", default=0.5, low=0.1, high=0.5, step=0.1),
            Parameter("smooth", "bool", default=True),
            Parameter("steps", "int", default=2, low=2, high=3, when={"smooth": (True,)}),
        )
    )
    family = dataclasses.replace(FAMILIES["deep"], space=space, recipe=Space())
    trials = trials_of(
        play(make_strategy("grid", {"deep": family}, greater_is_better=True, seed=0), events=500, score=lambda _: 0.0)
    )
    assert trials[0].hyperparameters == space.defaults()
    assert [trial.origin for trial in trials[:2]] == ["default", "grid"]
    tried = [tuple(trial.hyperparameters.values()) for trial in trials]
    leaves = [(True, 2), (True, 3), (False,)]
    expected = {(*a, *b) for a, b in product(product((0.001, 0.01, 1.0), (0.1, 0.2, 0.3, 0.4, 0.5)), leaves)}
    assert len(tried) == len(set(tried))
    assert set(tried) == expected


def test_families_take_turns() -> None:
    strategy = make_strategy("grid", FAMILIES, greater_is_better=True, seed=0)
    assert [trial.family for trial in trials_of(play(strategy, events=12))] == ["deep", "wide"] * 3
