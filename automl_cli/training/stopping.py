"""When training ends and when the rate drops: Keras' EarlyStopping and ReduceLROnPlateau as functions of the curve.

A function of the losses so far remembers nothing, so that a training that goes on needs no more than its curves.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def best_epoch(criterion: Sequence[float]) -> int:
    """Returns the epoch of the lowest value, from 1.

    Of equals, as a count of mistakes often has them, the last is trained best (Holzmüller et al., 2024).
    """
    return len(criterion) - int(np.argmin(criterion[::-1]))


def is_exhausted(losses: Sequence[float], *, patience: int) -> bool:
    """True when the validation loss has not fallen for so many epochs, as in `keras.callbacks.EarlyStopping`.

    With a patience of 0, it never is.
    """
    return patience > 0 and len(losses) > 1 and len(losses) - (int(np.argmin(losses)) + 1) >= patience


def rate_on_plateau(losses: Sequence[float], *, rate: float, patience: int, factor: float) -> float:
    """Returns the learning rate after these epochs, as `keras.callbacks.ReduceLROnPlateau` with `min_delta=0` has it.

    Args:
        losses: Validation loss of every epoch so far.
        rate: Before the first epoch.
        patience: Epochs without a lower loss before the rate drops.
        factor: What a drop multiplies the rate with.
    """
    rate, lowest, waited = float(np.float32(rate)), np.inf, 0
    for loss in losses:
        if loss < lowest:
            lowest, waited = loss, 0
            continue
        waited += 1
        if waited >= patience:
            rate, waited = float(np.float32(rate * factor)), 0
    return rate
