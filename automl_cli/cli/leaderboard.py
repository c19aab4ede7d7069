"""`automl leaderboard`: the trials of a run, best first."""

from __future__ import annotations

from typing import Annotated

import typer

from automl_cli.cli.options import DEFAULT_HOME, Debug, Json, RunHome


def leaderboard(
    run: Annotated[str | None, typer.Argument(help="A run's name or folder; the latest by default.")] = None,
    out: RunHome = DEFAULT_HOME,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Show the trials of a run, best first."""
    from automl_cli.runs.folder import find_run
    from automl_cli.runs.journal import read_results
    from automl_cli.runs.summary import model_weights, summarise
    from automl_cli.search.leaderboard import rank
    from automl_cli.terminal.console import make_terminal
    from automl_cli.terminal.tables import leaderboard_table

    terminal = make_terminal(json=json)
    folder = find_run(run, out)
    metric = summarise(folder).metric or ""
    ranked = rank(read_results(folder.journal), metric=metric)
    terminal.say(f"[bold]{folder.name}[/]")
    terminal.show(leaderboard_table(ranked, metric=metric, weights=model_weights(folder)), ranked)
