"""What a column is taken for, and why; and what happens when the user knows better."""

from __future__ import annotations

import numpy as np
import pytest

from automl_cli.data.cast import type_table
from automl_cli.data.declare import declare_column
from automl_cli.data.kinds import infer_column
from automl_cli.data.levels import count_levels
from automl_cli.data.order import find_order
from automl_cli.data.table import Table
from automl_cli.errors import ColumnError
from automl_cli.records import Kind
from automl_cli.spec.dataset import ColumnSpec

RANDOM = np.random.default_rng(0)
NAMES = [
    f"{first} {last}" for first in ("Ann", "Bob", "Cid", "Dora") for last in ("Lee", "May", "Poe", "Ray", "Sue", "Tam")
]


def column(cells: list[str]) -> np.ndarray:
    return np.array(cells, dtype=object)


def infer(cells: list[str], name: str = "thing", *, is_first: bool = False) -> ColumnSpec:
    return infer_column(name, count_levels(column(cells)), is_first=is_first)


@pytest.mark.parametrize(
    ("name", "cells", "kind"),
    [
        ("rooms", [str(n % 6 + 1) for n in range(60)], "number"),
        ("year", [str(1950 + n) for n in range(60)], "number"),
        ("zip", [f"{n:05d}" for n in range(100, 140)] * 3, "category"),
        ("zip code", [str(90000 + n % 30) for n in range(60)], "category"),
        ("Pclass", [str(n % 3 + 1) for n in range(60)], "category"),
        ("code count", [str(n % 30 + 1) for n in range(60)], "number"),
        ("survived", ["0", "1"] * 30, "boolean"),
        ("paid", ["Yes", "no", "Y", "TRUE", "0", ""] * 10, "boolean"),
        ("letter", ["t", "n"] * 30, "category"),  # one half of each of two pairs
        ("surgery", ["1", "2"] * 30, "category"),
        ("size", ["small", "large", "medium"] * 20, "category"),
        ("when", ["2020-01-31", "2020-02-01"] * 30, "datetime"),
        ("population", [str(n) for n in RANDOM.permutation(10**6)[:60]], "number"),
        ("PassengerId", [str(n) for n in RANDOM.permutation(60)], "identifier"),
        ("instant", [str(n) for n in range(60)], "identifier"),
        ("column_0", [str(n) for n in RANDOM.permutation(10**6)[:60]], "identifier"),
        ("uid", [f"A-{n:04x}" for n in range(60)], "identifier"),
        ("site", [f"http://example.org/{n}" for n in range(60)], "identifier"),
        ("name", NAMES, "text"),
        ("city", NAMES * 5, "category"),
        ("review", [f"it was the {n}th best of all the things that I have bought" for n in range(60)], "text"),
        ("unit", ["kg"] * 60, "constant"),
        ("nothing", ["", "NA", "?"] * 20, "constant"),
        ("chosen", ["pie"] * 20 + [""] * 40, "category"),  # a box that was ticked or not
    ],
)
def test_kinds(name: str, cells: list[str], kind: Kind) -> None:
    spec = infer(cells, name, is_first=name == "column_0")
    assert (spec.kind, bool(spec.reason)) == (kind, True)


def test_a_row_count_under_no_telling_name_needs_many_rows() -> None:
    assert infer([str(n) for n in range(12)], "size").kind == "number"


def test_a_number_column_with_one_bad_cell_says_so() -> None:
    spec = infer(["fire", *map(str, range(200, 444, 2))], "heat index")
    assert spec.kind == "number"
    assert spec.missing == ["fire"]
    assert "'fire'" in spec.reason


def test_a_stray_cell_among_yes_and_no_is_missing() -> None:
    spec = infer(["Response", *["Yes", "No"] * 40])
    assert spec.kind == "boolean"
    assert spec.missing == ["Response"]


def test_a_plus_makes_a_minus_a_value() -> None:
    assert infer(["+", "-"] * 30).missing == []
    assert infer(["a", "b", "-"] * 20).missing == ["-"]


def test_none_is_an_answer_among_words_and_a_hole_among_numbers() -> None:
    assert infer(["None", "Stone", "Brick"] * 20).missing == []
    assert infer(["None", *map(str, range(60))]).missing == ["None"]


def test_numbers_that_mean_missing_are_listed() -> None:
    spec = infer(["-200"] * 5 + [f"{n / 10}" for n in range(100)])
    assert spec.missing == ["-200"]
    assert "-200" in spec.reason


