"""dataset.yaml: what is written comes back, and what is wrong is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from automl_cli.errors import UsageError
from automl_cli.spec.dataset import ColumnSpec, DatasetSpec, NumberFormat, ReadSpec, SplitSpec
from automl_cli.spec.files import dump_dataset, load_dataset, parse_dataset
from automl_cli.spec.schema import dataset_schema
from automl_cli.spec.search import SearchSettings

DATASET = DatasetSpec(
    data="data/things #1.csv",
    read=ReadSpec(delimiter=";", encoding="cp1252"),
    target="yes or no: 'really'?",
    task="binary",
    task_reason="it has two values, 'no' and 'yes'",
    labels={"no": ["no", "0", "N/A: #2"], "yes": ["yes", "true"]},
    columns={
        "age": ColumnSpec(kind="number", reason="712 numbers; # of missing: 3", dtype="float32", missing=["-999", "?"]),
        "price": ColumnSpec(kind="number", reason="with $", number=NumberFormat(thousands=","), monotone="increasing"),
        "true": ColumnSpec(kind="category", reason="in order", order=["low", "mid", "high"], fold_case=True),
        "when": ColumnSpec(kind="datetime", reason="dates", datetime="%d.%m.%Y"),
        "two\nlines: of text": ColumnSpec(kind="text"),
        "q" * 1200: ColumnSpec(kind="ignored", reason="a very long question"),
        "yes or no: 'really'?": ColumnSpec(kind="boolean", reason="two values"),
    },
    split=SplitSpec(group="age"),
    search=SearchSettings(time=90.0, hyperparameters={"learning_rate": 1e-3, "units": 3, "norm": True, "name": "relu"}),
)
SMALL = """\
data: x.csv
target: a
task: regression
columns:
  a: {kind: number}
  b:
    kind: category
"""


def test_what_is_written_is_read_back_reasons_included() -> None:
    assert parse_dataset(dump_dataset(DATASET)) == DATASET


def test_other_readers_of_yaml_agree() -> None:
    values = yaml.safe_load(dump_dataset(DATASET))
    assert list(values["columns"]) == list(DATASET.columns)
    assert values["labels"] == DATASET.labels


def test_reasons_stand_beside_what_they_explain() -> None:
    lines = dump_dataset(DATASET).splitlines()
    assert "    kind: number  # 712 numbers; # of missing: 3" in lines
    assert "task: binary  # it has two values, 'no' and 'yes'" in lines


def test_words_stay_words_and_hyperparameters_have_types() -> None:
    text = SMALL.replace("kind: number", "kind: number, missing: [007, -999, no]")
    dataset = parse_dataset(
        text + "search: {hyperparameters: {a: 3, b: 1e-3, c: true, d: 'true'}, time: 5m, seed: 0}\n"
    )
    assert dataset.columns["a"].missing == ["007", "-999", "no"]
    assert dataset.search.hyperparameters == {"a": 3, "b": 0.001, "c": True, "d": "true"}
    assert dataset.search.time == 300.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SMALL.replace("category", "categry"), r"line 7: columns\.b\.kind: .*not 'categry'"),
        (SMALL + "    sort: up\n", r"line 8: columns\.b\.sort: there is no such setting"),
        (SMALL.replace("target: a\n", ""), r"line 1: target: this is missing"),
        (SMALL.replace("target: a", "target: c"), "line 2: target: there is no column 'c'"),
        (SMALL.replace("regression", "binary"), "line 3: task: a binary task needs 'labels'"),
        (SMALL + "    dtype: float32\n", r"line 8: columns\.b\.dtype: a category reaches the model as string"),
        (SMALL.replace("category", "datetime"), r"line 7: columns\.b\.kind: a datetime needs its format"),
        (SMALL + "    monotone: up\n", r"line 8: columns\.b\.monotone: Input should be 'increasing' or 'decreasing'"),
        (
            SMALL + "    monotone: increasing\n",
            r"line 8: columns\.b\.monotone: 'b' can have no direction: its kind is cat",
        ),
        (SMALL.replace("number", "number, monotone: decreasing"), r"line 5: columns\.a\.monotone: .*it is the target"),
        (SMALL + "  b: {kind: text}\n", "line 8: the key 'b' occurs twice"),
        (SMALL + "search: {time: 5x}\n", "line 8: search.time: '5x' is not a duration"),
        (SMALL + " bad\n", "line [89]: this is not YAML"),
        ("just words", "has the keys data, target"),
    ],
)
def test_errors_name_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "dataset.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=message) as caught:
        load_dataset(path)
    assert str(path) in caught.value.message


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(UsageError, match=r"no file 'nowhere\.yaml'"):
        load_dataset(Path("nowhere.yaml"))


def test_the_schema_knows_what_the_file_may_say() -> None:
    schema = dataset_schema()
    assert schema["required"] == ["data", "target", "task", "columns"]
    assert "datetime" in schema["$defs"]["ColumnSpec"]["properties"]["kind"]["enum"]
