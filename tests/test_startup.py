"""`automl --help` answers at once."""

from __future__ import annotations

import subprocess
import sys

HEAVY = (
    "tensorflow",
    "keras",
    "keras_tuner",
    "autokeras",
    "pandas",
    "sklearn",
    "scipy",
    "duckdb",
    "matplotlib",
    "numpy",
)
HELP = [sys.executable, "-c", "from automl_cli.cli import main; main()", "--help"]


def test_help_imports_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-X", "importtime", *HELP[1:]], capture_output=True, text=True, check=True)
    imported = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert "typer" in imported
    assert imported & set(HEAVY) == set()


def test_the_guide_needs_no_more_than_numbers() -> None:
    command = [sys.executable, "-X", "importtime", *HELP[1:-1], "guide"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    imported = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert "automl_cli.report.practices.catalogue" in imported
    assert imported & set(HEAVY) <= {"numpy"}
