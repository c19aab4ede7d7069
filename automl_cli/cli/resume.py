"""`automl resume`: go on with a run."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from automl_cli.cli.options import DEFAULT_HOME, Debug, Json, Quiet, RunHome, TrackOption, Verbose, WorkersOption

STARTED = time.monotonic()


def resume(
    run: Annotated[str | None, typer.Argument(help="A run's name or folder; the latest by default.")] = None,
    time_budget: Annotated[
        str | None, typer.Option("--time", help="+10m: more than it had; 10m: from now. [what it has left]")
    ] = None,
    trials: Annotated[str | None, typer.Option(help="+20: more than it had; 50: in all.")] = None,
    workers: WorkersOption = None,
    track: TrackOption = None,
    out: RunHome = DEFAULT_HOME,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Go on with a run that was cut short, or give one more time, as if it had never stopped."""
    from automl_cli import workflow
    from automl_cli.cli.outcome import print_outcome, progress_of
    from automl_cli.runs.folder import find_run
    from automl_cli.search.resumption import Changes
    from automl_cli.terminal.console import make_terminal
    from automl_cli.tracking.make import make_trackers

    terminal = make_terminal(quiet=quiet, verbose=verbose, json=json)
    folder = find_run(run, out)
    trackers = make_trackers(track, folder.path.parent)
    with progress_of(terminal, started=STARTED) as progress:
        changes = Changes(time=time_budget, trials=trials, workers=workers)
        outcome = workflow.resume(folder, changes, started=STARTED, listeners=[progress, *trackers])
    print_outcome(terminal, outcome)
    if outcome.interrupted:
        raise typer.Exit(130)
