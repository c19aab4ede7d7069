"""Losses agree with Keras', row by row."""

import keras
import numpy as np
import pytest

from automl_cli.training.losses import Objective, make_loss, make_objective
from automl_cli.training.task import TaskSetup

pytestmark = pytest.mark.keras

BINARY = Objective("binary", 2)
MULTICLASS = Objective("multiclass", 3)
GENERATOR = np.random.default_rng(0)


def value(objective, target, outputs, **values):
    named = {name: np.array([[each]], np.float32) for name, each in values.items()}
    losses = make_loss(objective)(np.float32(target)[None], np.float32(outputs)[None], named)
    return np.asarray(losses)[0]


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropies(smoothing):
    labels, logits = np.array([0.0, 1, 0, 1]), GENERATOR.normal(size=(4, 1))
    binary = keras.losses.BinaryCrossentropy(True, label_smoothing=smoothing, reduction=None)
    ours = value(BINARY, labels, logits, label_smoothing=smoothing)
    np.testing.assert_allclose(ours, binary(labels[:, None], logits), rtol=1e-5)
    classes, logits = np.array([0, 2, 1, 2]), GENERATOR.normal(size=(4, 3))
    categorical = keras.losses.CategoricalCrossentropy(True, label_smoothing=smoothing, reduction=None)
    ours = value(MULTICLASS, classes, logits, label_smoothing=smoothing)
    np.testing.assert_allclose(ours, categorical(np.eye(3)[classes], logits), rtol=1e-5)


@pytest.mark.parametrize(("objective", "outputs"), [(BINARY, [[9.0]]), (MULTICLASS, [[0.0, 9.0, 0.0]])])
def test_smoothing_punishes_certainty_in_training_only(objective, outputs):
    plain = value(objective, [1], outputs)
    assert value(objective, [1], outputs, label_smoothing=0.1) > plain + 0.1
    assert value(objective, [1], outputs, label_smoothing=0.0) == plain


@pytest.mark.parametrize(
    ("recipe", "theirs"),
    [
        ({}, keras.losses.MeanSquaredError(reduction=None)),
        ({"loss": "mse"}, keras.losses.MeanSquaredError(reduction=None)),
        ({"loss": "mae"}, keras.losses.MeanAbsoluteError(reduction=None)),
        ({"loss": "huber"}, keras.losses.Huber(0.7, reduction=None)),
    ],
)
def test_regression_losses(recipe, theirs):
    target, outputs = GENERATOR.normal(size=6), GENERATOR.normal(size=(6, 1))
    objective = make_objective(TaskSetup("regression", 0, "rmse", seed=0), recipe)
    ours = value(objective, target, outputs, huber_delta=0.7)
    np.testing.assert_allclose(ours, theirs(target[:, None], outputs), rtol=1e-5)


@pytest.mark.parametrize(
    "objective", [Objective("binary", 2), Objective("multiclass", 3), Objective("regression", 0, "huber")]
)
def test_models_in_one_network_are_trained_each_for_itself(objective):
    width = 3 if objective.task == "multiclass" else 1
    outputs = GENERATOR.normal(size=(2, 7, 4, width)).astype("float32")  # (members, batch, models, outputs)
    target = GENERATOR.integers(0, 2, size=(2, 7)).astype("float32")
    values = {"label_smoothing": np.full((2, 1), 0.1, "float32"), "huber_delta": np.ones((2, 1), "float32")}
    loss = make_loss(objective)
    together = loss(target, outputs, values)
    alone = [loss(target, outputs[:, :, model], values) for model in range(4)]
    np.testing.assert_allclose(together, np.mean(alone, axis=0), rtol=1e-5)
