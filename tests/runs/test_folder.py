"""Run folders are made once, found by name, and their files are whole or absent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from automl_cli.errors import RunError
from automl_cli.records import Score
from automl_cli.runs.artifacts import read_json, write_array, write_json, write_text
from automl_cli.runs.folder import RunFolder, create_run, find_run
from automl_cli.runs.seal import describe_test_rows, record_test_scores


def test_no_folder_is_used_twice_even_by_searches_that_start_together(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda _: create_run(tmp_path, "my data.v2"), range(24)))
    assert sorted(run.name for run in runs) == sorted(f"my-data.v2-{n}" for n in range(1, 25))


def test_the_latest_run_is_the_default(tmp_path: Path) -> None:
    first, second = create_run(tmp_path, "a"), create_run(tmp_path, "b")
    second.journal.touch()
    first.journal.touch()
    assert find_run(None, tmp_path) == first
    assert find_run("b-1", tmp_path) == second
    assert find_run(str(second.path), Path("elsewhere")) == second


def test_an_unknown_run_is_answered_with_those_there_are(tmp_path: Path) -> None:
    create_run(tmp_path, "a").journal.touch()
    with pytest.raises(RunError) as caught:
        find_run("b-1", tmp_path)
    assert "a-1" in (caught.value.hint or "")


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "old")
    with pytest.raises(ValueError, match="Object arrays"):
        write_array(tmp_path / "a.txt", np.array([{"a": 1}], dtype=object))
    with pytest.raises(TypeError):
        write_json(tmp_path / "a.txt", {"a": object()})
    assert (tmp_path / "a.txt").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_path_below_a_file_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="could not be written"):
        write_text(tmp_path / "file" / "a.txt", "new")
    with pytest.raises(RunError):
        create_run(tmp_path / "file", "a")


def test_looks_at_the_test_rows_are_counted_and_kept(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    score = Score("accuracy", 0.8, 0.7, 0.9, "50 test rows", 50)
    assert describe_test_rows(run, 1050) == "1,050 test rows"
    for verdict in ("Good.", "Better.", "Best."):
        record_test_scores(run, [score], verdict=verdict)
    receipt = read_json(run.test_score)
    assert (receipt["look"], receipt["verdict"]) == (3, "Best.")
    assert [earlier["verdict"] for earlier in receipt["earlier"]] == ["Good.", "Better."]
    assert describe_test_rows(run, 50) == "50 test rows, scored 3 times before"
