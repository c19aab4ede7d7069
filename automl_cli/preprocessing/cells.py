"""Cells of text columns: cleaned alike, and looked up alike, by every layer that reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

# Between the number of a column and a cell, in the keys of a table that serves many columns.
_SEPARATOR = "\x1f"
# What Python's `str.strip` takes off; `tf.strings.strip` knows the blanks of ASCII only.
_BLANK = r"[\t-\r\x1c-\x20\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]"
_OUTER_BLANKS = f"^{_BLANK}+|{_BLANK}+$"


def clean_cells(
    columns: Sequence[tf.Tensor], *, missing: Sequence[Sequence[str]], fold_case: Sequence[bool] | None = None
) -> tf.Tensor:
    """Trims cells and empties those that mean 'missing'.

    Args:
        columns: One tensor `(rows,)` a column; numbers become text, NaN becomes ''.
        missing: For each column the marks that mean 'missing' besides the empty cell.
        fold_case: Columns whose cells are turned to lower case; none by default.

    Returns:
        Strings of shape `(rows, columns)`.
    """
    folded = fold_case or [False] * len(columns)
    cleaned = [_clean(column, marks, fold) for column, marks, fold in zip(columns, missing, folded, strict=True)]
    return tf.stack(cleaned, axis=1)


def make_table(words: Sequence[Mapping[str, float]], *, dtype: tf.DType, default: float) -> tf.lookup.StaticHashTable:
    """Makes one lookup table for many columns: a table a column takes twice as long to build and to restore.

    Args:
        words: For each column its words and the number of each.
        dtype: Type of the numbers.
        default: Number of any other word.
    """
    keys = [f"{column}{_SEPARATOR}{word}" for column, known in enumerate(words) for word in known]
    values = [number for known in words for number in known.values()]
    pairs = tf.lookup.KeyValueTensorInitializer(keys, values, tf.string, dtype)
    return tf.lookup.StaticHashTable(pairs, default)


def look_up(table: tf.lookup.StaticHashTable, cells: tf.Tensor) -> tf.Tensor:
    """Looks up cells `(rows, columns)` in a table of `make_table`; returns numbers of the same shape."""
    keys = np.array([f"{column}{_SEPARATOR}" for column in range(cells.shape[1])], dtype=object)
    return table.lookup(tf.add(keys, cells))


def _clean(cells: tf.Tensor, marks: Sequence[str], fold_case: bool) -> tf.Tensor:
    if cells.dtype.is_integer:
        cells = tf.strings.as_string(cells)
    elif cells.dtype.is_floating:
        cells = tf.where(tf.math.is_nan(cells), "", tf.strings.as_string(cells, shortest=True))
    cells = tf.strings.regex_replace(cells, _OUTER_BLANKS, "")
    if marks:
        is_missing = tf.equal(cells[:, None], [mark.strip() for mark in marks])  # (rows, marks)
        cells = tf.where(tf.reduce_any(is_missing, axis=1), "", cells)
    return tf.strings.lower(cells, encoding="utf-8") if fold_case else cells
