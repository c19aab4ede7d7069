"""Encodes the rows of every fold once, into files that every process of a search maps into its memory.

    layouts.json               layout and names of each fold; written last, so that its presence says that all is there
    fold-1/train-numbers.npy   a group of the training rows, (rows, width)
    fold-1/train-target.npy    their target, (rows,)
    fold-1/validation-...

Opening them needs no TensorFlow. Arrays may be larger than memory: they are written batch by batch, and the operating
system keeps in memory what is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from automl_cli.data.sampling import MOST_FITTED_ROWS, sample_rows
from automl_cli.data.table import Table
from automl_cli.errors import RunError
from automl_cli.records import Fold, Rows, Task, positions_from_json
from automl_cli.runs.artifacts import read_json, write_json
from automl_cli.spec.dataset import ColumnSpec
from automl_cli.training.task import FoldData, Groups
from search_spaces.family import Layout

if TYPE_CHECKING:
    from automl_cli.preprocessing.encoding import Preprocessing

_TARGET = "target"
_LAYOUTS = "layouts.json"
# Rows that are encoded and written at a time.
_WRITTEN_AT_ONCE = 65_536


@dataclass(frozen=True, slots=True)
class LabelledTable:
    """Typed rows and what is to be predicted of them.

    Attributes:
        table: Typed rows.
        columns: What the model's input columns are.
        target: Class indices or values of the same rows, `(rows,)`.
        task: What is predicted.
        crosses: Whether crosses of columns are sought, about a second a fold; see `fit_preprocessing`.
    """

    table: Table
    columns: Mapping[str, ColumnSpec]
    target: NDArray[Any]
    task: Task
    crosses: bool = False


@dataclass(frozen=True, slots=True)
class EncodedFold:
    """A fold's preprocessing, fitted on its training rows, and what it makes of all its rows."""

    preprocessing: Preprocessing
    data: FoldData


def encode_folds(folds: Sequence[Fold], labelled: LabelledTable, *, seed: int, folder: Path) -> list[EncodedFold]:
    """Fits the preprocessing of every fold and writes what it makes of the fold's rows.

    Folds differ in the levels and the missing cells that their training rows happen to have, and in the crosses that
    are chosen by them. Columns of zeros make them alike: so one compiled network does for all of them.

    Of more than 500,000 training rows, a fixed random sample is fitted on. All training rows are encoded all the same.

    Args:
        folds: Row numbers of the table.
        labelled: All rows.
        seed: Of what the preprocessing draws, and of the sample.
        folder: Where the arrays go; what an earlier call left there is replaced.

    Returns:
        The folds, with read-only memory maps; all of one layout, but for the directions of its columns.

    Raises:
        ColumnError: No column can be learned from.
        RunError: The disk is full, or the folder cannot be written.
    """
    from automl_cli.preprocessing.encoding import widen

    with _failures_explained(folder):
        (folder / _LAYOUTS).unlink(missing_ok=True)
        fitted = [_fit(fold, labelled, seed=seed) for fold in folds]
        layout = _joint([preprocessing.layout for preprocessing in fitted])
        # Where a column never varies in the rows of a fold, those behind it stand elsewhere, and so do directions.
        fitted = [widen(own, replace(layout, monotone=own.layout.monotone)) for own in fitted]
        for number, (fold, own) in enumerate(zip(folds, fitted, strict=True), start=1):
            rows = _fitted_rows(fold, seed=seed)
            _write_fold(fold, labelled, preprocessing=own, fitted=rows, folder=folder / f"fold-{number}")
    write_json(folder / _LAYOUTS, [{"layout": own.layout, "positions": own.positions} for own in fitted])
    # What they were fitted on is in the files by now.
    kept = [replace(preprocessing, training={}) for preprocessing in fitted]
    return [EncodedFold(*pair) for pair in zip(kept, load_folds(folder), strict=True)]


def load_folds(folder: Path) -> list[FoldData]:
    """Opens what `encode_folds` has written, as read-only memory maps.

    Raises:
        RunError: The folder is not there, or not whole.
    """
    folds = read_json(folder / _LAYOUTS)
    with _failures_explained(folder):
        return [_load_fold(folder / f"fold-{number}", fold) for number, fold in enumerate(folds, start=1)]


def layout_from_json(data: Mapping[str, Any]) -> Layout:
    """Rebuilds a layout from the object that `to_json` made of it."""
    tuples = {name: tuple(data.get(name, ())) for name in ("cardinalities", "monotone")}
    return Layout(**{**data, **tuples})


