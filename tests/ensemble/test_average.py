"""The weighted mean of members, as one model."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from automl_cli.ensemble.average import Member, combine

pytestmark = pytest.mark.keras

ROWS = {
    "age": np.array([1.0, np.nan, -3.0], np.float32),
    "city": np.array(["Bonn", "", "Köln"], object),
}


def make_preprocessing(scale: float, columns: tuple[str, ...] = ("age", "city")) -> keras.Model:
    """All preprocessings and all networks have the same name, as those of folds do."""
    raw = {name: keras.Input((), dtype="float32" if name == "age" else "string", name=name) for name in columns}
    groups = {}
    if "age" in raw:
        age = keras.ops.expand_dims(raw["age"], 1)
        groups["numbers"] = keras.ops.where(keras.ops.isnan(age), 0.0, age) * scale
    if "city" in raw:
        groups["one_hot"] = keras.layers.StringLookup(vocabulary=["Bonn", "Köln"], output_mode="one_hot")(raw["city"])
    return keras.Model(raw, groups, name="preprocessing")


def make_network(seed: int, groups: tuple[str, ...] = ("numbers", "one_hot")) -> keras.Model:
    inputs = {name: keras.Input(({"numbers": 1, "one_hot": 3}[name],), name=name) for name in groups}
    values = list(inputs.values())
    x = keras.layers.Concatenate()(values) if len(values) > 1 else values[0]
    dense = keras.layers.Dense(2, activation="softmax", kernel_initializer=keras.initializers.GlorotNormal(seed))
    return keras.Model(inputs, dense(x), name="network")


def predict(member: Member) -> np.ndarray:
    raw = {name: keras.ops.convert_to_tensor(ROWS[name]) for name in member.preprocessing.input}
    groups = member.preprocessing(raw)
    return np.asarray(member.network({name: groups[name] for name in member.network.input}))


def predict_all(model: keras.Model) -> np.ndarray:
    return np.asarray(model({name: keras.ops.convert_to_tensor(ROWS[name]) for name in model.input}))


def test_the_mean_weighs_each_member() -> None:
    members = [Member(make_preprocessing(scale), make_network(seed)) for seed, scale in enumerate((1.0, 2.0, 3.0))]
    combined = combine(members, [2.0, 0.0, 6.0])
    expected = 0.25 * predict(members[0]) + 0.75 * predict(members[2])
    np.testing.assert_allclose(predict_all(combined), expected, atol=1e-6)
    np.testing.assert_allclose(predict_all(combine(members)), np.mean([predict(m) for m in members], 0), atol=1e-6)


def test_a_member_without_weight_is_left_out_of_the_graph() -> None:
    members = [Member(make_preprocessing(1.0), make_network(seed)) for seed in range(2)]
    combined = combine(members, [1.0, 0.0])
    assert combined.count_params() == members[0].network.count_params()
    np.testing.assert_allclose(predict_all(combined), predict(members[0]), atol=1e-6)


def test_a_shared_preprocessing_is_in_the_graph_once() -> None:
    shared = make_preprocessing(1.0)
    combined = combine([Member(shared, make_network(0)), Member(shared, make_network(1))])
    assert sum(layer.name.startswith("preprocessing") for layer in combined.layers) == 1


def test_members_may_read_other_columns_and_other_groups() -> None:
    members = [
        Member(make_preprocessing(1.0, ("age",)), make_network(0, ("numbers",))),
        Member(make_preprocessing(1.0), make_network(1, ("one_hot",))),
    ]
    combined = combine(members)
    assert list(combined.input) == ["age", "city"]
    np.testing.assert_allclose(predict_all(combined), (predict(members[0]) + predict(members[1])) / 2, atol=1e-6)


def test_members_keep_their_names_and_can_be_combined_again() -> None:
    members = [Member(make_preprocessing(1.0), make_network(seed)) for seed in range(2)]
    first, second = combine(members), combine(members)
    assert members[1].network.name == "network"
    np.testing.assert_array_equal(predict_all(first), predict_all(second))


@pytest.mark.parametrize("weights", [[], [1.0], [0.0, 0.0], [2.0, -1.0]])
def test_weights_that_mean_nothing_are_refused(weights: list[float]) -> None:
    members = [Member(make_preprocessing(1.0), make_network(seed)) for seed in range(2)]
    with pytest.raises(ValueError, match="as many weights"):
        combine(members, weights)
