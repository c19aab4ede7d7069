"""A fitted preprocessing, and the arrays it makes of a table."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from automl_cli.data.table import Table
from automl_cli.errors import ColumnError
from automl_cli.preprocessing.positions import padded
from automl_cli.records import UNNAMED, Positions
from search_spaces.family import Layout

# Rows that are held as tensors at a time; a text of one row may be hundreds of terms.
BATCH_ROWS = 16_384


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """What turns raw rows into the groups that a network reads.

    Attributes:
        model: Takes a dict of raw columns by name, each `(rows,)` and of the column's dtype; returns a dict of
            groups, each `(rows, width)`: float32, `codes` int32.
        layout: The groups and their widths.
        training: The groups of the rows it was fitted on. They are what the model returns for these rows, but for
            `statistics`, in which no row has a share in its own figures: train on these.
        positions: What the columns of the groups stand for.
    """

    model: keras.Model
    layout: Layout
    training: Mapping[str, NDArray[Any]]
    positions: Positions = UNNAMED


def model_of(inputs: Mapping[str, Any], outputs: Any, *, name: str | None = None) -> keras.Model:
    """Returns the model between symbols, whatever the keys of its inputs are."""
    with warnings.catch_warnings():
        # Keras would have the keys of the inputs be the names of layers, which cannot be called 'price/night'.
        warnings.filterwarnings("ignore", message="When providing `inputs` as a dict")
        return keras.Model(inputs, outputs, name=name)


def widen(preprocessing: Preprocessing, layout: Layout) -> Preprocessing:
    """Fills groups up with columns of zeros, in the graph and in what it made of the rows that it was fitted on.

    Args:
        preprocessing: Fitted.
        layout: At least as wide in every group.
    """
    if preprocessing.layout.widths == layout.widths:
        return replace(preprocessing, layout=layout)
    outputs = preprocessing.model.output
    row = next(iter(outputs.values()))[:, :1]  # (batch, 1)
    filled, training = {}, {}
    for group, width in layout.widths.items():
        dtype = "int32" if group == "codes" else "float32"
        lacking = width - preprocessing.layout.widths.get(group, 0)
        zeros = [keras.ops.repeat(keras.ops.cast(keras.ops.zeros_like(row), dtype), lacking, axis=1)] if lacking else []
        parts = [*([outputs[group]] if group in outputs else []), *zeros]
        filled[group] = keras.ops.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]
        known = preprocessing.training.get(group)
        rows = len(next(iter(preprocessing.training.values())))
        known = np.zeros((rows, 0), dtype) if known is None else known
        training[group] = np.pad(known, ((0, 0), (0, lacking)))
    model = model_of(preprocessing.model.input, filled)
    return Preprocessing(model, layout, training, padded(preprocessing.positions, layout))


def encode(preprocessing: Preprocessing, table: Table, *, batch_rows: int = BATCH_ROWS) -> dict[str, NDArray[Any]]:
    """Runs the preprocessing over a table.

    Args:
        preprocessing: Fitted.
        table: Typed rows; columns that the model does not take are ignored.
        batch_rows: Rows at a time; the result does not depend on it.

    Returns:
        Groups by name, each `(rows, width)`: float32, `codes` int32.

    Raises:
        ColumnError: The table lacks columns.
    """
    names = list(preprocessing.model.input)
    if lacking := [name for name in names if name not in table.columns]:
        raise ColumnError(f"The table lacks {len(lacking)} of {len(names)} columns: {', '.join(lacking[:5])}.")
    encoded = {
        group: np.empty((table.rows, width), np.int32 if group == "codes" else np.float32)
        for group, width in preprocessing.layout.widths.items()
    }
    for start in range(0, table.rows, batch_rows):
        rows = slice(start, start + batch_rows)
        for group, values in preprocessing.model({name: table[name][rows] for name in names}).items():
            encoded[group][rows] = values
    return encoded
