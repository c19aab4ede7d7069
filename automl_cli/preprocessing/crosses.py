"""Crosses: arithmetic on pairs of numbers, and pairs of categories as one category.

A tree that splits one column at a time needs many splits to follow a sum, a product or a ratio; with the cross as a
column it needs one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from automl_cli.preprocessing.category import UNSEEN
from automl_cli.preprocessing.reader import NAN
from automl_cli.preprocessing.scaling import center_and_scale, sorted_values

Pair = tuple[int, int]

_OPERATIONS = {
    "sum": tf.add,
    "difference": tf.subtract,
    "product": tf.multiply,
    # Whatever divides by 0 is missing.
    "ratio": lambda first, second: tf.where(second == 0, NAN, first / second),
}
OPERATIONS = tuple(_OPERATIONS)
# What infinity is taken for, as among scaled numbers.
_LARGEST = 1e15
# Pairs of levels seen less often are rare: they share the code of pairs never seen.
_MIN_COUNT = 2


@keras.saving.register_keras_serializable(package="automl")
class CrossNumbers(keras.layers.Layer):
    """Computes with pairs of features that are NaN where missing; `(rows, crosses)` in float32, NaN where missing.

    Sums come first, then differences, products and ratios. They are made of the features as they are, since the ratio
    of two centred numbers is not theirs; scaled they are afterwards, by center and scale, which are 0 and 1 at first.

    Args:
        pairs: For each operation that is made its pairs of positions of features.
    """

    def __init__(self, pairs: Mapping[str, Sequence[Sequence[int]]], **keras_options: Any) -> None:
        super().__init__(autocast=False, **keras_options)
        self.pairs = {
            name: [(int(first), int(second)) for first, second in pairs[name]] for name in OPERATIONS if pairs.get(name)
        }
        width = sum(map(len, self.pairs.values()))
        self.centers = self._constant("centers", (width,), "zeros")
        self.scales = self._constant("scales", (width,), "ones")

    def _constant(self, name: str, shape: tuple[int, ...], initializer: str) -> keras.Variable:
        return self.add_weight(
            shape=shape, dtype="float64", initializer=initializer, trainable=False, autocast=False, name=name
        )

    def call(self, features: Sequence[tf.Tensor]) -> tf.Tensor:
        """Returns the crosses.

        Args:
            features: Tensors `(rows, features)` in float64; positions count through all of them.
        """
        scaled = tf.cast((self.unscaled(features) - self.centers) * self.scales, tf.float32)
        return tf.where(tf.math.is_nan(scaled), scaled, tf.clip_by_value(scaled, -_LARGEST, _LARGEST))

    def unscaled(self, features: Sequence[tf.Tensor]) -> tf.Tensor:
        """Returns the crosses as they are, `(rows, crosses)` in float64."""
        values = tf.concat(features, axis=1)
        made = []
        for name, pairs in self.pairs.items():
            first, second = (tf.gather(values, [pair[side] for pair in pairs], axis=1) for side in (0, 1))
            made.append(_OPERATIONS[name](first, second))
        return tf.concat(made, axis=1)

    def get_config(self) -> dict[str, Any]:
        """Returns what the layer is made of again."""
        return {**super().get_config(), "pairs": self.pairs}


@keras.saving.register_keras_serializable(package="automl")
class CrossCodes(keras.layers.Layer):
    """Numbers the pairs of levels of two columns, codes `(rows, columns)` to `(rows, crosses)` in int32.

    Code 0 is a pair that is rare or was never seen.

    Args:
        pairs: The two columns of each cross.
        sizes: For each cross the numbers of codes of the two.
    """

    def __init__(self, pairs: Sequence[Sequence[int]], *, sizes: Sequence[Sequence[int]], **keras_options: Any) -> None:
        super().__init__(autocast=False, **keras_options)
        self.pairs = [(int(first), int(second)) for first, second in pairs]
        self.sizes = [(int(first), int(second)) for first, second in sizes]
        # The tables of all crosses, one behind the other.
        self.table = self.add_weight(
            shape=(sum(first * second for first, second in self.sizes),),
            dtype="int32",
            initializer="zeros",
            trainable=False,
            autocast=False,
            name="table",
        )

    def call(self, codes: tf.Tensor) -> tf.Tensor:
        """Returns the code of each pair."""
        return tf.gather(tf.convert_to_tensor(self.table), self.places(codes))

    def places(self, codes: tf.Tensor) -> tf.Tensor:
        """Returns where in the table each pair has its code, `(rows, crosses)` in int32."""
        first, second = (tf.gather(codes, [pair[side] for pair in self.pairs], axis=1) for side in (0, 1))
        widths = np.array([size[1] for size in self.sizes], np.int32)
        return first * widths + second + self.starts

    @property
    def starts(self) -> NDArray[np.int32]:
        """Where in the table each cross begins."""
        return np.cumsum([0, *(first * second for first, second in self.sizes)])[:-1].astype(np.int32)

    def get_config(self) -> dict[str, Any]:
        """Returns what the layer is made of again."""
        return {**super().get_config(), "pairs": self.pairs, "sizes": self.sizes}


def fit_cross_numbers(features: NDArray[np.float64], pairs: Mapping[str, Sequence[Pair]]) -> CrossNumbers:
    """Scales crosses by their median and quartiles, so that large ones keep the digits in which they differ.

    Args:
        features: Of the training rows, NaN where missing, shape `(rows, features)`.
        pairs: What to make.
    """
    layer = CrossNumbers(pairs, name="cross_numbers")
    made = np.asarray(layer.unscaled([tf.convert_to_tensor(features)]))
    constants = [_scaling_of(sorted_values(column)) for column in made.T]
    for variable, figures in zip((layer.centers, layer.scales), zip(*constants, strict=True), strict=True):
        variable.assign(np.stack(figures))
    return layer


def _scaling_of(ordered: NDArray[np.float64]) -> tuple[np.float64, np.float64]:
    # In these rows a cross may be missing or the same everywhere.
    if len(ordered) and np.ptp(ordered) > 0:
        return center_and_scale(ordered)
    return np.float64(ordered[0] if len(ordered) else 0.0), np.float64(1.0)


def fit_cross_codes(
    codes: NDArray[np.int32], pairs: Sequence[Pair], *, sizes: Sequence[int], name: str = "cross_codes"
) -> tuple[CrossCodes, list[int]]:
    """Numbers the pairs of levels that occur more than once.

    Args:
        codes: Of the training rows, shape `(rows, columns)`.
        pairs: The two columns of each cross.
        sizes: For each column the number of its codes.
        name: Of the layer.

    Returns:
        The layer, and for each cross the number of its codes.
    """
    layer = CrossCodes(pairs, sizes=[(sizes[first], sizes[second]) for first, second in pairs], name=name)
    places = np.asarray(layer.places(tf.convert_to_tensor(codes)))
    counts = np.bincount(places.ravel(), minlength=layer.table.shape[0])
    parts = [part >= _MIN_COUNT for part in np.split(counts, layer.starts[1:])]
    layer.table.assign(np.concatenate([np.where(part, np.cumsum(part), UNSEEN) for part in parts]).astype(np.int32))
    return layer, [1 + int(part.sum()) for part in parts]
