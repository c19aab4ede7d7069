"""Numbers as people write them: found out, described, and read back."""

from __future__ import annotations

import numpy as np
import pytest

from automl_cli.data.levels import Levels, count_levels
from automl_cli.data.missing import find_sentinels
from automl_cli.data.number_format import decimal_comma_is_certain, read_numbers
from automl_cli.data.numbers import parse_numbers, plain_numbers
from automl_cli.spec.dataset import NumberFormat


def levels_of(cells: list[str]) -> Levels:
    return count_levels(np.array(cells, dtype=object))


@pytest.mark.parametrize(
    ("cells", "numbers", "written"),
    [
        (["1", "-2.5", "+3", ".5", "1e3"], [1, -2.5, 3, 0.5, 1000], None),
        (["3,14", "2", "-0,5"], [3.14, 2, -0.5], NumberFormat(decimal=",")),
        (["$1,234.50", "($5.00)", "-$3", "$.5"], [1234.5, -5, -3, 0.5], NumberFormat(thousands=",")),
        (["1.234,56 €", "2 €"], [1234.56, 2], NumberFormat(decimal=",", thousands=".")),
        (["1 234,5", "12", "9\u00a0000"], [1234.5, 12, 9000], NumberFormat(decimal=",", thousands=" ")),
        (["1'234.50", "3"], [1234.5, 3], NumberFormat(thousands="'")),
        (["1,00,000", "2,50,000"], [100_000, 250_000], NumberFormat(thousands=",")),
        (["8GB", "16 GB"], [8, 16], NumberFormat()),
        (["5.9%", "16 %"], [5.9, 16], NumberFormat()),
        (["$56.7M", "$537K", "$1.2B"], [56.7e6, 537e3, 1.2e9], NumberFormat(magnitudes=True)),
        (["1.8m", "2m"], [1.8, 2], NumberFormat()),  # metres, not millions
        (["Rs.500", "Rs. 1,200"], [500, 1200], NumberFormat(thousands=",")),
        (["\u22125,0", "7,25"], [-5, 7.25], NumberFormat(decimal=",")),
    ],
)
def test_numbers_are_found_whatever_they_wear(
    cells: list[str], numbers: list[float], written: NumberFormat | None
) -> None:
    reading = read_numbers(levels_of(cells))
    assert reading is not None
    assert reading.format == written
    assert reading.numbers.tolist() == pytest.approx(numbers)
    assert parse_numbers(cells, written).tolist() == pytest.approx(numbers)


@pytest.mark.parametrize(
    "cells",
    [
        ["128GB SSD + 1TB HDD", "256GB SSD"],
        ["18-29", "30-44"],
        ["2013FAIL", "2014PASS"],  # two units
        ["term_36", "term_60"],  # a word in front makes a name
        ["1st", "2nd", "3rd"],
        ["192.168.0.1", "10.0.0.1"],
        ["2014-05-01", "2014-05-02"],
        ["555-1234", "555-9999"],
        ["low", "high"],
    ],
)
def test_what_only_contains_digits_is_no_number(cells: list[str]) -> None:
    assert read_numbers(levels_of(cells)) is None


def test_thousands_marks_in_a_few_cells_are_not_overlooked() -> None:
    reading = read_numbers(levels_of(["1,024", *map(str, range(100, 160))]))
    assert reading is not None
    assert reading.numbers[0] == 1024
    assert reading.words == ()


def test_one_bad_cell_does_not_turn_numbers_into_words() -> None:
    reading = read_numbers(levels_of(["14.6 9", *map(str, range(60))]))
    assert reading is not None
    assert reading.words == ("14.6 9",)
    assert np.isnan(reading.numbers[0])


def test_too_many_words_are_values() -> None:
    assert read_numbers(levels_of(["1", "2", "3", "4"] * 10 + ["many"] * 10)) is None


def test_words_for_missing_may_fill_half_of_a_number_column() -> None:
    reading = read_numbers(levels_of(["1", "2", "3"] * 10 + ["unknown"] * 20 + ["?"] * 50))
    assert reading is not None
    assert set(reading.words) == {"unknown", "?"}


def test_a_few_cells_of_another_unit_count_as_missing() -> None:
    reading = read_numbers(levels_of([*(f"{size}GB" for size in range(1, 41)), "1TB"]))
    assert reading is not None
    assert reading.words == ("1TB",)


def test_a_lone_group_of_three_digits_is_settled_by_the_other_columns() -> None:
    open_to_doubt = levels_of(["1,234", "5,678"])
    as_thousands = read_numbers(open_to_doubt)
    as_decimals = read_numbers(open_to_doubt, expect_decimal_comma=True)
    assert as_thousands is not None
    assert as_thousands.numbers.tolist() == [1234, 5678]
    assert as_decimals is not None
    assert as_decimals.numbers.tolist() == [1.234, 5.678]
    assert not decimal_comma_is_certain(open_to_doubt)
    assert decimal_comma_is_certain(levels_of(["1,23", "4,5"]))


def test_a_dot_between_groups_of_three_is_a_thousands_mark_beside_decimal_commas() -> None:
    reading = read_numbers(levels_of(["1.234", "12.500", "7"]), expect_decimal_comma=True)
    assert reading is not None
    assert reading.numbers.tolist() == [1234, 12500, 7]


def test_marks_for_missing_become_nan_however_a_number_among_them_is_spelled() -> None:
    numbers = parse_numbers(["-999", "-999.0", "?", "", " 4 "], missing=["?", "-999"])
    assert np.isnan(numbers[:4]).all()
    assert numbers[4] == 4


def test_plain_numbers_do_not_take_what_only_python_takes() -> None:
    assert np.isnan(plain_numbers(["inf", "nan", "1_000", "٣", "0x10", "1e999", "", "-"])).all()


@pytest.mark.parametrize(
    ("values", "rows", "expected"),
    [
        ([-200.0, *np.linspace(0.1, 11.9, 50)], 5, (-200.0,)),
        ([999.0, *range(28)], 900, (999.0,)),
        ([99.0, *range(18, 91)], 5, ()),  # old people, not missing ones
        ([-999.0, *range(50)], 1, ()),  # once is no habit
        ([1000.0, *range(28)], 900, ()),  # large, but not what programs write for 'missing'
    ],
)
def test_numbers_that_mean_missing_repeat_and_lie_far_apart(
    values: list[float], rows: int, expected: tuple[float, ...]
) -> None:
    numbers = np.array(values, dtype=np.float64)
    assert find_sentinels(numbers, np.array([rows] + [2] * (len(values) - 1))) == expected


@pytest.mark.parametrize(
    "odd",
    [
        "",
        "1\n2",
        *"-0.00 -0 .5 5. 007 1e5 +3 1.2.3 1-2 - . -. --1 999999999999999 9999999999999999 0.12345678901234567".split(),
    ],
)
def test_many_cells_are_read_as_each_alone(odd: str) -> None:
    random = np.random.default_rng(0)
    cells = [f"{number:.{place % 9}f}" for place, number in enumerate(random.normal(size=300) * 1000.0)]
    for many in ([*cells[:7], odd, *cells[7:]], [odd, *cells], [*cells, odd], ["1", odd] * 99, ["1.5", "12", odd] * 99):
        alone = np.concatenate([plain_numbers([cell]) for cell in many])
        together = plain_numbers(many)
        np.testing.assert_array_equal(together, alone)
        np.testing.assert_array_equal(np.signbit(together), np.signbit(alone))
