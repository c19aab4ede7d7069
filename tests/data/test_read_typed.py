"""Files that know the types of their columns: Parquet, Arrow, JSON, Excel."""

from __future__ import annotations

import datetime
import json
import math
import sys
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import openpyxl
import pytest

from automl_cli.data.read import iterate_tables, read_table
from automl_cli.data.table import Table
from automl_cli.errors import MissingExtraError, ReadError
from automl_cli.spec.dataset import ReadSpec

TYPED = """select * from (values
    (1::tinyint, 1.5::float, 2::hugeint, true, ' a ', date '2024-02-03', timestamp '2024-02-03 04:05:06', [1, 2]),
    (2,          null,       3,          null, null,  null,              null,                            null),
    (3,          0.25,       4,          false, 'b',  date '2024-02-04', timestamp '2024-02-04 00:00:00', [])
) as rows(whole, real, large, flag, word, day, moment, list)"""


def plain(table: Table) -> dict[str, list[Any]]:
    return {name: list(map(without_nan, column.tolist())) for name, column in table.columns.items()}


def without_nan(cell: Any) -> Any:
    return None if isinstance(cell, float) and math.isnan(cell) else cell


def failure(path: Path) -> ReadError:
    with pytest.raises(ReadError) as raised:
        read_table(str(path))
    return raised.value


def assert_typed(table: Table) -> None:
    assert plain(table) == {
        "whole": [1, 2, 3],
        "real": [1.5, None, 0.25],
        "large": [2.0, 3.0, 4.0],
        "flag": ["true", "", "false"],
        "word": ["a", "", "b"],
        "day": ["2024-02-03", "", "2024-02-04"],
        "moment": ["2024-02-03T04:05:06", "", "2024-02-04T00:00:00"],
        "list": ["[1, 2]", "", "[]"],
    }
    assert table["whole"].dtype == np.int64
    assert table["real"].dtype == np.float64


def test_parquet(tmp_path: Path) -> None:
    # The name has all that a glob and a quoted string could stumble over.
    path = tmp_path / "it's [1] * copy.parquet"
    duckdb.connect().execute(f"copy ({TYPED}) to '{str(path).replace(chr(39), chr(39) * 2)}' (format parquet)")
    result = read_table(str(path))

    assert result.read.format == "parquet"
    assert_typed(result.table)


