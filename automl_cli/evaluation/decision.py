"""From probabilities to one class, for metrics that do not reward the likeliest one.

Each class gets a factor by which its probabilities are multiplied before the largest is taken; with two classes that
is the threshold of the positive one. What is right for a metric follows from the probabilities if they are calibrated
(Lipton et al., 2014, for F1), and from the labels if there are many. Both have a say: each row counts as its label and,
the fewer rows there are, as its probabilities, which makes a smooth curve of what would jump with single rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.evaluation.metrics import Metric

# Precision and recall alone are best where nearly no row, or every row, is called positive: no factors for them.
_MOVED = ("accuracy", "balanced_accuracy", "f1", "mcc")
# Rows of the rarest class at which labels and probabilities have an equal say. On tables of 150 to 1,000 rows labels
# alone lost a third of what the threshold gains.
_EQUAL_SAY = 100
# Rows times classes that a scan looks at: a twentieth of a second for two classes, one or two for thirty.
_MOST_CELLS = 200_000
_MOST_SWEEPS = 3
_RESAMPLES = 200
# Standard errors that a gain has to exceed for each factor that is free. The likeliest class is right for accuracy
# unless the probabilities are not, so more is asked for.
_ERRORS, _ERRORS_FOR_ACCURACY = 1.0, 2.0
# Beyond these a class would be decided by rounding errors.
_LOWEST, _HIGHEST = 1e-6, 1 - 1e-6

Array = NDArray[np.float64]


def fit_decision(truth: NDArray[Any], probabilities: NDArray[Any], *, metric: Metric) -> tuple[float, ...]:
    """Finds the factors with which decisions score best.

    With two classes, all thresholds are tried; with more, the factor of one class after the other (coordinate
    ascent), from equal factors and, for balanced accuracy, from the inverse shares of the classes, which are right
    for calibrated probabilities.

    Args:
        truth: `(rows,)` class indices.
        probabilities: `(rows, classes)` of a model on rows that it was not trained on.
        metric: What the decisions are measured by.

    Returns:
        One factor above 0 per class, 1 on average; all 1 if the metric does not look at the decision, or if the gain
        on these rows may be chance.
    """
    classes: int = probabilities.shape[1]
    unchanged = (1.0,) * classes
    if metric.name not in _MOVED:
        return unchanged
    stride = -(-probabilities.size // _MOST_CELLS)  # rows of out-of-fold predictions have no order
    truth, shares = truth[::stride], probabilities[::stride].astype(np.float64)
    counts = np.bincount(truth, minlength=classes)
    if counts.min() == 0:  # nothing says what a class that is not there should cost
        return unchanged
    say = counts.min() / (counts.min() + _EQUAL_SAY)
    soft = (1 - say) * shares
    soft[np.arange(len(truth)), truth] += say

    starts = [np.ones(classes)]
    if metric.name == "balanced_accuracy":
        starts.append(1 / soft.sum(axis=0))
    found = [_ascend(soft, shares, factors=start, metric=metric) for start in starts]
    factors = max(found, key=lambda pair: pair[1])[0]
    if not _is_gain(truth, shares, factors=factors, metric=metric):
        return unchanged
    return tuple(float(factor) for factor in factors * (classes / factors.sum()))


def decide(probabilities: NDArray[Any], factors: tuple[float, ...]) -> NDArray[Any]:
    """Multiplies probabilities by the factors of their classes.

    Args:
        probabilities: `(rows, classes)`.
        factors: One per class; all 1 returns the probabilities as they are.

    Returns:
        `(rows, classes)` in the dtype of the probabilities, each row with sum 1; its largest value is the decision.
        It is no probability of anything.
    """
    if all(factor == 1 for factor in factors):
        return probabilities
    weighted = probabilities * np.asarray(factors, probabilities.dtype)
    adjusted: NDArray[Any] = weighted / weighted.sum(axis=1, keepdims=True)
    return adjusted


def _ascend(soft: Array, shares: Array, *, factors: Array, metric: Metric) -> tuple[Array, float]:
    """Improves one factor after the other; returns them and what the metric is with them."""
    classes = shares.shape[1]
    # The factors of two classes are one threshold.
    moved = [1] if classes == 2 else range(classes)
    best = -np.inf
    for _ in range(_MOST_SWEEPS if classes > 2 else 1):
        before = best
        for index in moved:
            factor, value = _best_factor(soft, shares, index=index, factors=factors, metric=metric)
            if value > best + 1e-9:
                best = value
                factors = np.where(np.arange(classes) == index, factor, factors)
        if best - before < 1e-4:
            break
    return factors, best


def _best_factor(soft: Array, shares: Array, *, index: int, factors: Array, metric: Metric) -> tuple[float, float]:
    """Tries all factors of one class; returns the best and what the metric is with it.

    As the factor grows, one row after the other goes over to the class from its rival, the best of the others.
    """
    rows, classes = shares.shape
    others = shares * factors
    others[:, index] = -1
    rival = others.argmax(axis=1)
    strength = others[np.arange(rows), rival]
    # A row goes over where the class's share of both is above a threshold, which is 1 / (1 + factor).
    share = shares[:, index] / np.maximum(shares[:, index] + strength, np.finfo(np.float64).tiny)
    order = np.argsort(-share, kind="stable")
    share, rival = share[order], rival[order]

    leaves = np.zeros((rows + 1, classes))  # of each class, cumulated over the rows that went over
    leaves[np.arange(1, rows + 1), rival] = 1
    lost = np.zeros((rows + 1, classes))
    lost[np.arange(1, rows + 1), rival] = soft[order, rival]
    predicted = leaves.sum(axis=0) - leaves.cumsum(axis=0)
    hits = lost.sum(axis=0) - lost.cumsum(axis=0)
    predicted[:, index] = np.arange(rows + 1)
    hits[1:, index] = soft[order, index].cumsum()

    values = _values(metric.name, hits, predicted=predicted, actual=soft.sum(axis=0))
    edges = np.concatenate([[1.0], share, [0.0]])
    values[edges[:-1] == edges[1:]] = -np.inf  # no threshold lies between equal rows
    best = int(values.argmax())
    threshold = float(np.clip((edges[best] + edges[best + 1]) / 2, _LOWEST, _HIGHEST))
    return (1 - threshold) / threshold, float(values[best])


def _values(name: str, hits: Array, *, predicted: Array, actual: Array) -> Array:
    """Measures from counts by class, each `(..., classes)`; see the metrics of the same names."""
    if name == "accuracy":
        return np.asarray(hits.sum(axis=-1) / actual.sum(axis=-1))
    if name == "balanced_accuracy":
        return _mean_of_present(hits, actual, present=actual > 0)
    if name == "f1":
        if hits.shape[-1] == 2:
            hits, predicted, actual = (counts[..., 1:] for counts in (hits, predicted, actual))
        return _mean_of_present(2 * hits, predicted + actual, present=predicted + actual > 0)
    rows = actual.sum(axis=-1)
    covariance = hits.sum(axis=-1) * rows - np.sum(actual * predicted, axis=-1)
    spread = (rows**2 - np.sum(predicted**2, axis=-1)) * (rows**2 - np.sum(actual**2, axis=-1))
    return np.where(spread > 1e-9 * rows**4, covariance / np.sqrt(np.maximum(spread, 1e-9 * rows**4)), 0.0)


def _mean_of_present(numerator: Array, denominator: Array, *, present: NDArray[np.bool_]) -> Array:
    ratios = np.where(present, numerator / np.where(present, denominator, 1), 0)
    return np.asarray(ratios.sum(axis=-1) / np.maximum(np.sum(present, axis=-1), 1))


def _is_gain(truth: NDArray[Any], shares: Array, *, factors: Array, metric: Metric) -> bool:
    """Says whether the labels confirm a gain beyond its standard error, by bootstrap of rows.

    The best of many factors gains something on the rows that they were chosen on even where nothing is to be gained,
    and the more of them are free the more. Rows with the same true class and the same decisions before and after are
    alike: only their counts are drawn.
    """
    classes, rows = shares.shape[1], len(truth)
    before, after = shares.argmax(axis=1), (shares * factors).argmax(axis=1)
    kinds, counts = np.unique((truth * classes + before) * classes + after, return_counts=True)
    true, first, second = kinds // classes**2, kinds // classes % classes, kinds % classes
    draws = np.random.default_rng(0).multinomial(rows, counts / rows, size=_RESAMPLES)
    identity = np.eye(classes)

    def measure(decision: NDArray[Any]) -> Array:
        every = np.vstack([counts, draws]).astype(np.float64)  # what was seen first
        hits = every @ (identity[true] * (true == decision)[:, np.newaxis])
        return _values(metric.name, hits, predicted=every @ identity[decision], actual=every @ identity[true])

    gains = measure(second) - measure(first)
    errors = _ERRORS_FOR_ACCURACY if metric.name == "accuracy" else _ERRORS
    return bool(gains[0] > errors * np.sqrt(classes - 1) * np.std(gains[1:]))
