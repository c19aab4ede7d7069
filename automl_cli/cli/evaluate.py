"""`automl evaluate`: how well a run's model does on labelled rows."""

from __future__ import annotations

from typing import Annotated

import typer

from automl_cli.cli.options import DEFAULT_HOME, Debug, Json, Quiet, RunHome, split_run_and_data


def evaluate(
    run_or_data: Annotated[str, typer.Argument(metavar="[RUN]", help="A run's name or folder; the latest by default.")],
    data: Annotated[str | None, typer.Argument(metavar="DATA", help="Rows with the target column.")] = None,
    out: RunHome = DEFAULT_HOME,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Score the model of a run on labelled rows."""
    from automl_cli.runs.folder import find_run
    from automl_cli.serving.evaluate import evaluate_file
    from automl_cli.serving.run import load_run
    from automl_cli.terminal.console import make_terminal
    from automl_cli.terminal.tables import classes_table, confusion_table, scores_table

    terminal = make_terminal(json=json, quiet=quiet)
    run, source = split_run_and_data(run_or_data, data)
    bundle, dataset = load_run(find_run(run, out))
    evaluation = evaluate_file(bundle, dataset, source=source)
    for line in evaluation.remarks():
        terminal.say(f"[yellow]note:[/] {line}")
    terminal.show(scores_table(evaluation.scores), evaluation)
    if evaluation.confusion is not None and not json:
        terminal.show(classes_table(evaluation.by_class), None)
        terminal.show(confusion_table(evaluation.confusion, evaluation.classes), None)
