from __future__ import annotations

import dataclasses

import keras_tuner
import pytest

from automl_cli.search.strategies.tree import declare, default_trial, make_tree, make_trial, tree_values
from search_spaces.grammar import Parameter, Space
from tests.contracts.strategy_contract import FAMILIES, RECIPE

pytestmark = pytest.mark.keras


def declared(*parameters: Parameter) -> dict[str, object]:
    family = dataclasses.replace(FAMILIES["deep"], space=Space(parameters), recipe=Space())
    return {hp.name.removeprefix("deep/"): hp for hp in declare(make_tree({"deep": family})).space}


def test_every_family_stands_below_one_choice() -> None:
    tree = declare(make_tree(FAMILIES))
    assert tree.space[0].name == "family"
    assert tree.space[0].values == ["deep", "wide"]
    assert {hp.name.split("/")[0] for hp in tree.space[1:]} == {"deep", "wide"}
    tree.values = {"family": "wide"}
    assert not any(tree.is_active(hp) for hp in tree.space if hp.name.startswith("deep/"))


def test_a_parameter_is_active_where_its_parent_has_the_right_value() -> None:
    tree = declare(make_tree(FAMILIES))
    tree.values = {"family": "wide", "wide/crosses": True, "wide/optimizer": "adam"}
    assert tree.is_active("wide/buckets")
    assert not tree.is_active("wide/momentum")


def test_ranges_keep_their_type_and_scale() -> None:
    space = declared(
        Parameter("rate", "float", default=0.01, low=0.001, high=1.0, log=True),
        Parameter("depth", "int", default=2, low=1, high=5),
    )
    assert isinstance(space["rate"], keras_tuner.engine.hyperparameters.Float)
    assert (space["rate"].sampling, space["rate"].default) == ("log", 0.01)
    assert isinstance(space["depth"], keras_tuner.engine.hyperparameters.Int)
    assert {space["depth"].random_sample(seed) for seed in range(99)} == {1, 2, 3, 4, 5}


@pytest.mark.parametrize(
    ("parameter", "values"),
    [
        (Parameter("share", "float", default=0.5, low=0.0, high=0.5, step=0.1), [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]),
        (Parameter("share", "float", default=0.25, low=0.1, high=0.4, step=0.1), [0.1, 0.2, 0.25, 0.3, 0.4]),
        (Parameter("share", "float", default=-1.0, low=-1.0, high=-0.5, step=0.25), [-1.0, -0.75, -0.5]),
        (Parameter("rate", "float", default=1e-3, low=1e-4, high=0.1, step=10.0, log=True), [1e-4, 1e-3, 0.01, 0.1]),
        (Parameter("width", "int", default=64, low=32, high=256, step=2, log=True), [32, 64, 128, 256]),
        (Parameter("width", "int", default=32, low=32, high=80, step=1.5, log=True), [32, 48, 72]),
        (Parameter("width", "int", default=10, low=10, high=34, step=8), [10, 18, 26, 34]),
        (Parameter("loss", "choice", default="mae", values=("mse", "huber"), also=("mae",)), ["mse", "huber", "mae"]),
    ],
)
def test_steps_and_choices_are_listed_with_the_default_among_them(parameter: Parameter, values: list[object]) -> None:
    assert declared(parameter)[parameter.name].values == values


def test_true_and_false_stay_what_they_are() -> None:
    space = declared(
        Parameter("smooth", "bool", default=True), Parameter("flat", "choice", default=False, values=(True, False))
    )
    assert {type(space[name].random_sample(seed)) for name in ("smooth", "flat") for seed in range(9)} == {bool}


@pytest.mark.parametrize("value", ["sgd", 0.25, 7, False])
def test_one_value_is_fixed(value: object) -> None:
    parameter = declared(Parameter("one", "choice", default=value, values=(value,)))["one"]
    assert isinstance(parameter, keras_tuner.engine.hyperparameters.Fixed)
    assert (parameter.value, type(parameter.value)) == (value, type(value))


def test_what_a_trial_may_cost_is_fixed_at_its_default() -> None:
    tree = {hp.name: hp for hp in declare(make_tree(FAMILIES)).space}
    assert (tree["deep/epochs"].values, tree["wide/patience"].values) == ((30,), (8,))


def test_draws_are_rounded_to_what_can_be_copied_and_choices_are_not() -> None:
    listed = Parameter("share", "choice", default=0.123456, values=(0.123456, 0.5))
    drawn = Parameter("rate", "float", default=0.1, low=0.0, high=1.0)
    family = dataclasses.replace(FAMILIES["deep"], space=Space((listed, drawn)), recipe=Space())
    values = {"family": "deep", "deep/share": 0.123456, "deep/rate": 0.123456}
    trial = make_trial(4, values, families={"deep": family}, origin="random")
    assert trial.hyperparameters == {"share": 0.123456, "rate": 0.1235}


def test_a_trial_trains_for_the_epochs_of_its_recipe() -> None:
    assert default_trial(1, FAMILIES["deep"]).epochs == 30
    fitted = dataclasses.replace(FAMILIES["deep"], kind="fitted", recipe=Space())
    assert default_trial(1, fitted).epochs == 1


def test_a_trial_goes_back_into_the_tree() -> None:
    trial = default_trial(3, FAMILIES["wide"])
    assert make_trial(3, tree_values(trial), families=FAMILIES, origin="default") == trial
    assert set(trial.hyperparameters) - set(RECIPE.names) == {"crosses", "buckets", "share"}
