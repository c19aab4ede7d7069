"""One sentence for people: how good the model is, beside what needs no model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from automl_cli.evaluation.classification import accuracy, roc_auc
from automl_cli.evaluation.intervals import improvement_interval
from automl_cli.evaluation.metrics import Metric
from automl_cli.evaluation.regression import median_absolute_error, r2

Baseline = Literal["constant", "linear"]

# "4 in 5" is easier to picture than "80 %"; finer shares need larger numbers.
_DENOMINATORS = (2, 3, 4, 5, 10, 20, 100, 1000)
# A smaller gain in accuracy is not worth a sentence by itself.
_VISIBLE = 0.02


@dataclass(frozen=True, slots=True)
class Baselines:
    """What a model is set beside, each with predictions of the same rows.

    Attributes:
        constant: Of the constant guess.
        linear: Of the linear model; None if there is none.
        shipped: Which of them is the model itself: nothing did better on the validation rows.
        are_all: Whether nothing was trained beside those that the shipped one did better than.
    """

    constant: NDArray[Any]
    linear: NDArray[Any] | None = None
    shipped: Baseline | None = None
    are_all: bool = False


def verdict(
    truth: NDArray[Any],
    predictions: NDArray[Any],
    *,
    metric: Metric,
    baselines: Baselines,
    seed: int = 0,
) -> str:
    """Says how good predictions are, and whether a simpler model would do as well.

    Args:
        truth: `(rows,)` class indices or values.
        predictions: Of the model, `(rows, classes)` probabilities or `(rows,)` or `(rows, 1)` values.
        metric: The search's metric, which decides what counts as better.
        baselines: What it is set beside.
        seed: For the intervals that decide whether a difference is real.
    """
    describe = _describe_values if "regression" in metric.tasks else _describe_classes
    sentence = describe(truth, predictions, baselines.constant)
    if baselines.shipped == "constant":
        if baselines.are_all:
            return f"{sentence}. Nothing else was trained, which says nothing about the table: it may need more time."
        return f"{sentence}. Nothing was found: no model did better than a constant guess on the validation rows."
    low, high = improvement_interval(truth, predictions, metric=metric, reference=baselines.constant, seed=seed)
    if high < 0:
        return f"{sentence}. By {metric.label}, this is worse than a constant guess."
    if low <= 0:
        return f"{sentence}. By {metric.label}, this is no better than a constant guess: the difference may be chance."
    if baselines.shipped == "linear":
        if baselines.are_all:
            return f"{sentence}. This is a linear model: nothing else was trained."
        return f"{sentence}. This is a linear model: nothing else that was tried did better on the validation rows."
    if baselines.linear is None:
        return f"{sentence}."
    low, high = improvement_interval(truth, predictions, metric=metric, reference=baselines.linear, seed=seed)
    if high < 0:
        return f"{sentence}. By {metric.label}, a linear model is better still."
    if low <= 0:
        return f"{sentence}. By {metric.label}, a linear model is as good: the difference may be chance."
    return f"{sentence}."


def _describe_classes(truth: NDArray[Any], predictions: NDArray[Any], constant: NDArray[Any]) -> str:
    ours, theirs = accuracy(truth, predictions), accuracy(truth, constant)
    share, constant_share = _shares(ours, theirs)
    sentence = f"Predicts {share} correctly; always guessing the largest class: {constant_share}"
    if predictions.shape[1] == 2 and ours - theirs < _VISIBLE:
        # Where one class is rare, a good model may still call every row the frequent one.
        pairs = round(100 * roc_auc(truth, predictions))
        sentence += f"; of one row of each class, it finds the right one likelier {pairs} times in 100"
    return sentence


def _describe_values(truth: NDArray[Any], predictions: NDArray[Any], constant: NDArray[Any]) -> str:
    ours = _rounded(median_absolute_error(truth, predictions))
    theirs = _rounded(median_absolute_error(truth, constant))
    percent = f"{100 * max(0.0, r2(truth, predictions)):.0f} %"
    explained = (
        "more than 99 %" if percent == "100 %" and not np.array_equal(truth, predictions.reshape(-1)) else percent
    )
    return (
        f"Typically off by {ours} (median error), a constant guess by {theirs}; explains {explained} of the variation"
    )


def _shares(ours: float, theirs: float) -> tuple[str, str]:
    """Writes two shares as "4 in 5", with the smallest denominator that is true to both and tells them apart."""
    tolerance = min(max(abs(ours - theirs) / 4, 0.005), 0.025)
    for denominator in _DENOMINATORS:
        if all(_is_near(share, denominator, tolerance) for share in (ours, theirs)):
            break
    return _in_words(ours, denominator), _in_words(theirs, denominator)


def _is_near(share: float, denominator: int, tolerance: float) -> bool:
    whole = round(share * denominator)
    # "5 in 5" is for what never fails.
    claims_certainty = whole in (0, denominator) and share not in (0, 1)
    return abs(whole / denominator - share) <= tolerance and not claims_certainty


def _in_words(share: float, denominator: int) -> str:
    return {0.0: "none", 1.0: "all"}.get(share, f"{round(share * denominator)} in {denominator}")


def _rounded(value: float) -> str:
    """Writes two significant digits, or whole numbers where the number is large: 0.031, 3.1, 84, 12,300."""
    if value == 0 or not np.isfinite(value):
        return f"{value:g}"
    digits = 2 if abs(value) < 100 else 3
    rounded = float(f"{value:.{digits}g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 10 else f"{rounded:g}"
