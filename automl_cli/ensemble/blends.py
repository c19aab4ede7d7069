"""What every candidate would make of a blend, measured quickly: the inner loop of a selection.

A blend is the mean of a multiset of candidates. All ways to make it one larger are measured at once, for each metric
by the cheapest way that there is: squared errors of all blends follow from one matrix of products, the log loss reads
one probability a row, ranks are counted in bins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.evaluation.metrics import Metric

# From how often each candidate is in a blend `(candidates,)` to the loss of the blend with each one added.
Measure = Callable[[NDArray[np.float64]], NDArray[np.float64]]
Predictions = Sequence[NDArray[Any]]

# Rows times classes that are measured: a selection among forty candidates takes about a second, and more rows change
# it little.
_MOST_CELLS = 100_000
_FEWEST_ROWS = 2_000
# Of bins of ranks: 2,048 for each doubling of the score, and none below a millionth, so 40,000 at most.
_BITS_LEFT_OUT = 12
_SMALLEST_SCORE = 1e-6
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
    classes = predictions[0].shape[1]
    most = max(_FEWEST_ROWS, _MOST_CELLS // classes)
    if len(truth) > most:
        rows = np.linspace(0, len(truth) - 1, most).astype(np.int64)  # evenly, in their order
        predictions, truth = [each[rows] for each in predictions], truth[rows]
    if metric.name in _FAST:
        return _FAST[metric.name](predictions, truth)
    return _one_by_one(np.stack(predictions), lambda total, size: loss_of(metric, metric.function(truth, total / size)))


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
        # Rounding must not make an error less than none.
        return np.maximum(counts @ shared + 2 * shared + own, 0) / (counts.sum() + 1) ** 2

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


def _of_ranks(
    predictions: Predictions, truth: NDArray[Any], value: Callable[[NDArray[Any], NDArray[Any]], float]
) -> Measure:
    """Averages a measure of ranks over the classes that there are; of two classes the positive one counts.

    Instead of sorting, rows are counted in bins by the first bits of their score: exponent and part of the mantissa,
    so that small probabilities are told apart as well as large ones. Rows in one bin count as tied.

    Args:
        predictions: Of the candidates.
        truth: Class indices.
        value: From rows of the class, and of others, in each bin `(bins,)`, the highest bin first, to 0 to 1.
    """
    classes = predictions[0].shape[1]
    measures = []
    for index in [1] if classes == 2 else range(classes):
        positive = truth == index
        if positive.any() and not positive.all():
            order = np.argsort(~positive, kind="stable")  # rows of the class first
            scores = np.stack([np.maximum(each[order, index], _SMALLEST_SCORE) for each in predictions])
            measures.append(_by_bins(scores.astype(np.float32), int(positive.sum()), value))
    if not measures:
        return lambda counts: np.zeros(len(counts))
    return lambda counts: np.mean([measure(counts) for measure in measures], axis=0)


def _by_bins(
    scores: NDArray[np.float32], positives: int, value: Callable[[NDArray[Any], NDArray[Any]], float]
) -> Measure:
    def loss(total: NDArray[np.float32], size: float) -> float:
        bins = total.view(np.int32) >> _BITS_LEFT_OUT
        bins = bins.max() - bins
        width = int(bins.max()) + 1
        return 1 - value(*(np.bincount(part, minlength=width) for part in (bins[:positives], bins[positives:])))

    return _one_by_one(scores, loss)


def _area(hits: NDArray[np.int64], others: NDArray[np.int64]) -> float:
    above = np.cumsum(others) - others / 2  # half of those with the same score
    return 1 - float(hits @ above) / (int(hits.sum()) * int(others.sum()))


def _precision(hits: NDArray[np.int64], others: NDArray[np.int64]) -> float:
    found = np.cumsum(hits)
    taken = np.maximum(found + np.cumsum(others), 1)
    return float(hits @ (found / taken)) / int(found[-1])


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
