"""Rows 25 to 28 of the practices: what they do is proved by the tests of training; here, that a run tells of them.

Row 25: tests/training/test_transfer.py, tests/search/test_transfer.py and tests/journeys/test_transfer.py; row 26:
tests/training/test_curriculum.py; row 27: tests/training/test_multi_task.py; row 28: tests/training/test_growth.py and
the random order of test_curriculum.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from automl_cli.report.practices.record import judge_run
from search_spaces.family import load_families
from tests.report.made_run import make_run


def told(number: int, folder: Path, **values: object) -> tuple[str, str]:
    judged = next(each for each in judge_run(make_run(folder, values=values)) if each.number == number)
    return judged.state, judged.reason


def test_row_25_a_network_that_was_taken_over_is_told_with_its_origin(tmp_path: Path) -> None:
    assert told(25, tmp_path / "without")[0] != "applied"
    state, reason = told(25, tmp_path / "with", start="transfer")
    assert state == "applied"
    assert "trial 3 started" in reason


@pytest.mark.parametrize(("order", "row"), [("difficulty", 26), ("random", 28)])
def test_rows_26_and_28_rows_that_join_in_are_told(tmp_path: Path, order: str, row: int) -> None:
    assert told(row, tmp_path / "without", pacing="none")[0] != "applied"
    state, reason = told(row, tmp_path / "with", pacing="root", order_by=order)
    assert state == "applied"
    assert "trial 3" in reason


def test_row_28_depth_that_grows_is_told(tmp_path: Path) -> None:
    assert told(28, tmp_path, growth="depth")[0] == "applied"


def test_rows_25_26_and_28_can_be_asked_for_and_are_off_by_default() -> None:
    family = load_families(["residual_mlp"])["residual_mlp"]
    defaults = family.full_space.defaults()
    assert (defaults["start"], defaults["pacing"], defaults["growth"]) == ("scratch", "none", "none")
    pinned = family.with_pins({"pacing": "linear", "pacing_start": 0.2, "growth": "depth"})
    active = pinned.full_space.active({})
    assert (active["pacing_start"], active["order_by"], active["growth"]) == (0.2, "difficulty", "depth")
