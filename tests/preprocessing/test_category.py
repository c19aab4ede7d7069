from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from automl_cli.preprocessing.category import MISSING, UNSEEN, SelectCodes, fit_levels, fit_one_hot
from automl_cli.spec.dataset import ColumnSpec
from tests.preprocessing.made_tables import category

pytestmark = pytest.mark.keras


def cells(*words: str) -> np.ndarray:
    return np.array(words, dtype=object)


def test_frequent_levels_come_first_and_rare_unseen_and_missing_have_codes_of_their_own() -> None:
    layer = fit_levels({"x": cells("b", "a", "a", "b", "b", "once", "", "?")}, {"x": category("?")})
    codes = layer([tf.constant(["b", " a ", "once", "never", "", "?", "A"])])
    assert codes[:, 0].numpy().tolist() == [2, 3, UNSEEN, UNSEEN, MISSING, MISSING, UNSEEN]
    assert layer.sizes == [4]


def test_case_is_folded_where_asked() -> None:
    folding = ColumnSpec(kind="category", fold_case=True)
    layer = fit_levels({"x": cells("Über", "über", "ÜBER"), "y": cells("a", "A", "a")}, {"x": folding, "y": category()})
    codes = layer([tf.constant(["ÜBER", "uber"]), tf.constant(["a", "A"])])
    assert codes.numpy().tolist() == [[2, 2], [UNSEEN, UNSEEN]]


def test_a_level_of_one_column_is_none_of_another() -> None:
    layer = fit_levels({"x": cells("a", "a"), "y": cells("b", "b")}, {"x": category(), "y": category()})
    assert layer([tf.constant(["b"]), tf.constant(["a"])]).numpy().tolist() == [[UNSEEN, UNSEEN]]


def test_numbers_may_be_categories() -> None:
    spec = ColumnSpec(kind="category", dtype="int64")
    layer = fit_levels({"x": np.array([30, 30, 4, 4, 4])}, {"x": spec})
    assert layer([tf.constant([4, 30, 5], tf.int64)])[:, 0].numpy().tolist() == [2, 3, UNSEEN]


def test_codes_beyond_the_limit_become_rare() -> None:
    codes = tf.constant([[2, 5, 3], [3, 4, 9]])
    assert SelectCodes([1, 2], [5, 10])(codes).numpy().tolist() == [[UNSEEN, 3], [4, 9]]


def test_one_hot_has_a_slot_for_each_code_that_was_seen() -> None:
    codes = np.array([[2, 3], [1, 2], [2, 2]], np.int32)
    layer = fit_one_hot(codes, [0, 1])
    np.testing.assert_array_equal(layer(codes), [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 1, 0]])
    np.testing.assert_array_equal(layer(np.array([[UNSEEN, MISSING]], np.int32)), [[0, 0, 0, 0]])
