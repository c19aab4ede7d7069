"""LightGBM's rounds, one by one: when to stop, and which of them to keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search_spaces.tabular.tree_arrays import Trees, read_trees

# A second thread waits more than it works on all but large tables, and takes a core from other trials.
_ALWAYS = {"num_threads": 1, "verbosity": -1, "deterministic": True, "force_col_wise": True}


@dataclass(frozen=True, slots=True)
class Rows:
    """What trees are fitted to, or measured by.

    Attributes:
        features: `(rows, columns)` float32.
        target: Class indices or numbers, `(rows,)`.
        weights: `(rows,)`, or None for equal ones.
    """

    features: NDArray[np.float32]
    target: NDArray[Any]
    weights: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """How long rounds go on.

    Attributes:
        rounds: At most.
        patience: Rounds without a better measure that end it.
        should_stop: Whether it has to end with the rounds that it has.
    """

    rounds: int
    patience: int
    should_stop: Callable[[], bool] = lambda: False


def boost(
    rows: Rows, measured: Rows | None, *, course: Course, codes: int, options: Mapping[str, Any]
) -> tuple[Trees, int]:
    """Adds trees round by round.

    Args:
        rows: To be fitted.
        measured: Others, by which the best round is known; without them all rounds are kept.
        course: When to end.
        codes: How many of the columns, the last ones, hold codes of categories.
        options: Of LightGBM; `metric` is one that is better the smaller it is.

    Returns:
        The trees up to the best round, and how many rounds these are: at least one. It ends early where no tree can be
        split.
    """
    # Takes a second: it imports scikit-learn.
    import lightgbm

    options, width = {**options, **_ALWAYS}, rows.features.shape[1]
    coded = list(range(width - codes, width))
    training = lightgbm.Dataset(
        rows.features, rows.target, weight=rows.weights, categorical_feature=coded, params=options
    )
    booster = lightgbm.Booster(options, training)
    if measured is not None:
        others = training.create_valid(measured.features, measured.target, weight=measured.weights, params=options)
        booster.add_valid(others, "measured")
    best, smallest = 1, np.inf
    for number in range(1, course.rounds + 1):
        if booster.update() and number > 1:
            break  # nothing was left to split, and nothing was added
        score = -number if measured is None else booster.eval_valid()[0][2]
        if score < smallest:
            best, smallest = number, score
        if number - best >= course.patience or course.should_stop():
            break
    return read_trees(booster.model_to_string(num_iteration=best)), best
