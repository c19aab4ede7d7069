"""From what a user typed to a table whose columns are known: a file read and inferred, or as a spec says."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from automl_cli.data.dataset import infer_dataset
from automl_cli.data.monotone import declare_directions
from automl_cli.data.read import ReadResult, read_table
from automl_cli.data.sources import fingerprint
from automl_cli.data.table import match_column
from automl_cli.data.target_choice import Candidate, rank_targets
from automl_cli.records import Kind, Task
from automl_cli.spec.dataset import DatasetSpec, Direction
from automl_cli.spec.files import load_dataset


@dataclass(frozen=True, slots=True)
class Request:
    """What a user asked for, before anything was read.

    Attributes:
        source: A data file or a dataset spec.
        target: Column to predict, if it was said.
        task: The task, if it was said.
        kinds: Kinds of columns that were said, by name.
        split: Settings of the split that were said; None means not said.
        monotone: Directions of columns that were said, by name.
    """

    source: str
    target: str | None
    task: Task | None
    kinds: Mapping[str, Kind]
    split: Mapping[str, Any]
    monotone: Mapping[str, Direction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """A table as it was read.

    Attributes:
        name: Of the file or the files, as seen from the current folder.
        result: Raw cells and how they were read.
        spec: The dataset spec that named the file; None for a plain file.
        target: The target, where a flag or the spec says it.
    """

    name: str
    result: ReadResult
    spec: DatasetSpec | None
    target: str | None


@dataclass(frozen=True, slots=True)
class Described:
    """A table and what its columns mean.

    Attributes:
        source: Where it came from.
        dataset: What was inferred, or said in a spec.
    """

    source: Source
    dataset: DatasetSpec


def read(request: Request) -> Source:
    """Reads the data, or the spec that names it and then the data.

    Raises:
        UsageError: The spec is not right.
        ReadError: The data cannot be read.
    """
    if not request.source.endswith((".yaml", ".yml")):
        table = read_table(request.source, as_written=_as_written(request, None))
        return Source(request.source, table, None, request.target)
    path = Path(request.source)
    spec = _moved(load_dataset(path), os.path.relpath(path.parent))
    name = spec.data
    table = read_table(name, spec.read, as_written=_as_written(request, spec))
    return Source(name, table, spec, request.target or spec.target)


def _as_written(request: Request, spec: DatasetSpec | None) -> list[str]:
    """Returns the columns whose cells must stay text: what is said to be no number, and what rows are divided by."""
    split = {**(spec.split.model_dump() if spec else {}), **request.split}
    said = [name for name, kind in request.kinds.items() if kind != "number"]
    words = ("category", "boolean", "text", "datetime")
    known = [name for name, column in spec.columns.items() if column.kind in words] if spec else []
    return [*said, *known, *filter(None, (split.get("group"), split.get("time_column")))]


def target_candidates(source: Source) -> Sequence[Candidate]:
    """Ranks the columns that may be the target, to be asked for."""
    return rank_targets(source.result.table)


def describe(source: Source, request: Request) -> Described:
    """Says what each column is and what is to be predicted.

    What a spec says stays as it is, but for what a flag says. With another target or task, all is inferred anew, but
    for the directions of columns of the same target.

    Raises:
        DataError: Nothing can be learned, or a declared kind is impossible.
        UsageError: A column can have no direction.
    """
    dataset = source.spec
    if dataset is None or request.target or request.task:
        dataset = infer_dataset(source.result, target=source.target, task=request.task, kinds=request.kinds)
    elif request.kinds:
        fresh = infer_dataset(source.result, target=source.target, kinds=request.kinds)
        names = [match_column(list(fresh.columns), wanted) for wanted in request.kinds]
        declared = {name: fresh.columns[name] for name in names if name is not None}
        dataset = dataset.model_copy(update={"columns": {**dataset.columns, **declared}})
    dataset = declare_directions(dataset, request.monotone, earlier=source.spec)
    given = source.spec or dataset
    said = {name: value for name, value in request.split.items() if value is not None}
    settings = {"data": source.name, "split": given.split.model_copy(update=said), "search": given.search}
    return Described(source, dataset.model_copy(update=settings))


def fingerprint_of(described: Described) -> str:
    """Returns what changes when any byte of the table or of its test file changes."""
    test_file = described.dataset.split.test_file
    return fingerprint(described.source.name, *([test_file] if test_file else []))


def located(dataset: DatasetSpec, folder: Path) -> DatasetSpec:
    """Returns the spec as it must read in a file in `folder`, so that the data is found again from there."""
    return _moved(dataset, os.path.relpath(".", folder))


def _moved(dataset: DatasetSpec, way: str) -> DatasetSpec:
    """Puts the way from one folder to another before the paths of a spec that are relative to the other."""
    test_file = dataset.split.test_file
    split = dataset.split.model_copy(update={"test_file": _behind(way, test_file)}) if test_file else dataset.split
    return dataset.model_copy(update={"data": _behind(way, dataset.data), "split": split})


def _behind(way: str, source: str) -> str:
    is_elsewhere = source == "-" or source.startswith("example:")
    return source if is_elsewhere else os.path.normpath(os.path.join(way, source))  # noqa: PTH118 - may be a glob
