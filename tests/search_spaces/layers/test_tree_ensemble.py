from __future__ import annotations

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from search_spaces.layers import tree_ensemble as module
from search_spaces.layers.tree_ensemble import TreeEnsemble, tree_ensemble
from search_spaces.tabular.tree_arrays import read_trees
from search_spaces.tabular.tree_tables import pack
from tests.search_spaces.made_trees import CODES, WIDTH, hard_rows, made_booster, made_rows

pytestmark = pytest.mark.keras

CASES = {
    "eight leaves": {"num_leaves": 8},
    "sixteen leaves": {"num_leaves": 16},
    "thirty-one leaves": {"num_leaves": 31},
    "sixty-four leaves": {"num_leaves": 64, "min_data_in_leaf": 1},
    "several outputs": {"outputs": 3},
    "several groups of trees": {"rounds": 70},
}


def model_of(booster, *, outputs=1, width=WIDTH):
    groups = [keras.Input((width - CODES,)), keras.Input((CODES,), dtype="int32")]
    return keras.Model(groups, tree_ensemble(groups, pack(read_trees(booster.model_to_string())), outputs=outputs))


def parts(rows):
    return [tf.constant(rows[:, :-CODES]), tf.constant(rows[:, -CODES:].astype("int32"))]


@pytest.mark.parametrize("options", CASES.values(), ids=CASES.keys())
def test_answers_are_those_of_lightgbm_on_all_rows_that_there_can_be(options):
    features, outputs = made_rows(), options.get("outputs", 1)
    booster = made_booster(features, **options)
    model = model_of(booster, outputs=outputs)
    for rows in (features, hard_rows(read_trees(booster.model_to_string()).thresholds)):
        expected = booster.predict(rows, raw_score=True, num_threads=1).reshape(len(rows), outputs)
        np.testing.assert_allclose(model(parts(rows)), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("column", ["number", "code"])
def test_one_kind_of_column_is_enough(column):
    features = made_rows()
    features[:, slice(0, -CODES) if column == "code" else slice(WIDTH - CODES, None)] = 0.0
    booster = made_booster(features)
    expected = booster.predict(features, raw_score=True, num_threads=1)
    np.testing.assert_allclose(model_of(booster)(parts(features))[:, 0], expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("rows", [0, 1, 16, 17, 50])
def test_rows_and_columns_are_taken_in_blocks(monkeypatch, rows):
    monkeypatch.setattr(module, "_WORDS_AT_ONCE", 1)
    monkeypatch.setattr(module, "_COLUMNS_AT_ONCE", 3)
    features = made_rows()
    booster = made_booster(features)
    raw = model_of(booster)(parts(features[:rows]))
    assert raw.shape == (rows, 1)
    expected = booster.predict(features, raw_score=True, num_threads=1)[:rows]
    np.testing.assert_allclose(raw[:, 0], expected, rtol=1e-6, atol=1e-6)


def test_a_saved_model_says_the_same_for_any_number_of_rows(tmp_path):
    features = made_rows()
    model = model_of(made_booster(features))
    tf.saved_model.save(model, str(tmp_path / "model"))
    serve = tf.saved_model.load(str(tmp_path / "model")).signatures["serving_default"]
    for rows in (1, 600):
        (raw,) = serve(**dict(zip(("inputs", "inputs_1"), parts(features[:rows]), strict=True))).values()
        np.testing.assert_array_equal(raw, model(parts(features[:rows])))


def test_keras_can_predict_with_it_and_save_it(tmp_path):
    features = made_rows()
    model = model_of(made_booster(features))
    expected = np.asarray(model(parts(features)))
    np.testing.assert_array_equal(model.predict(parts(features), verbose=0), expected)
    model.save(tmp_path / "model.keras")
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "model.keras")(parts(features)), expected)


def test_tables_are_weights_that_no_training_changes_and_no_configuration():
    model = model_of(made_booster(made_rows(), rounds=60))
    layer = model.get_layer("trees")
    assert isinstance(layer, TreeEnsemble)
    assert layer.trainable_weights == []
    assert len(layer.non_trainable_weights) == len(layer.tables)
    assert len(json.dumps(layer.get_config())) < 1500


def test_three_hundred_trees_take_little_space():
    trees = read_trees(made_booster(made_rows(3000), rounds=300, num_leaves=31).model_to_string())
    assert sum(table.nbytes for table in pack(trees).values()) < 1.3e6