def _fit(fold: Fold, labelled: LabelledTable, *, seed: int) -> Preprocessing:
    from automl_cli.preprocessing.fit import fit_preprocessing

    rows = _fitted_rows(fold, seed=seed)
    return fit_preprocessing(
        labelled.table.take(rows),
        labelled.columns,
        target=labelled.target[rows],
        task=labelled.task,
        seed=seed,
        crosses=labelled.crosses,
    )


def _fitted_rows(fold: Fold, *, seed: int) -> Rows:
    return sample_rows(fold.train, MOST_FITTED_ROWS, seed=seed)


def _write_fold(
    fold: Fold, labelled: LabelledTable, *, preprocessing: Preprocessing, fitted: Rows, folder: Path
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for part, part_rows, known in (("train", fold.train, fitted), ("validation", fold.validation, fitted[:0])):
        batches = _encoded_batches(preprocessing, labelled.table, rows=part_rows, known=known)
        shapes = {group: (len(part_rows), width) for group, width in preprocessing.layout.widths.items()}
        _write_groups(folder, part, batches, shapes=shapes)
        np.save(_fresh(folder / f"{part}-{_TARGET}.npy"), labelled.target[part_rows], allow_pickle=False)


def _encoded_batches(preprocessing: Preprocessing, table: Table, *, rows: Rows, known: Rows) -> Iterator[Groups]:
    """Yields the groups of rows of a table, in their order.

    Args:
        preprocessing: Fitted.
        table: Typed rows.
        rows: Which of them; in rising order.
        known: Those of them that the preprocessing was fitted on: they have no share in their own statistics.
    """
    from automl_cli.preprocessing.encoding import encode

    for start in range(0, len(rows), _WRITTEN_AT_ONCE):
        batch = rows[start : start + _WRITTEN_AT_ONCE]
        first, last = np.searchsorted(known, [batch[0], batch[-1] + 1])
        is_known = np.isin(batch, known[first:last], assume_unique=True)
        encoded = encode(preprocessing, table.take(batch[~is_known]))
        if not is_known.any():
            yield encoded
            continue
        groups = {}
        for group, values in encoded.items():
            groups[group] = np.empty((len(batch), values.shape[1]), values.dtype)
            groups[group][is_known] = preprocessing.training[group][first:last]
            groups[group][~is_known] = values
        yield groups


def _write_groups(folder: Path, part: str, batches: Iterator[Groups], *, shapes: Mapping[str, tuple[int, int]]) -> None:
    """Writes groups batch by batch.

    Nothing is written through a memory map: on a full disk that ends the process instead of raising an error.
    """
    files: dict[str, BinaryIO] = {}
    try:
        for groups in batches:
            for group, values in groups.items():
                if group not in files:
                    files[group] = _fresh(folder / f"{part}-{group}.npy").open("wb")
                    header = {"descr": values.dtype.str, "fortran_order": False, "shape": shapes[group]}
                    np.lib.format.write_array_header_1_0(files[group], header)
                files[group].write(np.ascontiguousarray(values).data)
    finally:
        for file in files.values():
            file.close()


def _fresh(path: Path) -> Path:
    """Makes way for a new file, and leaves the old one to whoever has mapped it."""
    path.unlink(missing_ok=True)
    return path


def _load_fold(folder: Path, described: Mapping[str, Any]) -> FoldData:
    layout = layout_from_json(described["layout"])

    def load(part: str, name: str) -> NDArray[Any]:
        array: NDArray[Any] = np.load(folder / f"{part}-{name}.npy", mmap_mode="r", allow_pickle=False)
        return array

    return FoldData(
        train={group: load("train", group) for group in layout.widths},
        train_target=load("train", _TARGET),
        validation={group: load("validation", group) for group in layout.widths},
        validation_target=load("validation", _TARGET),
        layout=layout,
        positions=positions_from_json(described["positions"]),
    )


def _joint(layouts: Sequence[Layout]) -> Layout:
    """Returns the layout that is as wide in every group as the widest of these."""
    sizes = zip_longest(*(layout.cardinalities for layout in layouts), fillvalue=0)
    cardinalities = tuple(max(column) for column in sizes)
    widths = {group for layout in layouts for group in layout.widths if group != "codes"}
    widest: dict[str, Any] = {group: max(layout.widths.get(group, 0) for layout in layouts) for group in widths}
    return Layout(**widest, cardinalities=cardinalities)


@contextmanager
def _failures_explained(folder: Path) -> Iterator[None]:
    """Raises RunError where the operating system refuses to write or read, or a file is not what was written."""
    try:
        yield
    except (OSError, ValueError) as error:
        cause = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise RunError(
            f"The encoded rows in '{folder}' cannot be used: {cause}.",
            hint="check the free space and whether the run folder is still there, then search again",
        ) from error
