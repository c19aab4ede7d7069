"""Penalties on kernels are those of Keras, limits hold after every step, and what is 0 is not in the graph."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from automl_cli.training.flat import FlatWeights
from automl_cli.training.optimizers import clip_values, names_of_values
from automl_cli.training.penalties import limit_incoming, limit_variables, penalty_gradient
from search_spaces.layers.ntp_dense import NtpDense
from tests.training.made_engine import make_network

pytestmark = pytest.mark.keras


def packed(network):
    layout = FlatWeights(network)
    row, _ = layout.pack(network.get_weights())
    return layout, tf.constant(row[None])


@pytest.mark.parametrize(("l1", "l2"), [(0.3, 0.0), (0.0, 0.2), (0.3, 0.2)], ids=["lasso", "ridge", "elastic net"])
def test_gradients_are_those_of_the_regularisers_of_keras(l1, l2):
    layout, weights = packed(make_network())
    values = {name: tf.constant([[value]]) for name, value in (("l1", l1), ("l2", l2)) if value}
    ours = penalty_gradient(weights, decays=layout.decays, values=values)
    with tf.GradientTape() as tape:
        tape.watch(weights)
        kernels = [w for w in layout.split(weights) if len(w.shape) == 3]
        penalty = tf.add_n([keras.regularizers.L1L2(l1, l2)(kernel) for kernel in kernels])
    np.testing.assert_allclose(ours, tape.gradient(penalty, weights), rtol=1e-5)


def test_weights_that_are_kept_divided_count_as_they_are_used():
    x = keras.Input((3,), name="numbers")
    layout, weights = packed(keras.Model({"numbers": x}, NtpDense(2, rate_factor=4.0)(x)))
    gradient = penalty_gradient(weights, decays=layout.decays, values={"l1": tf.constant([[1.0]])})
    assert set(np.abs(gradient.numpy()).ravel()) == {4.0, 0.0}  # of |4 w| by w; biases are free


def test_no_unit_has_longer_incoming_weights_than_the_limit():
    network = make_network()
    layout, weights = packed(network)
    limited = limit_incoming(weights * 10, layout=layout, norm=tf.constant([[1.5]]))
    for before, after, limit in zip(layout.split(weights * 10), layout.split(limited), layout.incoming, strict=True):
        if limit is None:  # biases, and tables of levels
            np.testing.assert_array_equal(before, after)
            continue
        lengths = np.linalg.norm(after[0], axis=0)
        np.testing.assert_allclose(lengths, np.minimum(np.linalg.norm(before[0], axis=0), 1.5), rtol=1e-5)
    for variable in network.trainable_variables:
        variable.assign(variable * 10)
    limit_variables(network.trainable_variables, norm=1.5)
    np.testing.assert_allclose(packed(network)[1], limited, rtol=1e-5)


def test_a_gradient_may_be_clipped_by_value():
    clipped = clip_values(tf.constant([[3.0, -0.2], [-4.0, 0.1]]), tf.constant([[1.0], [0.5]]))
    np.testing.assert_allclose(clipped, [[1.0, -0.2], [-0.5, 0.1]])


def test_what_is_zero_costs_nothing():
    recipe = {"l1": 0.0, "l2": 1e-4, "max_norm": 0.0, "gradient_clip_value": 0.0, "gradient_clip_norm": 0.0}
    assert names_of_values(recipe) == ("gradient_clip_norm", "l2")
