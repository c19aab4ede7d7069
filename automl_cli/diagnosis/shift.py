"""Train/validation shift: rows that measure are of another kind than rows that are learned from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from automl_cli.diagnosis.rule import RunRule
from automl_cli.diagnosis.searched import Searched

# Between the means, in standard deviations: a difference that a model would feel.
_LARGE = 0.3
# In standard errors: of a thousand columns that are alike, none differs by so much.
_BEYOND_CHANCE = 5.0
# Rows that are looked at, evenly spread: means of more are no surer than they need to be.
_MOST_ROWS = 20_000
# Between the score of one fold and the mean of the others, in standard errors of a share.
_FAR_APART = 4.0
_FEWEST_FOLDS = 3


def _look(search: Searched) -> Iterator[str]:
    for number, (train, validation) in enumerate(search.columns, start=1):
        differences = _differences(_sampled(train), _sampled(validation))
        if differences.size and differences.max() >= _LARGE:
            yield (
                f"{int((differences >= _LARGE).sum())} of {len(differences)} encoded numbers differ between training "
                f"and validation rows of fold {number} by up to {differences.max():.2g} standard deviations, "
                "which is beyond chance."
            )
            return
    yield from _far_folds(search)


def _differences(train: NDArray[np.float64], validation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the distance of the means of every column in standard deviations; 0 where chance explains it."""
    deviation = np.sqrt((train.var(axis=0) + validation.var(axis=0)) / 2)
    constant = deviation == 0
    distance = np.abs(train.mean(axis=0) - validation.mean(axis=0)) / np.where(constant, 1.0, deviation)
    error = np.sqrt(1 / len(train) + 1 / len(validation))
    return np.where(constant | (distance < _BEYOND_CHANCE * error), 0.0, distance)


def _sampled(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.asarray(rows[:: -(-len(rows) // _MOST_ROWS)], np.float64)


def _far_folds(search: Searched) -> Iterator[str]:
    """Finds a fold on which every trial does otherwise; of scores that are shares, whose error is known."""
    scores = [r.fold_scores for r in search.tried if len(r.fold_scores) >= _FEWEST_FOLDS]
    if not scores or not search.class_rows or search.validation_rows == 0:
        return
    each = np.array([own for own in scores if len(own) == len(scores[0])])  # (trials, folds)
    if each.min() < 0 or each.max() > 1:
        return
    folds = each.shape[1]
    mean = each.mean(axis=0)
    others = (mean.sum() - mean) / (folds - 1)
    error = np.sqrt(0.25 / (search.validation_rows / folds))
    worst = int(np.argmax(np.abs(mean - others)))
    if abs(mean[worst] - others[worst]) > _FAR_APART * error:
        yield (
            f"Trials have a {search.metric} of {mean[worst]:.3g} on fold {worst + 1} and {others[worst]:.3g} on the "
            "others, which is beyond chance."
        )


SHIFT = RunRule(
    code="validation-shift",
    name="Train/validation shift",
    row=38,
    cure="look for an order in the rows: groups or time ask for a split of their own (split in dataset.yaml)",
    look=_look,
)