def test_levels_that_differ_in_case_are_one() -> None:
    spec = infer(["Windows", "windows", "Linux"] * 20)
    assert spec.fold_case
    assert spec.reason.startswith("2 values")


def test_whole_numbers_are_int64_only_where_float32_would_merge_them() -> None:
    seconds = [str(1_600_000_000 + 7 * n) for n in RANDOM.permutation(200)]
    assert infer(seconds, "moment").dtype == "int64"
    assert infer([*seconds, ""], "moment").dtype == "float32"
    assert infer([str(20_000_000 * n) for n in range(60)], "budget").dtype == "float32"


def test_typed_cells_are_judged_like_written_ones() -> None:
    codes = np.array([1.0, 2.0, 3.0, np.nan] * 20)
    assert infer_column("Pclass", count_levels(codes)).kind == "category"
    assert infer_column("rooms", count_levels(codes)).kind == "number"


@pytest.mark.parametrize(
    ("levels", "order"),
    [
        (["high", "low", "medium"], ("low", "medium", "high")),
        (["Very_High", "Low", "High", "Medium"], ("Low", "Medium", "High", "Very_High")),
        (["Good", "Poor", "Fair", "No_Basement", "Excellent"], ("Poor", "Fair", "Good", "Excellent")),
        (["> 60", "18-29", "45-60", "30-44"], ("18-29", "30-44", "45-60", "> 60")),
        (["$25,000 - $49,999", "$0 - $24,999", "$150,000+"], ("$0 - $24,999", "$25,000 - $49,999", "$150,000+")),
        (["10+ years", "< 1 year", "2 years"], ("< 1 year", "2 years", "10+ years")),
        ([">=200", "<0", "0<=X<200", "no checking"], ("<0", "0<=X<200", ">=200")),
        (["B2", "A1", "G5", "C3"], ("A1", "B2", "C3", "G5")),
        (["red", "green", "blue"], None),
        (["2013FAIL", "2014PASS", "2015FAIL"], None),
    ],
)
def test_ordered_words(levels: list[str], order: tuple[str, ...] | None) -> None:
    assert find_order(levels) == order


def declare(cells: list[str], kind: Kind) -> ColumnSpec:
    return declare_column("age", column(cells), levels=count_levels(column(cells)), kind=kind)


def test_a_declared_kind_is_believed() -> None:
    assert declare(["1", "2", "3"] * 10, "category").kind == "category"
    assert declare(["red", "green"] * 10, "ignored").kind == "ignored"
    assert declare(["1", "0"] * 10, "number").dtype == "float32"
    assert declare(["m", "f"] * 10, "boolean").kind == "boolean"


def test_an_impossible_declaration_shows_the_first_cell_that_forbids_it() -> None:
    with pytest.raises(ColumnError, match=r"declared number but 12 of 30 .*first: 'old', row 3"):
        declare(["1", "2", "old", "3", "young"] * 6, "number")
    with pytest.raises(ColumnError, match=r"'age' is declared datetime .*'1', row 1"):
        declare(["1", "2", "3"] * 10, "datetime")
    with pytest.raises(ColumnError, match="declared boolean but holds 3 values"):
        declare(["1", "2", "3"] * 10, "boolean")


def test_typing_gives_exactly_what_the_spec_names() -> None:
    table = Table(
        {"a": column(["1", "?", ""]), "b": column(["x", "?", ""]), "c": np.array([1, 2, 3]), "d": column(["1"] * 3)}
    )
    columns = {
        "b": ColumnSpec(kind="category", missing=["?"]),
        "a": ColumnSpec(kind="number", dtype="float32", missing=["?"]),
        "c": ColumnSpec(kind="category"),
    }
    typed = type_table(table, columns)
    assert typed.names == ("b", "a", "c")
    assert typed["a"].dtype == np.float32
    assert np.isnan(typed["a"]).tolist() == [False, True, True]
    assert typed["b"].tolist() == ["x", "?", ""]  # the model knows its marks
    assert typed["c"].tolist() == ["1", "2", "3"]


def test_typing_refuses_what_the_model_cannot_take() -> None:
    number = {"age": ColumnSpec(kind="number", dtype="float32")}
    with pytest.raises(ColumnError, match="'age' is missing"):
        type_table(Table({"other": column(["1"])}), number)
    with pytest.raises(ColumnError, match=r"2 of 3 .*first: 'old', row 2"):
        type_table(Table({"age": column(["1", "old", "young"])}), number)
    with pytest.raises(ColumnError, match="row 2 is empty"):
        type_table(Table({"age": column(["1", ""])}), {"age": ColumnSpec(kind="number", dtype="int64")})
