"""Rows 8, 9 and 34 of the practices: what losses are, and what cures of rare classes do to the rows to learn from."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from automl_cli.training.imbalance import RESAMPLING, balance
from automl_cli.training.losses import make_loss, make_objective
from automl_cli.training.task import FoldData, Groups
from search_spaces.family import Layout
from tests.training.made_data import BINARY, REGRESSION

pytestmark = pytest.mark.keras

CURES = ("class_weights", "class_balanced", "over_sampling", "under_sampling", "smote", "focal", "logit_adjustment")
RECIPE = {"effective_beta": 0.99, "resampled_ratio": 1.0, "focal_gamma": 2.0}


@pytest.mark.parametrize(("name", "expected"), [("mse", [0.25, 4.0]), ("mae", [0.5, 2.0]), ("huber", [0.125, 1.5])])
def test_row_08_errors_are_squared_absolute_or_both(name: str, expected: list[float]) -> None:
    loss = make_loss(make_objective(REGRESSION, {"loss": name}))
    found = loss(tf.constant([[1.0, 1.0]]), tf.constant([[[1.5], [3.0]]]), {"huber_delta": tf.constant([[1.0]])})
    np.testing.assert_allclose(found, [expected], rtol=1e-6)


def test_row_09_cross_entropy_is_that_of_smoothed_labels() -> None:
    loss = make_loss(make_objective(BINARY, {}))
    logits, target = tf.constant([[[2.0]]]), tf.constant([[1.0]])
    share = 1 / (1 + np.exp(-2.0))
    np.testing.assert_allclose(loss(target, logits, {}), [[-np.log(share)]], rtol=1e-5)
    smoothed = -0.95 * np.log(share) - 0.05 * np.log(1 - share)
    found = loss(target, logits, {"label_smoothing": tf.constant([[0.1]])})
    np.testing.assert_allclose(found, [[smoothed]], rtol=1e-5)


def rare_fold() -> FoldData:
    draw = np.random.default_rng(0)
    target = np.repeat([0, 1], [90, 10])

    def rows() -> Groups:
        return {"numbers": draw.normal(size=(100, 3)).astype(np.float32)}

    return FoldData(rows(), target, rows(), target, Layout(numbers=3))


@pytest.mark.parametrize("cure", CURES)
def test_row_34_a_cure_touches_the_rows_to_learn_from_alone_and_is_taken_back(cure: str) -> None:
    fold = rare_fold()
    cured, given = balance(fold, {"imbalance": cure, **RECIPE}, setup=BINARY, groups=["numbers"], number=0)
    np.testing.assert_array_equal(cured.validation["numbers"], fold.validation["numbers"])
    np.testing.assert_array_equal(cured.validation_target, fold.validation_target)
    counts = np.bincount(cured.train_target)
    if cure in RESAMPLING:
        assert counts[0] == counts[1]
        assert (len(cured.train_target) > 100) == (cure != "under_sampling")
    else:
        assert counts.tolist() == [90, 10]
    assert given.correction.focal_gamma == 2.0 or given.correction.offsets[0] < 0


def test_row_34_nothing_is_done_without_a_cure() -> None:
    fold = rare_fold()
    cured, given = balance(fold, {"imbalance": "none"}, setup=BINARY, groups=["numbers"], number=0)
    assert cured is fold
    assert not given.vectors
