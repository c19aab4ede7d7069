"""The format of dates, decided from all cells."""

from __future__ import annotations

import numpy as np
import pytest

from automl_cli.data.date_format import read_dates
from automl_cli.data.dates import parse_dates
from automl_cli.data.levels import count_levels


def read(*cells: str):
    return read_dates(count_levels(np.array(cells, dtype=object)))


@pytest.mark.parametrize(
    ("cells", "date_format", "first"),
    [
        (("2012-01-31", "2012-02-01"), "%Y-%m-%d", "2012-01-31"),
        (("2012-01-01T06:16:41Z",), "%Y-%m-%dT%H:%M:%S%z", "2012-01-01T06:16:41"),
        (("2020-01-01T01:00:00+02:00",), "%Y-%m-%dT%H:%M:%S%z", "2019-12-31T23:00:00"),
        (("8/15/14", "4/2/14"), "%m/%d/%y", "2014-08-15"),
        (("2/8/2014", "15/8/2014"), "%d/%m/%Y", "2014-08-02"),
        (("03.02.2024 08:15", "13.02.2024 09:00"), "%d.%m.%Y %H:%M", "2024-02-03T08:15"),
        (("2-Feb-14", "16-Mar-15"), "%d-%b-%y", "2014-02-02"),
        (("Aug-99", "May-70"), "%b-%y", "1999-08-01"),
        (("May 5, 2014", "January 16, 2013"), "%B %d, %Y", "2014-05-05"),
        (("2013-05", "2013-06"), "%Y-%m", "2013-05-01"),
        (("20130105", "20131231"), "%Y%m%d", "2013-01-05"),
        (("13:08", "1:05"), "%H:%M", "1900-01-01T13:08"),
        (("1:05 PM", "12:30 AM"), "%I:%M %p", "1900-01-01T13:05"),
    ],
)
def test_the_format_that_fits_all_cells_is_found(cells: tuple[str, ...], date_format: str, first: str) -> None:
    reading = read(*cells)
    assert reading is not None
    assert reading.format == date_format
    assert reading.moments[0] == np.datetime64(first)
    assert not np.isnat(reading.moments).any()


def test_a_late_day_beyond_12_decides_for_the_whole_column() -> None:
    reading = read(*(f"{day}/1/2020" for day in range(1, 13)), "13/1/2020")
    assert reading is not None
    assert reading.format == "%d/%m/%Y"
    assert not reading.is_guess


def test_without_such_a_day_the_order_is_called_a_guess() -> None:
    reading = read("1/2/2020", "3/4/2020")
    assert reading is not None
    assert reading.format == "%m/%d/%Y"
    assert reading.is_guess


@pytest.mark.parametrize(
    "cells", [("90-100", "80-89"), ("3-12", "4-11"), ("may", "june"), ("192.168.0.1",), ("1952", "1957")]
)
def test_ranges_months_and_years_are_no_dates(cells: tuple[str, ...]) -> None:
    assert read(*cells) is None


def test_days_that_do_not_exist_and_words_are_missing() -> None:
    moments = parse_dates(["31-02-2020", "29-02-2020", "soon", "?"], "%d-%m-%Y", missing=["?"])
    assert np.isnat(moments).tolist() == [True, False, True, True]
