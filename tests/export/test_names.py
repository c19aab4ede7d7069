"""Names of columns in a signature."""

from __future__ import annotations

import keyword
import re

import pytest

from automl_cli.export.names import signature_names


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("age", "age"),
        ("hours_per_week2", "hours_per_week2"),
        ("Fare paid", "Fare_paid"),
        ("Fare paid (£)", "Fare_paid"),
        ("a/b", "a_b"),
        ('"quoted"', "quoted"),
        ("it's", "it_s"),
        ("1st", "column_1st"),
        ("é", "e"),
        ("größe", "gro_e"),
        ("年齢", "column"),
        ("", "column"),
        ("_x", "x"),
        ("class", "column_class"),
        ("True", "column_True"),
        ("self", "column_self"),
    ],
)
def test_a_column_gets_the_closest_name(column: str, name: str) -> None:
    assert signature_names([column]) == {column: name}


def test_names_stay_apart_even_without_case() -> None:
    columns = ["a b", "a_b", "A_B", "a-b", "a_b_2", "年", "月", "", "_", "column", "x" * 300]
    names = signature_names(columns)
    assert list(names) == columns
    assert len({name.casefold() for name in names.values()}) == len(columns)
    assert all(re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII) and not keyword.iskeyword(name) for name in names.values())


def test_a_name_that_is_allowed_is_never_taken_by_another_column() -> None:
    assert signature_names(["a b", "a_b"]) == {"a b": "a_b_2", "a_b": "a_b"}
