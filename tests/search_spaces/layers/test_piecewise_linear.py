"""Piecewise-linear embeddings, number for number as rtdl_num_embeddings 0.0.12 on PyTorch 2.13 gives them."""

import keras
import numpy as np
import pytest

from search_spaces.layers.piecewise_linear import PiecewiseLinear, quantile_edges

pytestmark = pytest.mark.keras

# Columns of distinct values, of ties, and of two values.
ROWS = np.array(
    [
        [2.04, 0.42, -0.45, -2.02, -0.87, 0.23, -0.28, -1.06, 0.48, 0.96, 0.02, 0.55],
        [-3, -1, 0, 0, 3, 0, -1, 0, 0, 0, 2, -1],
        [0, 1] * 6,
    ]
).T
# From `compute_bins(ROWS, n_bins=4)`.
EDGES = [[-2.02, -0.555, 0.125, 0.4975, 2.04], [-3.0, -1.0, 0.0, 3.0], [0.0, 0.5, 1.0]]
X = np.array([[-9, -9, -9], [0.1, 0.5, 0.3], [0.37, -0.2, 1], [9, 9, 9]], "float32")
# From `PiecewiseLinearEncoding(bins)(X)`: rows of X, and the bins of all columns side by side.
SHARES = [
    [-4.7645054, 0, 0, 0, -3, 0, 0, -18, 0],
    [1, 0.9632353, 0, 0, 1, 1, 0.16666667, 0.6, 0],
    [1, 1, 0.6577181, 0, 1, 0.8, 0, 1, 1],
    [1, 1, 1, 5.5121555, 1, 1, 3, 1, 17],
]


def embedding(width=2, bins=4, columns=3):
    layer = PiecewiseLinear(width, bins=bins)
    layer.build((None, columns))
    return layer


def with_shares_alone(layer):
    """Makes the vector of a column the shares of its bins, one after the other."""
    layer.linear.assign(np.zeros(layer.linear.shape))
    layer.bias.assign(np.zeros(layer.bias.shape))
    layer.kernel.assign(np.tile(np.eye(layer.bins), (layer.kernel.shape[0], 1, 1)))
    return layer


def test_edges_are_quantiles_without_repetition():
    for ours, theirs in zip(quantile_edges(ROWS, bins=4), EDGES, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_edges_that_rounding_alone_tells_apart_are_one():
    values = np.array([0, 1, 1 + 1e-6, 1 + 2e-6, 2])[:, None]
    assert quantile_edges(values, bins=4)[0].tolist() == [0, 1, 2]


def test_shares_of_bins_are_those_of_the_package():
    layer = with_shares_alone(embedding(width=4))
    layer.set_edges([np.array(own) for own in EDGES])
    shares = np.asarray(layer(X)).reshape(4, 3, 4)
    found = [shares[:, column, : len(own) - 1] for column, own in enumerate(EDGES)]
    np.testing.assert_allclose(np.concatenate(found, axis=1), SHARES, rtol=1e-5)
    assert not shares[:, 1, 3:].any()
    assert not shares[:, 2, 2:].any()


def test_one_bin_is_a_line_and_one_value_is_nothing():
    layer = with_shares_alone(embedding(columns=2, bins=2))
    layer.set_edges([np.array([1.0, 3.0]), np.array([1.0])])
    vectors = np.asarray(layer(np.array([[-1, -1], [2, 2], [7, 7]], "float32")))
    np.testing.assert_allclose(vectors, [[-1, 0, 0, 0], [0.5, 0, 0, 0], [3, 0, 0, 0]], rtol=1e-6)


def test_it_starts_as_a_linear_function_of_every_column_alone():
    layer = embedding(width=5)
    weights, bias = (np.asarray(variable) for variable in (layer.linear, layer.bias))
    np.testing.assert_allclose(layer(X), (X[:, :, None] * weights + bias).reshape(4, 15), rtol=1e-5)
    for drawn in (weights, bias):
        assert 0.3 < np.abs(drawn).max() <= 5**-0.5


def test_before_rows_are_seen_the_edges_lie_evenly():
    shares = np.asarray(with_shares_alone(embedding(width=6, bins=6))(np.array([[-0.5, 1, 2.25]], "float32")))
    np.testing.assert_allclose(shares.reshape(3, 6).sum(axis=1), [2.5, 4, 5.25], rtol=1e-6)


def test_a_saved_layer_keeps_its_edges(tmp_path):
    inputs = keras.Input((3,))
    model = keras.Model(inputs, PiecewiseLinear(2, bins=4)(inputs))
    model.layers[-1].set_edges([np.array(own) for own in EDGES])
    model.layers[-1].kernel.assign(np.random.default_rng(0).normal(size=(3, 4, 2)))
    model.save(tmp_path / "model.keras")
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "model.keras")(X), model(X))
