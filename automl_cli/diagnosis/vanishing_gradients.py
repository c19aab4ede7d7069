"""Vanishing gradients: the last layers are told what to do, and hardly a trace of it reaches the first."""

from __future__ import annotations

import numpy as np

from automl_cli.diagnosis.rule import TrialRule
from automl_cli.diagnosis.training import Training
from automl_cli.records import Curves

# Of fewer layers, none is far from the loss.
_FEWEST_LAYERS = 4
# First third of the layers over the longest gradient of any. In trainings that go well it is 0.05 to 2; layers
# with a scale of their own, such as embeddings, go down to 0.01.
_LEAST_RATIO = 1e-3
# What the loss has come down by in the whole training, as a share of that of a constant, or else of the first epoch's:
# last layers alone learn a little.
_FLAT = 0.1


def _look(training: Training) -> str | None:
    return training.in_most_folds(lambda curves: _evidence(curves, training.chance))


def _evidence(curves: Curves, chance: float | None) -> str | None:
    layers = list(curves.gradient_norms)
    start = abs(curves.loss[0]) if chance is None else chance
    if len(layers) < _FEWEST_LAYERS or min(curves.loss) < (1 - _FLAT) * start:
        return None
    norms = np.array([np.nanmedian(curves.gradient_norms[layer]) for layer in layers])
    first, last = float(np.median(norms[: max(1, len(norms) // 3)])), float(norms.max())
    if not np.isfinite(norms).all() or last == 0 or first > _LEAST_RATIO * last:
        return None
    return (
        f"The gradient of '{layers[0]}' is {norms[0]:.1e} long and that of '{layers[int(norms.argmax())]}' {last:.1e}; "
        f"the training loss comes no further than {min(curves.loss):.3g}."
    )


VANISHING_GRADIENTS = TrialRule(
    code="vanishing-gradients",
    name="Vanishing gradients",
    verb="has vanishing gradients",
    row=31,
    cure="normalisation between layers, skip connections (residual_mlp), a rectifier as activation, or fewer layers",
    look=_look,
    explains=("underfitting", "plateau", "slow-convergence", "too-few-epochs"),
)
