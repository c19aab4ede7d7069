"""Curves as trainings record them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from automl_cli.diagnosis.training import Training
from automl_cli.records import Curves, Trial, Value

CHANCE = float(np.log(2))


def curves(
    loss: Sequence[float] | np.ndarray,
    validation_loss: Sequence[float] | np.ndarray | None = None,
    *,
    rate: float | Sequence[float] = 1e-3,
    norms: dict[str, float] | None = None,
    dead_units: float | None = None,
) -> Curves:
    losses = tuple(float(value) for value in loss)
    validation = losses if validation_loss is None else tuple(float(value) for value in validation_loss)
    rates = tuple(rate) if isinstance(rate, Sequence) else (rate,) * len(losses)
    return Curves(
        loss=losses,
        validation_loss=validation,
        validation_metric=validation,
        learning_rate=rates,
        criterion=validation,
        gradient_norms={layer: (norm,) * len(losses) for layer, norm in (norms or {}).items()},
        dead_units=dead_units,
    )


def training(*folds: Curves, diverged: bool = False, reason: str | None = None, **hyperparameters: Value) -> Training:
    epochs = max((len(fold.loss) for fold in folds), default=10)
    values = {"learning_rate": 1e-3, "gradient_clip_norm": 0.0, "epochs": epochs, **hyperparameters}
    trial = Trial(7, "mlp", values, epochs=epochs)
    return Training(trial, folds, chance=CHANCE, reason=reason, diverged=diverged)


def codes(found: Sequence[object]) -> list[str]:
    return [finding.code for finding in found]  # type: ignore[attr-defined]


def coming_to_rest(epochs: int, *, first: float = 0.69, last: float = 0.3, pace: float = 5.0) -> np.ndarray:
    """A loss that falls quickly at first and then hardly any more."""
    return last + (first - last) * np.exp(-np.arange(epochs) / pace)
