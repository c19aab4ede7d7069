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
# The loss has hardly moved in the whole training, as a share of what it was.
_FLAT = 0.05


def _look(training: Training) -> str | None:
    return training.in_most_folds(_evidence)


def _evidence(curves: Curves) -> str | None:
    layers = list(curves.gradient_norms)
    if len(layers) < _FEWEST_LAYERS or curves.loss[0] - min(curves.loss) > _FLAT * abs(curves.loss[0]):
        return None
    norms = np.array([np.nanmedian(curves.gradient_norms[layer]) for layer in layers])
    first, last = float(np.median(norms[: max(1, len(norms) // 3)])), float(norms.max())
    if not np.isfinite(norms).all() or last == 0 or first > _LEAST_RATIO * last:
        return None
    return (
        f"The gradient of '{layers[0]}' is {norms[0]:.1e} long and that of '{layers[int(norms.argmax())]}' {last:.1e}; "
        f"the training loss stays at {curves.loss[-1]:.3g}."
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
