"""Losses agree with what they are on paper."""

import numpy as np
import pytest
from sklearn.metrics import log_loss

from automl_cli.training.losses import make_loss
from automl_cli.training.task import TaskSetup

pytestmark = pytest.mark.keras

BINARY = TaskSetup("binary", 2, "roc_auc", seed=0)
MULTICLASS = TaskSetup("multiclass", 3, "log_loss", seed=0)
REGRESSION = TaskSetup("regression", 0, "rmse", seed=0)


def value(setup, target, outputs, *, smooth=True, **recipe):
    loss = make_loss(setup, recipe, smooth=smooth)
    return float(loss(np.asarray(target, np.float32), np.asarray(outputs, np.float32)))


def test_binary_cross_entropy():
    logits, target = np.array([[-1.0], [0.5], [2.0]]), [0, 1, 0]
    assert value(BINARY, target, logits) == pytest.approx(log_loss(target, 1 / (1 + np.exp(-logits[:, 0]))), rel=1e-5)


def test_categorical_cross_entropy():
    logits, target = np.random.default_rng(0).normal(size=(4, 3)), [0, 2, 1, 2]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert value(MULTICLASS, target, logits) == pytest.approx(log_loss(target, probabilities), rel=1e-5)


@pytest.mark.parametrize(("setup", "outputs"), [(BINARY, [[9.0]]), (MULTICLASS, [[0.0, 9.0, 0.0]])])
def test_smoothing_punishes_certainty_in_training_only(setup, outputs):
    plain = value(setup, [1], outputs)
    assert value(setup, [1], outputs, label_smoothing=0.1) > plain + 0.1
    assert value(setup, [1], outputs, label_smoothing=0.1, smooth=False) == plain


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        ({}, (0.25 + 4) / 2),
        ({"loss": "mse"}, (0.25 + 4) / 2),
        ({"loss": "mae"}, (0.5 + 2) / 2),
        ({"loss": "huber", "huber_delta": 1.0}, (0.125 + 1.5) / 2),
    ],
)
def test_regression_losses(recipe, expected):
    assert value(REGRESSION, [1.0, 1.0], [[1.5], [3.0]], **recipe) == pytest.approx(expected)
