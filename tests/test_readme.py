"""What the README promises: its commands run in the order in which they stand, its tables are complete."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from automl_cli import errors
from automl_cli.cli import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SECONDS = 20


def blocks(text: str) -> list[tuple[str, str]]:
    """Returns every fenced block as (info string, content), in order."""
    return re.findall(r"^```(\w[^\n]*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def table(heading: str) -> Iterator[list[str]]:
    """Yields the rows of the table below a heading, without its head."""
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    yield from ([cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files that the README's commands speak of."""
    for name in ("data.csv", "labelled.csv", "new.csv"):
        shutil.copy(ROOT / "examples" / "penguins.csv", tmp_path / name)
    return tmp_path


def run(command: list[str], folder: Path) -> None:
    scripts = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": os.pathsep.join([scripts, os.environ["PATH"]]), "VIRTUAL_ENV": ""}
    done = subprocess.run(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command[-1]}\nended with {done.returncode}\n{done.stdout}\n{done.stderr}"


@pytest.mark.keras
def test_the_commands_run_as_they_stand(folder: Path) -> None:
    for info, text in blocks(README):
        if info == "bash":
            # Only the time is ours: nobody waits minutes for a test.
            run(["bash", "-euc", re.sub(r"--time \+?\w+", f"--time {SECONDS}s", text)], folder)
        elif info == "python":
            run([sys.executable, "-c", text], folder)
    promised = next(text for info, text in blocks(README) if info == "text" and text.startswith("runs/data-1/"))
    parts = [line.split()[0] for line in promised.splitlines()[1:] if "..." not in line]
    assert [part for part in parts if not (folder / "runs" / "data-1" / part).exists()] == []
    assert (folder / "predictions.csv").exists()


def test_two_commands_set_everything_up() -> None:
    set_up = [text.strip() for info, text in blocks(README) if info == "bash setup"]
    assert len(set_up) == 2
    assert all("\n" not in command for command in set_up)


def test_every_flag_of_search_is_in_the_table() -> None:
    command = typer.main.get_command(app).commands["search"]  # type: ignore[attr-defined]
    flags = {
        flag
        for option in command.params
        if option.param_type_name == "option"
        for flag in option.opts
        if flag != "--help"
    }
    told = {flag for row in table("Flags of `automl search`") for flag in re.findall(r"`(-[^`]+)`", row[0])}
    assert told == flags


def test_every_exit_code_is_in_the_table() -> None:
    codes = {kind.exit_code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)}
    assert {int(row[0]) for row in table("Exit codes")} == {0, 130, *codes}


def test_every_example_is_named() -> None:
    shipped = {path.stem for path in (ROOT / "examples").iterdir() if path.suffix == ".csv"}
    assert set(re.findall(r"`example:(\w+)`", README)) == shipped


def test_links_within_the_repository_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
