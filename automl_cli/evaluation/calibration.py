"""Temperature scaling: one number that makes probabilities as sure as they should be (Guo et al., 2017).

Probabilities `p` become `softmax(log(p) / T)`: a temperature above 1 pulls them towards each other, one below 1 apart.
The order of the classes stays, and in a binary task the order of the rows, so that only metrics change that read
probabilities.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

# A probability of 0 has no logarithm, and a model that is certain and wrong would have an infinite loss. The log loss
# reads nothing smaller than this either.
SMALLEST_PROBABILITY = float(np.finfo(np.float32).eps)
# Beyond these a temperature says that something else is wrong with the probabilities.
_COLDEST, _HOTTEST = 0.25, 4.0
# Twice the gain in log-likelihood, over all rows, that one free parameter makes by chance and loses on others.
_RATIO_OF_NO_GAIN = 2.0
# Newton's steps double the digits that are right: five are usual.
_MOST_STEPS = 30
# Enough to know one number to 0.1 %.
_MOST_ROWS = 100_000


def fit_temperature(truth: NDArray[Any], probabilities: NDArray[Any]) -> float:
    """Finds the temperature that minimises the log loss, as far as it differs from 1 by more than chance.

    The loss is convex in the inverse temperature, which Newton's method finds. The logarithm of the temperature then
    shrinks to 0 by the ratio of likelihoods with and without it, as by James and Stein: where Akaike's criterion
    (1974) sees no gain it is 0, where the gain is beyond doubt it stays. So few rows leave probabilities as they are.

    Probabilities are made surer only as far as they would be if each class had been seen once more (Platt, 1999):
    that no row is mistaken does not say that none will be, and certainty without end is dear where it errs.

    Args:
        truth: `(rows,)` class indices.
        probabilities: `(rows, classes)` of a model on rows that it was not trained on.

    Returns:
        A temperature between 0.25 and 4; 1 where nothing is gained.
    """
    # Every so many rows: rows of out-of-fold predictions have no order.
    stride = -(-len(truth) // _MOST_ROWS)
    truth = truth[::stride]
    logarithms = np.log(np.clip(probabilities[::stride].astype(np.float64), SMALLEST_PROBABILITY, 1))
    logarithms -= logarithms.max(axis=1, keepdims=True)  # so that none of the powers below is large
    own = logarithms[np.arange(len(truth)), truth]
    temperature = _best_temperature(own, logarithms)
    if temperature >= 1:
        return temperature
    classes = logarithms.shape[1]
    share = 1 / (len(truth) + classes)  # of each class that a row is not of
    return min(1.0, _best_temperature((1 - classes * share) * own + share * logarithms.sum(axis=1), logarithms))


def _best_temperature(aimed: NDArray[np.float64], logarithms: NDArray[np.float64]) -> float:
    """Finds the temperature for rows whose true classes have the logarithms `aimed` on average, `(rows,)`."""
    low, high = 1 / _HOTTEST, 1 / _COLDEST
    inverse = 1.0
    for _ in range(_MOST_STEPS):
        slope, curvature = _derivatives(aimed, logarithms, inverse=inverse)
        low, high = (low, inverse) if slope > 0 else (inverse, high)
        step = slope / curvature if curvature > 0 else 0.0
        following = inverse - step
        # Outside of what is known to hold the minimum, halving is the safe step.
        following = following if low < following < high else (low + high) / 2
        if abs(following - inverse) < 1e-6:
            break
        inverse = following
    # In logarithms, twice as hot and half as hot are equally far from 1.
    distance = -math.log(inverse)
    gain = _log_loss(aimed, logarithms, inverse=1.0) - _log_loss(aimed, logarithms, inverse=inverse)
    ratio = 2 * len(aimed) * gain
    return math.exp(distance * (1 - _RATIO_OF_NO_GAIN / ratio)) if ratio > _RATIO_OF_NO_GAIN else 1.0


def apply_temperature(probabilities: NDArray[Any], temperature: float) -> NDArray[Any]:
    """Returns `softmax(log(p) / temperature)` of probabilities `p`, in their shape and dtype.

    Args:
        probabilities: `(rows, classes)`; those below `SMALLEST_PROBABILITY` count as that.
        temperature: Above 0; 1 returns the probabilities as they are.
    """
    if temperature == 1:
        return probabilities
    logarithms = np.log(np.maximum(probabilities, SMALLEST_PROBABILITY)) / temperature
    powers = np.exp(logarithms - logarithms.max(axis=1, keepdims=True))
    scaled: NDArray[Any] = powers / powers.sum(axis=1, keepdims=True)
    return scaled


def _log_loss(aimed: NDArray[np.float64], logarithms: NDArray[np.float64], *, inverse: float) -> float:
    powers = np.exp(logarithms * inverse)
    return float(np.mean(np.log(powers.sum(axis=1)) - inverse * aimed))


def _derivatives(aimed: NDArray[np.float64], logarithms: NDArray[np.float64], *, inverse: float) -> tuple[float, float]:
    """Derives the log loss by the inverse temperature, once and twice."""
    powers = np.exp(logarithms * inverse)
    powers /= powers.sum(axis=1, keepdims=True)
    expected = np.sum(powers * logarithms, axis=1)
    variance = np.sum(powers * logarithms**2, axis=1) - expected**2
    return float(np.mean(expected - aimed)), float(variance.mean())
