"""How sure a measured value is: bootstrap over rows (Efron, 1979).

Up to some thousand rows the interval lies between percentiles of a thousand resamples. With many more rows a resample
is dear and the distribution is all but normal: then its standard deviation, from fewer resamples, gives the interval.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.evaluation.metrics import Metric
from automl_cli.records import Score

_PERCENTILES = (2.5, 97.5)
_STANDARD_DEVIATIONS = 1.96
# Sorting a million numbers takes a tenth of a second.
_CELLS = 4_000_000
_FEWEST_RESAMPLES = 40
# Percentiles so far out need as many.
_FEWEST_FOR_PERCENTILES = 200


def bootstrap_interval(
    truth: NDArray[Any],
    predictions: NDArray[Any],
    *,
    metric: Metric,
    measured_on: str,
    seed: int,
    resamples: int = 1000,
) -> Score:
    """Measures predictions and says between which values the metric lies, with 95 % confidence.

    Args:
        truth: `(rows,)` class indices or values.
        predictions: `(rows, classes)` probabilities, or `(rows,)` or `(rows, 1)` values.
        metric: What to measure.
        measured_on: In words, for people: "412 test rows".
        seed: The same seed gives the same interval.
        resamples: How many times rows are drawn anew; fewer are used where there are many rows.
    """
    values = [
        metric.function(truth[drawn], predictions[drawn])
        for drawn in _resample(predictions, resamples=resamples, seed=seed)
    ]
    low, high = _ends(values)
    value = metric.function(truth, predictions)
    return Score(metric.name, value, low, high, measured_on, len(truth))


def prediction_interval(
    truth: NDArray[Any], predictions: NDArray[Any], *, metric: Metric, measured_on: str, rows: int
) -> Score:
    """Measures predictions and says where the metric is to be expected on other rows, with 95 % confidence.

    Both the rows that were measured and the other ones are a sample: their variances add up. Where no row is mistaken
    there is none to be seen; so one more is added that is (Laplace's rule of succession), which says little where
    others are mistaken too.

    Args:
        truth: `(rows,)` class indices or values.
        predictions: `(rows, classes)` probabilities, or `(rows,)` or `(rows, 1)` values.
        metric: What to measure.
        measured_on: In words, for people: "412 validation rows".
        rows: How many the other rows are.

    Returns:
        The score on these rows; its interval is that of the score on the others.
    """
    value, measured = metric.function(truth, predictions), len(truth)
    if metric.reads != "values":
        truth, predictions = _with_a_mistake(truth, predictions)
    values = [
        metric.function(truth[drawn], predictions[drawn])
        for drawn in _resample(predictions, resamples=_FEWEST_FOR_PERCENTILES, seed=0)
    ]
    # The variance of a mean shrinks with the rows that it is taken over.
    reach = _STANDARD_DEVIATIONS * float(np.std(values, ddof=1)) * math.sqrt(1 + len(truth) / max(rows, 1))
    # A loss is never below 0, whatever rises is never above 1.
    low, high = (
        (value - reach, min(value + reach, 1.0))
        if metric.greater_is_better
        else (max(value - reach, 0.0), value + reach)
    )
    return Score(metric.name, value, low, high, measured_on, measured)


def improvement_interval(
    truth: NDArray[Any],
    predictions: NDArray[Any],
    *,
    metric: Metric,
    reference: NDArray[Any],
    seed: int,
    resamples: int = 1000,
) -> tuple[float, float]:
    """Says by how much predictions beat a reference on the same rows, with 95 % confidence.

    Both are measured on the same draws, so what makes rows easy or hard for both cancels out.

    Returns:
        Lower and upper end in the metric's unit; positive is better, whatever the metric's direction.
    """
    values = [
        metric.improvement(
            metric.function(truth[drawn], predictions[drawn]), metric.function(truth[drawn], reference[drawn])
        )
        for drawn in _resample(predictions, resamples=resamples, seed=seed)
    ]
    return _ends(values)


def _with_a_mistake(truth: NDArray[Any], predictions: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Adds a row that is predicted as surely as most are, and is of the class that seems second likeliest."""
    typical = predictions[np.argsort(predictions.max(axis=1), kind="stable")[len(predictions) // 2]]
    mistaken = np.argsort(typical, kind="stable")[-2]
    return np.append(truth, mistaken), np.concatenate([predictions, typical[None]])


def _ends(values: Sequence[float]) -> tuple[float, float]:
    """Returns the ends of the middle 95 % of a distribution."""
    if len(values) >= _FEWEST_FOR_PERCENTILES:
        low, high = np.percentile(values, _PERCENTILES)
        return float(low), float(high)
    middle, reach = float(np.mean(values)), _STANDARD_DEVIATIONS * float(np.std(values, ddof=1))
    return middle - reach, middle + reach


def _resample(predictions: NDArray[Any], *, resamples: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Draws as many rows as there are, with replacement, again and again."""
    rows = len(predictions)
    affordable = max(_FEWEST_RESAMPLES, _CELLS // predictions.size)
    generator = np.random.default_rng(seed)
    for _ in range(min(resamples, affordable)):
        yield generator.integers(rows, size=rows)
