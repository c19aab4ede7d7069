"""Encodes the rows of every fold once; all trials of a search train on the same arrays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from numpy.typing import NDArray

from automl_cli.data.table import Table
from automl_cli.preprocessing.encoding import Preprocessing, encode
from automl_cli.preprocessing.fit import fit_preprocessing
from automl_cli.records import Fold, Task
from automl_cli.spec.dataset import ColumnSpec
from automl_cli.training.task import FoldData


@dataclass(frozen=True, slots=True)
class EncodedFold:
    """A fold's preprocessing, fitted on its training rows, and what it makes of all its rows."""

    preprocessing: Preprocessing
    data: FoldData


def encode_fold(
    fold: Fold, table: Table, *, columns: Mapping[str, ColumnSpec], target: NDArray[Any], task: Task, seed: int
) -> EncodedFold:
    """Fits the preprocessing of one fold and encodes its rows.

    Args:
        fold: Row numbers of `table`.
        table: Typed rows.
        columns: What the model's input columns are.
        target: Class indices or values of all rows of `table`, `(rows,)`.
        task: What is predicted.
        seed: Of what the preprocessing draws.

    Raises:
        ColumnError: No column can be learned from.
    """
    preprocessing = fit_preprocessing(table.take(fold.train), columns, target=target[fold.train], task=task, seed=seed)
    data = FoldData(
        train=preprocessing.training,
        train_target=target[fold.train],
        validation=encode(preprocessing, table.take(fold.validation)),
        validation_target=target[fold.validation],
        layout=preprocessing.layout,
    )
    return EncodedFold(preprocessing, data)


def share_layouts(folds: Sequence[EncodedFold]) -> list[EncodedFold]:
    """Gives folds one layout where they differ in nothing but the levels that their training rows happen to have.

    Folds of one layout share one compiled network. The codes of a fold stay as they are: entries of a table that
    none of its codes points to are never looked up.
    """
    alike: dict[tuple[tuple[str, int], ...], list[tuple[int, ...]]] = defaultdict(list)
    for fold in folds:
        alike[tuple(fold.data.layout.widths.items())].append(fold.data.layout.cardinalities)
    shared = []
    for fold in folds:
        sizes = alike[tuple(fold.data.layout.widths.items())]
        layout = replace(fold.data.layout, cardinalities=tuple(max(column) for column in zip(*sizes, strict=True)))
        shared.append(replace(fold, data=replace(fold.data, layout=layout)))
    return shared
