from __future__ import annotations

import pytest

from automl_cli.search.strategies.make import make_strategy
from tests.contracts.strategy_contract import FAMILIES, StrategyContract, play, trials_of

pytestmark = pytest.mark.keras


class TestManual(StrategyContract):
    name = "manual"
    draws = False


def test_each_family_is_trained_once_with_the_fixed_values_and_the_defaults_of_the_rest() -> None:
    families = {name: family.with_pins({"learning_rate": 0.007}) for name, family in FAMILIES.items()}
    trials = trials_of(play(make_strategy("manual", families, greater_is_better=True, seed=0), events=50))
    assert [(trial.family, trial.origin) for trial in trials] == [("deep", "manual"), ("wide", "manual")]
    defaults = FAMILIES["deep"].full_space.defaults()
    assert trials[0].hyperparameters == {**defaults, "learning_rate": 0.007}
