"""Charts of what the model says of the test rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from automl_cli.report.charts import Series, draw
from automl_cli.report.figures import (
    calibration_curve,
    precision_recall_curve,
    residual_histogram,
    roc_curve,
    scatter_sample,
)

# As many curves as can be told apart; of more classes the largest are drawn.
_COLOURS: tuple[Literal["a", "b", "c", "d", "e"], ...] = ("a", "b", "c", "d", "e")
_CHANCE = Series("chance", [0, 1], [0, 1], "faint")
_PERFECT = Series("perfect", [0, 1], [0, 1], "faint")


def draw_classes(truth: NDArray[Any], predictions: NDArray[Any], *, classes: Sequence[str]) -> list[str]:
    """Draws ROC, precision against recall, and calibration.

    Args:
        truth: Class indices `(rows,)`.
        predictions: Probabilities `(rows, classes)`.
        classes: Their names; of two the second is the positive one, of more each is set against all others.
    """
    counts = np.bincount(truth, minlength=len(classes))
    if len(classes) == 2:
        drawn, names, against = [1], ["model"], f"positive class {classes[1]}"
    else:
        drawn = [int(index) for index in np.argsort(-counts, kind="stable")[: len(_COLOURS)] if counts[index]]
        names, against = [classes[index] for index in drawn], "each class against all others"
    curves = [
        (name, (truth == index).astype(np.int64), predictions[:, index], colour)
        for name, index, colour in zip(names, drawn, _COLOURS, strict=False)
    ]
    rocs = [(name, roc_curve(is_it, positive), colour) for name, is_it, positive, colour in curves]
    hits = [(name, precision_recall_curve(is_it, positive), colour) for name, is_it, positive, colour in curves]
    return [
        draw([_CHANCE, *(Series(name, line.x, line.y, colour) for name, line, colour in rocs)],
             x_label="false positive rate", y_label="true positive rate", title=f"ROC on the test rows, {against}."),
        draw([Series(name, line.x, line.y, colour) for name, line, colour in hits],
             x_label="recall", y_label="precision", title=f"Precision against recall on the test rows, {against}."),
        _draw_calibration(truth, predictions),
    ]  # fmt: skip


def draw_values(truth: NDArray[Any], values: NDArray[Any], *, target: str, seed: int) -> list[str]:
    """Draws predictions against the truth, the residuals against predictions, and how residuals are spread.

    Args:
        truth: `(rows,)`.
        values: Predictions `(rows,)`.
        target: Name of the target.
        seed: Chooses the rows that are drawn where there are many.
    """
    dots = scatter_sample(truth, values, seed=seed)
    off = scatter_sample(values, values - truth, seed=seed)
    ends = [float(truth.min()), float(truth.max())]
    level = [float(values.min()), float(values.max())]
    residuals = residual_histogram(truth, values)
    return [
        draw([Series("perfect", ends, ends, "faint"), Series("test rows", dots.x, dots.y, "a", "dots")],
             x_label=f"true {target}", y_label="predicted", title="Predictions on the test rows."),
        draw([Series("perfect", level, [0, 0], "faint"), Series("test rows", off.x, off.y, "a", "dots")],
             x_label="predicted", y_label="predicted minus true", title="Residuals against predictions."),
        draw([Series("", residuals.x, residuals.y)], x_label="predicted minus true", y_label="rows",
             title="How far off, on the test rows."),
    ]  # fmt: skip


def _draw_calibration(truth: NDArray[Any], predictions: NDArray[Any]) -> str:
    if predictions.shape[1] == 2:
        line = calibration_curve(truth, predictions[:, 1])
        x_label, y_label = "predicted probability", "observed share"
    else:
        line = calibration_curve(predictions.argmax(axis=1) == truth, predictions.max(axis=1))
        x_label, y_label = "probability of the likeliest class", "share of rows where it is right"
    series = [_PERFECT, Series("model", line.x, line.y)]
    return draw(series, x_label=x_label, y_label=y_label, title="Calibration on the test rows.")
