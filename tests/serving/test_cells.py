"""Counting cells that mean nothing to a model."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from automl_cli.data.table import Table
from automl_cli.errors import ColumnError
from automl_cli.export.interface import InputColumn, Interface
from automl_cli.serving.cells import RowCounts, count_unseen, drop_unreadable
from automl_cli.spec.dataset import ColumnSpec, NumberFormat


def text(*cells: str) -> np.ndarray:
    return np.array(cells, object)


def test_categories_that_did_not_occur_in_training_are_counted() -> None:
    columns = {
        "city": ColumnSpec(kind="category", missing=["?"]),
        "size": ColumnSpec(kind="category", fold_case=True),
        "name": ColumnSpec(kind="category"),
    }
    levels = {"city": ("Bonn", "Köln"), "size": ("S", "M"), "name": None}
    inputs = tuple(InputColumn(name, name, "string", "category", "", levels[name]) for name in columns)
    table = Table(
        {
            "city": text("Bonn", "bonn", "?", "", "Ulm", "Ulm "),
            "size": text("s", "M", "m", "S", "", "XL"),
            "name": text("a", "b", "c", "d", "e", "f"),
        }
    )
    counts = count_unseen(table, columns, interface=Interface(inputs, target="y", task="regression"))
    assert counts == {"city": 3, "size": 1}


def test_cells_that_are_no_number_and_no_date_are_counted() -> None:
    columns = {
        "age": ColumnSpec(kind="number", dtype="float32", missing=["n/a"]),
        "price": ColumnSpec(kind="number", number=NumberFormat(thousands=","), missing=["free"]),
        "day": ColumnSpec(kind="datetime", datetime="%Y-%m-%d"),
        "note": ColumnSpec(kind="text"),
    }
    raw = Table(
        {
            "age": text("3", "n/a", "", "old"),
            "price": text("$1,200", "free", "", "cheap"),
            "day": text("2024-02-29", "2023-02-29", "soon", ""),
            "note": text("a", "b", "c", "d"),
        }
    )
    readable, counts = drop_unreadable(raw, columns)
    assert counts == {"age": 1, "price": 1, "day": 2}
    assert {name: readable[name].tolist() for name in columns} == {
        "age": ["3", "n/a", "", ""],
        "price": ["$1,200", "free", "", ""],
        "day": ["2024-02-29", "", "", ""],
        "note": ["a", "b", "c", "d"],
    }


def test_a_column_that_is_written_in_another_way_is_refused() -> None:
    columns = {"price": ColumnSpec(kind="number", dtype="float32")}
    raw = Table({"price": text(*["3,14"] * 8, "3", "4")})
    with pytest.raises(ColumnError, match=r"8 of 10 \(80 %\) cells cannot be read so \(first: '3,14'\)"):
        drop_unreadable(raw, columns)
    assert drop_unreadable(raw.take(np.arange(7)), columns)[1] == {"price": 7}


def test_numbers_of_a_typed_file_are_never_unreadable() -> None:
    table = Table({"age": np.array([1, np.nan], np.float32)})
    readable, counts = drop_unreadable(table, {"age": ColumnSpec(kind="number", dtype="float32")})
    assert readable["age"] is table["age"]
    assert counts == {}


def test_counts_add_up_and_become_sentences() -> None:
    total = RowCounts(2, Counter(city=1)) + RowCounts(3, Counter(city=1200), Counter(age=1))
    assert total.rows == 5
    assert total.remarks() == (
        "Column 'city': 1,201 cells of a category that did not occur in training.",
        "Column 'age': 1 cell could not be read and went in as missing.",
    )
