"""Losses of amounts: from a target `(members, batch)` and raw outputs `(members, batch, 1)` to `(members, batch)`.

Errors are in standard deviations of the target. Poisson's and Tweedie's losses take the raw output for the logarithm of
a multiple of the mean of the training targets, and the target in this unit; `target_scale` turns both back.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

# Beyond this, the exponential of a raw output goes on as a straight line: 3 million times the mean of the target is
# never meant, and what follows from it would be no number.
_STEEPEST = 15.0


def _squared(target: Any, outputs: Any, values: Mapping[str, Any]) -> Any:
    """Squared error: the mean is predicted."""
    return tf.square(outputs[..., 0] - target)


def _absolute(target: Any, outputs: Any, values: Mapping[str, Any]) -> Any:
    """Absolute error: the median is predicted."""
    return tf.abs(outputs[..., 0] - target)


def _huber(target: Any, outputs: Any, values: Mapping[str, Any]) -> Any:
    """Half of the squared error up to `huber_delta`, linear beyond (Huber, 1964)."""
    delta = values["huber_delta"]
    error = tf.abs(outputs[..., 0] - target)
    return tf.where(error <= delta, 0.5 * tf.square(error), delta * error - 0.5 * tf.square(delta))


def _log_cosh(target: Any, outputs: Any, values: Mapping[str, Any]) -> Any:
    """Logarithm of the hyperbolic cosine of the error: squared while small, absolute while large."""
    error = tf.abs(outputs[..., 0] - target)
    return error + tf.math.softplus(-2.0 * error) - math.log(2.0)  # cosh itself overflows at 89


def _pinball(target: Any, outputs: Any, values: Mapping[str, Any]) -> Any:
    """Error times `quantile` where the output is too low, times the rest of 1 where it is too high.

    It is smallest at that quantile of the target (Koenker & Bassett, 1978).
    """
    error = target - outputs[..., 0]
    return tf.maximum(values["quantile"] * error, (values["quantile"] - 1.0) * error)


def _poisson(target: Any, outputs: Any, values: Mapping[str, Any]) -> Any:
    """Negative logarithm of Poisson's likelihood of counts, without what does not depend on the output."""
    logarithm = outputs[..., 0]
    return _exponential(logarithm) - target * logarithm


def _tweedie(target: Any, outputs: Any, values: Mapping[str, Any]) -> Any:
    """Half of Tweedie's deviance, without what does not depend on the output; `tweedie_power` lies between 1 and 2.

    For amounts of which many are 0 and the rest have a long tail: their variance grows with that power of their mean
    (Jørgensen, 1987; Yang et al., 2018, arXiv 1508.06378).
    """
    power, logarithm = values["tweedie_power"], outputs[..., 0]
    rising = _exponential((2.0 - power) * logarithm) / (2.0 - power)
    return rising + target * _exponential((1.0 - power) * logarithm) / (power - 1.0)


REGRESSION_LOSSES = {
    "mse": _squared,
    "mae": _absolute,
    "huber": _huber,
    "log_cosh": _log_cosh,
    "quantile": _pinball,
    "poisson": _poisson,
    "tweedie": _tweedie,
}


def _exponential(logarithm: Any) -> Any:
    """Exponential function with a slope that stays a number."""
    excess = tf.maximum(logarithm - _STEEPEST, 0.0)
    return tf.exp(tf.minimum(logarithm, _STEEPEST)) + math.exp(_STEEPEST) * excess
