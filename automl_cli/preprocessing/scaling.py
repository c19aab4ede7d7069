"""Numbers on one scale: robust and smoothly clipped, and again as ranks; and where they were missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from scipy.special import ndtri

_CLIP = 3.0
# What infinity is taken for: its square fits into float32.
_LARGEST = 1e15
_MIN_QUANTILES, _MAX_QUANTILES = 10, 1000
_ROWS_PER_QUANTILE = 30


@keras.saving.register_keras_serializable(package="automl")
class ScaleNumbers(keras.layers.Layer):
    """Makes the groups `numbers`, `quantiles`, `values` and `indicators` of features that are NaN where missing.

    Measured features are scaled by median and interquartile range and clipped smoothly, z / sqrt(1 + (z / 3)^2), as
    RealMLP does (Holzmüller et al., 2024, arXiv 2407.04491); in `quantiles` they are mapped to a normal distribution
    by rank instead. Bounded features stand unchanged behind them in both groups. Missing cells are 0. In `values`, for
    trees, measured features are scaled only and missing cells stay NaN.

    Args:
        measured: Positions of the features that are scaled.
        bounded: Positions of the features that are not.
        indicated: Positions of the features whose missing cells are marked.
        quantiles: Number of quantiles that are kept of each measured feature.
    """

    def __init__(
        self,
        measured: Sequence[int],
        *,
        bounded: Sequence[int],
        indicated: Sequence[int],
        quantiles: int,
        **keras_options: Any,
    ) -> None:
        super().__init__(autocast=False, **keras_options)
        self.measured = list(measured)
        self.bounded = list(bounded)
        self.indicated = list(indicated)
        self.quantiles = quantiles
        width = len(self.measured)
        self.medians = self._constant("medians", (width,), "float64")
        self.scales = self._constant("scales", (width,), "float64")
        # Quantiles of each scaled feature in rising order, and where on the normal distribution a value belongs that
        # equals them: in the middle of all that are the same.
        self.references = self._constant("references", (width, quantiles), "float32")
        self.middles = self._constant("middles", (width, quantiles), "float32")

    def _constant(self, name: str, shape: tuple[int, ...], dtype: str) -> keras.Variable:
        return self.add_weight(
            shape=shape, dtype=dtype, initializer="zeros", trainable=False, autocast=False, name=name
        )

    def call(self, features: Sequence[tf.Tensor]) -> dict[str, tf.Tensor]:
        """Returns the groups that have columns, each `(rows, width)` in float32.

        Args:
            features: Tensors `(rows, features)` in float64; positions count through all of them.
        """
        values = tf.concat(features, axis=1)
        numbers, quantiles, unfilled = [], [], []
        groups = {}
        if self.measured:
            measured = _pick(values, self.measured)
            is_missing = tf.math.is_nan(measured)
            # The median is taken off before the digits that float32 cannot hold are lost.
            scaled = tf.cast((measured - self.medians) * self.scales, tf.float32)
            scaled = tf.clip_by_value(scaled, -_LARGEST, _LARGEST)
            unfilled.append(tf.where(is_missing, np.float32("nan"), scaled))
            scaled = tf.where(is_missing, 0.0, scaled)
            numbers.append(_squash(scaled))
            quantiles.append(tf.where(is_missing, 0.0, self._to_normal(scaled)))
        if self.bounded:
            bounded = tf.cast(_pick(values, self.bounded), tf.float32)
            unfilled.append(bounded)
            bounded = tf.where(tf.math.is_nan(bounded), 0.0, bounded)
            numbers.append(bounded)
            quantiles.append(bounded)
        if numbers:
            groups["numbers"] = tf.concat(numbers, axis=1)
            groups["quantiles"] = tf.concat(quantiles, axis=1)
            groups["values"] = tf.concat(unfilled, axis=1)
        if self.indicated:
            groups["indicators"] = tf.cast(tf.math.is_nan(_pick(values, self.indicated)), tf.float32)
        return groups

    def _to_normal(self, scaled: tf.Tensor) -> tf.Tensor:
        """Maps scaled values `(rows, features)` by rank to a standard normal distribution.

        Values between two quantiles lie between their places on the normal distribution, values beyond the first and
        the last quantile at their places.
        """
        last = self.quantiles - 1
        values = tf.transpose(scaled)  # (features, rows)
        above = tf.searchsorted(tf.convert_to_tensor(self.references), values)  # how many quantiles are smaller
        below, above = tf.maximum(above - 1, 0), tf.minimum(above, last)  # the neighbours
        lower = tf.gather(self.references, below, batch_dims=1)
        upper = tf.gather(self.references, above, batch_dims=1)
        places = tf.constant(_normal_places(np.arange(self.quantiles), self.quantiles))
        start, end = tf.gather(places, below), tf.gather(places, above)
        share = tf.clip_by_value(tf.math.divide_no_nan(values - lower, upper - lower), 0.0, 1.0)
        middle = tf.gather(self.middles, above, batch_dims=1)
        return tf.transpose(tf.where(values == upper, middle, start + share * (end - start)))

    def get_config(self) -> dict[str, Any]:
        """Returns what the layer is made of again."""
        config = {name: getattr(self, name) for name in ("measured", "bounded", "indicated", "quantiles")}
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable(package="automl")
class Nothing(keras.layers.Layer):
    """Returns a column of zeros, `(rows, 1)` in float32: what a table has to say in which no column varies."""

    def call(self, cells: tf.Tensor) -> tf.Tensor:
        """Returns one 0 for each of the cells `(rows,)`."""
        return tf.zeros([tf.size(cells), 1])


def _pick(values: tf.Tensor, positions: Sequence[int]) -> tf.Tensor:
    return tf.gather(values, positions, axis=1)


def _squash(scaled: tf.Tensor) -> tf.Tensor:
    # In float64, so that rounding to float32 hides what the last digit owes to the compiler of the graph.
    exact = tf.cast(scaled, tf.float64)
    return tf.cast(exact / tf.sqrt(1 + tf.square(exact / _CLIP)), tf.float32)


def _normal_places(ranks: NDArray[Any], quantiles: int) -> NDArray[np.float32]:
    """Returns where ranks from 0 to `quantiles` - 1 belong on a normal distribution, whose ends are out of reach."""
    half = 0.5 / quantiles
    places: NDArray[np.float64] = ndtri(np.clip(ranks / (quantiles - 1), half, 1 - half))
    return places.astype(np.float32)


def fit_scaling(values: NDArray[np.float64], *, owners: Sequence[str], bounded: Sequence[bool]) -> ScaleNumbers:
    """Finds medians, scales and quantiles of features, and leaves out those that are the same in all rows.

    Args:
        values: Features of the training rows, NaN where missing, shape `(rows, features)`.
        owners: For each feature the column that it comes from; their missing cells are marked once.
        bounded: For each feature whether it needs no scaling.
    """
    rows, width = values.shape
    ordered = [sorted_values(column) for column in values.T]
    varied = [position for position in range(width) if len(ordered[position]) and np.ptp(ordered[position]) > 0]
    measured = [position for position in varied if not bounded[position]]
    first = {owner: position for position, owner in reversed(list(enumerate(owners)))}
    missing = np.isnan(values).sum(axis=0)
    layer = ScaleNumbers(
        measured,
        bounded=[position for position in varied if bounded[position]],
        indicated=sorted(position for position in first.values() if 0 < missing[position] < rows),
        quantiles=int(np.clip(rows // _ROWS_PER_QUANTILE, _MIN_QUANTILES, _MAX_QUANTILES)),
        name="scale_numbers",
    )
    if measured:
        constants = [_measure(ordered[position], layer.quantiles) for position in measured]
        variables = (layer.medians, layer.scales, layer.references, layer.middles)
        for variable, figures in zip(variables, zip(*constants, strict=True), strict=True):
            variable.assign(np.stack(figures))
    return layer


def center_and_scale(ordered: NDArray[np.float64]) -> tuple[np.float64, np.float64]:
    """Returns median and scale: 1 / interquartile range or, where the quartiles coincide, 2 / range.

    Args:
        ordered: Finite values in rising order, not all the same.
    """
    low, median, high = _at(ordered, np.array([0.25, 0.5, 0.75]))
    spread = high - low if high > low else (ordered[-1] - ordered[0]) / 2
    # The inverse of a spread too small or too large for it is still finite and not 0.
    return median, np.clip(1 / spread, 1e-300, 1e300)


def _measure(
    ordered: NDArray[np.float64], quantiles: int
) -> tuple[np.float64, np.float64, NDArray[np.float32], NDArray[np.float32]]:
    """Returns what a layer keeps of one feature: median, scale, quantiles and their places.

    Args:
        ordered: Finite values in rising order, not all the same.
        quantiles: How many to keep.
    """
    median, scale = center_and_scale(ordered)
    with np.errstate(over="ignore"):
        scaled = np.clip(((ordered - median) * scale).astype(np.float32), -_LARGEST, _LARGEST)
    references = _at(scaled, np.linspace(0, 1, quantiles)).astype(np.float32)
    smaller, not_larger = (np.searchsorted(references, references, side=side) for side in ("left", "right"))
    middles = _normal_places((smaller + not_larger - 1) / 2, quantiles)
    return median, scale, references, middles


def _at(ordered: NDArray[Any], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the values at shares 0…1 of the way through sorted ones, interpolated."""
    positions = shares * (len(ordered) - 1)
    lower = np.floor(positions).astype(np.int64)
    upper = np.ceil(positions).astype(np.int64)
    values: NDArray[np.float64] = ordered[lower] + (ordered[upper] - ordered[lower]) * (positions - lower)
    return values


def sorted_values(column: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the finite values in rising order, none so large that a difference of two would be infinite."""
    return np.sort(np.clip(column[np.isfinite(column)], -1e300, 1e300))
