"""The loss of the best constant answer: what a training loss has to come below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.records import Task, Value

# What is done about rare classes, and rows that are mixed, change the loss, and with it what a constant has.
_AS_IT_IS = {"label_smoothing": 0.0, "mixup_alpha": 0.0, "imbalance": "none", "loss": "mse"}


def chance_loss(target: NDArray[Any], task: Task, *, hyperparameters: Mapping[str, Value]) -> float | None:
    """Returns the loss of a constant, in the unit of the training loss.

    Args:
        target: Class indices or numbers of the training rows, `(rows,)`.
        task: What is predicted.
        hyperparameters: Of the trial; they name the loss.

    Returns:
        The entropy of the classes in nats, or 1, the mean square of a standardised target; None for other losses.
    """
    if any(hyperparameters.get(name, value) != value for name, value in _AS_IT_IS.items()):
        return None
    if task == "regression":
        return 1.0
    shares = np.bincount(np.asarray(target, np.int64)) / len(target)
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum())
