"""Directions of columns, as a user says them, beside what a dataset spec has said before."""

from __future__ import annotations

from collections.abc import Mapping

from automl_cli.data.table import require_column
from automl_cli.errors import UsageError
from automl_cli.spec.dataset import DatasetSpec, Direction
from automl_cli.spec.monotone import directions_of, misplaced_directions


def declare_directions(
    dataset: DatasetSpec, said: Mapping[str, Direction], *, earlier: DatasetSpec | None
) -> DatasetSpec:
    """Declares directions of columns.

    Args:
        dataset: What the columns are.
        said: Directions by columns, as a person names these.
        earlier: A spec whose directions hold unless something else is said, if it is of the same target.

    Raises:
        ColumnError: There is no such column.
        UsageError: A column can have no direction.
    """
    directions = directions_of(earlier) if earlier is not None and earlier.target == dataset.target else {}
    for wanted, direction in said.items():
        directions[require_column(list(dataset.columns), wanted)] = direction
    directed = {
        name: dataset.columns[name].model_copy(update={"monotone": direction})
        for name, direction in directions.items()
        if name in dataset.columns
    }
    dataset = dataset.model_copy(update={"columns": {**dataset.columns, **directed}})
    for name, reason, hint in misplaced_directions(dataset):
        raise UsageError(f"Column '{name}' can have no direction: {reason}.", hint=hint)
    return dataset
