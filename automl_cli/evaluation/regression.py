"""Metrics of regression: from true and predicted values, `(rows,)` or `(rows, 1)`, to one number."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[Any]


def mse(truth: Values, predictions: Values) -> float:
    """Mean squared error, in the target's unit squared."""
    return float(np.mean(_errors(truth, predictions) ** 2))


def rmse(truth: Values, predictions: Values) -> float:
    """Root of the mean squared error, in the target's unit."""
    return float(np.sqrt(mse(truth, predictions)))


def mae(truth: Values, predictions: Values) -> float:
    """Mean absolute error, in the target's unit."""
    return float(np.mean(np.abs(_errors(truth, predictions))))


def median_absolute_error(truth: Values, predictions: Values) -> float:
    """Half of the rows are off by no more than this, in the target's unit."""
    return float(np.median(np.abs(_errors(truth, predictions))))


def pinball(truth: Values, predictions: Values, *, quantile: float = 0.5) -> float:
    """Mean of what predictions of a quantile cost, in the target's unit (Koenker & Bassett, 1978).

    An error counts that share of it where the prediction is too low, and the rest where it is too high; of the median
    it is half of the absolute error.
    """
    shortfall = -_errors(truth, predictions)
    return float(np.mean(np.maximum(quantile * shortfall, (quantile - 1) * shortfall)))


def mape(truth: Values, predictions: Values) -> float:
    """Mean absolute error as a share of the true value; rows whose true value is 0 have none and are left out."""
    nonzero = truth != 0
    if not nonzero.any():
        return float("inf")
    return float(np.mean(np.abs(_errors(truth, predictions)[nonzero] / truth[nonzero])))


def r2(truth: Values, predictions: Values) -> float:
    """Share of the variance that is explained; 0 is what the mean achieves, 1 is perfect."""
    residual = float(np.sum(_errors(truth, predictions) ** 2))
    total = float(np.sum((truth - np.mean(truth, dtype=np.float64)) ** 2))
    if total == 0:
        return 1.0 if residual == 0 else 0.0
    return 1 - residual / total


def _errors(truth: Values, predictions: Values) -> NDArray[np.float64]:
    # Without the reshape, (rows,) - (rows, 1) would be (rows, rows).
    return np.asarray(predictions, dtype=np.float64).reshape(-1) - truth.reshape(-1)
