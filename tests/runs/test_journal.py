"""The journal keeps every event, also across crashes and full disks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from automl_cli.errors import RunError
from automl_cli.events import EpochEnded, StageStarted, TrialEnded
from automl_cli.records import Trial, TrialResult
from automl_cli.runs.journal import Journal, read_journal, read_results

RESULT = TrialResult(
    trial=Trial(3, "mlp", {"depth": 2, "activation": "relu"}, epochs=10, initial_epoch=4, parent=1, origin="bayesian"),
    state="completed",
    score=0.91,
    fold_scores=(0.9, 0.92),
    best_epochs=(7, 9),
    seconds=1.5,
    parameters=120,
)


def test_results_come_back_as_they_went_in(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal(StageStarted("encoding"))
    journal(TrialEnded(RESULT))
    assert read_results(tmp_path / "journal.jsonl") == [RESULT]


def test_epochs_stay_out(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal(EpochEnded(1, 0, 1, 10, 0.5, 0.6, 0.001))
    assert list(read_journal(tmp_path / "journal.jsonl")) == []


def test_a_score_that_is_no_number_is_none(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal(TrialEnded(TrialResult(RESULT.trial, "failed", None, fold_scores=(float("nan"),), reason="NaN")))
    assert '"fold_scores": [null]' in (tmp_path / "journal.jsonl").read_text()


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    Journal(path)(StageStarted("encoding"))
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:20])
    assert [line["stage"] for line in read_journal(path)] == ["encoding"]


def test_a_damaged_line_in_the_middle_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    Journal(path)(StageStarted("encoding"))
    path.write_bytes(b"{broken\n" + path.read_bytes())
    with pytest.raises(RunError, match="Line 1"):
        list(read_journal(path))


def test_an_event_is_on_disk_when_the_process_is_killed_right_after(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    script = (
        "import os, signal, sys; from pathlib import Path\n"
        "from automl_cli.events import StageStarted; from automl_cli.runs.journal import Journal\n"
        "Journal(Path(sys.argv[1]))(StageStarted('exporting')); os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", script, str(path)], check=False).returncode == -9
    assert [line["stage"] for line in read_journal(path)] == ["exporting"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_told_in_one_line() -> None:
    with pytest.raises(RunError, match="No space left"):
        Journal(Path("/dev/full"))(StageStarted("encoding"))


def test_a_torn_line_is_cut_before_the_journal_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    Journal(path)(StageStarted("encoding"))
    with path.open("ab") as stream:
        stream.write(b'{"event": "StageSt')
    Journal(path)(StageStarted("exporting"))
    assert [line["stage"] for line in read_journal(path)] == ["encoding", "exporting"]
