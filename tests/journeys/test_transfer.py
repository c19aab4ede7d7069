"""Row 25, through the command line: a small table starts from the network of a large one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from automl_cli.runs.folder import RunFolder
from automl_cli.runs.journal import read_results

pytestmark = pytest.mark.keras

AUTOML = [sys.executable, "-c", "from automl_cli.cli import main; main()"]
QUICK = ["-t", "good", "--families", "mlp", "--strategy", "manual", "--folds", "1", "--workers", "0", "--time", "10m"]
SMALL = ["--set", "epochs=6", "--set", "width=16", "--set", "depth=2"]


def automl(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*AUTOML, *arguments], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def write_table(path: Path, *, rows: int, seed: int, columns: list[str]) -> None:
    draw = np.random.default_rng(seed)
    cells = {name: draw.normal(size=rows).round(3).astype(str) for name in ("length", "depth", "age", "price")}
    cells["colour"] = draw.choice(["red", "green", "blue"], rows)
    signal = cells["length"].astype(float) * np.where(cells["colour"] == "red", 1, -1)
    cells["good"] = np.where(signal + 0.2 * draw.normal(size=rows) > 0, "yes", "no")
    lines = [columns, *zip(*(cells[name] for name in columns), strict=True)]
    path.write_text("".join(",".join(line) + "\n" for line in lines), encoding="utf-8")


def test_a_search_starts_from_an_earlier_run_says_so_and_can_be_resumed(tmp_path: Path) -> None:
    write_table(tmp_path / "old.csv", rows=400, seed=0, columns=["length", "depth", "age", "colour", "good"])
    write_table(tmp_path / "new.csv", rows=90, seed=1, columns=["colour", "price", "length", "age", "good"])
    first = automl("search", "old.csv", *QUICK, *SMALL, "-q", folder=tmp_path)
    assert first.returncode == 0, first.stderr
    options = [*QUICK, "--set", "epochs=6", "--json"]
    second = automl("search", "new.csv", *options, "--trials", "1", "--from", "runs/old-1/model", folder=tmp_path)
    assert second.returncode == 0, second.stderr
    found = json.loads(second.stdout)
    run = RunFolder(tmp_path / "runs" / "new-1")
    results = {result.trial.origin: result for result in read_results(run.journal)}
    started = results["from old-1, trial 3"]
    assert started.state == "completed", started.reason
    assert (started.trial.number, started.trial.hyperparameters["width"]) == (3, 16)
    assert results["manual"].trial.hyperparameters["width"] != 16
    assert found["start"].startswith("Starting from old-1, trial 3 ")
    assert found["start"] in run.report.read_text(encoding="utf-8").replace("&#39;", "'")
    assert "start_from:" in run.search.read_text(encoding="utf-8")
    (tmp_path / "runs" / "old-1").rename(tmp_path / "elsewhere")  # the run has all that it needs
    again = automl("resume", "new-1", "--trials", "+1", folder=tmp_path)
    assert again.returncode == 0, again.stderr
    assert len(read_results(run.journal)) == 4


def test_a_start_that_is_not_there_is_said_in_a_line(tmp_path: Path) -> None:
    write_table(tmp_path / "new.csv", rows=60, seed=1, columns=["colour", "length", "good"])
    done = automl("search", "new.csv", "-t", "good", "--from", "old-1", folder=tmp_path)
    assert done.returncode == 5
    assert "'old-1' is not a run" in done.stderr
    assert not (tmp_path / "runs").exists()
