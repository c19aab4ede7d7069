"""Renders the report of a run into one HTML file that needs nothing beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.evaluation.by_class import ClassScores
from automl_cli.evaluation.classification import confusion_matrix
from automl_cli.evaluation.start_verdict import start_verdict
from automl_cli.records import Curves, Finding, RangeTest, Score, Split, TrialResult
from automl_cli.report.charts import Series, draw
from automl_cli.report.outcome_charts import draw_classes, draw_values
from automl_cli.report.pareto import draw_costs, undominated
from automl_cli.report.practices.record import Practised
from automl_cli.report.showed import what_showed
from automl_cli.spec.dataset import DatasetSpec
from automl_cli.spec.monotone import tell_directions
from automl_cli.spec.search import SearchSpec

_CLASSES_SHOWN = 30
_CURVES = "Learning curves of the trial with the largest share, one pair a fold."


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything that the page speaks of.

    Attributes:
        run: Name of the run.
        verdict: The sentence that the user was told.
        dataset: What was read and inferred.
        plan: How the search was set up.
        split: Which rows served what.
        findings: What the checks noticed.
        ranked: All trials, best first.
        weights: Share of each trial in the model, by its number, the largest first.
        validation: Score of the model on validation rows, and where a test score was to be expected.
        curves: Of the trial with the largest share, one per fold.
        range_test: What the learning rate of a trial in the model was found by; None for most.
        scores: Of the model on the test rows.
        truth: Test targets: class indices or values, shape (rows,).
        predictions: On the test rows: probabilities (rows, classes) or values (rows, 1).
        decided: The same, where labels count: the largest value of a row is its label.
        classes: Class names; empty for regression.
        environment: Versions and machine.
        practices: What the run shows of each practice of training.
        diagnosis: What all trials together showed.
        ending: Why the search ended, in words.
        by_class: How well each class is told from the others, on the test rows.
    """

    run: str
    verdict: str
    dataset: DatasetSpec
    plan: SearchSpec
    split: Split
    findings: Sequence[Finding]
    ranked: Sequence[TrialResult]
    weights: Mapping[int, float]
    validation: Score
    curves: Sequence[Curves]
    scores: Sequence[Score]
    truth: NDArray[Any]
    predictions: NDArray[Any]
    decided: NDArray[Any]
    classes: Sequence[str]
    environment: Mapping[str, Any]
    practices: Sequence[Practised]
    diagnosis: Sequence[Finding]
    ending: str
    by_class: Sequence[ClassScores] = ()
    range_test: RangeTest | None = None


def render_report(contents: Contents) -> str:
    """Returns the page as HTML text."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(loader=PackageLoader("automl_cli.report"), autoescape=True, trim_blocks=True)
    template = environment.get_template("report.html")
    return template.render(
        contents=contents,
        start=start_verdict(contents.ranked, metric=contents.plan.metric),
        directions=tell_directions(contents.dataset),
        curves=[learning_curves(contents.curves), rate_curves(contents.curves), range_chart(contents.range_test)],
        charts=_outcome_charts(contents),
        costs=draw_costs(contents.ranked, metric=contents.plan.metric),
        undominated=undominated(contents.ranked, metric=contents.plan.metric),
        confusion=_confusion(contents),
        showed=what_showed(contents.ranked, weights=contents.weights, findings=contents.diagnosis),
        main=next(r.trial for r in contents.ranked if r.trial.number == next(iter(contents.weights))),
        used=[name for name, column in contents.dataset.columns.items() if _is_input(contents, name, column.kind)],
    )


def learning_curves(curves: Sequence[Curves]) -> str:
    """Draws training and validation loss of every fold; empty where nothing was trained epoch by epoch."""
    series = []
    for fold in curves:
        epochs = range(1, len(fold.loss) + 1)
        series.append(Series("training loss", epochs, fold.loss, "a"))
        series.append(Series("validation loss", epochs, fold.validation_loss, "b"))
    if all(len(fold.loss) < 2 for fold in curves):
        return ""
    return draw(
        series,
        x_label="epoch",
        y_label="loss",
        title=_CURVES,
    )


def rate_curves(curves: Sequence[Curves]) -> str:
    """Draws the learning rate of every fold; empty where nothing was trained epoch by epoch."""
    if all(len(fold.learning_rate) < 2 for fold in curves):
        return ""
    series = [Series("", range(1, len(fold.learning_rate) + 1), fold.learning_rate) for fold in curves]
    return draw(series, x_label="epoch", y_label="learning rate", title="Learning rate at the end of each epoch.")


def range_chart(test: RangeTest | None) -> str:
    """Draws losses over rising learning rates and the rate that was chosen by them; empty without a test."""
    if test is None or len(test.rates) < 2:
        return ""
    powers = [math.log10(rate) for rate in test.rates]
    ends = [min(test.smoothed), max(test.smoothed)]
    return draw(
        [
            Series("loss of a batch", powers, test.losses, "faint", "dots"),
            Series("smoothed", powers, test.smoothed, "a"),
            Series(f"chosen: {test.proposal:.3g}", [math.log10(test.proposal)] * 2, ends, "b"),
        ],
        x_label="learning rate, as a power of 10", y_label="loss", title="Range test of the learning rate.",
    )  # fmt: skip


def _outcome_charts(contents: Contents) -> list[str]:
    if contents.dataset.task == "regression":
        values = contents.predictions.reshape(-1)
        return draw_values(contents.truth, values, target=contents.dataset.target, seed=contents.plan.seed)
    return draw_classes(contents.truth, contents.predictions, classes=contents.classes)


def _confusion(contents: Contents) -> list[tuple[str, list[tuple[int, float]]]]:
    """Rows of (true class, cells); a cell is (count, share of its row)."""
    if contents.dataset.task == "regression" or len(contents.classes) > _CLASSES_SHOWN:
        return []
    matrix = confusion_matrix(contents.truth, contents.decided)
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    return [
        (name, [(int(count), float(share)) for count, share in zip(counts, row, strict=True)])
        for name, counts, row in zip(contents.classes, matrix, shares, strict=True)
    ]


def _is_input(contents: Contents, name: str, kind: str) -> bool:
    return name != contents.dataset.target and kind not in ("identifier", "constant", "ignored")
