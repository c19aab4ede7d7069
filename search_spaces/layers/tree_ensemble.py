"""Boosted trees inside a model: tables are looked up, no tree is walked down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from search_spaces.tabular.tree_tables import NEAR_ZERO

# Words of bits that are looked up at once, some ten megabytes: rows are taken in blocks and columns a few at a time.
# Smaller blocks would stay in a cache, but starting their operations takes three times as long as that saves.
_WORDS_AT_ONCE, _COLUMNS_AT_ONCE = 1 << 23, 8
_FEWEST_ROWS, _MOST_ROWS = 16, 2048  # of a block


@keras.saving.register_keras_serializable("automl")
class TreeEnsemble(keras.layers.Layer):
    """Sums what boosted trees answer, exactly as LightGBM does, missing and infinite numbers and unseen codes included.

    The tables are those of `search_spaces.tabular.tree_tables.pack`, and so is the way to read them; they are
    non-trainable weights. Answers are summed in float64.

    Args:
        shapes: Of each table, by its name.
        dtypes: Of each table, by its name.
        outputs: Answers of a row; tree number i belongs to answer i % outputs.
    """

    def __init__(
        self, shapes: Mapping[str, Sequence[int]], *, dtypes: Mapping[str, str], outputs: int, **keras_options: Any
    ) -> None:
        super().__init__(autocast=False, **keras_options)
        self.shapes = {name: tuple(shape) for name, shape in shapes.items()}
        self.dtypes = dict(dtypes)
        self.outputs = outputs
        self.supports_jit = False  # XLA has no arrays of tensors that differ in length
        self.tables = {
            name: self.add_weight(
                shape=shape, dtype=self.dtypes[name], initializer="zeros", trainable=False, autocast=False, name=name
            )
            for name, shape in self.shapes.items()
        }

    def call(self, groups: Sequence[tf.Tensor]) -> tf.Tensor:
        """Maps groups of columns, each `(batch, width)`, numbers or codes, to `(batch, outputs)` in float32."""
        tables = {name: tf.convert_to_tensor(variable) for name, variable in self.tables.items()}
        rows, step = tf.maximum(tf.shape(groups[0])[0], 1), self._rows_at_once()  # no rows are a block too

        def answer_block(start: tf.Tensor, answers: tf.TensorArray) -> tuple[tf.Tensor, tf.TensorArray]:
            columns = [tf.cast(group[start : start + step], tf.float32) for group in groups]
            places = self._find_places(tf.transpose(tf.concat(columns, axis=1)), tables)
            return start + step, answers.write(start // step, self._sum_answers(places, tables))

        blocks = tf.TensorArray(
            tf.float32, size=-(-rows // step), infer_shape=False, element_shape=[None, self.outputs]
        )
        # One block after the other: each of them uses all threads, and memory for one is enough.
        _, blocks = tf.while_loop(lambda start, _: start < rows, answer_block, (0, blocks), parallel_iterations=1)
        return blocks.concat()

    def _rows_at_once(self) -> int:
        words = min(*self.shapes["starts"], _COLUMNS_AT_ONCE) * self.shapes["rows"][1] * self.shapes["masks"][1]
        return int(np.clip(_WORDS_AT_ONCE // words, _FEWEST_ROWS, _MOST_ROWS))

    def _find_places(self, columns: tf.Tensor, tables: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Returns where the cells of columns `(columns, rows)` stand in the table `rows`, `(columns used, rows)`."""
        places, (numbers,) = [], self.shapes["number_columns"]
        last = tables["last_places"][:, None]
        if numbers:
            cells = tf.gather(columns, tables["number_columns"])
            cells = tf.where(tf.abs(cells) <= NEAR_ZERO, np.float32(0), cells)
            places.append(tf.where(tf.math.is_nan(cells), last[:numbers], tf.searchsorted(tables["edges"], cells)))
        if self.shapes["code_columns"][0]:
            codes, last = tf.cast(tf.gather(columns, tables["code_columns"]), tf.int32), last[numbers:]
            places.append(tf.where((codes >= 0) & (codes < last), codes, last))
        # TensorFlow may not know how many columns its inputs have.
        return tf.ensure_shape(tf.concat(places, axis=0) + tables["starts"][:, None], [*self.shapes["starts"], None])

    def _sum_answers(self, places: tf.Tensor, tables: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Returns the answers `(rows, outputs)` to places `(columns used, rows)`."""
        trees, leaves = self.shapes["values"]
        which = tf.gather(tables["rows"], places)  # (columns, rows, groups)
        parts = [which[start : start + _COLUMNS_AT_ONCE] for start in range(0, which.shape[0], _COLUMNS_AT_ONCE)]
        left = reduce(tf.bitwise.bitwise_and, [_all_of(tf.gather(tables["masks"], part)) for part in parts])
        left = tf.reshape(left, [-1, left.shape[1] * left.shape[2]])[:, :trees]  # (rows, trees)
        # Bits below the lowest one: as many as there are leaves left of the one that is reached.
        below = tf.bitwise.bitwise_and(tf.bitwise.invert(left), left - tf.ones([], left.dtype))
        reached = tf.cast(tf.raw_ops.PopulationCount(x=below), tf.int32) + np.arange(trees, dtype=np.int32) * leaves
        answers = tf.reshape(
            tf.gather(tf.reshape(tables["values"], [-1]), reached), [-1, trees // self.outputs, self.outputs]
        )
        return tf.cast(tf.reduce_sum(answers, axis=1), tf.float32)

    def compute_output_shape(self, input_shape: Sequence[Any]) -> tuple[Any, int]:
        """Returns `(batch, outputs)`."""
        return (input_shape[0][0], self.outputs)

    def get_config(self) -> dict[str, Any]:
        """Returns what makes a layer of the same size again."""
        return {**super().get_config(), "shapes": self.shapes, "dtypes": self.dtypes, "outputs": self.outputs}


def tree_ensemble(groups: Sequence[Any], tables: Mapping[str, NDArray[Any]], *, outputs: int) -> Any:
    """Applies a layer of known tables to groups of columns `(batch, width)`; returns `(batch, outputs)`."""
    layer = TreeEnsemble(
        {name: table.shape for name, table in tables.items()},
        dtypes={name: table.dtype.name for name, table in tables.items()},
        outputs=outputs,
        name="trees",
    )
    for name, table in tables.items():
        layer.tables[name].assign(table)
    return layer(list(groups))


def _all_of(words: tf.Tensor) -> tf.Tensor:
    """ANDs words along the first axis: slices of it cost nothing."""
    odd = []
    while (count := words.shape[0]) > 1:
        odd += [words[-1]] if count % 2 else []
        words = tf.bitwise.bitwise_and(words[: count // 2], words[count // 2 : count // 2 * 2])
    return reduce(tf.bitwise.bitwise_and, [words[0], *odd])
