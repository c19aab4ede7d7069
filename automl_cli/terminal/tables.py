"""Tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.markup import escape
from rich.table import Table

from automl_cli.records import Score, TrialResult
from automl_cli.runs.summary import RunSummary
from automl_cli.spec.dataset import ColumnSpec
from automl_cli.spec.duration import format_duration
from automl_cli.terminal.figures import figure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from automl_cli.evaluation.by_class import ClassScores
    from automl_cli.evaluation.metrics import Metric
    from search_spaces.family import Family

_STATE_COLOURS = {"completed": "green", "stopped": "yellow", "failed": "red", "running": "cyan"}


def plain_table(*headers: str, right: Iterable[str] = ()) -> Table:
    """Makes a table without frame, so that rows can be copied; `right` names columns of figures."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for header in headers:
        table.add_column(header, justify="right" if header in right else "left", overflow="fold")
    return table


def leaderboard_table(results: Iterable[TrialResult], *, metric: str, weights: Mapping[int, float]) -> Table:
    """Draws trials, best first as given.

    Args:
        results: Sorted by the caller.
        metric: Name of the metric, a column header.
        weights: Share of each trial in the model, by its number; none where there is no model yet.
    """
    score_header = f"validation {metric}"
    table = plain_table("share", "trial", "family", "tried as", score_header, "seconds", "parameters", "state",
                        right=("share", "trial", score_header, "seconds", "parameters"))  # fmt: skip
    for result in results:
        trial = result.trial
        table.add_row(
            f"{100 * weights[trial.number]:.0f} %" if trial.number in weights else "",
            str(trial.number),
            trial.family,
            escape(trial.origin),
            figure(result.score),
            f"{result.seconds:.1f}",
            f"{result.parameters:,}" if result.parameters else "–",
            state_text(result.state, remark(result)),
        )
    return table


def remark(result: TrialResult) -> str | None:
    """Returns why a trial failed or stopped, or else what its training showed, in a few words."""
    showed = [finding.code.replace("-", " ") for finding in result.findings if finding.severity != "info"]
    return result.reason or ", ".join(showed) or None


def state_text(state: str, reason: str | None) -> str:
    """Returns the state in its colour, with the reason where there is one."""
    colour = _STATE_COLOURS[state]
    return f"[{colour}]{state}[/]" + (f" [dim]{escape(reason)}[/]" if reason else "")


def columns_table(columns: Mapping[str, ColumnSpec], *, target: str) -> Table:
    """Draws what each column was taken for, and why."""
    table = plain_table("column", "kind", "because")
    for name, column in columns.items():
        kind = "target" if name == target else ", ".join(filter(None, (column.kind, column.monotone)))
        style = "dim" if column.kind in ("identifier", "constant", "ignored") and name != target else None
        table.add_row(escape(name), kind, escape(column.reason), style=style)
    return table


def runs_table(summaries: Iterable[RunSummary]) -> Table:
    """Draws one line a run."""
    table = plain_table("run", "started", "target", "task", "trials", "metric", "test score", "took", "state",
                        right=("trials", "test score", "took"))  # fmt: skip
    for run in summaries:
        table.add_row(
            run.name,
            (run.started or "–")[:16].replace("T", " "),
            escape(run.target or "–"),
            run.task or "–",
            str(run.trials),
            run.metric or "–",
            figure(run.test),
            format_duration(run.seconds) if run.seconds is not None else "–",
            run.state,
        )
    return table


def metrics_table(metrics: Mapping[str, Metric]) -> Table:
    """Draws the metrics and the tasks they measure."""
    table = plain_table("metric", "name", "better", "tasks")
    for metric in metrics.values():
        better = "greater" if metric.greater_is_better else "smaller"
        table.add_row(metric.name, metric.label, better, ", ".join(metric.tasks))
    return table


def scores_table(scores: Iterable[Score]) -> Table:
    """Draws scores with their intervals and what they were measured on."""
    table = plain_table("metric", "value", "95 % interval", "measured on", right=("value", "95 % interval"))
    for score in scores:
        table.add_row(
            score.metric, figure(score.value), f"{figure(score.low)} to {figure(score.high)}", score.measured_on
        )
    return table


def classes_table(classes: Iterable[ClassScores]) -> Table:
    """Draws how well each class is told from the others, with intervals."""
    table = plain_table("class", "rows", "precision", "recall", "F1", right=("rows", "precision", "recall", "F1"))
    for known in classes:
        figures = (
            f"{figure(score.value)} ({figure(score.low)} to {figure(score.high)})"
            for score in (known.precision, known.recall, known.f1)
        )
        table.add_row(escape(known.name), f"{known.rows:,}", *figures)
    return table


def confusion_table(matrix: NDArray[np.int64], classes: Sequence[str]) -> Table:
    """Draws counts of true classes (rows) against predicted ones (columns)."""
    names = [escape(name) for name in classes]
    table = plain_table("true \\ predicted", *names, right=names)
    for name, counts in zip(names, matrix, strict=True):
        table.add_row(name, *(f"{count:,}" for count in counts))
    return table


def families_table(families: Mapping[str, Family]) -> Table:
    """Draws what each family is good for."""
    table = plain_table("family", "kind", "searched", "summary", right=("searched",))
    for family in families.values():
        searched = sum(not parameter.fixed for parameter in family.full_space.parameters)
        table.add_row(family.name, family.kind, str(searched), escape(family.summary))
    return table


def space_table(family: Family) -> Table:
    """Draws every hyperparameter of a family."""
    table = plain_table("hyperparameter", "values", "default", "matters when", "what it does")
    for parameter in family.full_space.parameters:
        conditions = [f"{parent} is {' or '.join(map(str, values))}" for parent, values in parameter.when.items()]
        conditions += [" or ".join(parameter.tasks)] if parameter.tasks else []
        table.add_row(
            parameter.name, escape(parameter.domain()), str(parameter.default), escape("; ".join(conditions)),
            escape(parameter.help),
        )  # fmt: skip
    return table


def facts_table(facts: Mapping[str, object]) -> Table:
    """Draws names and values."""
    table = plain_table("", "")
    for name, value in facts.items():
        if isinstance(value, Mapping):
            for inner, entry in value.items():
                table.add_row(inner, escape(str(entry if entry is not None else "not installed")))
        else:
            table.add_row(name.replace("_", " "), escape(str(value)))
    return table
