"""JSON: a list of objects, one object a line, or any of the shapes that pandas and web services write."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import cast

from automl_cli.data.cells import to_column
from automl_cli.data.column_names import unique_names
from automl_cli.data.compression import open_bytes
from automl_cli.data.encoding import detect_encoding, python_codec
from automl_cli.data.reading import Account, Reading, slices
from automl_cli.data.table import Table
from automl_cli.errors import ReadError
from automl_cli.spec.dataset import ReadSpec

Row = Mapping[str, object]


def open_json(path: Path) -> Reading:
    """Reads a JSON or JSON Lines file whole; objects inside objects become columns such as `address.city`.

    Raises:
        ReadError: It is no JSON, or JSON that is no table.
    """
    with open_bytes(path) as stream:
        encoding = detect_encoding(stream)
    with open_bytes(path) as stream:
        text = io.TextIOWrapper(stream, python_codec(encoding.name), errors="replace").read()
    rows = [_flatten(row) for row in _rows(_parse(text, path.name), path.name)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = [to_column([row.get(name) for row in rows]) for name in names]
    trimmed = unique_names([name.strip() for name in names])
    table = Table(dict(zip(trimmed, columns, strict=True)))
    account = Account([encoding.note] if encoding.note else [])
    return Reading(trimmed, ReadSpec(format="json", encoding=encoding.name), slices(table), account)


def _parse(text: str, name: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as whole:
        if whole.msg != "Extra data":
            raise _broken(name, whole, whole.lineno) from whole
    return list(_parse_lines(text, name))


def _parse_lines(text: str, name: str) -> Iterator[object]:
    for number, line in enumerate(io.StringIO(text), start=1):
        if line.strip():
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                raise _broken(name, error, number) from error


def _rows(data: object, name: str) -> Sequence[Row]:
    """Finds the rows in the common shapes of tables in JSON."""
    if isinstance(data, dict):
        tables = [value for value in data.values() if _is_list_of(dict, value)]
        if len(tables) == 1:
            # What a web service answers: the rows, and something about them beside.
            data = tables[0]
        elif _is_list_of(list, data.get("data")):
            data = [data.get("columns", []), *data["data"]] if data.get("columns") else data["data"]
        elif data and all(isinstance(column, dict) for column in data.values()):
            return _from_columns(data)
        elif data and all(isinstance(column, list) for column in data.values()):
            return [dict(zip(data, row, strict=True)) for row in zip_longest(*data.values())]
        else:
            # One line of JSON Lines.
            data = [data] if data else []
    if _is_list_of(dict, data):
        return cast(Sequence[Row], data)
    if _is_list_of(list, data):
        return _from_lists(cast(Sequence[Sequence[object]], data))
    raise ReadError(
        f"{name} is JSON, but not a table: a list of objects was expected, one object a row.",
        hint='write it as [{"age": 41, "city": "Rome"}, ...] or one such object a line',
    )


def _is_list_of(kind: type, data: object) -> bool:
    return isinstance(data, list) and bool(data) and all(isinstance(item, kind) for item in data)


def _from_lists(rows: Sequence[Sequence[object]]) -> Sequence[Row]:
    """The first list names the columns if it holds nothing but text."""
    if all(isinstance(cell, str) for cell in rows[0]):
        names, body = [str(cell) for cell in rows[0]], rows[1:]
    else:
        names, body = [f"column_{position}" for position in range(max(map(len, rows)))], rows
    return [dict(zip(names, row, strict=False)) for row in body]


def _from_columns(columns: Mapping[str, Mapping[str, object]]) -> Sequence[Row]:
    """{"age": {"0": 41, "1": 33}, ...}: columns by name, cells by the label of their row."""
    labels = dict.fromkeys(label for column in columns.values() for label in column)
    return [{name: column.get(label) for name, column in columns.items()} for label in labels]


def _flatten(row: Row, prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in row.items():
        if isinstance(value, dict) and value:
            flat.update(_flatten(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _broken(name: str, error: json.JSONDecodeError, line: int) -> ReadError:
    return ReadError(f"{name} is not valid JSON: {error.msg.lower()} in line {line:,}, column {error.colno}.")
