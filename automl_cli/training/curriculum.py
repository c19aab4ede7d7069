"""In which order training rows join in: those that a first model tells well before those that it does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from automl_cli.training import seeds
from automl_cli.training.raw_outputs import row_losses
from automl_cli.training.stages import is_paced
from automl_cli.training.target_scale import fit_scale
from automl_cli.training.task import FoldData, TaskSetup
from search_spaces.family import load_families
from search_spaces.grammar import Value

# Parts of the training rows; each is judged by a model of the other parts.
_PARTS = 3
# Rows that a first model is fitted to: it is to be quick, and more would hardly change an order.
_MOST_FITTED = 20_000


def make_order(
    fold: FoldData, recipe: Mapping[str, Value], *, setup: TaskSetup, number: int
) -> NDArray[np.int64] | None:
    """Returns the training rows of a fold in the order in which they join in, `(rows,)`; None where all do at once.

    Of several classes, each keeps its share at any time: else the first rows of all would be those of the largest.

    Args:
        fold: Encoded rows; those of the validation are not looked at.
        recipe: Reads `pacing` and `order_by`.
        setup: What is predicted, and the seed.
        number: Of the fold, counted from 0.
    """
    if not is_paced(recipe):
        return None
    rows = len(fold.train_target)
    generator = np.random.default_rng(seeds.stream(setup.seed, "curriculum", number))
    # Rows that are equally hard come in an order of chance, not in that of the file.
    chance = generator.permutation(rows)
    hardness = np.zeros(rows) if recipe["order_by"] == "random" else difficulty(fold, setup=setup, parts=chance)
    order = chance[np.argsort(hardness[chance], kind="stable")]
    return order if setup.task == "regression" else _evenly(order, fold.train_target)


def difficulty(fold: FoldData, *, setup: TaskSetup, parts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Returns the loss of every training row under a linear model that was fitted to others, `(rows,)`.

    Source: Hacohen & Weinshall 2019 (arXiv 1904.03626), "bootstrapping" and "transfer" scores, with the linear model as
    the teacher.

    Args:
        fold: Encoded rows.
        setup: What is predicted.
        parts: A permutation of the row numbers; decides which rows are judged together.
    """
    family = load_families(["linear"])["linear"]
    target = fit_scale(fold.train_target, setup.task).standardise(fold.train_target)
    losses = np.zeros(len(target))
    count = min(_PARTS, len(target))
    for part in range(count if count > 1 else 0):
        held = np.sort(parts[part::count])
        others = np.sort(np.setdiff1d(parts, held)[:: -(-len(target) // _MOST_FITTED)])
        with threadpool_limits(1):
            solution = family.fit(
                _taken(fold, others),
                target[others],
                layout=fold.layout,
                task=setup.task,
                classes=setup.classes,
                seed=setup.seed,
                validation=None,
                **family.arguments({}),
            )
            raw = family.predict(solution, _taken(fold, held), layout=fold.layout)
        losses[held] = row_losses(raw, target[held], task=setup.task)
    return losses


def _taken(fold: FoldData, rows: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    return {name: np.asarray(values[rows]) for name, values in fold.train.items()}


def _evenly(order: NDArray[np.int64], labels: NDArray[Any]) -> NDArray[np.int64]:
    """Merges the rows of all classes, each in its own order, so that any first part has all of them in proportion."""
    places = np.empty(len(order))
    for label in np.unique(labels):
        own = np.flatnonzero(labels[order] == label)
        places[own] = (np.arange(len(own)) + 0.5) / len(own)
    return order[np.argsort(places, kind="stable")]
