"""What is predicted: which column, which task, which classes."""

from __future__ import annotations

import numpy as np
import pytest

from automl_cli.data.dataset import infer_dataset, input_columns
from automl_cli.data.labels import find_classes
from automl_cli.data.levels import count_levels
from automl_cli.data.read import ReadResult
from automl_cli.data.table import Table
from automl_cli.data.target import encode_target, read_target
from automl_cli.data.target_choice import rank_targets, resolve_target
from automl_cli.errors import ColumnError, DataError, TargetError
from automl_cli.spec.dataset import ReadSpec

COLOURS = ["red", "green", "blue", "grey"] * 15


def table_of(**columns: list[str]) -> Table:
    return Table({name: np.array(cells, dtype=object) for name, cells in columns.items()})


def result_of(**columns: list[str]) -> ReadResult:
    return ReadResult(table_of(**columns), ReadSpec(), "things.csv", ())


def read(cells: list[str], name: str = "thing", **options):
    return read_target(name, count_levels(np.array(cells, dtype=object)), **options)


@pytest.mark.parametrize(
    ("name", "cells", "task"),
    [
        ("spam", ["0", "1"] * 30, "binary"),
        ("species", ["a", "b", "c"] * 20, "multiclass"),
        ("digit", [str(n % 10) for n in range(60)], "multiclass"),
        ("method", ["1", "2", "3"] * 20, "multiclass"),
        ("type", ["1", "2", "3", "5", "7"] * 20, "multiclass"),  # gaps, but the name says groups
        ("quality", ["3", "4", "5", "6", "7", "8"] * 10, "regression"),
        ("rating", ["1", "2", "3", "4", "5"] * 10, "regression"),
        ("foo", [str(10 * (n % 11)) for n in range(66)], "regression"),
        ("class", [str(n) for n in range(6, 126)], "regression"),
        ("box office", ["$56.7M", "$537K", "-", "$1M"] * 10, "regression"),
        ("life", [f"{n},5" for n in range(60)], "regression"),
        ("age", ["18-29", "30-44", "> 60"] * 20, "multiclass"),
    ],
)
def test_the_task_follows_from_the_values(name: str, cells: list[str], task: str) -> None:
    reading = read(cells, name)
    assert reading.task == task
    assert reading.reason


def test_the_task_can_be_declared() -> None:
    assert read(["3", "4", "5", "6"] * 10, "quality", task="multiclass").task == "multiclass"
    assert read(["0", "1", "2"] * 10, "class", task="regression").labels is None
    assert read(["3", "4", "5", "6"] * 10, "quality", kind="category").task == "multiclass"
    with pytest.raises(TargetError, match=r"declared regression but 10 of 20 .* cells are words"):
        read(["1", "yes"] * 10, task="regression")
    with pytest.raises(TargetError, match="declared binary but has 3 classes"):
        read(["a", "b", "c"] * 10, task="binary")


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["yes"] * 20, "'yes' in every row"),
        (["", "NA"] * 10, "empty in all 20 rows"),
        ([f"word {n}" for n in range(60)], "60 values in 60 rows"),
    ],
)
def test_nothing_to_predict(cells: list[str], message: str) -> None:
    with pytest.raises(TargetError, match=message):
        read(cells)


@pytest.mark.parametrize(
    ("cells", "classes"),
    [
        (["fire", "fire ", "Fire.", "not fire"], {"not fire": 1, "fire": 3}),
        (["Yes", "yes", "Y", "true", "1", "No", "n", "0"], {"no": 3, "yes": 5}),
        (["1", "1.0", "2"], {"1": 2, "2": 1}),
        (["10", "9", "1"], {"1": 1, "9": 1, "10": 1}),
        (["High", "Low", "Medium"], {"Low": 1, "Medium": 1, "High": 1}),
        (["a", "A"], {"A": 1, "a": 1}),  # two letters of the alphabet
    ],
)
def test_spellings_of_one_class_are_joined_and_classes_put_in_order(cells: list[str], classes: dict[str, int]) -> None:
    found = find_classes(count_levels(np.array(cells, dtype=object)))
    assert list(found.rows.items()) == list(classes.items())


