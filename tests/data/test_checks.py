"""What the checks notice, and that they keep quiet where nothing is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from automl_cli.data.checks import many_rows, run_checks
from automl_cli.data.checks.leak import accuracy_within, variance_within
from automl_cli.data.dataset import infer_dataset
from automl_cli.data.read import ReadResult
from automl_cli.data.split import make_split
from automl_cli.data.table import Table
from automl_cli.data.target import encode_target
from automl_cli.records import Finding
from automl_cli.spec.dataset import ReadSpec

RANDOM = np.random.default_rng(0)
ROWS = 400
NOISE = {
    "width": RANDOM.normal(size=ROWS).round(4).astype(str).tolist(),
    "colour": RANDOM.choice(["red", "green", "blue"], ROWS).tolist(),
}
ANSWERS = np.where(RANDOM.random(ROWS) < 0.4, "yes", "no").tolist()
AMOUNTS = RANDOM.normal(100, 20, ROWS).round(3)


def check(target: str = "answer", **columns: list[str]) -> dict[str, Finding]:
    return check_table(Table({name: np.array(cells, dtype=object) for name, cells in columns.items()}), target)


def check_table(table: Table, target: str = "answer") -> dict[str, Finding]:
    dataset = infer_dataset(ReadResult(table, ReadSpec(), "things.csv", ()), target=target)
    encoded = encode_target(table, dataset)
    findings = run_checks(table, encoded, dataset=dataset, split=make_split(encoded))
    return {finding.code: finding for finding in findings}


def texts(numbers: np.ndarray) -> list[str]:
    return [repr(number) for number in numbers.tolist()]


def test_an_honest_table_raises_no_finding() -> None:
    assert check(**NOISE, answer=ANSWERS) == {}
    assert check(**NOISE, answer=texts(AMOUNTS)) == {}


def test_a_relabelling_of_the_target_is_a_leak() -> None:
    grades = ["pass: " + "abc"[n % 3] if answer == "yes" else "fail" for n, answer in enumerate(ANSWERS)]
    finding = check(**NOISE, grade=grades, answer=ANSWERS)["leak"]
    assert finding.severity == "warning"
    assert finding.columns == ("grade",)


def test_a_column_that_is_answered_only_after_a_yes_is_a_leak() -> None:
    how = [RANDOM.choice(["rare", "medium", "well"]) if answer == "yes" else "" for answer in ANSWERS]
    assert check(**NOISE, how=how, answer=ANSWERS)["leak"].columns == ("how",)


def test_a_multiple_of_an_amount_is_a_leak_and_its_parts_are_too() -> None:
    part = RANDOM.uniform(20, 80, ROWS).round(3)
    assert check(**NOISE, cents=texts(100 * AMOUNTS), answer=texts(AMOUNTS))["leak"].columns == ("cents",)
    found = check(**NOISE, part=texts(part), rest=texts(AMOUNTS - part), answer=texts(AMOUNTS))["leak"]
    assert found.columns == ("part", "rest")


def test_a_column_of_distinct_words_is_no_leak() -> None:
    words = [f"w{n // 2}" for n in range(ROWS)]
    assert "leak" not in check(**NOISE, word=words, answer=ANSWERS)


def test_a_copy_of_the_target_is_left_out_with_a_warning() -> None:
    finding = check(**NOISE, again=ANSWERS, answer=ANSWERS)["target-copy"]
    assert finding.columns == ("again",)
    assert "left out" in finding.message


def test_rows_that_repeat_across_the_test_are_counted() -> None:
    columns = {name: cells[: ROWS // 2] * 2 for name, cells in {**NOISE, "answer": ANSWERS}.items()}
    finding = check(**columns)["duplicate-rows"]
    assert finding.severity == "warning"
    assert finding.message.startswith("200 of 400 (50 %) rows")


def test_rows_of_numbers_that_repeat_are_counted_too() -> None:
    numbers = RANDOM.normal(size=ROWS // 2)
    numbers[:20] = np.nan
    numbers[20:40] = 0.0
    columns = {
        "width": np.concatenate([numbers, np.where(numbers == 0.0, -0.0, numbers)]).astype(np.float32),
        "answer": np.array(ANSWERS[: ROWS // 2] * 2, dtype=object),
    }
    # Missing and zero are 40 of them, and differ at most in the answer.
    assert check_table(Table(columns))["duplicate-rows"].message.startswith("236 of 400 (59 %) rows")
    columns["height"] = RANDOM.normal(size=ROWS)
    assert "duplicate-rows" not in check_table(Table(columns))


def test_it_is_said_that_columns_are_measured_by_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = {**NOISE, "answer": ANSWERS}
    assert "many-rows" not in check(**columns)
    monkeypatch.setattr(many_rows, "MOST_FITTED_ROWS", 150)
    assert "150 of 256 training rows" in check(**columns)["many-rows"].message


def test_columns_that_say_nothing_are_listed() -> None:
    found = check(
        **NOISE,
        user_id=[str(n) for n in RANDOM.permutation(ROWS)],
        unit=["kg"] * ROWS,
        note=[*["seen"] * 30, *["heard"] * 30, *[""] * (ROWS - 60)],
        answer=ANSWERS,
    )
    assert found["identifier"].columns == ("user_id",)
    assert found["constant"].columns == ("unit",)
    assert found["mostly-missing"].columns == ("note",)


def test_rare_classes_are_named() -> None:
    assert (
        check(**NOISE, answer=["rare" if n % 20 == 0 else "common" for n in range(ROWS)])["imbalance"].severity
        == "warning"
    )
    small = check(**NOISE, answer=["a", "b", *["c"] * 5, *["b", "a"] * 195, *["b"] * 3])["small-class"]
    assert "'c'" in small.message


def test_rows_without_a_usable_target_are_counted() -> None:
    found = check(**NOISE, answer=["Response", *[""] * 39, *ANSWERS[40:]])
    assert "39 of 400" in found["target-missing"].message
    assert "'Response'" in found["target-set-aside"].message


def test_joined_spellings_are_told() -> None:
    found = check(**NOISE, answer=[answer.upper() if n % 3 else answer for n, answer in enumerate(ANSWERS)])
    assert "2 ways" in found["spellings"].message


def test_few_rows_are_said_to_be_few() -> None:
    found = check(**{name: cells[:30] for name, cells in {**NOISE, "answer": ANSWERS}.items()})
    assert found["few-rows"].severity == "warning"


def test_groups_of_one_are_no_knowledge() -> None:
    classes = RANDOM.integers(0, 2, 100)
    right, guessed = accuracy_within(np.arange(100), classes)
    assert right == guessed
    assert accuracy_within(classes, classes)[0] == 1.0
    amounts = RANDOM.normal(size=100)
    assert variance_within(np.arange(100), amounts) == 0.0
    assert variance_within(np.repeat(np.arange(10), 10), np.repeat(np.arange(10.0), 10)) == 1.0
