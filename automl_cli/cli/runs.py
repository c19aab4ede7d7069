"""`automl runs`: what was searched before."""

from __future__ import annotations

from automl_cli.cli.options import DEFAULT_HOME, Debug, Json, RunHome


def runs(out: RunHome = DEFAULT_HOME, json: Json = False, debug: Debug = False) -> None:
    """List the runs, the latest last."""
    from automl_cli.runs.folder import list_runs
    from automl_cli.runs.summary import summarise
    from automl_cli.terminal.console import make_terminal
    from automl_cli.terminal.tables import runs_table

    terminal = make_terminal(json=json)
    summaries = [summarise(run) for run in list_runs(out)]
    if not summaries and not json:
        terminal.say(f"No runs in '{out}' yet. Start with: automl search data.csv")
        return
    terminal.show(runs_table(summaries), summaries)
