"""`automl guide`: the practices of training, what this tool does about each, and what a run shows of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from automl_cli.cli.options import DEFAULT_HOME, Debug, Json, RunHome
from automl_cli.errors import RunError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from automl_cli.report.practices.catalogue import Practice
    from automl_cli.runs.folder import RunFolder
    from automl_cli.terminal.console import Terminal

# More practices than that are listed in short lines.
_SHOWN_IN_FULL = 3


def guide(
    about: Annotated[
        str | None, typer.Argument(help="A practice's number or word (34, imbalance), or a run.", show_default=False)
    ] = None,
    practice: Annotated[str | None, typer.Argument(help="With a run: this practice alone.")] = None,
    out: RunHome = DEFAULT_HOME,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """List the practices of training and what automl does about each, or which of them a run applied and why."""
    from automl_cli.cli.practices import practices_table
    from automl_cli.report.practices.catalogue import find_practices, load_practices
    from automl_cli.terminal.console import make_terminal

    terminal = make_terminal(json=json)
    if about is None:
        practices = load_practices()
        terminal.show(practices_table(practices, width=terminal.data.width), practices)
        terminal.say("[dim]automl guide NUMBER shows one in full, automl guide RUN what a run did.[/]")
        return
    found = find_practices(about)
    run = None if about.isdecimal() else _run(about, out)
    if run is not None:
        _show_run(terminal, run, practice=practice)
    elif found:
        _show_practices(terminal, found)
    else:
        raise UsageError(
            f"'{about}' is neither a practice nor a run.", hint="'automl guide' lists practices, 'automl runs' runs"
        )


def _run(name: str, home: Path) -> RunFolder | None:
    from automl_cli.runs.folder import find_run

    try:
        return find_run(name, home)
    except RunError:
        return None


def _show_run(terminal: Terminal, run: RunFolder, *, practice: str | None) -> None:
    from automl_cli.cli.practices import practised_table
    from automl_cli.report.practices.catalogue import find_practices
    from automl_cli.report.practices.record import judge_run

    judged = judge_run(run)
    if practice is not None:
        wanted = {found.number for found in find_practices(practice)}
        if not wanted:
            raise UsageError(f"'{practice}' is no practice.", hint="'automl guide' lists them")
        judged = [each for each in judged if each.number in wanted]
    terminal.say(f"[bold]{run.name}[/]")
    terminal.show(practised_table(judged), judged)


def _show_practices(terminal: Terminal, found: Sequence[Practice]) -> None:
    from rich.console import Group

    from automl_cli.cli.practices import practice_table, practices_table

    if len(found) > _SHOWN_IN_FULL:
        terminal.show(practices_table(found, width=terminal.data.width), found)
        return
    terminal.show(Group(*(practice_table(each) for each in found)), found)
