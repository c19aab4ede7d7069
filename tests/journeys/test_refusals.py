"""What a user gets who asks for the impossible: one line, a hint, the documented exit code, and nothing left behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

AUTOML = [sys.executable, "-c", "from automl_cli.cli import main; main()"]
TABLE = "a,b,answer\n" + "".join(f"{n},{n % 7},{'yes' if n % 3 else 'no'}\n" for n in range(60))


def automl(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*AUTOML, *arguments], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data.csv").write_text(TABLE)
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "header.csv").write_text("a,b,answer\n")
    (tmp_path / "one.csv").write_text("answer\n" + "yes\nno\n" * 30)
    (tmp_path / "same.csv").write_text("a,answer\n" + "".join(f"{n},yes\n" for n in range(60)))
    (tmp_path / "wrong.yaml").write_text("data: data.csv\ntarget: answer\ntask: binary\ncolumns:\n  a: {kind: numbr}\n")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["search", "dta.csv"], 3, "data.csv"),
        (["search", "empty.csv", "-t", "answer"], 3, "empty"),
        (["search", "header.csv", "-t", "answer"], 3, "no rows"),
        (["search", "one.csv", "-t", "answer"], 3, "only one"),
        (["search", "same.csv", "-t", "answer"], 3, "'yes' in every row"),
        (["search", "data.csv", "-t", "anser"], 3, "answer"),
        (["search", "data.csv", "-t", "answer", "--time", "soon"], 2, "not a duration"),
        (["search", "data.csv", "-t", "answer", "--metric", "rmse"], 2, "roc_auc"),
        (["search", "data.csv", "-t", "answer", "--families", "mpl"], 2, "mlp"),
        (["search", "data.csv", "-t", "answer", "--set", "depht=3"], 2, "depht"),
        (["search", "data.csv", "-t", "answer", "--kind", "a=numbr"], 2, "category"),
        (["search", "data.csv", "-t", "answer", "--strategy", "luck"], 2, "hyperband"),
        (["search", "data.csv", "-t", "answer", "--group", "family"], 3, "family"),
        (["search", "data.csv", "-t", "answer", "--test", "nowhere.csv"], 3, "nowhere.csv"),
        (["search", "wrong.yaml"], 2, "line 5"),
        (["search", "data.csv", "-t", "answer", "--space", "nowhere.yaml"], 2, "nowhere.yaml"),
        (["predict", "data.csv"], 5, "no run"),
        (["evaluate", "run-1", "data.csv"], 5, "run-1"),
        (["spaces", "mpl"], 2, "mlp"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(folder: Path, arguments: list[str], code: int, words: str) -> None:
    done = automl(*arguments, folder=folder)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "runs").exists()


def test_a_plan_is_printed_without_a_trace(folder: Path) -> None:
    done = automl("search", "data.csv", "--dry-run", folder=folder)
    assert done.returncode == 0, done.stderr
    assert "strategy: auto" in done.stdout
    assert "time: 300" in done.stdout
    assert not (folder / "runs").exists()


def test_a_flag_beats_the_environment_and_that_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert automl("init", "data.csv", "-o", "spec.yaml", folder=folder).returncode == 0
    with (folder / "spec.yaml").open("a") as stream:
        stream.write("search: {time: 7s, seed: 7, trials: 7}\n")
    monkeypatch.setenv("AUTOML_SEED", "8")
    monkeypatch.setenv("AUTOML_TRIALS", "8")
    plan = automl("search", "spec.yaml", "--dry-run", "--trials", "9", folder=folder).stdout
    assert "time: 7.0" in plan
    assert "seed: 8" in plan
    assert "trials: 9" in plan


def test_a_file_is_never_written_over(folder: Path) -> None:
    (folder / "dataset.yaml").write_text("mine")
    done = automl("init", "data.csv", folder=folder)
    assert done.returncode == 2
    assert (folder / "dataset.yaml").read_text() == "mine"
