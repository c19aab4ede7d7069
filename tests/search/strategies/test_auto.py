from __future__ import annotations

import pytest

from automl_cli.records import Finding, Trial, TrialResult
from automl_cli.search.planning import Terms
from automl_cli.search.strategies.make import make_strategy
from search_spaces.family import Layout, load_families
from search_spaces.portfolio import Occasion
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


def test_a_skewed_target_is_tried_as_its_logarithm_too() -> None:
    families = {
        name: family.for_table(task="regression", rows=500)
        for name, family in load_families(["boosted_trees", "tabm"]).items()
    }
    occasion = Occasion("regression", 500, seconds=300.0, is_skewed=True)
    terms = Terms(occasion, Layout(numbers=3), folds=3, outputs=1)
    strategy = make_strategy("auto", families, greater_is_better=False, seed=0, terms=terms)
    trials = [strategy.ask(number) for number in range(1, 7)]
    transforms = {trial.origin: trial.hyperparameters["target_transform"] for trial in trials if trial}
    assert transforms["trees of logarithm"] == transforms["tabm of logarithm"] == "log"
    assert transforms["trees"] == transforms["tabm"] == "none"


def test_what_the_user_has_fixed_makes_entries_of_the_portfolio_one() -> None:
    family = load_families(["boosted_trees"])["boosted_trees"].for_table(task="regression", rows=500)
    pinned = {"boosted_trees": family.with_pins({"target_transform": "log"})}
    terms = Terms(Occasion("regression", 500, seconds=300.0, is_skewed=True), Layout(numbers=3), folds=3, outputs=1)
    strategy = make_strategy("auto", pinned, greater_is_better=False, seed=0, terms=terms)
    first, second = strategy.ask(1), strategy.ask(2)
    assert first is not None
    assert second is not None
    assert first.hyperparameters != second.hyperparameters
    assert first.hyperparameters["target_transform"] == "log"


def test_what_a_good_trial_showed_is_acted_on_before_a_long_portfolio_ends() -> None:
    names = ["boosted_trees", "extra_trees", "additive_trees", "tabm", "realmlp", "modern_nca", "mlp"]
    families = {name: family.for_table(task="binary", rows=2_000) for name, family in load_families(names).items()}
    terms = Terms(Occasion("binary", 2_000, seconds=300.0), Layout(numbers=3), folds=3, outputs=1)
    strategy = make_strategy("auto", families, greater_is_better=True, seed=0, terms=terms)
    overfits = (Finding("overfitting", "warning", "The validation loss rises."),)
    origins = []
    for number in range(1, 12):
        trial = strategy.ask(number)
        assert trial is not None
        origins.append(trial.origin)
        is_tabm = trial.origin == "tabm few bins"
        strategy.tell(TrialResult(trial, "completed", 0.9 if is_tabm else 0.8, findings=overfits if is_tabm else ()))
    cured = origins.index("tabm few bins") + 1
    assert not any(origin.startswith("tried because") for origin in origins[:8])
    assert origins[8] == f"tried because trial {cured} overfits"
    assert not origins[9].startswith("tried because")
