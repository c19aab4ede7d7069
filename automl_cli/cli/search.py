"""`automl search`: the main job."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from automl_cli.cli.options import DEFAULT_HOME, Debug, Json, Quiet, RunHome, TrackOption, Verbose, WorkersOption
from automl_cli.cli.request import (
    FoldsOption,
    GroupOption,
    KindOption,
    MonotoneOption,
    SourceArgument,
    TargetOption,
    TaskOption,
    TestFractionOption,
    TestOption,
    TimeColumnOption,
    describe_for_user,
    read_assignments,
    read_directions,
    read_kinds,
)

STARTED = time.monotonic()  # zero of the time budget: imports count too


def search(
    source: SourceArgument,
    target: TargetOption = None,
    time_budget: Annotated[
        str | None, typer.Option("--time", envvar="AUTOML_TIME", help="Wall time for everything: 90s, 5m, 1h. [5m]")
    ] = None,
    trials: Annotated[int | None, typer.Option(envvar="AUTOML_TRIALS", min=1, help="At most so many trials.")] = None,
    metric: Annotated[str | None, typer.Option(envvar="AUTOML_METRIC", help="See: automl check --metrics.")] = None,
    strategy: Annotated[
        str | None,
        typer.Option(
            envvar="AUTOML_STRATEGY", help="auto, hyperband, bayesian, random, grid, greedy or manual. [auto]"
        ),
    ] = None,
    families: Annotated[
        str | None,
        typer.Option(envvar="AUTOML_FAMILIES", help="Model families, with commas between; see: automl spaces."),
    ] = None,
    space: Annotated[
        Path | None, typer.Option(envvar="AUTOML_SPACE", help="YAML file with a search space of your own.")
    ] = None,
    pins: Annotated[
        list[str] | None, typer.Option("--set", help="Fix a hyperparameter, as NAME=VALUE; may be repeated.")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", envvar="AUTOML_FROM", help="Earlier run or .keras file to start from."),
    ] = None,
    seed: Annotated[int | None, typer.Option(envvar="AUTOML_SEED", min=0, help="Same seed, same run. [0]")] = None,
    task: TaskOption = None,
    kind: KindOption = None,
    monotone: MonotoneOption = None,
    test: TestOption = None,
    test_fraction: TestFractionOption = None,
    folds: FoldsOption = None,
    group: GroupOption = None,
    time_column: TimeColumnOption = None,
    out: RunHome = DEFAULT_HOME,
    name: Annotated[str | None, typer.Option(help="Name of the run; the file's name by default.")] = None,
    workers: WorkersOption = None,
    keep: Annotated[
        int | None, typer.Option(envvar="AUTOML_KEEP", min=1, help="Best trials whose weights are kept. [10]")
    ] = None,
    prefer: Annotated[
        Literal["accurate", "fast", "small"] | None,
        typer.Option(envvar="AUTOML_PREFER", help="What the model is to be: accurate, or nearly so and fast or small."),
    ] = None,
    single: Annotated[
        bool | None, typer.Option("--single", envvar="AUTOML_SINGLE", help="Ship the best trial, no ensemble.")
    ] = None,
    refit: Annotated[
        bool | None,
        typer.Option("--refit", envvar="AUTOML_REFIT", help="Train the best trial again on all rows, and ship that."),
    ] = None,
    track: TrackOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and stop.")] = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Find, test and export a model that predicts one column."""
    from automl_cli import workflow
    from automl_cli.cli.outcome import print_outcome, print_plan, progress_of
    from automl_cli.data.described import Request
    from automl_cli.search.plan import make_plan
    from automl_cli.search.transfer import find_start
    from automl_cli.spec.validate import settings_from
    from automl_cli.terminal.console import make_terminal
    from automl_cli.tracking.make import make_trackers

    terminal = make_terminal(quiet=quiet, verbose=verbose, json=json)
    trackers = make_trackers(track, out)
    settings = settings_from(
        {
            "time": time_budget,
            "trials": trials,
            "metric": metric,
            "strategy": strategy,
            "families": [part.strip() for part in families.split(",") if part.strip()] if families else None,
            "space": str(space) if space else None,
            "start_from": str(find_start(start, out)) if start else None,
            "seed": seed,
            "workers": workers,
            "keep": keep,
            "prefer": prefer,
            "single": single,
            "refit": refit,
            "hyperparameters": read_assignments(pins) if pins else None,
        }
    )
    said = {"test_file": str(test) if test else None, "test_fraction": test_fraction, "folds": folds}
    said |= {"group": group, "time_column": time_column}
    request = Request(source, target, task, read_kinds(kind), said, read_directions(monotone))
    described, waited_seconds = describe_for_user(request, terminal)
    plan = make_plan(settings, described.dataset, rows=described.source.result.table.rows)
    if dry_run:
        print_plan(terminal, described, plan=plan)
        return
    started = STARTED + waited_seconds
    with progress_of(terminal, started=started) as progress:
        outcome = workflow.search(
            described, plan, home=out, name=name, started=started, listeners=[progress, *trackers]
        )
    print_outcome(terminal, outcome)
    if outcome.interrupted:
        raise typer.Exit(130)
