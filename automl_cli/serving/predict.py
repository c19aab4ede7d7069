"""Predicts the rows of a file, batch by batch, whatever its size."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from automl_cli.data.cast import type_table
from automl_cli.data.levels import text_cells
from automl_cli.data.read import iterate_tables
from automl_cli.data.table import Table
from automl_cli.export.interface import Interface
from automl_cli.serving.bundle import Bundle
from automl_cli.serving.cells import RowCounts, count_unseen, drop_unreadable
from automl_cli.serving.columns import match_columns
from automl_cli.spec.dataset import DatasetSpec


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of a file and what the model says of them.

    Attributes:
        raw: The rows as they were read, with all columns of the file.
        predictions: Probabilities `(rows, classes)` or values `(rows, 1)`.
        counts: Rows, and cells that mean nothing to the model.
    """

    raw: Table
    predictions: NDArray[np.float32]
    counts: RowCounts


def predict_file(bundle: Bundle, dataset: DatasetSpec, *, source: str, output: TextIO, keep: bool = False) -> RowCounts:
    """Writes the prediction of each row as CSV, in the order of the file.

    A classification gives `prediction`, the likeliest class, and `probability_CLASS` for each class; a regression
    gives `prediction`.

    Args:
        bundle: The model.
        dataset: How files of this kind are read and what their columns mean.
        source: As for `read_table`. The target may be absent; order and further columns do not matter.
        output: Where to write.
        keep: Whether the columns of the file stand before the predictions.

    Raises:
        ReadError: The file cannot be read, or has no rows.
        ColumnError: Columns that the model needs are missing, or most of their cells cannot be read.
    """
    writer = csv.writer(output, lineterminator="\n")
    counts = RowCounts()
    for batch in predict_batches(bundle, dataset, source=source):
        kept = batch.raw.columns if keep else {}
        if not counts.rows:
            writer.writerow([*kept, *_header(bundle.interface, taken=set(kept))])
        cells = [*(text_cells(column) for column in kept.values()), *_outputs(batch.predictions, bundle.interface)]
        writer.writerows(zip(*cells, strict=True))
        counts += batch.counts
    return counts


def predict_batches(bundle: Bundle, dataset: DatasetSpec, *, source: str) -> Iterator[Batch]:
    """Reads a file and yields its rows with their predictions.

    Args:
        bundle: The model.
        dataset: How files of this kind are read and what their columns mean.
        source: As for `read_table`.

    Raises:
        ReadError: The file cannot be read, or has no rows.
        ColumnError: Columns that the model needs are missing, or most of their cells cannot be read.
    """
    inputs = bundle.interface.names
    columns = {name: dataset.columns[name] for name in inputs}
    for raw in iterate_tables(source, dataset.read, needed=inputs):
        found = match_columns(inputs, raw.names)
        readable, unreadable = drop_unreadable(Table({name: raw[found[name]] for name in inputs}), columns)
        typed = type_table(readable, columns)
        unseen = count_unseen(typed, columns, interface=bundle.interface)
        yield Batch(raw, bundle.predict(typed), RowCounts(raw.rows, unseen, unreadable))


def _header(interface: Interface, *, taken: set[str]) -> list[str]:
    names = ["prediction", *(f"probability_{name}" for name in interface.classes)]
    # A file that was predicted before may have these columns already.
    return [f"{name}_new" if name in taken else name for name in names]


def _outputs(predictions: NDArray[np.float32], interface: Interface) -> Sequence[Sequence[Any]]:
    """Returns the columns to write; numbers with as many digits as float32 has."""
    numbers = [column.astype(str).tolist() for column in predictions.T]
    if interface.task == "regression":
        return numbers
    labels = np.array(interface.classes, dtype=object)[interface.decide(predictions)]
    return [labels.tolist(), *numbers]
