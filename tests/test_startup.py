"""`automl --help` answers at once."""

from __future__ import annotations

import subprocess
import sys
import time

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
# What every command line of this kind has to load.
LEAST = [sys.executable, "-c", "import typer, rich"]


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - start


def test_help_imports_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-X", "importtime", *HELP[1:]], capture_output=True, text=True, check=True)
    imported = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert "typer" in imported
    assert imported & set(HEAVY) == set()


def test_help_takes_at_most_two_and_a_half_times_the_least() -> None:
    # The best of several, taken in turns: a busy machine slows both.
    pairs = [(seconds(HELP), seconds(LEAST)) for _ in range(5)]
    fastest_help, fastest_least = (min(times) for times in zip(*pairs, strict=True))
    assert fastest_help <= 2.5 * fastest_least
