"""Metrics of classification: from class indices `(rows,)` and probabilities `(rows, classes)` to one number.

In a binary task the class of index 1 is the positive one. A class that does not occur in the rows is left out of
averages; where nothing is left to measure, a metric takes the value of a blind guess, so that it is always a number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]
Probabilities = NDArray[Any]


def accuracy(truth: Labels, probabilities: Probabilities) -> float:
    """Share of rows whose likeliest class is the true one."""
    return float(np.mean(probabilities.argmax(axis=1) == truth))


def balanced_accuracy(truth: Labels, probabilities: Probabilities) -> float:
    """Mean over the classes of the share of their rows that is found."""
    matrix = confusion_matrix(truth, probabilities)
    rows = matrix.sum(axis=1)
    return float(np.mean(np.diag(matrix)[rows > 0] / rows[rows > 0]))


def precision(truth: Labels, probabilities: Probabilities) -> float:
    """Share of the rows predicted as a class that belong to it: of the positive class, or the mean over classes."""
    hits, predicted, actual = _counts(truth, probabilities)
    return _summary(_ratio(hits, predicted), present=predicted + actual > 0)


def recall(truth: Labels, probabilities: Probabilities) -> float:
    """Share of the rows of a class that are found: of the positive class, or the mean over classes."""
    hits, predicted, actual = _counts(truth, probabilities)
    return _summary(_ratio(hits, actual), present=predicted + actual > 0)


def f1(truth: Labels, probabilities: Probabilities) -> float:
    """Harmonic mean of precision and recall: of the positive class, or the mean over classes."""
    hits, predicted, actual = _counts(truth, probabilities)
    return _summary(_ratio(2 * hits, predicted + actual), present=predicted + actual > 0)


def mcc(truth: Labels, probabilities: Probabilities) -> float:
    """Matthews' correlation of predicted and true classes, -1 to 1 (Gorodkin's R_K for several classes)."""
    matrix = confusion_matrix(truth, probabilities).astype(np.float64)
    actual, predicted, rows = matrix.sum(axis=1), matrix.sum(axis=0), matrix.sum()
    covariance = np.trace(matrix) * rows - actual @ predicted
    spread = np.sqrt((rows**2 - predicted @ predicted) * (rows**2 - actual @ actual))
    return float(covariance / spread) if spread > 0 else 0.0


def log_loss(truth: Labels, probabilities: Probabilities) -> float:
    """Mean negative logarithm of the probability given to the true class."""
    smallest = np.finfo(probabilities.dtype).eps
    shares = np.clip(probabilities, smallest, 1).astype(np.float64)
    shares /= shares.sum(axis=1, keepdims=True)
    return float(-np.mean(np.log(shares[np.arange(len(truth)), truth])))


def brier(truth: Labels, probabilities: Probabilities) -> float:
    """Mean squared distance of the probabilities from certainty of the true class.

    As is the custom, two classes count the positive one only (0 to 1), more than two sum over all (0 to 2).
    """
    distance = probabilities.astype(np.float64)
    distance[np.arange(len(truth)), truth] -= 1
    if probabilities.shape[1] == 2:
        return float(np.mean(distance[:, 1] ** 2))
    return float(np.mean(np.sum(distance**2, axis=1)))


def roc_auc(truth: Labels, probabilities: Probabilities) -> float:
    """How often a row of a class is ranked above a row of another, ties counted half; mean over classes."""
    classes = [1] if probabilities.shape[1] == 2 else range(probabilities.shape[1])
    areas = [_area(truth == index, probabilities[:, index]) for index in classes]
    defined = [area for area in areas if area is not None]
    return float(np.mean(defined)) if defined else 0.5


def average_precision(truth: Labels, probabilities: Probabilities) -> float:
    """Area under the precision-recall curve, as a sum of steps; mean over classes."""
    classes = [1] if probabilities.shape[1] == 2 else range(probabilities.shape[1])
    areas = [_average_precision(truth == index, probabilities[:, index]) for index in classes]
    defined = [area for area in areas if area is not None]
    return float(np.mean(defined)) if defined else 0.0


def confusion_matrix(truth: Labels, probabilities: Probabilities) -> NDArray[np.int64]:
    """Counts rows by true and predicted class.

    Returns:
        `(classes, classes)`; the true class chooses the row, the likeliest class the column.
    """
    classes = probabilities.shape[1]
    cells = truth * classes + probabilities.argmax(axis=1)
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def _counts(truth: Labels, probabilities: Probabilities) -> tuple[Labels, Labels, Labels]:
    """Counts, for each class, the rows found, predicted and true."""
    matrix = confusion_matrix(truth, probabilities)
    return np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1)


def _summary(values: NDArray[np.float64], *, present: NDArray[np.bool_]) -> float:
    """Takes the positive class of two, the mean of the present ones of more."""
    return float(values[1] if len(values) == 2 else np.mean(values[present]))


def _ratio(numerator: NDArray[Any], denominator: NDArray[Any]) -> NDArray[np.float64]:
    """Divides; nothing of nothing counts as 0."""
    quotient = np.zeros(len(numerator))
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient


def _area(positive: NDArray[np.bool_], scores: NDArray[Any]) -> float | None:
    """Counts, for each positive, the negatives below it: two sorts are far quicker than ranking all rows."""
    above, below = np.sort(scores[positive]), np.sort(scores[~positive])
    if not len(above) or not len(below):
        return None
    lower = np.searchsorted(below, above, side="left").sum(dtype=np.float64)
    lower_or_tied = np.searchsorted(below, above, side="right").sum(dtype=np.float64)
    return float((lower + lower_or_tied) / 2 / (len(above) * len(below)))


def _average_precision(positive: NDArray[np.bool_], scores: NDArray[Any]) -> float | None:
    """Averages, over the positives, the precision of taking all rows that score no less than this one."""
    above, every = np.sort(scores[positive]), np.sort(scores)
    if not len(above):
        return None
    found = len(above) - np.searchsorted(above, above, side="left")
    taken = len(every) - np.searchsorted(every, above, side="left")
    return float(np.mean(found / taken))
