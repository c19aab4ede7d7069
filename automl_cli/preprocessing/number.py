"""Columns that hold numbers as numbers: floats with NaN, integers, and figures that stand for 'missing'."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from automl_cli.data.numbers import plain_numbers
from automl_cli.preprocessing.reader import NAN, Reader
from automl_cli.spec.dataset import ColumnSpec


@keras.saving.register_keras_serializable(package="automl")
class ReadNumbers(keras.layers.Layer):
    """Stacks numeric columns `(rows,)` to `(rows, columns)` in float64.

    Args:
        sentinels: For each column the figures that mean 'missing', such as -200.
    """

    def __init__(self, sentinels: Sequence[Sequence[float]], **keras_options: Any) -> None:
        super().__init__(autocast=False, **keras_options)
        self.sentinels = [list(figures) for figures in sentinels]

    def call(self, columns: Sequence[tf.Tensor]) -> tf.Tensor:
        """Returns the columns side by side, NaN where a cell is missing."""
        return tf.stack([_read(cells, figures) for cells, figures in zip(columns, self.sentinels, strict=True)], axis=1)

    def get_config(self) -> dict[str, Any]:
        """Returns what the layer is made of again."""
        return {**super().get_config(), "sentinels": self.sentinels}


def _read(cells: tf.Tensor, sentinels: Sequence[float]) -> tf.Tensor:
    numbers = tf.cast(cells, tf.float64)
    if sentinels:
        # Compared as the column's own type: -999.9 in float32 is not the -999.9 of float64.
        is_missing = tf.equal(cells[:, None], tf.cast(sentinels, cells.dtype))  # (rows, sentinels)
        numbers = tf.where(tf.reduce_any(is_missing, axis=1), NAN, numbers)
    return numbers


def number_readers(columns: Mapping[str, ColumnSpec]) -> Iterator[Reader]:
    """Yields one reader for all columns whose cells are numbers already, booleans written 0 and 1 among them."""
    names = tuple(
        name for name, spec in columns.items() if spec.kind in ("number", "boolean") and spec.dtype != "string"
    )
    if names:
        layer = ReadNumbers([_sentinels(columns[name]) for name in names], name="read_numbers")
        yield Reader(layer, names, owners=names, bounded=(False,) * len(names))


def _sentinels(spec: ColumnSpec) -> list[float]:
    """Returns the marks that are numbers; words have become NaN when the table was typed."""
    figures = plain_numbers(spec.missing)
    whole_only = spec.dtype == "int64"
    return [figure for figure in figures.tolist() if not math.isnan(figure) and not (whole_only and figure % 1)]
