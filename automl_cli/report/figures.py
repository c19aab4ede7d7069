"""What the report shows, as numbers; nothing is drawn here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_DOTS = 600  # more dots make a heavier page, not a clearer one


@dataclass(frozen=True, slots=True)
class Line:
    """A curve: as many `x` as `y`."""

    x: Array
    y: Array


def roc_curve(truth: Array, positive: Array) -> Line:
    """Returns the false positive rate (x) against the true positive rate (y) over all thresholds.

    Args:
        truth: 1 for the positive class, else 0, shape (rows,).
        positive: Probability of the positive class, shape (rows,).
    """
    order = np.argsort(-positive, kind="stable")
    hits = np.cumsum(truth[order])
    misses = np.cumsum(1 - truth[order])
    # Rows of equal probability pass a threshold together: only the last of each group is a point.
    last = np.append(np.diff(positive[order]) != 0, True)
    x = np.append(0.0, misses[last] / max(misses[-1], 1))
    y = np.append(0.0, hits[last] / max(hits[-1], 1))
    return Line(x, y)


def precision_recall_curve(truth: Array, positive: Array) -> Line:
    """Returns recall (x) against precision (y) over all thresholds, from the highest down.

    Args:
        truth: 1 for the positive class, else 0, shape (rows,); at least one 1.
        positive: Probability of the positive class, shape (rows,).
    """
    order = np.argsort(-positive, kind="stable")
    hits = np.cumsum(truth[order])
    last = np.append(np.diff(positive[order]) != 0, True)
    found, taken = hits[last], np.flatnonzero(last) + 1
    # Before anything is taken, precision is that of the first that are.
    return Line(np.append(0.0, found / max(hits[-1], 1)), np.append(found[0] / taken[0], found / taken))


def calibration_curve(truth: Array, positive: Array, *, bins: int = 10) -> Line:
    """Returns the mean predicted probability (x) against the observed share (y) in bins of equal count."""
    order = np.argsort(positive, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return Line(np.array([positive[part].mean() for part in parts]), np.array([truth[part].mean() for part in parts]))


def scatter_sample(truth: Array, predictions: Array, *, seed: int) -> Line:
    """Returns true values (x) against predictions (y), at most a few hundred rows of them."""
    rows = np.arange(len(truth))
    if len(rows) > _DOTS:
        rows = np.sort(np.random.default_rng(seed).choice(rows, _DOTS, replace=False))
    return Line(truth[rows], predictions[rows])


def residual_histogram(truth: Array, predictions: Array, *, bins: int = 30) -> Line:
    """Returns a step line: residual (x) against number of rows (y); the outer 1 % share the outer bins."""
    residuals = predictions - truth
    low, high = np.quantile(residuals, [0.005, 0.995])
    counts, edges = np.histogram(np.clip(residuals, low, high), bins=bins)
    return Line(np.repeat(edges, 2)[1:-1], np.repeat(counts, 2).astype(float))
