"""`automl predict`: labels and probabilities for new rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from automl_cli.cli.options import DEFAULT_HOME, Debug, Quiet, RunHome, split_run_and_data


def predict(
    run_or_data: Annotated[str, typer.Argument(metavar="[RUN]", help="A run's name or folder; the latest by default.")],
    data: Annotated[
        str | None, typer.Argument(metavar="DATA", help="Rows to predict: a file, or '-' for stdin.")
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="CSV file to write; stdout by default.")] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Repeat the columns of the file beside the predictions.")
    ] = False,
    out: RunHome = DEFAULT_HOME,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Predict the rows of a file with the model of a run."""
    from automl_cli.runs.folder import find_run
    from automl_cli.serving.output import open_output
    from automl_cli.serving.predict import predict_file
    from automl_cli.serving.run import load_run
    from automl_cli.terminal.console import make_terminal

    terminal = make_terminal(quiet=quiet)
    run, source = split_run_and_data(run_or_data, data)
    bundle, dataset = load_run(find_run(run, out))
    with open_output(output) as stream:
        counts = predict_file(bundle, dataset, source=source, output=stream, keep=keep)
    for line in counts.remarks():
        terminal.say(f"[yellow]note:[/] {line}")
    where = f" to {output}" if output else ""
    terminal.say(f"{counts.rows:,} rows predicted{where}.")
