"""Target statistics of categories of many levels, without telling a row its own target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from automl_cli.preprocessing.category import UNSEEN
from automl_cli.records import Task

# How many rows of the overall mean every level is mixed with.
_PRIOR_ROWS = 10.0
_FOLDS = 5
# Of more classes than this the most frequent have a statistic each.
_MAX_CLASSES = 10


@keras.saving.register_keras_serializable(package="automl")
class LevelStatistics(keras.layers.Layer):
    """Looks up what is known of each level, codes `(rows, columns)` to `(rows, width)` in float32.

    Args:
        columns: The columns that have statistics.
        sizes: For each of them the number of its codes.
        figures: How many statistics a level has; width = figures x columns.
    """

    def __init__(self, columns: Sequence[int], *, sizes: Sequence[int], figures: int, **keras_options: Any) -> None:
        super().__init__(autocast=False, **keras_options)
        self.columns = list(columns)
        self.sizes = list(sizes)
        self.figures = figures
        self.statistics = self.add_weight(
            shape=(sum(self.sizes), figures),
            dtype="float32",
            initializer="zeros",
            trainable=False,
            autocast=False,
            name="statistics",
        )

    def call(self, codes: tf.Tensor) -> tf.Tensor:
        """Returns the statistics of each level."""
        offsets = np.cumsum([0, *self.sizes[:-1]]).astype(np.int32)
        rows = tf.gather(codes, self.columns, axis=1) + offsets  # (rows, columns): rows of the statistics
        found = tf.gather(tf.convert_to_tensor(self.statistics), rows)  # (rows, columns, figures)
        return tf.reshape(found, [-1, len(self.columns) * self.figures])

    def get_config(self) -> dict[str, Any]:
        """Returns what the layer is made of again."""
        config = {"columns": self.columns, "sizes": self.sizes, "figures": self.figures}
        return {**super().get_config(), **config}


def target_columns(target: NDArray[np.generic], task: Task) -> NDArray[np.float64]:
    """Returns what is averaged over the rows of a level, shape `(rows, averages)`.

    The standardised target in regression; of classes, the membership in each but the first of two.
    """
    if task == "regression":
        values = np.asarray(target, np.float64)[:, None]
        deviation = float(values.std())
        standardised: NDArray[np.float64] = (values - values.mean()) / (deviation if deviation > 0 else 1.0)
        return standardised
    counts = np.bincount(target.astype(np.int64))
    most_frequent = np.argsort(-counts, kind="stable")[:_MAX_CLASSES]
    classes = np.array([1]) if task == "binary" else np.sort(most_frequent)
    return np.asarray(target[:, None] == classes, np.float64)


def fit_statistics(
    codes: NDArray[np.int32],
    columns: Sequence[int],
    *,
    sizes: Sequence[int],
    averaged: NDArray[np.float64],
    seed: int,
    name: str = "statistics",
) -> tuple[LevelStatistics, NDArray[np.float32]]:
    """Averages the target over the rows of each level, drawn towards the overall mean where rows are few.

    The average of a level is (sum + 10 x overall mean) / (count + 10), as in Micci-Barreca (2001); the logarithm of
    the count is one more figure.

    Args:
        codes: Of the training rows, shape `(rows, all columns)`.
        columns: The columns that get statistics.
        sizes: For each of them the number of its codes.
        averaged: What `target_columns` made of the target, shape `(rows, averages)`.
        seed: Of the division into folds.
        name: Of the layer.

    Returns:
        The layer, which knows all training rows, and what to train on in its place, shape `(rows, width)`: for each
        row what the other four of five folds say of its levels, since an average that holds the row's own target
        would tell it.
    """
    folds = np.random.default_rng(seed).permutation(len(codes)) % _FOLDS
    known, training = [], []
    for column, size in zip(columns, sizes, strict=True):
        of_levels, of_rows = _standardise(*_average_column(codes[:, column], size, averaged=averaged, folds=folds))
        known.append(of_levels)
        training.append(of_rows)
    layer = LevelStatistics(columns, sizes=sizes, figures=averaged.shape[1] + 1, name=name)
    layer.statistics.assign(np.concatenate(known))
    return layer, np.concatenate(training, axis=1)


def _average_column(
    codes: NDArray[np.int32], size: int, *, averaged: NDArray[np.float64], folds: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns the figures of each level, `(size, figures)`, and of each row out of its fold, `(rows, figures)`."""
    out_of_fold = np.empty_like(averaged)
    for fold in range(_FOLDS):
        held = folds == fold
        out_of_fold[held] = _averages(codes[~held], size, averaged[~held])[codes[held]]
    rows_of_level = np.maximum(np.bincount(codes, minlength=size), 1)
    rows_of_level[UNSEEN] = 1  # rare levels share this code, but each of them was seen once
    counts = np.log(rows_of_level)[:, None]
    return np.hstack([_averages(codes, size, averaged), counts]), np.hstack([out_of_fold, counts[codes]])


def _averages(codes: NDArray[np.int32], size: int, averaged: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the smoothed mean of each code, shape `(size, averages)`."""
    overall = averaged.mean(axis=0) if len(averaged) else np.zeros(averaged.shape[1])
    sums = np.stack([np.bincount(codes, weights=values, minlength=size) for values in averaged.T], axis=1)
    counts = np.bincount(codes, minlength=size)[:, None]
    averages: NDArray[np.float64] = (sums + _PRIOR_ROWS * overall) / (counts + _PRIOR_ROWS)
    return averages


def _standardise(
    of_levels: NDArray[np.float64], of_rows: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Scales by the training rows, which a network learns from, and clips smoothly to -3…3."""
    mean, deviation = of_rows.mean(axis=0), of_rows.std(axis=0)
    scale = np.divide(1.0, deviation, out=np.zeros_like(deviation), where=deviation > 1e-12)

    def squash(figures: NDArray[np.float64]) -> NDArray[np.float32]:
        scaled = (figures - mean) * scale
        return np.asarray(scaled / np.sqrt(1 + (scaled / 3) ** 2), np.float32)

    return squash(of_levels), squash(of_rows)
