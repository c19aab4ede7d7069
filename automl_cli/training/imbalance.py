"""Cures for classes that are much rarer than others, on the training rows of a fold alone.

Rows can be weighed, repeated, left out or made up, and the loss can look at them otherwise. Whatever is done is taken
back in the prediction, as far as it only says that rare classes are frequent: see `correction`. Probabilities then are
those of the table, and what is decided by them is a matter of its own (`evaluation.decision`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.training import seeds
from automl_cli.training.correction import NO_BALANCE, Balance, Correction
from automl_cli.training.losses import CLASS_OFFSETS, CLASS_WEIGHTS
from automl_cli.training.synthesis import synthesise
from automl_cli.training.task import FoldData, Groups, TaskSetup, TrialFailure
from search_spaces.grammar import Value

# Groups that trees alone read, as they have gaps.
GAPPED = ("values", "crosses")
RESAMPLING = ("over_sampling", "under_sampling", "smote")
# Many rare classes, each as large as the largest, would be many times the rows: there are at most so many times.
_MOST_GROWTH = 3.0
# Rows of the others are not left out for a class that is smaller than this: nothing would be left to learn from.
_FEWEST_ROWS = 10
# Rows that are repeated or made up stand in memory, all of them.
_MOST_BYTES = 600_000_000

Array = NDArray[np.float64]


def balance(
    fold: FoldData, recipe: Mapping[str, Value], *, setup: TaskSetup, groups: Sequence[str], number: int
) -> tuple[FoldData, Balance]:
    """Does what a recipe says about rare classes.

    Args:
        fold: As it was encoded.
        recipe: It reads `imbalance` and what belongs to it; without it, all stays as it is.
        setup: The task.
        groups: Names of those that are read; of rows that are resampled, others are left out.
        number: Of the fold; together with the seed it decides what is drawn.

    Returns:
        The fold with the rows to learn from, its validation rows untouched; and how its classes count.
    """
    cure = str(recipe.get("imbalance", "none"))
    if setup.task == "regression" or cure == "none":
        return fold, NO_BALANCE
    if cure == "focal":
        return fold, Balance(correction=Correction(focal_gamma=float(recipe["focal_gamma"])))
    counts = np.bincount(fold.train_target, minlength=setup.classes)
    if cure == "logit_adjustment":
        offsets = _of_outputs(_logarithms(counts), setup)
        return fold, Balance({CLASS_OFFSETS: offsets}, Correction(tuple(offsets.tolist())))
    if cure in RESAMPLING:
        ratio, stream = float(recipe["resampled_ratio"]), seeds.stream(setup.seed, "imbalance", number)
        read = {name: fold.train[name] for name in groups}
        train, target = resample(read, fold.train_target, cure=cure, ratio=ratio, seed=stream)
        now = np.bincount(target, minlength=setup.classes)
        offsets = _of_outputs(_logarithms(counts) - _logarithms(now), setup)
        resampled = replace(fold, train=train, train_target=target)
        return resampled, Balance(correction=Correction(tuple(offsets.tolist())))
    weights = class_weights(counts, beta=float(recipe["effective_beta"]) if cure == "class_balanced" else 1.0)
    correction = Correction(tuple(_of_outputs(-np.log(weights), setup).tolist()))
    return fold, Balance({CLASS_WEIGHTS: weights}, correction)


def class_weights(counts: NDArray[np.int64], *, beta: float = 1.0) -> Array:
    """Returns what a row of each class counts, `(classes,)`, so that the mean row counts 1.

    Args:
        counts: Rows of each class.
        beta: 1 for weights in inverse proportion to the rows; below 1, in inverse proportion to their effective number
            `(1 - beta^n) / (1 - beta)`: rows are worth less the more there are (Cui et al., 2019, arXiv 1901.05555).
    """
    rows = np.maximum(counts, 1).astype(np.float64)
    effective = rows if beta >= 1 else (1 - beta**rows) / (1 - beta)
    return np.asarray(counts.sum() / (counts @ (1 / effective)) / effective)


def resample(
    groups: Groups, target: NDArray[Any], *, cure: str, ratio: float, seed: np.random.SeedSequence
) -> tuple[Groups, NDArray[Any]]:
    """Repeats rows of rare classes, makes up new ones, or leaves out rows of frequent classes.

    Args:
        groups: Encoded rows `(rows, width)` by name.
        target: Class indices `(rows,)`.
        cure: One of `RESAMPLING`.
        ratio: Rows that a class has afterwards, at least, as a share of those of the largest; above 0, up to 1.
        seed: Decides what is drawn.

    Returns:
        Groups and target of the rows to learn from.

    Raises:
        TrialFailure: The rows would take too much memory.
    """
    generator, counts = np.random.default_rng(seed), np.bincount(target)
    if cure == "under_sampling":
        rows = _left(target, counts, ratio=ratio, generator=generator)
        return _taken(groups, rows), target[rows]
    wanted = _wanted(counts, ratio=ratio)
    size = sum(array.nbytes for array in groups.values()) * float(wanted.sum()) / len(target)
    if size > _MOST_BYTES:
        raise TrialFailure(f"more rows of rare classes would take {size / 1e6:,.0f} MB; class_weights need none")
    if cure == "smote":
        made, labels = synthesise(groups, target, missing=wanted - counts, generator=generator)
        joined = {name: np.concatenate([array, made[name]]) for name, array in groups.items()}
        groups, target = joined, np.concatenate([target, labels])
        counts = np.bincount(target)  # classes of a single row have no neighbours to make rows of: they are repeated
    rows = np.arange(len(target))
    repeated = [
        generator.choice(np.flatnonzero(target == index), wanted[index] - count)
        for index, count in enumerate(counts)
        if count < wanted[index]
    ]
    if not repeated:
        return groups, target
    rows = np.concatenate([rows, *repeated])
    return _taken(groups, rows), target[rows]


def _wanted(counts: NDArray[np.int64], *, ratio: float) -> NDArray[np.int64]:
    """Returns how many rows each class is to have; none of those that have none."""
    while True:
        wanted = np.where(counts > 0, np.maximum(counts, np.ceil(ratio * counts.max()).astype(np.int64)), 0)
        if wanted.sum() <= _MOST_GROWTH * counts.sum():
            return wanted
        ratio *= 0.9


def _left(
    target: NDArray[Any], counts: NDArray[np.int64], *, ratio: float, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Returns the rows that stay, in their order: no class has more than the smallest over the ratio."""
    most = int(np.ceil(max(counts[counts > 0].min(), _FEWEST_ROWS) / ratio))
    kept = [
        generator.permutation(np.flatnonzero(target == index))[:most] for index, count in enumerate(counts) if count
    ]
    return np.sort(np.concatenate(kept))


def _taken(groups: Groups, rows: NDArray[np.int64]) -> Groups:
    return {name: array[rows] for name, array in groups.items()}


def _logarithms(counts: NDArray[np.int64]) -> Array:
    """Returns the logarithm of the share of each class; a class without rows gets that of half a row."""
    return np.asarray(np.log(np.maximum(counts, 0.5) / counts.sum()))


def _of_outputs(offsets: Array, setup: TaskSetup) -> Array:
    """Returns what offsets of classes are for raw outputs: of two classes there is one, the logit of the second."""
    return offsets if setup.task == "multiclass" else offsets[1:] - offsets[:1]
