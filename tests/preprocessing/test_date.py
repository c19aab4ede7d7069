"""Contract: the graph reads dates as `parse_dates` does; the parts are those of Python's calendar."""

from __future__ import annotations

import random
from datetime import datetime

import numpy as np
import pytest
import tensorflow as tf

from automl_cli.data.dates import parse_dates
from automl_cli.errors import ColumnError
from automl_cli.preprocessing.date import ReadDates, date_readers
from automl_cli.spec.dataset import ColumnSpec

pytestmark = pytest.mark.keras

NASTY = """
2020-02-29|2021-02-29|1900-02-28|2000-1-1|1500-01-01|2199-12-31|2200-01-01|0000-01-01|2020-00-10|2020-13-01|٢٠٢٠-01-01
31/12/1999|30/02/2001|1/13/70|12/31/68|02/29/69|2020-01-01T05:06:07Z|2020-01-01t05:06:07+05:30|2020-12-31T23:59:59-0800
2020-01-01 05:06:07.5|2020-01-01 05:06:07.123456|2020-01-01 05:06:60.1|Aug-62|aug-99|May-69|MAY 5, 2014|May 05, 2014
Feb 30, 2014|Mon, 5 May 2014|Tue, 31 Apr 2014|12:30 am|12:30 PM|1:05 pm|13:05 pm|24:00|23:59|0:00|20200229|20210229
1. March 2020|2020年2月3日|2020年2月30日|05Feb2020:10:11:12||unknown| 2020-01-01 |2020-01-01x
"""
FORMATS = (
    "%Y-%m-%d|%d/%m/%Y|%m/%d/%y|%Y-%m-%dT%H:%M:%S%z|%Y-%m-%d %H:%M:%S.%f|%b-%y|%B %d, %Y|%a, %d %b %Y|%I:%M %p|%H:%M|"
    "%Y%m%d|%d. %B %Y|%Y年%m月%d日|%d%b%Y:%H:%M:%S"
).split("|")


def random_moments(count: int) -> list[datetime]:
    draw = random.Random(0)
    first, last = datetime(1500, 1, 1).toordinal(), datetime(2199, 12, 31).toordinal()
    days = [datetime.fromordinal(draw.randint(first, last)) for _ in range(count)]
    return [
        day.replace(hour=draw.randint(0, 23), minute=draw.randint(0, 59), second=draw.randint(0, 59)) for day in days
    ]


@pytest.mark.parametrize("date_format", FORMATS)
def test_every_cell_is_read_as_the_data_package_reads_it(date_format: str) -> None:
    cells = NASTY.replace("\n", "|").split("|")
    cells += [moment.strftime(date_format.replace("%z", "+01:00")) for moment in random_moments(200)]
    expected = parse_dates(cells, date_format, missing=["unknown"])
    days = ReadDates(date_format, [["unknown"]])([tf.constant(cells)])[:, 0].numpy()
    microseconds = np.where(np.isnat(expected), np.nan, expected.astype("int64"))
    assert np.isfinite(days).sum() > 200
    np.testing.assert_allclose(days, microseconds / 86_400e6, rtol=0, atol=1e-9)


def test_parts_are_those_of_the_calendar() -> None:
    moments = random_moments(300)
    cells = [moment.isoformat(sep=" ") for moment in moments]
    parts = ReadDates("%Y-%m-%d %H:%M:%S", [[]])([tf.constant(cells)]).numpy()
    expected = [(m.year, m.month, m.day, m.weekday(), m.hour, m.minute) for m in moments]
    np.testing.assert_array_equal(parts[:, 1:7], expected)
    day_of_year = 2 * np.pi * np.array([m.timetuple().tm_yday - 1 for m in moments]) / 365.25
    np.testing.assert_allclose(parts[:, 11:13], np.stack([np.sin(day_of_year), np.cos(day_of_year)], axis=1))


def test_december_and_january_are_neighbours_on_the_circle() -> None:
    parts = ReadDates("%m", [[]])([tf.constant(["12", "1", "7"])]).numpy()
    december, january, july = parts[:, 7:9]
    assert np.linalg.norm(december - january) < 0.6 < np.linalg.norm(january - july)


def test_a_date_without_a_format_is_refused() -> None:
    with pytest.raises(ColumnError, match="'born' is declared datetime but has no format"):
        list(date_readers({"born": ColumnSpec(kind="datetime")}))
