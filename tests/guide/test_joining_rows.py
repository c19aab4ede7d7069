"""Rows 25 to 28 of the practices: what weights, rows and blocks do that join in, and losses that are joined."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from automl_cli.training.curriculum import make_order
from automl_cli.training.multi_task import UncertaintyWeighting
from automl_cli.training.stages import Stages, make_stages
from tests.training.made_data import BINARY, make_folds

pytestmark = pytest.mark.keras


def test_row_25_what_was_taken_over_is_frozen_and_then_slower() -> None:
    recipe = {"start": "transfer", "frozen_fraction": 0.2, "backbone_rate": 0.1}
    stages = make_stages(recipe, 50)
    assert [stages.backbone_factor(done) for done in (0, 9, 10, 49)] == [0, 0, 0.1, 0.1]
    assert make_stages({**recipe, "start": "scratch"}, 50).backbone_factor(0) == 1


def test_row_26_rows_that_a_first_model_tells_wrong_come_last() -> None:
    fold = make_folds(BINARY, rows=240)[0]
    wrong = np.arange(0, 120, 12)
    target = fold.train_target.copy()
    target[wrong] = 1 - target[wrong]
    recipe = {"pacing": "linear", "order_by": "difficulty"}
    order = make_order(dataclasses.replace(fold, train_target=target), recipe, setup=BINARY, number=0)
    assert order is not None
    assert np.argsort(order)[wrong].mean() > 80
    stages = make_stages({"pacing": "linear", "pacing_start": 0.25}, 40)
    assert [stages.rows(done, 100) for done in (0, 10, 20, 39)] == [25, 62, 100, 100]


def test_row_27_losses_of_several_heads_are_joined_by_their_variances() -> None:
    weighting, losses = UncertaintyWeighting(["regression", "classification"]), [tf.constant(4.0), tf.constant(3.0)]
    assert float(weighting(losses)) == pytest.approx(0.5 * 4 + 3)
    weighting.log_variances.assign([np.log(4.0), 0.0])
    assert float(weighting(losses)) == pytest.approx(0.5 * 4 / 4 + np.log(4) / 2 + 3)


def test_row_28_blocks_join_in_one_after_the_other() -> None:
    stages = Stages(grown=6, gates=3)
    assert [stages.open_gates(done) for done in range(7)] == [1, 1, 2, 2, 3, 3, 3]