def test_parquet_in_batches(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    duckdb.connect().execute(f"copy (select range as n from range(250_000)) to '{path}' (format parquet)")
    batches = list(iterate_tables(str(path), read_table(str(path)).read, batch_rows=40_000))

    assert max(batch.rows for batch in batches) == 40_000
    assert np.array_equal(np.concatenate([batch["n"] for batch in batches]), np.arange(250_000))


def test_damaged_parquet(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    duckdb.connect().execute(f"copy ({TYPED}) to '{path}' (format parquet)")
    path.write_bytes(path.read_bytes()[:-100])

    assert failure(path).message.startswith("data.parquet is damaged")


def test_arrow(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    feather = pytest.importorskip("pyarrow.feather")
    moments = [datetime.datetime(2024, 2, 3, 4, 5, 6), None]
    table = pyarrow.table(
        {"real": [1.5, None], "moment": moments, "word": pyarrow.array(["a", "a"]).dictionary_encode()}
    )
    feather.write_feather(table, tmp_path / "data.feather")
    with pyarrow.ipc.new_stream(tmp_path / "data.arrows", table.schema) as writer:
        writer.write_table(table)

    for name in ("data.feather", "data.arrows"):
        result = read_table(str(tmp_path / name))
        assert result.read.format == "arrow"
        assert plain(result.table) == {"real": [1.5, None], "moment": ["2024-02-03T04:05:06", ""], "word": ["a", "a"]}
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:-200])
        assert "damaged" in failure(tmp_path / name).message


def test_arrow_needs_an_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "data.feather"
    path.write_bytes(b"ARROW1" + bytes(100))
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(MissingExtraError, match="Arrow and Feather files") as raised:
        read_table(str(path))
    assert raised.value.hint == "pip install 'automl-cli[arrow]'"


ROWS = [
    {"n": 1, "word": " a ", "flag": True},
    {"n": None, "word": None, "flag": None},
    {"n": 2.5, "word": "b", "flag": False},
]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(ROWS),
        "\n".join(map(json.dumps, ROWS)),
        json.dumps({"status": "ok", "count": 3, "items": ROWS}),
        json.dumps({name: [row[name] for row in ROWS] for name in ROWS[0]}),
        json.dumps({name: {str(i): row[name] for i, row in enumerate(ROWS)} for name in ROWS[0]}),
        json.dumps({"columns": list(ROWS[0]), "index": [0, 1, 2], "data": [list(row.values()) for row in ROWS]}),
        json.dumps([list(ROWS[0]), *[list(row.values()) for row in ROWS]]),
    ],
    ids=["records", "lines", "service", "lists", "columns", "split", "rows"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_json_in_every_shape(tmp_path: Path, content: str, encoding: str) -> None:
    path = tmp_path / "data"
    path.write_bytes(content.encode(encoding))
    result = read_table(str(path))

    assert result.read.format == "json"
    assert plain(result.table) == {"n": [1.0, None, 2.5], "word": ["a", "", "b"], "flag": ["true", "", "false"]}


def test_json_objects_inside_and_absent_keys(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text('{"id": 1, "home": {"city": "Rome", "at": {"x": 0.5}}}\n\n{"id": 2, "tags": ["a"]}\n')

    assert plain(read_table(str(path)).table) == {
        "id": [1, 2],
        "home.city": ["Rome", ""],
        "home.at.x": [0.5, None],
        "tags": ["", '["a"]'],
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"a": 1}\n{"a": 2\n', "data.json is not valid JSON: expecting ',' delimiter in line 2, column 1."),
        ('[{"a": 1},', "data.json is not valid JSON: expecting value in line 1, column 11."),
        ("[1, 2, 3]", "data.json is JSON, but not a table"),
        ("[]", "data.json is JSON, but not a table"),
    ],
)
def test_json_that_is_no_table(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "data.json"
    path.write_text(content)

    assert failure(path).message.startswith(message)


def save_workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)


def test_excel_as_people_lay_it_out(tmp_path: Path) -> None:
    day = datetime.datetime(2024, 2, 3)
    body = [[None, i, 0.5 * i if i % 2 else None, day, "x", i % 2 == 0] for i in range(10)]
    rows = [[None, "Report"], [], [None, "n", "half", "day", "word", "even"], *body, [], [None, "Source: till"]]
    save_workbook(tmp_path / "data.xlsx", {"About": [], "Data": rows, "Other": [["a"], [1], [2]]})
    result = read_table(str(tmp_path / "data.xlsx"))

    assert result.table.names == ("n", "half", "day", "word", "even")
    assert result.table["n"].tolist() == list(range(10))
    assert result.table["n"].dtype == np.int64
    assert plain(result.table)["half"][:3] == [None, 0.5, None]
    assert result.table["day"][0] == "2024-02-03T00:00:00"
    assert result.table["even"].tolist()[:2] == ["true", "false"]
    assert (result.read.sheet, result.read.skip_rows, result.read.footer_rows) == ("Data", 2, 2)
    assert result.notes[0] == "Read the sheet 'Data'; the workbook also has 'About' and 'Other'."

    other = read_table(str(tmp_path / "data.xlsx"), ReadSpec(format="excel", sheet="Other"))
    assert other.table.names == ("a",)


def test_excel_without_what_was_asked(tmp_path: Path) -> None:
    path = tmp_path / "data.xlsx"
    save_workbook(path, {"Empty": []})
    assert failure(path).message == "data.xlsx has no sheet with rows."
    path.write_bytes(path.read_bytes()[:1000])
    assert "damaged" in failure(path).message


def test_parts_that_disagree_about_types(tmp_path: Path) -> None:
    (tmp_path / "1.jsonl").write_text('{"code": 1, "only": 5}\n{"code": 2, "only": 6}\n')
    (tmp_path / "2.jsonl").write_text('{"code": "3b"}\n')

    assert plain(read_table(str(tmp_path)).table) == {"code": ["1", "2", "3b"], "only": [5, 6, None]}
