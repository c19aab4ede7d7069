"""What an exported model says of itself."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from automl_cli.data.table import Table
from automl_cli.errors import ExportError
from automl_cli.export.interface import (
    MAX_LEVELS,
    InputColumn,
    Interface,
    describe_inputs,
    read_interface,
    to_document,
)
from automl_cli.spec.dataset import ColumnSpec


def test_columns_are_described_by_what_is_typical() -> None:
    table = Table(
        {
            "fare paid": np.array([7.1, np.nan, 8.3, 900], np.float32),
            "serial": np.array([2**40, 2**40 + 2, 2**40 + 4, 5], np.int64),
            "city": np.array(["Ulm", "Bonn", "", "?"], object),
            "note": np.array(["", "", "so", ""], object),
        }
    )
    columns = {
        "fare paid": ColumnSpec(kind="number", dtype="float32"),
        "serial": ColumnSpec(kind="number", dtype="int64"),
        "city": ColumnSpec(kind="category", missing=["?"]),
        "note": ColumnSpec(kind="text"),
    }
    assert describe_inputs(table, columns) == (
        InputColumn("fare paid", "fare_paid", "float32", "number", 8.3),
        InputColumn("serial", "serial", "int64", "number", 2**40 + 1),
        InputColumn("city", "city", "string", "category", "Ulm", ("Bonn", "Ulm")),
        InputColumn("note", "note", "string", "text", "so"),
    )


def test_columns_without_a_cell_or_with_too_many_levels_are_described_too() -> None:
    table = Table(
        {
            "empty": np.full(MAX_LEVELS + 1, np.nan, np.float32),
            "blank": np.full(MAX_LEVELS + 1, "", object),
            "many": np.array([f"level {number}" for number in range(MAX_LEVELS + 1)], object),
        }
    )
    columns = {
        "empty": ColumnSpec(kind="number", dtype="float32"),
        "blank": ColumnSpec(kind="category"),
        "many": ColumnSpec(kind="category"),
    }
    empty, blank, many = describe_inputs(table, columns)
    assert (empty.example, blank.example, blank.levels, many.levels) == (0.0, "", (), None)


def test_the_document_says_all_that_there_is(tmp_path: Path) -> None:
    inputs = (InputColumn("größe", "gro_e", "string", "category", "klein", ("groß", "klein")),)
    interface = Interface(inputs, target="y", task="binary", classes=("no", "yes"))
    (tmp_path / "automl.json").write_text(to_document(interface, {"loss": float("nan")}), encoding="utf-8")
    assert read_interface(tmp_path) == interface
    document = json.loads((tmp_path / "automl.json").read_text("utf-8"))
    assert document["about"] == {"loss": None}
    assert list(document["outputs"]) == ["label", "probabilities"]


def test_what_is_no_bundle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no exported model"):
        read_interface(tmp_path)
    (tmp_path / "automl.json").write_text('{"format": 1}')
    with pytest.raises(ExportError, match="damaged"):
        read_interface(tmp_path)
    (tmp_path / "automl.json").write_text('{"format": 99}')
    with pytest.raises(ExportError, match="newer version"):
        read_interface(tmp_path)
