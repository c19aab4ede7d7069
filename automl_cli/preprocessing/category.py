"""Categories: levels to codes, and codes of few levels to one-hot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from automl_cli.preprocessing.cells import clean_cells, look_up, make_table
from automl_cli.spec.dataset import ColumnSpec

UNSEEN = 0
MISSING = 1
# Levels follow, the most frequent first.
FIRST_LEVEL = 2

# Levels seen less often are rare: they share the code of levels never seen.
_MIN_COUNT = 2
# More levels than this are not worth a table in the model; the rarest of them become rare.
_MAX_LEVELS = 50_000


@keras.saving.register_keras_serializable(package="automl")
class LevelCodes(keras.layers.Layer):
    """Numbers the levels of categories, columns `(rows,)` to `(rows, columns)` in int32.

    Code 0 is an unseen or rare level, 1 a missing cell, 2 the most frequent level, and so on.

    Args:
        levels: For each column its levels, the most frequent first.
        missing: For each column the marks that mean 'missing'.
        fold_case: For each column whether case is ignored; its levels are in lower case then.
    """

    def __init__(
        self,
        levels: Sequence[Sequence[str]],
        *,
        missing: Sequence[Sequence[str]],
        fold_case: Sequence[bool],
        **keras_options: Any,
    ) -> None:
        super().__init__(autocast=False, **keras_options)
        self.levels = [list(known) for known in levels]
        self.missing = [list(marks) for marks in missing]
        self.fold_case = list(fold_case)
        codes = [
            {"": MISSING, **{level: code for code, level in enumerate(known, start=FIRST_LEVEL)}}
            for known in self.levels
        ]
        self.table = make_table(codes, dtype=tf.int32, default=UNSEEN)

    @property
    def sizes(self) -> list[int]:
        """Number of codes of each column."""
        return [FIRST_LEVEL + len(known) for known in self.levels]

    def call(self, columns: Sequence[tf.Tensor]) -> tf.Tensor:
        """Returns the code of each cell."""
        return look_up(self.table, clean_cells(columns, missing=self.missing, fold_case=self.fold_case))

    def get_config(self) -> dict[str, Any]:
        """Returns what the layer is made of again."""
        config = {"levels": self.levels, "missing": self.missing, "fold_case": self.fold_case}
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable(package="automl")
class SelectCodes(keras.layers.Layer):
    """Keeps some columns of codes, and of each the most frequent levels; the others become rare.

    Args:
        columns: The columns that are kept.
        limits: For each of them the number of codes that are.
    """

    def __init__(self, columns: Sequence[int], limits: Sequence[int], **keras_options: Any) -> None:
        super().__init__(autocast=False, **keras_options)
        self.columns = list(columns)
        self.limits = list(limits)

    def call(self, codes: tf.Tensor) -> tf.Tensor:
        """Returns codes below the limits, shape `(rows, columns kept)` in int32."""
        kept = tf.gather(codes, self.columns, axis=1)
        return tf.where(kept < tf.constant(self.limits, tf.int32), kept, UNSEEN)

    def get_config(self) -> dict[str, Any]:
        """Returns what the layer is made of again."""
        return {**super().get_config(), "columns": self.columns, "limits": self.limits}


@keras.saving.register_keras_serializable(package="automl")
class OneHot(keras.layers.Layer):
    """Spreads codes `(rows, columns)` over `(rows, slots)` in float32: 1 where a column has the slot's code.

    Codes that no training row had have no slot: a weight that was never trained must not speak, so such a cell is
    all zeros, which is a level of its own.

    Args:
        columns: For each slot the column it looks at.
        codes: For each slot the code it stands for.
    """

    def __init__(self, columns: Sequence[int], codes: Sequence[int], **keras_options: Any) -> None:
        super().__init__(autocast=False, **keras_options)
        self.columns = list(columns)
        self.codes = list(codes)

    def call(self, codes: tf.Tensor) -> tf.Tensor:
        """Returns 0 and 1."""
        return tf.cast(tf.gather(codes, self.columns, axis=1) == tf.constant(self.codes, tf.int32), tf.float32)

    def get_config(self) -> dict[str, Any]:
        """Returns what the layer is made of again."""
        return {**super().get_config(), "columns": self.columns, "codes": self.codes}


def fit_levels(cells: Mapping[str, NDArray[Any]], columns: Mapping[str, ColumnSpec]) -> LevelCodes:
    """Numbers the levels of category columns by how often they occur, ties by the alphabet.

    Args:
        cells: Training rows of each column, shape `(rows,)`.
        columns: What the columns are.
    """
    specs = list(columns.values())
    levels = [_count_levels(cells[name], spec) for name, spec in columns.items()]
    missing = [spec.missing for spec in specs]
    return LevelCodes(levels, missing=missing, fold_case=[spec.fold_case for spec in specs], name="codes")


def _count_levels(cells: NDArray[Any], spec: ColumnSpec) -> list[str]:
    # Cleaned by the very operations of the graph, so that fitting and predicting cannot differ.
    cleaned = clean_cells([tf.convert_to_tensor(cells)], missing=[spec.missing], fold_case=[spec.fold_case])
    counts = Counter(cleaned.numpy().ravel().tolist())
    counts.pop(b"", None)
    frequent = sorted((-count, level) for level, count in counts.items() if count >= _MIN_COUNT)
    return [level.decode() for _, level in frequent[:_MAX_LEVELS]]


def fit_one_hot(codes: NDArray[np.int32], columns: Sequence[int]) -> OneHot:
    """Gives a slot to each code that occurs in one of the columns.

    Args:
        codes: Codes of the training rows, shape `(rows, all columns)`.
        columns: The columns of few levels.
    """
    slots = [(column, code) for column in columns for code in np.unique(codes[:, column]).tolist()]
    return OneHot([column for column, _ in slots], [code for _, code in slots], name="one_hot")
