"""Trees as arrays, and their answers by tables, against LightGBM itself."""

from __future__ import annotations

import numpy as np
import pytest

from search_spaces.tabular.tree_arrays import Trees, read_trees, round_down
from search_spaces.tabular.tree_tables import column_table, evaluate, word_type
from tests.search_spaces.made_trees import hard_rows, made_booster, made_rows

CASES = {
    "numbers and codes": {},
    "eight leaves": {"num_leaves": 8},
    "sixteen leaves": {"num_leaves": 16},
    "sixty-four leaves": {"num_leaves": 64, "min_data_in_leaf": 1},
    "several outputs": {"outputs": 3},
    "one code against the rest": {"max_cat_to_onehot": 100},
    "random thresholds": {"extra_trees": True},
    "chains": {"max_depth": -1, "num_leaves": 30, "min_data_in_leaf": 1, "lambda_l2": 0.0},
    "absolute errors": {"objective": "l1"},
}


@pytest.mark.parametrize("options", CASES.values(), ids=CASES.keys())
def test_answers_are_those_of_lightgbm_on_all_rows_that_there_can_be(options):
    features = made_rows()
    booster = made_booster(features, **options)
    trees = read_trees(booster.model_to_string())
    assert (trees.code_counts > 0).any()
    assert (trees.code_counts == 0).any()
    outputs = options.get("outputs", 1)
    for rows in (features, hard_rows(trees.thresholds)):
        expected = booster.predict(rows, raw_score=True, num_threads=1).reshape(len(rows), outputs)
        np.testing.assert_allclose(evaluate(trees, rows, outputs=outputs), expected, rtol=1e-12, atol=1e-12)


def test_gaps_that_training_rows_did_not_have_count_as_zero():
    features = made_rows()
    trees = read_trees(made_booster(features).model_to_string())
    gap, zero = features[:50].copy(), features[:50].copy()
    gap[:, 1], zero[:, 1] = np.nan, 0.0
    np.testing.assert_array_equal(evaluate(trees, gap, outputs=1), evaluate(trees, zero, outputs=1))


def test_many_rows_and_trees_are_answered_in_blocks(monkeypatch):
    features = made_rows()
    trees = read_trees(made_booster(features, outputs=3).model_to_string())
    at_once = evaluate(trees, features, outputs=3)
    monkeypatch.setattr("search_spaces.tabular.tree_tables._ROWS", 7)
    monkeypatch.setattr("search_spaces.tabular.tree_tables._TREES", 5)
    np.testing.assert_allclose(evaluate(trees, features, outputs=3), at_once, rtol=1e-12)


def test_arrays_make_the_same_trees_again():
    trees = read_trees(made_booster(made_rows()).model_to_string())
    again = Trees.from_arrays({**trees.arrays, "more": np.zeros(1)})
    assert all(np.array_equal(array, again.arrays[name]) for name, array in trees.arrays.items())
    assert trees.thresholds.dtype == np.float32


def test_leaves_are_numbered_from_left_to_right():
    text = (
        "tree\nversion=v4\n\nTree=0\nnum_leaves=3\nnum_cat=0\nsplit_feature=1 0\nthreshold=0.5 -2\ndecision_type=2 2\n"
        "left_child=1 -2\nright_child=-1 -3\nleaf_value=30 10 20\nis_linear=0\nshrinkage=1\n\n\nend of trees\n"
    )
    trees = read_trees(text)  # x1 <= 0.5 ? (x0 <= -2 ? 10 : 20) : 30
    assert trees.values.tolist() == [10, 20, 30]
    assert [trees.first.tolist(), trees.last.tolist()] == [[0, 0], [2, 1]]
    rows = np.array([[-3, 0], [-2, 0.5], [0, 0], [-3, 1]], "float32")
    assert evaluate(trees, rows, outputs=1).ravel().tolist() == [10, 10, 20, 30]
    assert column_table(trees, 0).masks.ravel().tolist() == [255, 254, 254]  # at most -2, above, NaN: taken for 0
    assert column_table(trees, 1).masks.ravel().tolist() == [255, 252, 255]


@pytest.mark.parametrize(
    ("number", "rounded"),
    [(0.1, 0.09999999403953552), (0.5, 0.5), (-0.1, -0.10000000149011612), (1e300, 3.4028234663852886e38)],
)
def test_thresholds_are_rounded_down(number, rounded):
    assert round_down(np.array([number])).tolist() == [rounded]


def test_text_of_another_version_is_refused():
    with pytest.raises(ValueError, match="version v4, not from tree version=v3"):
        read_trees("tree\nversion=v3\n")


def test_trees_of_more_leaves_than_a_word_has_bits_are_refused():
    trees = read_trees(made_booster(made_rows(), rounds=1, num_leaves=70, min_data_in_leaf=1).model_to_string())
    with pytest.raises(ValueError, match="A tree has 70 leaves; tables hold 64 at most"):
        word_type(trees)
