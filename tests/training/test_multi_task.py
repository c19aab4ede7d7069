"""Row 27: several targets with one network; what cannot be told counts less and less."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from automl_cli.training.multi_task import UncertaintyWeighting

pytestmark = pytest.mark.keras


def two_heads():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4,))
    shared = keras.layers.Dense(16, activation="tanh")(inputs)
    return keras.Model(inputs, [keras.layers.Dense(1)(shared), keras.layers.Dense(1)(shared)])


def test_a_target_that_is_noise_loses_its_weight():
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(256, 4)).astype("float32")
    value = rows[:, :1] - rows[:, 1:2]
    noise = draw.integers(0, 2, (256, 1)).astype("float32")
    network, weighting = two_heads(), UncertaintyWeighting(["regression", "classification"])
    variables = [*network.trainable_variables, *weighting.trainable_variables]
    optimizer = keras.optimizers.Adam(0.02)
    optimizer.build(variables)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            number, logit = network(rows, training=True)
            squares = tf.reduce_mean(tf.square(number - value), axis=1)
            entropy = keras.losses.binary_crossentropy(noise, logit, from_logits=True)
            loss = tf.reduce_mean(weighting([squares, entropy]))
        optimizer.apply(tape.gradient(loss, variables), variables)

    before = weighting.weights_of_heads.numpy()
    for _ in range(300):
        step()
    after = weighting.weights_of_heads.numpy()
    np.testing.assert_allclose(before, [0.5, 1.0])
    assert after[0] > 5 * before[0]  # what can be told counts more
    assert after[1] < 0.8 * before[1]  # noise counts less than before
    assert after[0] > 2 * after[1]


def test_at_rest_the_variance_of_a_squared_error_is_that_error():
    weighting = UncertaintyWeighting(["regression"])
    weighting.log_variances.assign([np.log(0.25)])
    with tf.GradientTape() as tape:
        loss = weighting([tf.constant(0.25)])
    assert abs(tape.gradient(loss, weighting.log_variances.value).numpy()[0]) < 1e-6
    assert float(loss) == pytest.approx(0.5 + np.log(0.25) / 2)


def test_it_comes_back_from_its_configuration():
    weighting = UncertaintyWeighting(["regression", "classification"])
    again = keras.layers.deserialize(keras.layers.serialize(weighting))
    assert again.kinds == weighting.kinds


def test_heads_and_losses_must_match():
    with pytest.raises(ValueError, match="2 losses"):
        UncertaintyWeighting(["regression", "regression"])([tf.constant(1.0)])
    with pytest.raises(ValueError, match="kinds"):
        UncertaintyWeighting(["boxes"])
