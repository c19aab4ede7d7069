"""`automl init`: a dataset spec to read, correct and keep."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from automl_cli.cli.options import Debug, Quiet, Verbose
from automl_cli.cli.request import KindOption, Source, TargetOption, TaskOption, describe_for_user, read_assignments


def init(
    source: Source,
    target: TargetOption = None,
    task: TaskOption = None,
    kind: KindOption = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write.")] = Path("dataset.yaml"),
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Write what was inferred of a table as a commented dataset.yaml."""
    from automl_cli import workflow
    from automl_cli.errors import UsageError
    from automl_cli.spec.search import SearchSettings
    from automl_cli.terminal.console import make_terminal
    from automl_cli.terminal.tables import columns_table

    if output.exists():
        raise UsageError(f"'{output}' exists already.", hint="choose another file with -o")
    terminal = make_terminal(quiet=quiet, verbose=verbose)
    request = workflow.Request(source, target, task, read_assignments(kind or []), {}, SearchSettings())
    described = describe_for_user(request, terminal)
    workflow.write_dataset(described, output)
    dataset = described.dataset
    terminal.say(columns_table(dataset.columns, target=dataset.target))
    terminal.say(f"Predict [bold]{dataset.target}[/]: {dataset.task}, because {dataset.task_reason}")
    terminal.say(f"Wrote {output}. Edit it, then: automl search {output}")
