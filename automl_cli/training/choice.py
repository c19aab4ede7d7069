"""Which of the ways to train pays for a network: measured rules, on figures that are known before the first epoch.

Nothing here may depend on how far a training has come or on what was compiled before: a trial that goes on must take
the way that it took, or its figures would round differently.
"""

from __future__ import annotations

from collections.abc import Sequence


def pays_to_compile(*, parameters: int, batch: int, steps: int) -> bool:
    """Says whether XLA's compilation comes back in faster steps.

    Args:
        parameters: Of one network.
        batch: Rows of a step.
        steps: Of the whole training, of all folds that share what is compiled.
    """
    return parameters * batch <= 4e6 and steps >= 2000


def pays_to_stack(*, parameters: int, batch: int) -> bool:
    """Says whether networks train faster side by side than one after the other."""
    return parameters * batch <= 4e5


def are_alike(lengths: Sequence[int]) -> bool:
    """True where folds are so equal in length that the shorter ones may be filled up to the longest."""
    return min(lengths) >= 0.95 * max(lengths)
