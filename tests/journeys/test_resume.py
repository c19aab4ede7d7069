"""A run that is cut short goes on as if it had never stopped; faults are real: signals, changed files, locks."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from automl_cli.runs.folder import RunFolder
from automl_cli.runs.journal import read_journal, read_results

pytestmark = pytest.mark.keras

AUTOML = [sys.executable, "-c", "from automl_cli.cli import main; main()"]
# The second network takes some seconds, and there is something to kill.
PLAN = ["--trials", "3", "--families", "mlp", "--set", "epochs=60", "--set", "width=64", "--set", "patience=60"]


def automl(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*AUTOML, *arguments], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def start(*arguments: str, folder: Path, source: str = "example:penguins") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*AUTOML, "search", source, *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_line(process: subprocess.Popen[str], word: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if word in line:
            return
    pytest.fail(f"the search ended without a word of {word}")


def outcomes(run: Path) -> list[tuple[Any, ...]]:
    """Returns all that must not depend on when and how often a run was cut short."""
    results = read_results(RunFolder(run).journal)
    return [(r.trial, r.state, r.score, r.fold_scores, r.best_epochs, r.epochs) for r in results]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was never disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    done = automl("search", "example:penguins", *PLAN, folder=folder)
    assert done.returncode == 0, done.stderr
    return folder / "runs" / "penguins-1"


def test_a_killed_run_goes_on_to_the_same_end(whole: Path, tmp_path: Path) -> None:
    process = start(*PLAN, folder=tmp_path)
    wait_for_line(process, "mlp")
    process.kill()
    process.wait()
    run = tmp_path / "runs" / "penguins-1"
    assert not (run / "report.html").exists()
    listed = automl("leaderboard", "--json", folder=tmp_path)
    assert 3 <= len(json.loads(listed.stdout)) < 5
    done = automl("resume", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert outcomes(run) == outcomes(whole)
    assert (run / "report.html").exists()
    assert not (run / "encoded").exists()


def test_a_killed_worker_costs_nothing(whole: Path, tmp_path: Path) -> None:
    process = start(*PLAN, folder=tmp_path)
    wait_for_line(process, "linear")
    # The one that workers are forked from has been there longest; its children are workers.
    children = psutil.Process(process.pid).children(recursive=True)
    workers = [child for child in children if child.parent() is not None and child.parent().pid != process.pid]
    assert workers
    for worker in workers:
        worker.kill()
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    assert outcomes(tmp_path / "runs" / "penguins-1") == outcomes(whole)


def test_an_interrupted_run_ends_with_a_model_and_goes_on_to_the_same_end(whole: Path, tmp_path: Path) -> None:
    process = start(*PLAN, folder=tmp_path)
    wait_for_line(process, "mlp")
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate()
    assert process.returncode == 130, errors
    run = tmp_path / "runs" / "penguins-1"
    assert (run / "model" / "saved_model.pb").exists()
    done = automl("resume", "penguins-1", "--time", "+5m", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert outcomes(run) == outcomes(whole)
    assert json.loads(done.stdout)["test"][0]["measured_on"] == "69 test rows, scored once before"
    assert "69 test rows, scored once before" in (run / "report.html").read_text(encoding="utf-8")


def test_workers_do_not_change_the_result(whole: Path, tmp_path: Path) -> None:
    done = automl("search", "example:penguins", *PLAN, "--workers", "0", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert outcomes(tmp_path / "runs" / "penguins-1") == outcomes(whole)


def test_a_finished_run_is_given_more_trials(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path / "runs" / "penguins-1")
    nothing = automl("resume", folder=tmp_path)
    assert nothing.returncode == 2
    assert "The run 'penguins-1' is finished" in nothing.stderr
    assert "Traceback" not in nothing.stderr
    done = automl("resume", "--trials", "+1", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    run = tmp_path / "runs" / "penguins-1"
    assert outcomes(run)[:5] == outcomes(whole)
    assert len(outcomes(run)) == 6
    assert [line["event"] for line in read_journal(run / "journal.jsonl")].count("SearchResumed") == 1


@pytest.mark.parametrize("changed", ["data.csv", "test.csv"])
def test_changed_data_are_refused(tmp_path: Path, changed: str) -> None:
    rows = [f"{row * 37 % 61},{row * 37 % 61 * 2 + row % 3}\n" for row in range(60)]
    (tmp_path / "data.csv").write_text("x,y\n" + "".join(rows))
    (tmp_path / "test.csv").write_text("x,y\n" + "".join(rows[::4]))
    arguments = ("-t", "y", "--test", "test.csv", *PLAN)
    process = start(*arguments, source="data.csv", folder=tmp_path)
    wait_for_line(process, "constant")
    process.kill()
    process.wait()
    with (tmp_path / changed).open("a") as stream:
        stream.write("60,121\n")
    done = automl("resume", folder=tmp_path)
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        5,
        "error: The data has changed since the run 'data-1' was started.",
    )


def test_changed_settings_are_refused(whole: Path, tmp_path: Path) -> None:
    run = tmp_path / "runs" / "penguins-1"
    shutil.copytree(whole, run)
    (run / "search.yaml").write_text((run / "search.yaml").read_text().replace("seed: 0", "seed: 1"))
    done = automl("resume", "--trials", "+1", folder=tmp_path)
    assert done.returncode == 5
    assert "search.yaml' has changed" in done.stderr


def test_a_run_in_use_is_refused(tmp_path: Path) -> None:
    process = start(*PLAN, folder=tmp_path)
    try:
        wait_for_line(process, "constant")
        done = automl("resume", folder=tmp_path)
        assert (done.returncode, done.stderr.splitlines()[0]) == (
            5,
            "error: Another search is running on 'penguins-1'.",
        )
    finally:
        process.kill()
        process.wait()


def test_a_run_folder_that_vanishes_ends_the_search_with_a_word(tmp_path: Path) -> None:
    process = start(*PLAN, folder=tmp_path)
    wait_for_line(process, "linear")
    (tmp_path / "runs" / "penguins-1").rename(tmp_path / "elsewhere")
    shutil.rmtree(tmp_path / "runs")
    (tmp_path / "runs").write_text("in the way")
    _, errors = process.communicate()
    assert process.returncode == 5, errors
    assert "Traceback" not in errors
    assert len(outcomes(tmp_path / "elsewhere")) >= 2
