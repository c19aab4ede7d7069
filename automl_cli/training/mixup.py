"""Mixup for tables: a network learns from rows between rows (Zhang et al. 2018, arXiv 1710.09412).

Every row of a batch is mixed with the one before it, which chance has put there. Numbers are mixed in the proportion
of a draw from Beta(alpha, alpha); between two categories there is nothing, so codes and one-hot columns are those of
one of the two rows, by a draw with that probability. The loss is mixed, not the target: it is the same for
cross-entropies and works for any loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

_ONE_HOT = "one_hot"


def draw_mixture(seed: np.random.SeedSequence, *, steps: int, batch: int, alpha: float) -> NDArray[np.float32]:
    """Draws how each row is mixed, `(steps, batch, 2)`: its own share, and 1 where its categories are its own.

    Both numbers of a row come from draws of their own, so that rows of a batch are mixed in different proportions.
    """
    generator = np.random.default_rng(seed)
    shares = generator.beta(alpha, alpha, (steps, batch))
    keeps = generator.random((steps, batch)) < shares
    return np.stack([shares, keeps], axis=2).astype(np.float32)


def mix_groups(batch: Mapping[str, Any], mixture: Any) -> dict[str, Any]:
    """Mixes the groups of a batch.

    Args:
        batch: `(members, batch, width)` by name.
        mixture: `(members, batch, 2)`, see `draw_mixture`.
    """
    share, keeps = mixture[..., :1], mixture[..., 1:] > 0.5
    mixed = {}
    for name, values in batch.items():
        others = tf.roll(values, shift=1, axis=1)
        is_discrete = name == _ONE_HOT or values.dtype.is_integer
        mixed[name] = tf.where(keeps, values, others) if is_discrete else share * values + (1 - share) * others
    return mixed


def mix_losses(own: Any, of_others: Any, *, mixture: Any) -> Any:
    """Mixes the losses `(members, batch)` of the targets of the rows themselves and of those before them."""
    return mixture[..., 0] * own + (1 - mixture[..., 0]) * of_others
