"""Contract: the graph reads numbers as `parse_numbers` does, cell by cell."""

from __future__ import annotations

import random

import numpy as np
import pytest
import tensorflow as tf

from automl_cli.data.numbers import parse_numbers
from automl_cli.preprocessing.number_text import ParseNumbers
from automl_cli.spec.dataset import NumberFormat

pytestmark = pytest.mark.keras

NASTY = """
1|-1|+1|(5)|( 5 )|-(5)|(-5)|$1,234.50|-$5|$-5|€ 1.234,56|1 234,5|1\u00a0234|1\u202f234,5|1'234.5|8GB|8 GB|5K|5 k|5kg|5M€
5 million|1.5B|2T|2 Tb|12 %|1e5|1E-3|1e|1e999|1e-400|1e308T|inf|nan|-|--|1-2|128GB SSD + 1TB|Rs.500|Rs. 500|US$ 1,000
1,2,3|1,,2|,5|.5|5.|5,|.|\u22125|\u22121 000,5|٣|5 K m|5K1|0x10|1_000|00012|12345678901234567890|9007199254740993
0.1234567890123456789012345|-200|-200.0|n/a|  7  |\u30007|\u00a0(7)|7\u00a0|+ 5|- 5|5-|1.234.567,8|((5))|5)|((5|1 2 3K
1Kx|$|k5|5²|3,14|1 K£|M5|a.5|a..5|1.5e5K|a -5|a(5||é5é|\t5
"""
CELLS = NASTY.replace("\n", "|").split("|")
FORMATS = [
    NumberFormat(decimal=decimal, thousands=thousands, magnitudes=magnitudes)
    for decimal in (".", ",")
    for thousands in ("", ",", ".", " ", "'")
    for magnitudes in (False, True)
    if decimal != thousands
]


def random_cells(count: int) -> list[str]:
    draw = random.Random(0)
    letters = "0123456789.,-+()eEkKMbT $€%'\u00a0\u202f\u2212aZ"
    return ["".join(draw.choice(letters) for _ in range(draw.randint(1, 9))) for _ in range(count)]


@pytest.mark.parametrize("number", [*FORMATS, None], ids=str)
def test_every_cell_is_read_as_the_data_package_reads_it(number: NumberFormat | None) -> None:
    cells = CELLS + random_cells(2000)
    marks = ["n/a", "-200", "5K"]
    layer = ParseNumbers(number.model_dump() if number else None, [marks])
    expected = parse_numbers(cells, number, missing=marks)
    assert np.isfinite(expected).sum() > 10
    np.testing.assert_array_equal(layer([tf.constant(cells)])[:, 0], expected)


def test_columns_have_marks_of_their_own() -> None:
    cells = tf.constant(["-1", "7", "none"])
    layer = ParseNumbers(NumberFormat().model_dump(), [["-1"], ["7"]])
    np.testing.assert_array_equal(layer([cells, cells]), [[np.nan, -1], [7, np.nan], [np.nan, np.nan]])
