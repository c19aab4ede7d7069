"""Finding the columns of a model in a file."""

from __future__ import annotations

import pytest

from automl_cli.errors import ColumnError
from automl_cli.serving.columns import match_columns


def test_order_blanks_case_and_further_columns_do_not_matter() -> None:
    found = match_columns(["age", "Fare  paid", "city"], ["id", " CITY ", "fare paid", "age"])
    assert found == {"age": "age", "Fare  paid": "fare paid", "city": " CITY "}


def test_the_exact_name_wins() -> None:
    assert match_columns(["age", "Age"], ["Age", "age"]) == {"age": "age", "Age": "Age"}


def test_a_number_is_a_name_and_no_position() -> None:
    with pytest.raises(ColumnError, match="'1'"):
        match_columns(["1"], ["a", "b"])


def test_two_columns_that_fit_alike_are_not_guessed_between() -> None:
    with pytest.raises(ColumnError, match="'age'"):
        match_columns(["age"], ["Age", "AGE"])


def test_all_missing_columns_are_named_with_those_that_come_close() -> None:
    with pytest.raises(ColumnError) as caught:
        match_columns(["income", "age", "city"], ["incme", "city", "weight"])
    assert caught.value.message == "2 of the 3 columns that the model needs are missing: 'income', 'age'."
    assert caught.value.hint == "close: the file's 'incme' for 'income'"


def test_without_a_close_name_the_hint_lists_what_there_is() -> None:
    with pytest.raises(ColumnError) as caught:
        match_columns(["age"], ["weight", "city"])
    assert caught.value.hint == "other columns of the file: 'weight', 'city'"
