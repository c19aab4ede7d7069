"""Rows 10, 17 to 19 and 27 of the practices, which need inputs that are not read yet: the guide says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from automl_cli.report.practices.catalogue import find_practices
from automl_cli.report.practices.record import judge_run
from tests.report.made_run import make_run


def told(number: int, folder: Path) -> tuple[str, str, str]:
    (practice,) = find_practices(str(number))
    judged = next(each for each in judge_run(make_run(folder)) if each.number == number)
    return practice.input, judged.state, judged.reason


def test_row_10_boxes_come_with_images(tmp_path: Path) -> None:
    assert told(10, tmp_path)[:2] == ("images", "not for this data")


def test_row_17_images_are_not_read_yet(tmp_path: Path) -> None:
    kind, state, reason = told(17, tmp_path)
    assert (kind, state) == ("images", "not for this data")
    assert "images" in reason


def test_row_18_texts_as_documents_are_not_read_yet(tmp_path: Path) -> None:
    kind, state, reason = told(18, tmp_path)
    assert (kind, state) == ("texts as documents", "not for this data")
    assert "texts" in reason


def test_row_19_sounds_are_not_read_yet(tmp_path: Path) -> None:
    kind, state, reason = told(19, tmp_path)
    assert (kind, state) == ("sounds", "not for this data")
    assert "sounds" in reason


def test_row_27_one_target_is_predicted_at_a_time(tmp_path: Path) -> None:
    assert told(27, tmp_path)[:2] == ("several targets", "not for this data")


@pytest.mark.parametrize("number", [10, 17, 18, 19, 27])
def test_rows_of_other_inputs_name_what_is_there_and_what_is_not(number: int) -> None:
    (practice,) = find_practices(str(number))
    assert "not read yet" in practice.does or "one column" in practice.does.casefold()
