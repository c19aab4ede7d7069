"""`automl check`: what this machine offers."""

from __future__ import annotations

from typing import Annotated

import typer

from automl_cli.cli.options import Debug, Json


def check(
    metrics: Annotated[
        bool, typer.Option("--metrics", help="List the metrics and the tasks they fit instead.")
    ] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Show versions, processor, memory and GPUs."""
    from automl_cli.terminal.console import make_terminal
    from automl_cli.terminal.tables import facts_table, metrics_table

    terminal = make_terminal(json=json)
    if metrics:
        from automl_cli.evaluation.metrics import METRICS

        machine = {
            name: {"tasks": list(m.tasks), "greater_is_better": m.greater_is_better} for name, m in METRICS.items()
        }
        terminal.show(metrics_table({name: m for name, m in METRICS.items() if m.is_common}), machine)
        return
    from automl_cli.runs.environment import describe_environment
    from automl_cli.training.runtime import visible_gpus

    facts = {**describe_environment(), "gpus": visible_gpus() or "none seen by TensorFlow"}
    del facts["command"]
    terminal.show(facts_table(facts), facts)
