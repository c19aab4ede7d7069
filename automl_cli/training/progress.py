"""Where a training stands: all that is needed to go on as if it had never paused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from automl_cli.records import Curves
from automl_cli.training.stopping import best_epoch

# In the order of `network.weights`.
Arrays = list[NDArray[Any]]
# What an optimizer remembers, by name.
Memory = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Progress:
    """One network between two epochs.

    Attributes:
        curves: What was recorded so far.
        weights: Of the last epoch.
        memory: What the optimizer remembers after the last epoch.
        best_weights: Of the epoch with the lowest criterion.
    """

    curves: Curves
    weights: Arrays
    memory: Memory
    best_weights: Arrays

    @property
    def best_epoch(self) -> int:
        """Epoch whose weights are kept, from 1."""
        return best_epoch(self.curves.criterion)
