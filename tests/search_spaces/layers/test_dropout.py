"""Dropout by a rate that is a weight: the statistics of Keras' layers, and bits that do not depend on the compiler."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from search_spaces.layers.dropout import Dropout, random_bits

pytestmark = pytest.mark.keras

X = np.random.default_rng(0).normal(size=(50_000, 4)).astype("float32")


@pytest.mark.parametrize("rate", [0.05, 0.3, 0.8])
def test_that_share_is_dropped_and_the_mean_stays(rate):
    dropped = np.asarray(Dropout(rate)(X + 3, training=True))
    assert (dropped == 0).mean() == pytest.approx(rate, abs=0.005)
    assert dropped.mean() == pytest.approx(3, abs=0.03)
    np.testing.assert_allclose(dropped[dropped != 0], (X + 3)[dropped != 0] / (1 - rate), rtol=1e-5)


def test_alpha_dropout_keeps_mean_and_deviation_as_that_of_keras_does():
    x = np.asarray(keras.activations.selu(X))
    ours = np.asarray(Dropout(0.3, alpha=True)(x, training=True))
    assert ours.mean() == pytest.approx(x.mean(), abs=0.01)
    assert ours.std() == pytest.approx(x.std(), abs=0.01)
    theirs = np.asarray(keras.layers.AlphaDropout(0.3)(x, training=True))
    assert ours.min() == pytest.approx(theirs.min(), rel=1e-5)


def test_outside_of_training_nothing_changes():
    np.testing.assert_array_equal(Dropout(0.5)(X), X)


def test_the_rate_is_a_weight_that_is_not_trained():
    layer = Dropout(0.5)
    assert not layer.trainable_variables
    layer.set_weights([np.array(0.1)])
    assert (np.asarray(layer(X, training=True)) == 0).mean() == pytest.approx(0.1, abs=0.005)


def test_a_rate_that_drops_all_or_nothing_is_refused():
    for rate in (0.0, 1.0):
        with pytest.raises(ValueError, match="between 0 and 1"):
            Dropout(rate)


def test_it_survives_being_saved(tmp_path):
    inputs = keras.Input((4,))
    keras.Model(inputs, Dropout(0.25, alpha=True)(inputs)).save(tmp_path / "model.keras")
    layer = keras.saving.load_model(tmp_path / "model.keras").layers[-1]
    assert (float(layer.rate), layer.alpha) == (0.25, True)


class TestBits:
    def test_they_are_the_same_however_they_are_compiled_and_for_many_seeds_at_once(self):
        seeds = tf.constant([[1, 0], [1, 1], [2**31 - 1, 7]], tf.int64)

        def draw(seed):
            return random_bits(seed, 1000)

        eager = np.asarray(draw(seeds))
        for compiled in (tf.function(draw), tf.function(draw, jit_compile=True)):
            np.testing.assert_array_equal(compiled(seeds), eager)
        np.testing.assert_array_equal(np.stack([draw(seed) for seed in seeds]), eager)

    def test_they_are_spread_evenly_and_draws_do_not_resemble_each_other(self):
        seeds = tf.constant([[seed, draw] for seed in (0, 1, 12345) for draw in range(50)], tf.int64)
        share = np.asarray(random_bits(seeds, 10_000)) / 2**24  # (draws, units)
        assert share.mean() == pytest.approx(0.5, abs=0.001)
        assert share.std() == pytest.approx(12**-0.5, abs=0.001)
        # Of a unit over the draws, and of one draw against another: what chance alone gives.
        assert share.mean(axis=0).std() * np.sqrt(150) == pytest.approx(12**-0.5, rel=0.03)
        assert np.abs(np.corrcoef(share) - np.eye(150)).max() < 6 / np.sqrt(10_000)
        for lag in (1, 2, 32, 256):
            assert abs(np.corrcoef(share[:, :-lag].ravel(), share[:, lag:].ravel())[0, 1]) < 0.01
