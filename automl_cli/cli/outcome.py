"""What `automl search` prints: the plan with --dry-run, the result at the end."""

from __future__ import annotations

from rich.markup import escape

from automl_cli.data.described import Described
from automl_cli.data.phrases import count_of
from automl_cli.evaluation.start_verdict import start_verdict
from automl_cli.runs.folder import RunFolder
from automl_cli.spec.duration import format_duration
from automl_cli.spec.monotone import directions_of, tell_directions
from automl_cli.spec.search import SearchSpec
from automl_cli.terminal.console import Terminal
from automl_cli.terminal.figures import figure, score_with_interval
from automl_cli.terminal.progress import LineProgress, LiveProgress
from automl_cli.terminal.tables import columns_table, leaderboard_table
from automl_cli.workflow import Outcome

_ROWS_SHOWN = 12


def progress_of(terminal: Terminal, *, started: float) -> LiveProgress | LineProgress:
    """Returns what shows a search while it runs: a live view where somebody watches, lines elsewhere."""
    return LiveProgress(terminal, started=started) if terminal.is_live else LineProgress(terminal, started=started)


def print_plan(terminal: Terminal, described: Described, *, plan: SearchSpec) -> None:
    """Prints what a search would do."""
    dataset = described.dataset
    terminal.say(columns_table(dataset.columns, target=dataset.target))
    terminal.say(f"Predict [bold]{escape(dataset.target)}[/]: {dataset.task}, because {escape(dataset.task_reason)}")
    terminal.show(
        "\n".join(f"{name}: {value}" for name, value in plan.model_dump().items()),
        {"dataset": dataset.model_dump(), "search": plan.model_dump()},
    )


def print_outcome(terminal: Terminal, outcome: Outcome) -> None:
    """Prints leaderboard, test score, verdict and what to do next."""
    start = start_verdict(outcome.ranked, metric=outcome.choice.validation.metric)
    machine = {
        "run": str(outcome.run.path),
        "model": str(outcome.run.model),
        "verdict": outcome.tested.verdict,
        "start": start,
        "test": outcome.tested.scores,
        "metric": outcome.choice.validation.metric,
        "best_trial": outcome.choice.best,
        "weights": outcome.choice.weights,
        "monotone": directions_of(outcome.dataset),
        "models": outcome.choice.models,
        "validation": outcome.choice.validation,
        "maximum_difference": outcome.maximum_difference,
        "model_megabytes": outcome.model_megabytes,
        "run_megabytes": outcome.run_megabytes,
        "seconds": outcome.seconds,
        "trials": outcome.ranked,
    }
    weights = outcome.choice.weights
    shown = [r for place, r in enumerate(outcome.ranked) if place < _ROWS_SHOWN or r.trial.number in weights]
    terminal.show(leaderboard_table(shown, metric=outcome.choice.validation.metric, weights=weights), machine)
    left_out = len(outcome.ranked) - len(shown)
    if left_out > 0:
        terminal.say(f"[dim]and {left_out} more: automl leaderboard {outcome.run.name}[/]")
    terminal.say(f"[dim]The search ended because {escape(outcome.reason)}.[/]")
    terminal.say()
    terminal.say(f"[bold]{escape(outcome.tested.verdict)}[/]")
    for said in filter(None, (tell_directions(outcome.dataset), start)):
        terminal.say(escape(said))
    expected = outcome.choice.validation
    members = f"mean of {len(weights)} trials" if len(weights) > 1 else f"trial {outcome.choice.best}"
    members += f", {count_of(sum(outcome.choice.models.values()), 'model')}"
    terminal.say(
        f"[dim]Validation of the model ({members}): {expected.metric} {figure(expected.value)} on "
        f"{expected.measured_on}; {figure(expected.low)} to {figure(expected.high)} was to be expected of the test.[/]"
    )
    for score in outcome.tested.scores:
        terminal.say(f"  {score.metric:<20} {score_with_interval(score)}  [dim]on {score.measured_on}[/]")
    terminal.say()
    terminal.say(
        f"Model: [bold]{escape(str(outcome.run.model))}[/] ({outcome.model_megabytes:.1f} MB); loaded by TensorFlow "
        f"alone it predicts the same to {outcome.maximum_difference:.1e}. Took {format_duration(outcome.seconds)}; "
        f"the run takes {outcome.run_megabytes:.0f} MB."
    )
    _print_next_steps(terminal, outcome.run)


def _print_next_steps(terminal: Terminal, run: RunFolder) -> None:
    terminal.say("Next:")
    terminal.say(f"  automl predict {run.name} new_rows.csv -o predictions.csv")
    terminal.say(f"  automl evaluate {run.name} labelled_rows.csv")
    terminal.say(f"  open {run.report}")
