from __future__ import annotations

import numpy as np
import pytest

from search_spaces.family import Layout, core_model, load_families
from tests.contracts.family_contract import EVERYTHING, GradientFamilyContract, made_groups, read_by

pytestmark = pytest.mark.keras


class TestMlp(GradientFamilyContract):
    name = "mlp"


def build(layout: Layout = EVERYTHING, **values):
    return core_model(load_families(["mlp"])["mlp"], layout, outputs=2, hyperparameters=values, seed=0)


def test_depth_and_width_are_those_of_the_hidden_layers():
    model = build(depth=4, width=32)
    hidden = [layer for layer in model.layers if layer.name in {f"hidden_{n}" for n in range(9)}]
    assert [layer.units for layer in hidden] == [32] * 4


def test_the_view_of_the_numbers_decides_what_is_read():
    layout = Layout(numbers=3, quantiles=3)
    assert set(build(layout, scaling="robust").input) == {"numbers"}
    assert set(build(layout, scaling="quantile").input) == {"quantiles"}


@pytest.mark.parametrize(
    ("categories", "read"),
    [("one_hot", {"one_hot"}), ("embedding", {"codes"}), ("both", {"one_hot", "codes"})],
)
def test_the_view_of_the_categories_decides_what_is_read(categories, read):
    layout = Layout(one_hot=9, cardinalities=(4, 5))
    assert set(build(layout, categories=categories).input) == read


def test_levels_of_different_columns_have_vectors_of_their_own():
    layout = Layout(cardinalities=(4, 5))
    model = build(layout, categories="embedding", embedding_width=2)
    table = model.get_layer("levels").get_weights()[0]
    assert table.shape == (9, 2)
    flat = keras_function(model, "levels_flat")({"codes": np.array([[3, 2]], "int32")})
    assert np.allclose(flat, [[*table[3], *table[4 + 2]]])


def test_training_alone_drops_units():
    model, groups = build(dropout=0.5), made_groups(EVERYTHING)
    still, again = (model(read_by(model, groups)) for _ in range(2))
    moving, other = (model(read_by(model, groups), training=True) for _ in range(2))
    assert np.array_equal(still, again)
    assert not np.array_equal(moving, other)


def keras_function(model, layer: str):
    import keras

    return keras.Function(model.input, model.get_layer(layer).output)
