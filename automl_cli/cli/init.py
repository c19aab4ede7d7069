"""`automl init`: a dataset spec to read, correct and keep."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from automl_cli.cli.options import Debug, Quiet, Verbose
from automl_cli.cli.request import (
    KindOption,
    MonotoneOption,
    SourceArgument,
    TargetOption,
    TaskOption,
    describe_for_user,
    read_directions,
    read_kinds,
)


def init(
    source: SourceArgument,
    target: TargetOption = None,
    task: TaskOption = None,
    kind: KindOption = None,
    monotone: MonotoneOption = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write.")] = Path("dataset.yaml"),
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Write what is inferred of a table to a file to edit."""
    from rich.markup import escape

    from automl_cli.data.described import Request, located
    from automl_cli.errors import UsageError
    from automl_cli.runs.artifacts import write_text
    from automl_cli.spec.files import dump_dataset
    from automl_cli.terminal.console import make_terminal
    from automl_cli.terminal.tables import columns_table

    if output.exists():
        raise UsageError(f"'{output}' exists already.", hint="choose another file with -o")
    terminal = make_terminal(quiet=quiet, verbose=verbose)
    request = Request(source, target, task, read_kinds(kind), {}, read_directions(monotone))
    described, _ = describe_for_user(request, terminal)
    dataset = described.dataset
    write_text(output, dump_dataset(located(dataset, output.parent)))
    terminal.say(columns_table(dataset.columns, target=dataset.target))
    terminal.say(f"Predict [bold]{escape(dataset.target)}[/]: {dataset.task}, because {escape(dataset.task_reason)}.")
    terminal.say(f"Wrote {output}. Edit it, then: automl search {output}")
