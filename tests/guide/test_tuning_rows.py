"""Rows 13 and 20 to 24 of the practices: every way to tune, from one value by hand to all of them together."""

from __future__ import annotations

import pytest

from automl_cli.records import Trial, TrialResult
from automl_cli.search.strategies.make import make_strategy
from automl_cli.spec.search import StrategyName
from search_spaces.family import Family, load_families

pytestmark = pytest.mark.keras


def families(*names: str, **pins: float | str) -> dict[str, Family]:
    loaded = {name: family.for_table(task="binary", rows=500) for name, family in load_families(names).items()}
    return {
        name: family.with_pins({pin: value for pin, value in pins.items() if pin in family.full_space.names})
        for name, family in loaded.items()
    }


def asked(name: StrategyName, chosen: dict[str, Family], *, count: int) -> list[Trial]:
    strategy = make_strategy(name, chosen, greater_is_better=True, seed=0)
    trials = []
    for number in range(3, 3 + count):
        trial = strategy.ask(number)
        if trial is None:
            break
        trials.append(trial)
        score = float(trial.hyperparameters.get("learning_rate", 0.0))  # type: ignore[arg-type]
        strategy.tell(TrialResult(trial, "completed", score, epochs=trial.epochs))
    return trials


def test_row_13_rate_batch_epochs_layers_and_activation_are_searched() -> None:
    space = families("mlp")["mlp"].full_space
    searched = [parameter.name for parameter in space.parameters if not parameter.fixed]
    assert {"learning_rate", "batch_size", "epochs", "depth", "width", "activation"} <= set(searched)


def test_row_20_what_is_fixed_by_hand_is_trained_once() -> None:
    trials = asked("manual", families("mlp", learning_rate=0.005, depth=2), count=5)
    assert len(trials) == 1
    assert trials[0].hyperparameters["learning_rate"] == 0.005
    assert trials[0].hyperparameters["depth"] == 2


def test_row_21_a_grid_has_every_combination_once() -> None:
    (family,) = families("linear").values()
    trials = asked("grid", {"linear": family}, count=40)
    values = [tuple(trial.hyperparameters.items()) for trial in trials]
    assert 1 < len(values) < 40
    assert len(set(values)) == len(values)


def test_row_22_random_trials_differ_and_are_possible() -> None:
    chosen = families("mlp")
    trials = asked("random", chosen, count=6)
    assert len({trial.hyperparameters["learning_rate"] for trial in trials}) == 6
    for trial in trials:
        chosen["mlp"].full_space.validate(trial.hyperparameters)


@pytest.mark.parametrize("name", ["bayesian", "hyperband"])
def test_row_23_models_of_the_score_and_early_ends_are_there(name: StrategyName) -> None:
    trials = asked(name, families("mlp"), count=8)
    assert len(trials) == 8
    if name == "hyperband":
        assert min(trial.epochs for trial in trials) < int(trials[0].hyperparameters["epochs"])


def test_row_24_families_and_their_values_are_one_search() -> None:
    trials = asked("auto", families("mlp", "boosted_trees", "autokeras_structured"), count=8)
    assert {trial.family for trial in trials} == {"mlp", "boosted_trees", "autokeras_structured"}
    greedy = asked("greedy", families("mlp", "boosted_trees"), count=3)
    assert len(greedy) == 3
