"""Words that stand for a number: yes and no, and ordered words such as low, medium, high."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from automl_cli.data.booleans import FALSE_WORDS, TRUE_WORDS
from automl_cli.data.table import Table
from automl_cli.preprocessing.cells import clean_cells, look_up, make_table
from automl_cli.preprocessing.reader import Reader
from automl_cli.spec.dataset import ColumnSpec


@keras.saving.register_keras_serializable(package="automl")
class ReadWords(keras.layers.Layer):
    """Turns words into the numbers they stand for, columns `(rows,)` into `(rows, columns)` in float64.

    Args:
        words: For each column its words, in lower case, and the number of each; any other word is missing.
        missing: For each column the marks that mean 'missing'.
    """

    def __init__(
        self, words: Sequence[Mapping[str, float]], missing: Sequence[Sequence[str]], **keras_options: Any
    ) -> None:
        super().__init__(autocast=False, **keras_options)
        self.words = [dict(known) for known in words]
        self.missing = [list(marks) for marks in missing]
        self.table = make_table(self.words, dtype=tf.float64, default=math.nan)

    def call(self, columns: Sequence[tf.Tensor]) -> tf.Tensor:
        """Returns the number of each word, NaN where a cell is missing or not a word we know."""
        cells = clean_cells(columns, missing=self.missing, fold_case=[True] * len(columns))
        return look_up(self.table, cells)

    def get_config(self) -> dict[str, Any]:
        """Returns what the layer is made of again."""
        return {**super().get_config(), "words": self.words, "missing": self.missing}


def find_truths(table: Table, columns: Mapping[str, ColumnSpec]) -> dict[str, dict[str, float]]:
    """Says which words of each boolean column mean yes (1) and which no (-1).

    Known words decide; two words that are not both known go by the alphabet.

    Args:
        table: Training rows.
        columns: The columns of the table.

    Returns:
        For each boolean column of text its words in lower case. A column of more words than can be told apart is
        left out: it is a category.
    """
    truths = {}
    for name, spec in columns.items():
        if spec.kind == "boolean" and spec.dtype == "string":
            cells = tf.constant(sorted(set(table[name])), tf.string)
            cleaned = clean_cells([cells], missing=[spec.missing], fold_case=[True])
            words = sorted({cell.decode() for cell in cleaned.numpy().ravel()} - {""})
            if all(word in TRUE_WORDS | FALSE_WORDS for word in words):
                truths[name] = {word: 1.0 if word in TRUE_WORDS else -1.0 for word in words}
            elif len(words) <= 2:
                truths[name] = dict(zip(words, (-1.0, 1.0), strict=False))
    return truths


def word_readers(columns: Mapping[str, ColumnSpec], truths: Mapping[str, Mapping[str, float]]) -> Iterator[Reader]:
    """Yields a reader for booleans, as -1 and 1, and one for ordered words, as ranks from 0."""
    if truths:
        yield _reader("read_booleans", truths, columns, bounded=True)
    ranks = {
        name: {word.strip().lower(): float(rank) for rank, word in enumerate(spec.order)}
        for name, spec in columns.items()
        if spec.kind == "category" and spec.order
    }
    if ranks:
        yield _reader("read_ordered_words", ranks, columns, bounded=False)


def _reader(
    layer_name: str, words: Mapping[str, Mapping[str, float]], columns: Mapping[str, ColumnSpec], *, bounded: bool
) -> Reader:
    names = tuple(words)
    layer = ReadWords([words[name] for name in names], [columns[name].missing for name in names], name=layer_name)
    return Reader(layer, names, owners=names, bounded=(bounded,) * len(names))
