"""Stopping early and lowering the rate, compared with Keras' callbacks on recorded curves."""

import keras
import numpy as np
import pytest

from automl_cli.training.stopping import best_epoch, is_exhausted, rate_on_plateau

pytestmark = pytest.mark.keras

CURVES = [
    np.round(np.exp(-np.arange(40) / 10) + 0.05 * np.random.default_rng(seed).normal(size=40), 2) for seed in range(5)
]


def told(callback, losses):
    """Tells a callback of epochs until it ends the training; returns the rates and how many it heard of."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.optimizer = keras.optimizers.Adam(0.01)
    model.stop_training = False
    callback.set_model(model)
    callback.on_train_begin()
    rates = []
    for epoch, loss in enumerate(losses):
        callback.on_epoch_end(epoch, {"val_loss": loss})
        rates.append(float(model.optimizer.learning_rate))
        if model.stop_training:
            break
    return rates


@pytest.mark.parametrize("losses", CURVES, ids=range(5))
@pytest.mark.parametrize("patience", [1, 3, 8])
def test_it_ends_when_early_stopping_does(losses, patience):
    callback = keras.callbacks.EarlyStopping("val_loss", mode="min", patience=patience)
    heard = len(told(callback, losses))
    ends = [n for n in range(1, len(losses) + 1) if is_exhausted(losses[:n], patience=patience)]
    assert (ends or [len(losses)])[0] == heard


def test_the_last_of_equal_epochs_is_the_best():
    assert best_epoch([3.0, 1.0, 2.0, 1.0, 5.0]) == 4


@pytest.mark.parametrize("losses", CURVES, ids=range(5))
@pytest.mark.parametrize("patience", [1, 2, 6])
def test_the_rate_drops_when_that_of_keras_does(losses, patience):
    callback = keras.callbacks.ReduceLROnPlateau("val_loss", mode="min", patience=patience, factor=0.3, min_delta=0.0)
    expected = told(callback, losses)
    ours = [rate_on_plateau(losses[: n + 1], rate=0.01, patience=patience, factor=0.3) for n in range(len(losses))]
    np.testing.assert_allclose(ours, expected, rtol=1e-6)
    assert ours[-1] < 0.01
