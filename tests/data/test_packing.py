"""Very large tables are packed while they are read; what is small here is made large by lowering the limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pytest

from automl_cli.data import levels, packing, test_file
from automl_cli.data.cast import type_table
from automl_cli.data.dataset import infer_dataset, input_columns
from automl_cli.data.described import Request, describe, read
from automl_cli.data.levels import number_text, text_cells
from automl_cli.data.packing import DisprovedError, Stack
from automl_cli.data.read import ReadResult, read_table
from automl_cli.data.table import Table
from automl_cli.data.test_file import join_test_file
from automl_cli.errors import ColumnError
from automl_cli.spec.dataset import ColumnSpec

ROWS = 6_000
RANDOM = np.random.default_rng(0)
FRACTIONS = [f"{number:.2f}" for number in RANDOM.normal(size=ROWS)]
WHOLE = [str(number) for number in RANDOM.integers(-50, 50, ROWS)]
CLASSES = [("no", "yes")[number % 2] for number in range(ROWS)]


@pytest.fixture(autouse=True)
def low_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MOST_ROWS_OF_TEXT", 2_500)
    monkeypatch.setattr(packing, "_MOST_SHARED", 400)
    monkeypatch.setattr(levels, "MOST_ROWS_OF_TEXT", 2_500)
    monkeypatch.setattr(levels, "INFERRED_ROWS", 1_000)


def write(path: Path, columns: Mapping[str, Sequence[str]]) -> str:
    lines = [",".join(columns), *map(",".join, zip(*columns.values(), strict=True))]
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def packed(folder: Path, **columns: Sequence[str]) -> ReadResult:
    return read_table(write(folder / "large.csv", columns))


@pytest.mark.parametrize(
    ("cells", "dtype"),
    [
        (WHOLE, "float32"),
        ([("", cell)[row % 3 > 0] for row, cell in enumerate(WHOLE)], "float32"),
        ([str(16_777_217 + 7 * row) for row in range(ROWS)], "float64"),
        ([str(10**18 + row) for row in range(ROWS)], "object"),
        ([f"{row % 1000:03d}" for row in range(ROWS)], "object"),
        ([f"{row % 3}.0" for row in range(ROWS)], "object"),
        (["-0", "+3", "1e3"] * (ROWS // 3), "object"),
        ([f"shop {row % 7}" for row in range(ROWS)], "object"),
        ([f"a text of its own, {row}".replace(",", "") for row in range(ROWS)], "object"),
    ],
)
def test_packed_cells_read_as_they_were_written(tmp_path: Path, cells: list[str], dtype: str) -> None:
    column = packed(tmp_path, cell=cells, other=CLASSES).table["cell"]
    assert column.dtype == dtype
    assert text_cells(column).tolist() == cells


def test_of_fractions_the_numbers_stay(tmp_path: Path) -> None:
    column = packed(tmp_path, size=FRACTIONS, other=CLASSES).table["size"]
    assert column.dtype == np.float32
    np.testing.assert_array_equal(column, np.array(FRACTIONS, dtype=np.float32))
    assert text_cells(column).tolist() == [number_text(float(cell)) for cell in FRACTIONS]


def test_levels_are_one_string_each(tmp_path: Path) -> None:
    column = packed(tmp_path, shop=[f"shop {row % 300}" for row in range(ROWS)], other=CLASSES).table["shop"]
    assert len(set(map(id, column.tolist()))) == 300


@pytest.mark.parametrize("tail", [["word"] * 1000, ["007"] * 10, ["1.5"] * 9 + ["?"] + ["1e400"] * 2000])
def test_a_column_that_is_disproved_further_down_stays_text(tmp_path: Path, tail: list[str]) -> None:
    cells = FRACTIONS[: -len(tail)] + tail
    result = packed(tmp_path, size=cells, other=CLASSES)
    assert result.table["size"].tolist() == cells
    assert result.table["other"].tolist() == CLASSES


def test_all_columns_that_are_disproved_are_named_at_once() -> None:
    codes = [*FRACTIONS[:-10], *["007"] * 10]
    words = [*WHOLE[:-2_000], *["word"] * 1_000, *WHOLE[-1_000:]]
    table = Table({name: np.array(cells, dtype=object) for name, cells in (("codes", codes), ("words", words))})
    stack = Stack()
    for start in range(0, ROWS, 500):
        stack.add(table.take(np.arange(start, start + 500)))
    with pytest.raises(DisprovedError) as raised:
        stack.finish()
    assert set(raised.value.names) == {"codes", "words"}


def test_rows_of_a_test_file_are_packed_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test_file, "MOST_ROWS_OF_TEXT", 2_500)
    result = packed(tmp_path, size=FRACTIONS, shop=WHOLE, good=CLASSES)
    test = write(tmp_path / "test.csv", {"size": ["0.50", "?"], "shop": ["3", ""], "good": ["no", "yes"]})
    dataset = infer_dataset(result, target="good")
    split = dataset.split.model_copy(update={"test_file": test})
    joined, rows = join_test_file(result.table, dataset.model_copy(update={"split": split}))
    assert rows is not None
    assert joined["size"].dtype == np.float32
    np.testing.assert_array_equal(joined["size"][rows], np.array([0.5, np.nan], dtype=np.float32))
    assert text_cells(joined["shop"][rows]).tolist() == ["3", ""]


def test_notes_are_those_of_one_reading(tmp_path: Path) -> None:
    cells = [*FRACTIONS[:-1000], *["word"] * 1000]
    path = tmp_path / "large.csv"
    lines = Path(write(path, {"size": cells, "other": CLASSES})).read_text().splitlines()
    path.write_text("\n".join([*lines[:9], "1.5", *lines[9:]]))
    assert read_table(str(path)).notes == ("1 row had too few cells; the rest of the row is missing.",)


def test_fractions_below_a_long_row_of_zeros_are_packed_once_there_are_many(tmp_path: Path) -> None:
    cells = [*["0.0"] * 3_000, *(f"{row / 7:.3f}" for row in range(3_000))]
    column = packed(tmp_path, late=cells, other=CLASSES).table["late"]
    np.testing.assert_array_equal(column, np.array(cells, dtype=np.float32))


def test_words_among_numbers_are_missing_and_remembered(tmp_path: Path) -> None:
    cells = ["?" if row % 50 == 0 else "unknown" if row % 77 == 0 else cell for row, cell in enumerate(FRACTIONS)]
    result = packed(tmp_path, size=cells, good=CLASSES)
    assert result.table["size"].dtype == np.float32
    assert np.isnan(result.table["size"]).sum() == sum(cell in ("?", "unknown") for cell in cells)
    column = infer_dataset(result, target="good").columns["size"]
    assert column.kind == "number"
    assert column.missing == ["?", "unknown"]
    assert "'?' and 'unknown' count as missing" in column.reason


def test_columns_are_judged_by_a_sample_and_groups_by_all_rows(tmp_path: Path) -> None:
    classes = [*CLASSES[:-3], *["perhaps"] * 3]
    dataset = infer_dataset(packed(tmp_path, size=FRACTIONS, shop=WHOLE, good=classes), target="good")
    assert dataset.columns["size"].kind == "number"
    assert "judged by 1,000 of 6,000 rows" in dataset.columns["size"].reason
    assert "judged" not in dataset.columns["good"].reason
    assert dataset.labels is not None
    assert list(dataset.labels) == ["no", "perhaps", "yes"]


def test_packed_numbers_are_the_models_own_without_a_copy(tmp_path: Path) -> None:
    result = packed(tmp_path, size=FRACTIONS, shop=WHOLE, good=CLASSES)
    dataset = infer_dataset(result, target="good")
    table = type_table(result.table, input_columns(dataset))
    assert np.shares_memory(table["size"], result.table["size"])


def test_whole_numbers_too_large_for_float32_are_whole_again_once_typed(tmp_path: Path) -> None:
    cells = [str(2_000_000_000 + row // 3) for row in range(ROWS)]
    result = packed(tmp_path, number=cells, good=CLASSES)
    typed = type_table(result.table, {"number": ColumnSpec(kind="number", dtype="int64")})
    assert typed["number"].dtype == np.int64
    assert typed["number"].tolist() == list(map(int, cells))


def test_a_missing_cell_among_whole_numbers_is_named_by_its_row(tmp_path: Path) -> None:
    cells = [str(2_000_000_000 + row) for row in range(ROWS)]
    cells[4_321] = ""
    result = packed(tmp_path, number=cells, good=CLASSES)
    with pytest.raises(ColumnError, match="row 4,322 is empty"):
        type_table(result.table, {"number": ColumnSpec(kind="number", dtype="int64")})


def test_what_is_said_to_be_a_category_stays_as_it_is_written(tmp_path: Path) -> None:
    path = write(tmp_path / "large.csv", {"grade": FRACTIONS, "size": FRACTIONS, "good": CLASSES})
    request = Request(path, "good", None, {"Grade": "category"}, {})
    described = describe(read(request), request)
    assert described.source.result.table["grade"].tolist() == FRACTIONS
    assert described.source.result.table["size"].dtype == np.float32


def test_typed_files_keep_whole_numbers_exactly(tmp_path: Path) -> None:
    path = tmp_path / "large.parquet"
    query = "select range + 9007199254740992 as id, range % 5 as stars, range / 3.0 as size from range(6000)"
    duckdb.sql(f"copy ({query}) to '{path}' (format parquet)")
    table = read_table(str(path)).table
    assert table["id"].dtype == np.int64
    assert table["id"].tolist() == list(range(2**53, 2**53 + 6_000))
    assert text_cells(table["stars"]).tolist() == [str(row % 5) for row in range(6_000)]
    np.testing.assert_allclose(table["size"], np.arange(6_000) / 3, rtol=1e-6)


def test_parts_that_lack_a_column_leave_its_cells_missing(tmp_path: Path) -> None:
    rows = [f'{{"size": {row}, "good": "{CLASSES[row]}"}}' for row in range(3_000)]
    (tmp_path / "1.jsonl").write_text("\n".join(rows))
    (tmp_path / "2.jsonl").write_text("\n".join(row[:-1] + ', "late": "x"}' for row in rows))
    (tmp_path / "3.jsonl").write_text("\n".join('{"good": "no"}' for _ in range(10)))
    table = read_table(str(tmp_path)).table
    assert table.rows == 6_010
    assert table["late"].tolist() == [""] * 3_000 + ["x"] * 3_000 + [""] * 10
    assert np.isnan(table["size"]).sum() == 10
