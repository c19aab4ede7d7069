from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from search_spaces.family import Layout, core_model, load_families
from tests.contracts.family_contract import GradientFamilyContract

pytestmark = pytest.mark.keras


class TestWideAndDeep(GradientFamilyContract):
    name = "wide_and_deep"


def cross_table(layout: Layout, **values) -> np.ndarray:
    return model_of(layout, **values).get_layer("cross_logits").get_weights()[0]


def model_of(layout: Layout, **values):
    return core_model(
        load_families(["wide_and_deep"])["wide_and_deep"], layout, outputs=1, hyperparameters=values, seed=0
    )


def looked_up(model, codes: np.ndarray) -> np.ndarray:
    """Numbers of the rows of the table of crosses that codes `(rows, columns)` are looked up in."""
    import keras

    return np.asarray(keras.Function(model.input, model.get_layer("cross_logits").input)({"codes": codes}))


def test_every_combination_has_a_weight_of_its_own_while_there_is_room():
    layout = Layout(cardinalities=(4, 5, 3))
    model = model_of(layout, crosses=64, buckets=128)
    codes = np.array(list(product(range(4), range(5), range(3))), "int32")
    rows = looked_up(model, codes)  # (combinations, pairs)
    assert rows.shape[1] == 3
    assert sorted(len(np.unique(pair)) for pair in rows.T) == [12, 15, 20]
    assert np.unique(rows).tolist() == list(range(12 + 15 + 20))


def test_beyond_the_room_combinations_share_weights_evenly():
    layout = Layout(cardinalities=(1000, 900))
    codes = np.random.default_rng(0).integers(0, (1000, 900), (20_000, 2), dtype="int32")
    rows = looked_up(model_of(layout, crosses=1, buckets=512), codes)
    counts = np.bincount(rows.ravel(), minlength=512)
    assert len(counts) == 512
    assert counts.max() < 2.5 * counts.mean()


def test_pairs_of_few_combinations_are_crossed_first():
    assert cross_table(Layout(cardinalities=(50, 3, 4)), crosses=1).shape[0] == 12


def test_no_crosses_when_none_are_wanted_or_possible():
    for layout, crosses in ((Layout(cardinalities=(5, 5)), 0), (Layout(cardinalities=(5,)), 8)):
        assert "cross_logits" not in {layer.name for layer in model_of(layout, crosses=crosses).layers}
