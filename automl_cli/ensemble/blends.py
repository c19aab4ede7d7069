"""What every candidate would make of a blend, measured quickly: the inner loop of a selection.

A blend is the mean of a multiset of candidates. All ways to make it one larger are measured at once, for each metric
by the cheapest way that there is: squared errors of all blends follow from one matrix of products, the log loss reads
one probability a row, ranks need one sort of integers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.evaluation.metrics import Metric

# From how often each candidate is in a blend `(candidates,)` to the loss of the blend with each one added.
Measure = Callable[[NDArray[np.float64]], NDArray[np.float64]]
Predictions = Sequence[NDArray[Any]]

# Rows times classes that are measured: a selection among forty candidates takes about a second, and more rows change
# it little. Fewer are where rows are sorted, or whatever else a metric does.
_MOST_CELLS, _MOST_DEAR_CELLS = 200_000, 40_000
_FEWEST_ROWS = 2_000
_DEAR = ("roc_auc", "average_precision", "median_absolute_error")
# Cells of residuals that are held at once: they stay in the cache of a core.
_BLOCK = 4_096


def loss_of(metric: Metric, value: float) -> float:
    """Turns a value of a metric into one that is better the lower it is, and 0 when nothing is wrong."""
    return 1 - value if metric.greater_is_better else value


def measure_blends(metric: Metric, predictions: Predictions, *, truth: NDArray[Any]) -> Measure:
    """Prepares the measuring of blends.

    Args:
        metric: Measures blends. For RMSE, MSE and R² losses are mean squared errors, which put blends in the
            same order; of many rows only some are looked at.
        predictions: One array per candidate: probabilities `(rows, classes)` or values `(rows, 1)`.
        truth: `(rows,)` class indices or values.

    Returns:
        From counts `(candidates,)` to losses `(candidates,)`.
    """
    is_dear = metric.name in _DEAR or metric.name not in _FAST
    most = max(_FEWEST_ROWS, (_MOST_DEAR_CELLS if is_dear else _MOST_CELLS) // predictions[0].shape[1])
    if len(truth) > most:
        rows = _spread(truth, most, balanced=metric.name == "roc_auc" and predictions[0].shape[1] == 2)
        predictions, truth = [each[rows] for each in predictions], truth[rows]
    if metric.name in _FAST:
        return _FAST[metric.name](predictions, truth)
    return _one_by_one(np.stack(predictions), lambda total, size: loss_of(metric, metric.function(truth, total / size)))


def _spread(truth: NDArray[Any], most: int, *, balanced: bool) -> NDArray[np.int64]:
    """Chooses rows evenly, of all together or as many of each of two classes, which is all the same to a ROC curve."""
    parts = [np.flatnonzero(truth == 0), np.flatnonzero(truth != 0)] if balanced else [np.arange(len(truth))]
    each = most // len(parts)
    spread = [
        part if len(part) <= each else part[np.linspace(0, len(part) - 1, each).astype(np.int64)] for part in parts
    ]
    return np.concatenate(spread)


def _one_by_one(values: NDArray[np.float32], loss: Callable[[NDArray[np.float32], float], float]) -> Measure:
    """Measures candidate by candidate from the sum of what the blend's members predict, and their number."""
    total = np.empty_like(values[0])

    def measure(counts: NDArray[np.float64]) -> NDArray[np.float64]:
        blend = np.tensordot(counts.astype(np.float32), values, axes=1)
        size = float(counts.sum()) + 1
        return np.array([loss(np.add(blend, each, out=total), size) for each in values])

    return measure


def _log_loss(predictions: Predictions, truth: NDArray[Any]) -> Measure:
    every = np.arange(len(truth))
    # As in the metric: nothing is smaller than the rounding error of 1.
    shares = np.stack([np.maximum(each[every, truth], np.finfo(np.float32).eps) for each in predictions])
    return _one_by_one(shares.astype(np.float32), lambda total, size: float(np.log(size) - np.log(total).mean()))


