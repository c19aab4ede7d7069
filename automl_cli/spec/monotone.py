"""Columns with which the prediction may only rise or only fall: where that can be said, and how people are told."""

from __future__ import annotations

from collections.abc import Iterator

from automl_cli.spec.dataset import DatasetSpec, Direction


def directions_of(dataset: DatasetSpec) -> dict[str, Direction]:
    """Returns the columns of which a direction is declared, and the direction."""
    return {name: column.monotone for name, column in dataset.columns.items() if column.monotone}


def misplaced_directions(dataset: DatasetSpec) -> Iterator[tuple[str, str, str]]:
    """Yields the columns that can have no direction: name, why not, and a way out."""
    for name in directions_of(dataset):
        kind = dataset.columns[name].kind
        if name == dataset.target:
            yield name, "it is the target", "a direction is said of a column that the target is predicted from"
        elif kind != "number":
            yield name, f"its kind is {kind}, not number", f"if its cells are amounts: --kind '{name}=number'"
        elif dataset.task == "multiclass":
            yield name, "of several classes none is the one that rises", "directions are for regression and two classes"


def tell_directions(dataset: DatasetSpec) -> str | None:
    """Returns what the shipped model keeps, in a sentence; None where nothing is declared."""
    directions = directions_of(dataset)
    if not directions:
        return None
    labels = list(dataset.labels or ())
    what = dataset.target if dataset.task == "regression" else f"probability of '{labels[1]}'"
    parts = [
        f"never {moves} as {' or '.join(names)} grows"
        for moves, direction in (("falls", "increasing"), ("rises", "decreasing"))
        if (names := [f"'{name}'" for name, said in directions.items() if said == direction])
    ]
    return f"The predicted {what} {' and '.join(parts)}: kept by every part of the model."