def test_a_full_stop_behind_every_label_is_not_part_of_it() -> None:
    reading = read(["<=50K.", ">50K."] * 20)
    assert reading.labels == {"<=50K": ["<=50K", "<=50K."], ">50K": [">50K", ">50K."]}


def test_a_class_of_one_row_is_set_aside() -> None:
    dataset = infer_dataset(result_of(colour=[*COLOURS, "red"], sex=[*["m", "f"] * 30, "Response"]), target="sex")
    target = encode_target(table_of(colour=["red"] * 4, sex=["f", "m", "Response", ""]), dataset)
    assert dataset.task == "binary"
    assert target.classes == ("f", "m")
    assert target.values.tolist() == [0, 1, -1, -1]
    assert target.usable.tolist() == [True, True, False, False]


def test_amounts_are_parsed_and_missing_ones_set_aside() -> None:
    dataset = infer_dataset(result_of(colour=COLOURS, price=["$1,200", "$15", "-", "$7.5"] * 15), target="price")
    target = encode_target(table_of(colour=["red"] * 3, price=["$2,000.5", "-", "soon"]), dataset)
    assert target.classes == ()
    assert target.values[0] == 2000.5
    assert target.usable.tolist() == [True, False, False]


def test_the_target_is_found_as_people_type_it() -> None:
    names = ("a", " Unemployment Rate (%)", "Classes  ")
    assert resolve_target(names, "classes") == "Classes  "
    assert resolve_target(names, "unemployment rate (%)") == " Unemployment Rate (%)"
    assert resolve_target(names, "2") == "Classes  "
    with pytest.raises(TargetError, match="no column 'Clases'") as caught:
        resolve_target(names, "Clases")
    assert "Classes" in str(caught.value.hint)


def test_a_target_that_nobody_named_is_chosen_by_name_then_by_place() -> None:
    numbers = [str(n % 7 + 0.5) for n in range(60)]
    sizes = [str(n % 9) for n in range(60)]
    assert infer_dataset(result_of(label=["a", "b"] * 30, size=numbers)).target == "label"
    assert infer_dataset(result_of(Survived=["0", "1"] * 30, size=numbers, port=["s", "c"] * 30)).target == "Survived"
    assert infer_dataset(result_of(size=numbers, weight=sizes)).target == "weight"
    assert rank_targets(table_of(x=numbers, y=sizes, price=numbers))[0].name == "price"


def test_no_obvious_target_is_an_error_that_names_candidates() -> None:
    numbers = [str(n % 7 + 0.5) for n in range(60)]
    with pytest.raises(TargetError) as caught:
        infer_dataset(result_of(mpg=numbers, weight=numbers, name=[f"car number {n}" for n in range(60)]))
    assert "'mpg'" in str(caught.value.hint)


def test_a_copy_of_the_target_is_ignored_and_a_declared_one_is_kept() -> None:
    answers = ["Yes", "No", "Yes", "Yes"] * 15
    result = result_of(colour=COLOURS, again=[answer.lower() for answer in answers], answer=answers)
    copied = result_of(colour=COLOURS, again=answers, answer=answers)
    assert set(input_columns(infer_dataset(copied, target="answer"))) == {"colour"}
    assert "again" in input_columns(infer_dataset(copied, target="answer", kinds={"again": "boolean"}))
    assert "again" in input_columns(
        infer_dataset(result, target="answer")
    )  # another spelling is for the check of leaks


def test_what_cannot_be_learned_from_is_refused_in_one_line() -> None:
    with pytest.raises(DataError, match="it is the only one"):
        infer_dataset(result_of(answer=["a", "b"] * 10), target="answer")
    with pytest.raises(DataError, match="'n' say nothing"):
        infer_dataset(result_of(n=["x"] * 20, answer=["a", "b"] * 10), target="answer")
    with pytest.raises(ColumnError, match="no column 'agee'"):
        infer_dataset(result_of(age=COLOURS, answer=["a", "b"] * 30), target="answer", kinds={"agee": "number"})


def test_one_decimal_comma_settles_the_file() -> None:
    dataset = infer_dataset(
        result_of(a=["1,5", "2,25"] * 30, b=["1,234", "5,678", "9,125"] * 20, answer=["a", "b"] * 30), target="answer"
    )
    number = dataset.columns["b"].number
    assert number is not None
    assert number.decimal == ","
