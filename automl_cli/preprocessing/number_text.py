"""Numbers that are written inside text: "$1,234", "8 GB", "3,14", "87 %"; read in the graph."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from automl_cli.data.numbers import BLANKS, MAGNITUDES, NEGATIVE_SIGNS, PLAIN_NUMBER, number_pattern, parse_numbers
from automl_cli.preprocessing.cells import clean_cells
from automl_cli.preprocessing.reader import NAN, Reader
from automl_cli.spec.dataset import ColumnSpec, NumberFormat


@keras.saving.register_keras_serializable(package="automl")
class ParseNumbers(keras.layers.Layer):
    """Reads numbers out of text as `automl_cli.data.numbers.parse_numbers` does.

    Columns `(rows,)` become `(rows, columns)` in float64, NaN where a cell is missing or no number.

    Args:
        number: How numbers are written, as the fields of a `NumberFormat`; None for plain ones.
        missing: For each column the marks that mean 'missing'.
    """

    def __init__(
        self, number: Mapping[str, Any] | None, missing: Sequence[Sequence[str]], **keras_options: Any
    ) -> None:
        super().__init__(autocast=False, **keras_options)
        self.number = NumberFormat(**number) if number else None
        self.missing = [list(marks) for marks in missing]

    def call(self, columns: Sequence[tf.Tensor]) -> tf.Tensor:
        """Returns the number in each cell."""
        cells = clean_cells(columns, missing=self.missing)
        numbers = _parse_plain(cells) if self.number is None else _parse(cells, self.number)
        return tf.stack(
            [
                _drop_sentinels(column, self._sentinels(index))
                for index, column in enumerate(tf.unstack(numbers, axis=1))
            ],
            axis=1,
        )

    def _sentinels(self, column: int) -> list[float]:
        """Returns the marks of a column that are numbers themselves, however a cell writes them."""
        figures = parse_numbers(self.missing[column], self.number)
        return [figure for figure in figures.tolist() if not math.isnan(figure)]

    def get_config(self) -> dict[str, Any]:
        """Returns what the layer is made of again."""
        number = self.number.model_dump() if self.number else None
        return {**super().get_config(), "number": number, "missing": self.missing}


def _parse(cells: tf.Tensor, number: NumberFormat) -> tf.Tensor:
    pattern = f"^(?:{number_pattern(number)})$"
    is_number = tf.strings.regex_full_match(cells, pattern)
    digits = _rewrite(cells, pattern, r"\3\4\5\6")
    if number.thousands:
        digits = tf.strings.regex_replace(digits, f"[{BLANKS if number.thousands == ' ' else number.thousands}]", "")
    if number.decimal == ",":
        digits = tf.strings.regex_replace(digits, ",", ".")
    numbers = _to_float(digits, is_number)
    if number.magnitudes:
        letters = tf.strings.lower(tf.where(is_number, _rewrite(cells, pattern, r"\7"), ""))
        for letter, factor in MAGNITUDES.items():
            numbers = tf.where(letters == letter, numbers * factor, numbers)
    signs = _rewrite(cells, pattern, r"\1\2")
    is_negative = tf.strings.regex_full_match(signs, f".*[{re.escape(NEGATIVE_SIGNS)}].*")
    return tf.where(is_negative, -numbers, numbers)


def _parse_plain(cells: tf.Tensor) -> tf.Tensor:
    return _to_float(cells, tf.strings.regex_full_match(cells, PLAIN_NUMBER))


def _rewrite(cells: tf.Tensor, pattern: str, rewrite: str) -> tf.Tensor:
    """Keeps some groups of the cells that match; others stay what they are."""
    return tf.strings.regex_replace(cells, pattern, rewrite, replace_global=False)


def _to_float(digits: tf.Tensor, is_number: tf.Tensor) -> tf.Tensor:
    numbers = tf.strings.to_number(tf.where(is_number, digits, "0"), tf.float64)
    return tf.where(is_number & tf.math.is_finite(numbers), numbers, NAN)


def _drop_sentinels(numbers: tf.Tensor, sentinels: Sequence[float]) -> tf.Tensor:
    if not sentinels:
        return numbers
    is_missing = tf.equal(numbers[:, None], tf.constant(sentinels, tf.float64))  # (rows, sentinels)
    return tf.where(tf.reduce_any(is_missing, axis=1), NAN, numbers)


def text_number_readers(columns: Mapping[str, ColumnSpec]) -> Iterator[Reader]:
    """Yields a reader for each way of writing numbers, for all the columns that are written so."""
    names_of: dict[NumberFormat | None, list[str]] = {}
    for name, spec in columns.items():
        if spec.kind == "number" and spec.dtype == "string":
            names_of.setdefault(spec.number, []).append(name)
    for position, (number, names) in enumerate(names_of.items()):
        layer = ParseNumbers(
            number.model_dump() if number else None,
            [columns[name].missing for name in names],
            name=f"parse_numbers_{position}",
        )
        yield Reader(layer, tuple(names), owners=tuple(names), bounded=(False,) * len(names))
