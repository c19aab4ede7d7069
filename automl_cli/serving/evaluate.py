"""Measures a model on the labelled rows of a file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from automl_cli.data.parts import join_tables
from automl_cli.data.phrases import count_of, listing
from automl_cli.data.table import Table
from automl_cli.data.target import encode_target
from automl_cli.errors import ColumnError, TargetError
from automl_cli.evaluation.by_class import ClassScores, score_classes
from automl_cli.evaluation.classification import confusion_matrix
from automl_cli.evaluation.decision import decide
from automl_cli.evaluation.intervals import bootstrap_interval
from automl_cli.evaluation.metrics import metrics_for
from automl_cli.records import Score
from automl_cli.serving.bundle import Bundle
from automl_cli.serving.cells import RowCounts
from automl_cli.serving.columns import match_columns
from automl_cli.serving.predict import Batch, predict_batches
from automl_cli.spec.dataset import DatasetSpec


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well a model does on the rows of a file.

    Attributes:
        scores: Every metric of the task, with its interval.
        confusion: Rows by true class (first axis) and predicted class, `(classes, classes)`; None for a regression.
        classes: Names of the classes.
        rows: Rows that were measured.
        rows_without_label: Rows set aside, because their label is missing or no class of the model.
        counts: All rows of the file, and cells that mean nothing to the model.
        by_class: How well each class is told from the others; empty for a regression.
    """

    scores: tuple[Score, ...]
    confusion: NDArray[np.int64] | None
    classes: tuple[str, ...]
    rows: int
    rows_without_label: int
    counts: RowCounts
    by_class: tuple[ClassScores, ...] = ()

    def remarks(self) -> tuple[str, ...]:
        """Returns what a user should know, in sentences."""
        aside = f"{count_of(self.rows_without_label, 'row')} set aside: no label, or one that the model does not know."
        return (*([aside] if self.rows_without_label else []), *self.counts.remarks())


def evaluate_file(bundle: Bundle, dataset: DatasetSpec, *, source: str, seed: int = 0) -> Evaluation:
    """Predicts the rows of a file and compares with the labels in its target column.

    Args:
        bundle: The model.
        dataset: How files of this kind are read and what their columns mean.
        source: As for `read_table`; order and further columns do not matter.
        seed: Of the resampling behind the intervals.

    Raises:
        ReadError: The file cannot be read, or has no rows.
        ColumnError: Columns that the model needs are missing, or most of their cells cannot be read.
        TargetError: The target column is missing, or no row has a usable label.
    """
    labels, predictions, counts = [], [], RowCounts()
    for batch in predict_batches(bundle, dataset, source=source):
        labels.append(_labels(batch, dataset.target))
        predictions.append(batch.predictions)
        counts += batch.counts
    target = encode_target(join_tables(labels), dataset)
    if target.classes != bundle.interface.classes:
        raise TargetError(
            f"The model was trained for the classes {listing(bundle.interface.classes, 10)}, "
            f"dataset.yaml has {listing(target.classes, 10)}.",
            hint="undo the changes to 'labels' in the run's dataset.yaml",
        )
    truth, predicted = target.values[target.usable], np.concatenate(predictions)[target.usable]
    measured_on = count_of(len(truth), "labelled row")
    # Labels may be decided otherwise than by the likeliest class.
    decisive = decide(predicted, bundle.interface.factors) if bundle.interface.factors else predicted
    scores = [
        bootstrap_interval(
            truth,
            decisive if metric.reads == "labels" else predicted,
            metric=metric,
            measured_on=measured_on,
            seed=seed,
        )
        for metric in metrics_for(dataset.task)
    ]
    return Evaluation(
        scores=tuple(scores),
        confusion=None if dataset.task == "regression" else confusion_matrix(truth.astype(np.int64), decisive),
        classes=bundle.interface.classes,
        rows=len(truth),
        rows_without_label=counts.rows - len(truth),
        counts=counts,
        by_class=score_classes(truth, decisive, classes=bundle.interface.classes, measured_on=measured_on, seed=seed),
    )


def _labels(batch: Batch, target: str) -> Table:
    """Returns the target column alone, under its own name."""
    try:
        found = match_columns([target], batch.raw.names)
    except ColumnError as error:
        raise TargetError(
            f"The file has no column '{target}', so there is nothing to compare with.",
            hint=error.hint or "automl predict needs no labels",
        ) from error
    return Table({target: batch.raw[found[target]]})
