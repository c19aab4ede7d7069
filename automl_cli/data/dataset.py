"""From a raw table to a dataset spec: every column's kind, the target, the task, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from automl_cli.data.declare import declare_column
from automl_cli.data.kinds import infer_column
from automl_cli.data.levels import Levels, count_levels, judge_levels
from automl_cli.data.number_format import decimal_comma_is_certain
from automl_cli.data.phrases import listing
from automl_cli.data.read import ReadResult
from automl_cli.data.table import Table, require_column
from automl_cli.data.target import encode_target, read_target, repeats_target
from automl_cli.data.target_choice import choose_target, resolve_target
from automl_cli.errors import DataError
from automl_cli.records import Kind, Task
from automl_cli.spec.dataset import ColumnSpec, DatasetSpec

INPUT_KINDS = frozenset({"number", "category", "boolean", "datetime", "text"})


def infer_dataset(
    result: ReadResult, *, target: str | None = None, task: Task | None = None, kinds: Mapping[str, Kind] | None = None
) -> DatasetSpec:
    """Infers what a table is: from all of its rows, of columns of very many distinct cells from 100,000 of them.

    Args:
        result: The table and how it was read.
        target: The column to predict, by name or position; chosen when None.
        task: What the user says is predicted.
        kinds: Kinds that the user declares, by column.

    Raises:
        TargetError: There is no such target, none is obvious, or it has nothing to predict.
        ColumnError: A declared kind is impossible, or there is no such column.
        DataError: No column is left to learn from.
    """
    table = result.table
    if table.rows == 0:
        raise DataError(f"'{result.path}' has a header but no rows.", hint="is this the file you meant?")
    declared = _declared_kinds(table, kinds or {})
    levels = {name: (count_levels if name in declared else judge_levels)(table[name]) for name in table.names}
    columns = _infer_columns(table, levels, declared=declared)
    name = resolve_target(table.names, target) if target is not None else choose_target(levels, columns)
    reading = read_target(name, levels[name], task=task, kind=declared.get(name))
    dataset = DatasetSpec(
        data=result.path,
        read=result.read,
        target=name,
        task=reading.task,
        task_reason=reading.reason,
        labels=reading.labels,
        columns={
            other: _completed(column, result.words.get(other, ()), judged=levels[other].rows, rows=table.rows)
            for other, column in {**columns, name: reading.column}.items()
        },
    )
    dataset = _without_copies(table, dataset, keep=declared)
    if not input_columns(dataset):
        others = [other for other in table.names if other != name]
        raise DataError(
            f"There is no column to predict '{name}' from: "
            + (f"{listing(others)} say nothing." if others else "it is the only one."),
            hint="--kind COLUMN=category uses a column that was left out" if others else None,
        )
    return dataset


def input_columns(dataset: DatasetSpec) -> dict[str, ColumnSpec]:
    """Returns the columns that a model is fed: all but the target, identifiers, constant and ignored columns."""
    return {
        name: column
        for name, column in dataset.columns.items()
        if name != dataset.target and column.kind in INPUT_KINDS
    }


def _declared_kinds(table: Table, kinds: Mapping[str, Kind]) -> dict[str, Kind]:
    return {require_column(table.names, wanted): kind for wanted, kind in kinds.items()}


def _infer_columns(
    table: Table, levels: Mapping[str, Levels], *, declared: Mapping[str, Kind]
) -> dict[str, ColumnSpec]:
    # One column with decimal commas settles what '1,234' means in the others.
    comma = any(decimal_comma_is_certain(levels[name]) for name in table.names)
    return {
        name: declare_column(name, table[name], levels=levels[name], kind=declared[name])
        if name in declared
        else infer_column(name, levels[name], is_first=place == 0, expect_decimal_comma=comma)
        for place, name in enumerate(table.names)
    }


def _completed(column: ColumnSpec, words: Sequence[str], *, judged: int, rows: int) -> ColumnSpec:
    """Adds what is not seen in the cells that a column was judged by: words that were packed away, and other rows."""
    if not words and judged == rows:
        return column
    reason = column.reason + (f"; {listing(words)} count as missing" if words else "")
    reason += f"; judged by {judged:,} of {rows:,} rows" if judged < rows else ""
    return column.model_copy(update={"reason": reason, "missing": [*words, *column.missing]})


def _without_copies(table: Table, dataset: DatasetSpec, *, keep: Mapping[str, Kind]) -> DatasetSpec:
    """Ignores columns that repeat the target in every row: they are its answer, not a question."""
    target = encode_target(table, dataset)
    ignored = {"kind": "ignored", "dtype": "string", "reason": f"repeats the target '{dataset.target}' in every row"}
    copies = {
        name: column.model_copy(update=ignored)
        for name, column in input_columns(dataset).items()
        if name not in keep and repeats_target(table[name], column, target=target, labels=dataset.labels)
    }
    return dataset.model_copy(update={"columns": {**dataset.columns, **copies}})
