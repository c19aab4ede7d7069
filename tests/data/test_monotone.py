"""Directions of columns: what a flag and a spec say together, and of which columns nothing can be said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from automl_cli.data.described import Described, Request, describe, read
from automl_cli.errors import AutomlError, ColumnError, UsageError
from automl_cli.spec.files import dump_dataset
from automl_cli.spec.monotone import directions_of, tell_directions

TABLE = "area,age,city,sold,price\n" + "".join(
    f"{20 + n * 7 % 97}.5,{n % 41}.25,{'abc'[n % 3]},{'yes' if n % 3 else 'no'},{100 + n * 11 % 89}.5\n"
    for n in range(120)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data.csv").write_text(TABLE)
    return tmp_path


def described(
    source: Path, target: str | None = "price", *, task: Any = None, kinds: Any = None, **said: Any
) -> Described:
    request = Request(str(source), target, task, kinds or {}, {}, said)
    return describe(read(request), request)


def write(dataset: Any, folder: Path) -> Path:
    path = folder / "spec.yaml"
    path.write_text(dump_dataset(dataset.model_copy(update={"data": "data.csv"})))
    return path


def test_a_direction_is_declared_by_whatever_names_the_column(folder: Path) -> None:
    dataset = described(folder / "data.csv", **{"AREA ": "increasing", "1": "decreasing"}).dataset
    assert directions_of(dataset) == {"area": "increasing", "age": "decreasing"}
    told = "The predicted price never falls as 'area' grows and never rises as 'age' grows"
    assert tell_directions(dataset) == f"{told}: kept by every part of the model."
    assert directions_of(described(folder / "data.csv").dataset) == {}
    assert tell_directions(described(folder / "data.csv").dataset) is None


def test_of_two_classes_it_is_the_second_that_is_spoken_of(folder: Path) -> None:
    told = tell_directions(described(folder / "data.csv", "sold", area="decreasing").dataset)
    assert told is not None
    assert told.startswith("The predicted probability of 'yes' never rises as 'area' grows")


def test_what_a_spec_says_holds_unless_a_flag_or_another_target_says_more(folder: Path) -> None:
    spec = write(described(folder / "data.csv", area="increasing").dataset, folder)
    assert directions_of(described(spec, None).dataset) == {"area": "increasing"}
    assert directions_of(described(spec, None, area="decreasing").dataset) == {"area": "decreasing"}
    assert directions_of(described(spec, None, age="decreasing").dataset) == {"area": "increasing", "age": "decreasing"}
    # All else is inferred anew in these.
    assert directions_of(described(spec, None, kinds={"area": "number"}).dataset) == {"area": "increasing"}
    assert directions_of(described(spec, "price").dataset) == {"area": "increasing"}
    assert directions_of(described(spec, None, task="regression").dataset) == {"area": "increasing"}
    assert directions_of(described(spec, "sold").dataset) == {}


@pytest.mark.parametrize(
    ("target", "column", "error", "message"),
    [
        ("price", "size", ColumnError, "no column 'size'"),
        ("price", "city", UsageError, "'city' can have no direction: its kind is category, not number"),
        ("price", "price", UsageError, "'price' can have no direction: it is the target"),
        ("city", "area", UsageError, "'area' can have no direction: of several classes"),
    ],
)
def test_what_can_have_no_direction(
    folder: Path, target: str, column: str, error: type[AutomlError], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        described(folder / "data.csv", target, **{column: "increasing"})
    assert caught.value.hint


def test_a_directed_number_that_is_said_to_be_a_category_is_refused(folder: Path) -> None:
    spec = write(described(folder / "data.csv", area="increasing").dataset, folder)
    with pytest.raises(UsageError, match="its kind is category"):
        described(spec, None, kinds={"area": "category"})
