"""What is measured beside the loss: gradients layer by layer, and units that have died."""

import dataclasses
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from automl_cli.records import Curves, curves_from_json, result_from_json, to_json
from automl_cli.training import seeds
from automl_cli.training.checkpoint import load_progress
from automl_cli.training.dead_units import share_of_dead_units
from automl_cli.training.loop import Course
from automl_cli.training.rows import Rows, Source
from automl_cli.training.trial import run_trial
from tests.training.made_data import BINARY, make_folds, make_trial
from tests.training.made_engine import SGD, make_engine, make_groups, make_network

pytestmark = pytest.mark.keras


@pytest.mark.parametrize("by_xla", [False, True], ids=["plain", "XLA"])
def test_norms_are_those_of_the_last_steps_gradient_before_it_is_clipped(by_xla):
    groups, target = make_groups()
    networks = [make_network(seed=seed) for seed in (0, 1)]
    engine = make_engine(networks[0], {**SGD, "gradient_clip_norm": 1e-3}, members=2, by_xla=by_xla)
    rows = Rows([Source(groups, target)] * 2, 50)
    state = engine.start([network.get_weights() for network in networks], [engine.fresh_memory] * 2)
    course = Course(np.full((1, 2), 0.01), 50, np.ones(2))
    engine.train_epoch(state, rows, course=course, seeds=[seeds.stream(0), seeds.stream(1)])
    for member, network in enumerate(networks):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((network(groups)[:, 0] - target.astype(np.float32)) ** 2)
        gradients = [tf.convert_to_tensor(g).numpy() for g in tape.gradient(loss, network.trainable_variables)]
        table, kernel, bias, last_kernel, last_bias = gradients
        expected = {
            "embedding_1": np.linalg.norm(table),
            "dense_1": np.hypot(np.linalg.norm(kernel), np.linalg.norm(bias)),
            "dense_2": np.hypot(np.linalg.norm(last_kernel), np.linalg.norm(last_bias)),
        }
        measured = engine.gradient_norms(member)
        assert list(measured) == list(expected)
        assert measured == pytest.approx(expected, rel=1e-4)


def test_every_epoch_of_every_fold_leaves_its_norms_behind_and_a_child_adds_its_own(tmp_path):
    run_trial(make_trial(epochs=3), task=BINARY, folds=make_folds(), folder=tmp_path / "0001")
    child = dataclasses.replace(make_trial(epochs=5, number=2, parent=1), initial_epoch=3)
    outcome = run_trial(child, task=BINARY, folds=make_folds(), folder=tmp_path / "0002")
    for fold, curves in enumerate(outcome.curves):
        assert list(curves.gradient_norms)[-2:] == ["hidden_0", "logits"]
        assert {len(norms) for norms in curves.gradient_norms.values()} == {5}
        assert all(norm > 0 for norms in curves.gradient_norms.values() for norm in norms)
        assert load_progress(tmp_path / "0002", fold).curves.gradient_norms == curves.gradient_norms


def test_curves_come_back_from_json_and_so_do_those_of_before():
    curves = Curves((1.0, 0.5), (1.0, 0.7), gradient_norms={"hidden_0": (3.0, float("inf"))}, dead_units=0.25)
    again = curves_from_json(json.loads(json.dumps(to_json(curves))))
    assert again.loss == curves.loss
    assert again.gradient_norms["hidden_0"][0] == 3.0
    assert np.isnan(again.gradient_norms["hidden_0"][1])
    assert again.dead_units == 0.25
    assert curves_from_json({"loss": [1.0], "validation_loss": [None]}).gradient_norms == {}
    old = {"trial": to_json(make_trial()), "state": "completed", "score": 0.5, "fold_scores": [], "best_epochs": []}
    assert result_from_json(old).findings == ()


@pytest.mark.parametrize(("activation", "bias", "dead"), [("relu", -1e3, 1.0), ("silu", -1e3, 1.0), ("relu", 0.0, 0.0)])
def test_units_are_dead_that_say_nothing_of_any_row(activation, bias, dead):
    inputs = keras.Input((2,), name="numbers")
    x = keras.layers.Dense(8, bias_initializer=keras.initializers.Constant(bias))(inputs)
    network = keras.Model({"numbers": inputs}, keras.layers.Dense(1)(keras.layers.Activation(activation)(x)))
    numbers = np.random.default_rng(0).normal(size=(1000, 2)).astype(np.float32)
    assert share_of_dead_units(network, {"numbers": numbers}) == dead


def test_dead_units_are_counted_where_there_are_rectifiers(tmp_path):
    for activation, counted in (("relu", True), ("tanh", False)):
        trial = make_trial(epochs=1, activation=activation)
        outcome = run_trial(trial, task=BINARY, folds=make_folds(), folder=tmp_path / activation)
        shares = [curves.dead_units for curves in outcome.curves]
        assert shares[1] is None
        assert (shares[0] is not None) == counted


def test_a_training_that_diverges_leaves_its_curves_with_the_failure(tmp_path):
    trial = make_trial(epochs=8, optimizer="sgd", learning_rate=1e30, gradient_clip_norm=0.0, momentum=0.0)
    outcome = run_trial(trial, task=BINARY, folds=make_folds(), folder=tmp_path)
    assert outcome.result.state == "failed"
    assert "epoch" in (outcome.result.reason or "")
