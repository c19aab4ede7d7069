"""Averages of the weights of many steps: what is validated, kept and exported in place of the last weights.

Whatever the average, each step mixes the new weights into it with some share. Shares are functions of the steps done,
so that a training that goes on needs no more than its curves and the average so far.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search_spaces.grammar import Value

# The name under which the average stands in the memory of an optimizer.
AVERAGE = "average"
# So many steps have to be done before a moving average remembers for long: its first weights are those of chance.
_WARM_UP = 10


@dataclass(frozen=True, slots=True)
class Averaging:
    """Which weights are averaged.

    Attributes:
        decay: Of a moving average, what each step keeps of it; None for the plain mean.
        begins: Of the plain mean, the epochs before its first weights; 0 of a moving average.
    """

    decay: float | None = None
    begins: float = 0.0

    def shares(self, done: NDArray[np.int64], *, steps: int) -> NDArray[np.float64]:
        """Returns the share of the new weights in the average after steps.

        Args:
            done: Steps done before each of them, `(n,)`.
            steps: Of an epoch.
        """
        if self.decay is None:
            return mean_shares(done, begins=round(self.begins * steps))
        return moving_shares(done, decay=self.decay)


def averages_weights(recipe: Mapping[str, Value]) -> bool:
    """True where the recipe asks for any average; it reads `weight_average`."""
    return recipe.get("weight_average", "none") != "none"


def make_averaging(recipe: Mapping[str, Value], epochs: int) -> Averaging | None:
    """Returns the average that the recipe asks for, None for the weights as they are.

    Args:
        recipe: Reads `weight_average`, and `ema_decay` or `average_fraction`.
        epochs: At which the schedule ends.

    Raises:
        ValueError: A decay or a fraction is not below 1.
    """
    if not averages_weights(recipe):
        return None
    name = "ema_decay" if recipe["weight_average"] == "ema" else "average_fraction"
    number = float(recipe[name])
    if not 0 <= number <= 1 or (name == "ema_decay" and number == 1):
        raise ValueError(
            f"{name} must be at least 0 and {'below' if name == 'ema_decay' else 'at most'} 1, not {number:g}"
        )
    return Averaging(decay=number) if name == "ema_decay" else Averaging(begins=(1 - number) * epochs)


def moving_shares(done: NDArray[np.int64], *, decay: float) -> NDArray[np.float64]:
    """Shares of an exponential moving average (Polyak & Juditsky 1992; Morales-Brotons et al. 2024, arXiv 2411.18704).

    Of the first steps the average remembers less: after `n` steps at most about the last `n / 10` are forgotten.
    """
    return 1 - np.minimum(decay, done / (done + _WARM_UP))


def mean_shares(done: NDArray[np.int64], *, begins: int) -> NDArray[np.float64]:
    """Shares of the plain mean of all weights from a step on (Izmailov et al. 2018, arXiv 1803.05407).

    The paper averages once an epoch; here every step counts, which gives the same mean with less noise.
    """
    return np.asarray(1 / np.maximum(done - begins + 1, 1))
