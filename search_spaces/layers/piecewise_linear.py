"""Numbers as piecewise-linear functions of themselves: a vector for each column, bent at quantiles of the column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

# Before any rows are seen: scores of a normal distribution hardly lie beyond.
_START, _END = -3.0, 3.0
# Narrower bins tell apart what rounding made different, and their slopes would magnify it.
_NARROWEST = 1e-3
# Stands for no limit, and unlike infinity survives every file format.
_UNLIMITED = 1e6


@keras.saving.register_keras_serializable("automl")
class PiecewiseLinear(keras.layers.Layer):
    """Embeds every column by itself: a linear function, and one that may bend at the edges of bins.

    Of a number x, bin t holds the share of the bin that lies below x, clip((x - start) / width, 0, 1); the first bin
    goes on below 0 and the last above 1. The embedding is bias + x * linear + shares @ kernel. The kernel starts at 0,
    so that training starts from a linear function.

    This is version B of the embeddings of Gorishniy et al. 2022 (arXiv 2203.05556), made for TabM
    (arXiv 2410.24210), without an activation. Edges are non-trainable weights of a shape that depends on no data.

    Args:
        width: Length of the vector of a column.
        bins: Most bins of a column, at least 1.
    """

    def __init__(self, width: int, *, bins: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width
        self.bins = bins
        bound = width**-0.5
        self.linear_initializer = keras.initializers.RandomUniform(-bound, bound)
        self.bias_initializer = keras.initializers.RandomUniform(-bound, bound)

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Makes the weights for inputs `(batch, columns)`."""
        columns = int(input_shape[-1] or 0)
        self.linear = self.add_weight((columns, self.width), initializer=self.linear_initializer, name="linear")
        self.bias = self.add_weight((columns, self.width), initializer=self.bias_initializer, name="bias")
        self.bias.decay_factor = 0.0  # of two axes, but a bias
        self.kernel = self.add_weight((columns, self.bins, self.width), initializer="zeros", name="kernel")
        shape = (columns, self.bins)
        self.starts = self.add_weight(shape, initializer="zeros", trainable=False, name="starts")
        self.slopes = self.add_weight(shape, initializer="zeros", trainable=False, name="slopes")
        self.limits = self.add_weight((2, *shape), initializer="zeros", trainable=False, name="limits")
        self.set_edges([np.linspace(_START, _END, self.bins + 1)] * columns)

    def set_edges(self, edges: Sequence[NDArray[Any]]) -> None:
        """Puts bins between edges.

        Args:
            edges: Of each column, rising, at most one more than there are bins; of fewer than two, a column has no
                bins and is embedded linearly.
        """
        starts, slopes = np.zeros((2, len(edges), self.bins))
        limits = np.zeros((2, len(edges), self.bins))  # of bins that a column lacks, both 0
        for column, own in enumerate(edges):
            count = len(own) - 1
            if count < 1:
                continue
            starts[column, :count] = own[:-1]
            slopes[column, :count] = 1 / np.diff(own)
            limits[1, column, :count] = 1
            limits[0, column, 0] = -_UNLIMITED
            limits[1, column, count - 1] = _UNLIMITED
        for variable, values in ((self.starts, starts), (self.slopes, slopes), (self.limits, limits)):
            variable.assign(values)

    def call(self, x: Any) -> Any:
        """Maps `(batch, columns)` to the vectors of all columns side by side, `(batch, columns * width)`."""
        # Columns first: their matrix products then are one batched product without moving the shares around.
        x = ops.transpose(x)[:, :, None]  # (columns, batch, 1)
        shares = (x - self.starts[:, None]) * self.slopes[:, None]  # (columns, batch, bins)
        shares = ops.minimum(ops.maximum(shares, self.limits[0][:, None]), self.limits[1][:, None])
        vectors = ops.matmul(shares, self.kernel) + (x * self.linear[:, None] + self.bias[:, None])
        return ops.reshape(ops.transpose(vectors, (1, 0, 2)), (-1, self.kernel.shape[0] * self.width))

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, int]:
        """Returns `(batch, columns * width)`."""
        return (input_shape[0], int(input_shape[-1] or 0) * self.width)

    def get_config(self) -> dict[str, Any]:
        """Returns what makes the same layer again."""
        return {**super().get_config(), "width": self.width, "bins": self.bins}


def quantile_edges(values: NDArray[Any], *, bins: int) -> list[NDArray[np.float64]]:
    """Returns edges between which lie equally many rows, where values differ enough.

    Args:
        values: `(rows, columns)`, finite.
        bins: How many there are at most.

    Returns:
        For each column at most `bins + 1` edges in rising order, and at least one.
    """
    quantiles = np.quantile(values.astype(np.float64), np.linspace(0, 1, bins + 1), axis=0)
    return [_apart(column) for column in quantiles.T]


def _apart(ordered: NDArray[np.float64]) -> NDArray[np.float64]:
    """Leaves out values that are too close to the one before."""
    kept = [ordered[0]]
    for value in ordered[1:]:
        if value - kept[-1] >= _NARROWEST:
            kept.append(value)
    return np.array(kept)
