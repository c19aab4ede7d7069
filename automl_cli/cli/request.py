"""The options that say what the data is, shared by `search` and `init`, and the question for the target."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast, get_args

import typer

from automl_cli.errors import TargetError, UsageError

if TYPE_CHECKING:
    from automl_cli.data.described import Described, Request, Source
    from automl_cli.records import Kind
    from automl_cli.spec.dataset import Direction
    from automl_cli.terminal.console import Terminal

SourceArgument = Annotated[
    str,
    typer.Argument(
        help="A file, a glob, a folder of parts, '-' for stdin, example:NAME, or a dataset.yaml.", show_default=False
    ),
]
TargetOption = Annotated[
    str | None,
    typer.Option("-t", "--target", envvar="AUTOML_TARGET", help="Column to predict: its name or 0-based position."),
]
TaskOption = Annotated[
    Literal["binary", "multiclass", "regression"] | None, typer.Option(help="What is predicted; inferred by default.")
]
KindOption = Annotated[
    list[str] | None,
    typer.Option("--kind", help="What a column is, as NAME=KIND: number, category, boolean, datetime, text, ignored."),
]
MonotoneOption = Annotated[
    list[str] | None,
    typer.Option("--monotone", help="The prediction may only rise or fall with it: NAME=increasing, NAME=decreasing."),
]
TestOption = Annotated[Path | None, typer.Option("--test", help="A file of its own with the test rows.")]
TestFractionOption = Annotated[
    float | None, typer.Option(min=0.01, max=0.9, help="Share of rows kept for the test. [0.2]")
]
FoldsOption = Annotated[int | None, typer.Option(min=1, max=20, help="Validation folds; 1 is a hold-out. [by rows]")]
GroupOption = Annotated[str | None, typer.Option(help="Rows that share this column's value stay together.")]
TimeColumnOption = Annotated[str | None, typer.Option(help="Test on the latest rows by this column.")]


def read_assignments(texts: Iterable[str], *, example: str = "--kind zip=category") -> dict[str, str]:
    """Splits NAME=VALUE at the last equals sign, since column names may hold one too.

    Raises:
        UsageError: There is no equals sign, or nothing on one side.
    """
    assignments = {}
    for text in texts:
        name, equals, value = text.rpartition("=")
        if not (name and equals and value):
            raise UsageError(f"'{text}' is not of the form NAME=VALUE.", hint=f"for example: {example}")
        assignments[name.strip()] = value.strip()
    return assignments


def read_kinds(texts: Iterable[str] | None) -> dict[str, Kind]:
    """Reads `--kind NAME=KIND`.

    Raises:
        UsageError: There is no such kind.
    """
    from automl_cli.records import Kind

    kinds = read_assignments(texts or [])
    _require_known(kinds, Kind, what="kind")
    return cast("dict[str, Kind]", kinds)


def read_directions(texts: Iterable[str] | None) -> dict[str, Direction]:
    """Reads `--monotone NAME=DIRECTION`.

    Raises:
        UsageError: There is no such direction.
    """
    from automl_cli.spec.dataset import Direction

    directions = read_assignments(texts or [], example="--monotone area=increasing")
    _require_known(directions, Direction, what="direction")
    return cast("dict[str, Direction]", directions)


def _require_known(assignments: Mapping[str, str], words: Any, *, what: str) -> None:
    """Raises a UsageError for a column that is assigned none of the words of a literal type."""
    for name, word in assignments.items():
        if word not in get_args(words):
            raise UsageError(
                f"'{word}' is no {what} (for column '{name}').", hint=f"one of {', '.join(get_args(words))}"
            )


def describe_for_user(request: Request, terminal: Terminal) -> tuple[Described, float]:
    """Reads and describes the data; asks for the target where nobody said it and somebody is there to answer.

    Returns:
        The description, and the seconds that the user took to answer, which are not the tool's.

    Raises:
        TargetError: The target is not known and there is no terminal to ask on.
    """
    from rich.markup import escape

    from automl_cli.data.described import describe, read

    source = read(request)
    for note in source.result.notes:
        terminal.say(f"[dim]{escape(note)}[/]")
    asked = time.monotonic()
    if source.target is None and sys.stdin.isatty() and terminal.is_live and request.source != "-":
        source = replace(source, target=_ask_target(source, terminal))
    waited_seconds = time.monotonic() - asked
    return describe(source, request), waited_seconds


def _ask_target(source: Source, terminal: Terminal) -> str:
    from rich.markup import escape

    from automl_cli.data.described import target_candidates

    candidates = target_candidates(source)
    terminal.say("[bold]Which column is to be predicted?[/]")
    for number, candidate in enumerate(candidates[:9], start=1):
        terminal.say(f"  {number}  {escape(candidate.name)}  [dim]{escape(candidate.reason)}[/]")
    answer = str(typer.prompt("Number or name", default="1", err=True)).strip()
    if answer.isdigit() and 1 <= int(answer) <= min(len(candidates), 9):
        return candidates[int(answer) - 1].name
    if not answer:
        raise TargetError("No target was chosen.", hint="name it with -t COLUMN")
    return answer