def _squared(predictions: Predictions, truth: NDArray[Any]) -> Measure:
    """The squared error of a blend is a quadratic form of its shares."""
    products = np.zeros((len(predictions), len(predictions)))
    block = max(1, _BLOCK // predictions[0].shape[1])
    for start in range(0, len(truth), block):
        rows = slice(start, start + block)
        residuals = np.stack([_residuals(each[rows], truth[rows]).ravel() for each in predictions])
        products += residuals @ residuals.T
    products /= len(truth)
    own = np.diag(products)

    def measure(counts: NDArray[np.float64]) -> NDArray[np.float64]:
        shared = products @ counts
        errors: NDArray[np.float64] = (counts @ shared + 2 * shared + own) / (counts.sum() + 1) ** 2
        return errors.clip(0)  # rounding must not make an error less than none

    return measure


def _residuals(predictions: NDArray[Any], truth: NDArray[Any]) -> NDArray[np.float64]:
    residuals = predictions.astype(np.float64)
    if predictions.shape[1] == 1:
        residuals[:, 0] -= truth
        return residuals
    residuals[np.arange(len(truth)), truth] -= 1
    return residuals[:, 1:] if predictions.shape[1] == 2 else residuals


def _absolute(predictions: Predictions, truth: NDArray[Any]) -> Measure:
    return _of_residuals(predictions, truth, np.mean)


def _median(predictions: Predictions, truth: NDArray[Any]) -> Measure:
    return _of_residuals(predictions, truth, np.median)


def _relative(predictions: Predictions, truth: NDArray[Any]) -> Measure:
    known = truth != 0
    truth = truth[known].astype(np.float64)
    return _of_residuals([each[known] / truth[:, np.newaxis] for each in predictions], np.ones(len(truth)), np.mean)


def _of_residuals(
    predictions: Predictions, truth: NDArray[Any], summary: Callable[[NDArray[Any]], np.floating[Any]]
) -> Measure:
    residuals = np.stack([_residuals(each, truth)[:, 0] for each in predictions]).astype(np.float32)
    return _one_by_one(residuals, lambda total, size: float(summary(np.abs(total))) / size)


def _roc_auc(predictions: Predictions, truth: NDArray[Any]) -> Measure:
    return _of_ranks(predictions, truth, _area)


def _average_precision(predictions: Predictions, truth: NDArray[Any]) -> Measure:
    return _of_ranks(predictions, truth, _precision)


@dataclass(frozen=True, slots=True)
class _Ranks:
    """Where the rows of one class are among all, in the order of rising scores.

    Attributes:
        places: Of each row of the class, behind rows of other classes with the same score.
        first: Place of the first row with the same score, of whatever class.
        before: Rows of the class before that.
        rows: Number of all rows.
    """

    places: NDArray[np.int64]
    first: NDArray[np.int64]
    before: NDArray[np.int64]
    rows: int


def _of_ranks(predictions: Predictions, truth: NDArray[Any], value: Callable[[_Ranks], float]) -> Measure:
    """Averages a measure of ranks over the classes that there are; of two classes the positive one counts."""
    classes = predictions[0].shape[1]
    measures = []
    for index in [1] if classes == 2 else range(classes):
        mark = (truth == index).astype(np.uint32)
        if 0 < mark.sum() < len(mark):
            scores = np.stack([each[:, index] for each in predictions]).astype(np.float32)
            measures.append(_one_by_one(scores, _rank_loss(mark, value)))
    if not measures:
        return lambda counts: np.zeros(len(counts))
    return lambda counts: np.mean([measure(counts) for measure in measures], axis=0)


def _rank_loss(
    mark: NDArray[np.uint32], value: Callable[[_Ranks], float]
) -> Callable[[NDArray[np.float32], float], float]:
    """Sorts scores as integers with the class in the lowest bit: numbers above 0 are in the order of their bits."""
    keys = np.empty_like(mark)  # made once: fresh memory costs more than what is done in it

    def loss(total: NDArray[np.float32], size: float) -> float:
        np.left_shift(total.view(np.uint32), 1, out=keys)
        np.bitwise_or(keys, mark, out=keys)
        keys.sort()
        places = np.flatnonzero(keys & 1)
        first, before = places.copy(), np.arange(len(places))
        own = keys[places]
        # Place -1 is the row of the highest score: it ties with the lowest only if all are equal.
        tied = np.flatnonzero(own - keys[places - 1] <= 1)
        if len(tied):
            first[tied] = np.searchsorted(keys, own[tied] & ~np.uint32(1))
            before[tied] = np.searchsorted(places, first[tied])
        return 1 - value(_Ranks(places, first, before, len(keys)))

    return loss


def _area(ranks: _Ranks) -> float:
    """Counts, for each row of the class, the others below it, and half of those with the same score."""
    lower_or_tied = ranks.places - np.arange(len(ranks.places))
    lower = ranks.first - ranks.before
    return float((lower_or_tied + lower).sum()) / 2 / (len(lower) * (ranks.rows - len(lower)))


def _precision(ranks: _Ranks) -> float:
    """Averages the precision of taking all rows that score no less than one of the class."""
    return float(np.mean((len(ranks.before) - ranks.before) / (ranks.rows - ranks.first)))


_FAST: dict[str, Callable[[Predictions, NDArray[Any]], Measure]] = {
    "roc_auc": _roc_auc,
    "average_precision": _average_precision,
    "log_loss": _log_loss,
    "brier": _squared,
    "rmse": _squared,
    "mse": _squared,
    "r2": _squared,
    "mae": _absolute,
    "mape": _relative,
    "median_absolute_error": _median,
}
