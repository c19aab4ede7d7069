"""Makes up rows of rare classes between those that there are: SMOTE (Chawla et al., 2002) on encoded columns.

Numbers of a new row lie between those of a row and one of its neighbours of the same class. Categories cannot lie
between others: they are those that most neighbours have (SMOTE-NC). One-hot columns, codes and indicators are no
columns of numbers for this: each set of one-hot columns is one category, so that a new row has one level of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from automl_cli.training.task import Groups

# Codes tell one-hot columns, which may know fewer levels of the same column.
_CATEGORICAL = ("codes", "one_hot", "indicators")
# Neighbours that a new row can lie between, as its authors have it.
_NEIGHBOURS = 5
# Rows of a class that are looked at: all pairs of them have a distance.
_MOST_ROWS = 5_000
# Rows that tell whether it is worth looking at all of them.
_GLANCE = 500


@dataclass(frozen=True, slots=True)
class _Categories:
    """Columns of a group that belong together, and what stands in them: `patterns` `(levels, columns)`."""

    group: str
    columns: slice
    patterns: NDArray[Any]
    levels: NDArray[np.int64]


def synthesise(
    groups: Groups, target: NDArray[Any], *, missing: NDArray[np.int64], generator: np.random.Generator
) -> tuple[Groups, NDArray[Any]]:
    """Makes up rows.

    Args:
        groups: Encoded rows `(rows, width)` by name, without gaps.
        target: Class indices `(rows,)`.
        missing: How many new rows each class gets; a class of a single row gets none.
        generator: Draws them.

    Returns:
        Groups and class indices of the new rows.
    """
    counts = np.bincount(target, minlength=len(missing))
    rare = [index for index, count in enumerate(missing) if count > 0 and counts[index] > 1]
    if not rare:
        return {name: array[:0] for name, array in groups.items()}, target[:0]
    categories = list(_categories(groups))
    numbers = [name for name in groups if name not in _CATEGORICAL]
    parts = [np.asarray(groups[name], np.float64) for name in numbers] + [c.levels[:, None] for c in categories]
    columns: NDArray[np.float64] = np.concatenate(parts, axis=1, dtype=np.float64)
    made, labels = [], []
    for index in rare:
        rows = np.flatnonzero(target == index)
        if len(rows) > _MOST_ROWS:
            rows = np.sort(generator.choice(rows, _MOST_ROWS, replace=False))
        seed = int(generator.integers(2**31))
        made.append(_between(columns[rows], int(missing[index]), categories=len(categories), seed=seed))
        labels.append(np.full(len(made[-1]), index, target.dtype))
    return _as_groups(np.concatenate(made), groups, numbers=numbers, categories=categories), np.concatenate(labels)


def _between(rows: NDArray[np.float64], count: int, *, categories: int, seed: int) -> NDArray[np.float64]:
    """Makes up so many rows of one class; categories stand in the last columns."""
    from imblearn.over_sampling import SMOTE, SMOTEN, SMOTENC

    # What samples is told of two classes, of which the other is a row that nobody looks at.
    several = np.concatenate([rows, rows[:1]])
    labels = np.append(np.zeros(len(rows), np.int64), 1)
    common: dict[str, Any] = {
        "sampling_strategy": {0: len(rows) + count},
        "k_neighbors": min(_NEIGHBOURS, len(rows) - 1),
        "random_state": seed,
    }
    width = rows.shape[1]
    if categories == width:
        sampler = SMOTEN(**common)
    elif categories:
        sampler = SMOTENC(list(range(width - categories, width)), **common)
    else:
        sampler = SMOTE(**common)
    with threadpool_limits(1):
        sampled, _ = sampler.fit_resample(several, labels)
    return np.asarray(sampled[len(several) :], np.float64)


def _categories(groups: Groups) -> Iterator[_Categories]:
    """Yields what is one category: a set of one-hot columns, or a column of codes or of indicators."""
    for name in _CATEGORICAL:
        if name not in groups:
            continue
        array = np.asarray(groups[name])
        edges = _edges(array) if name == "one_hot" else list(range(array.shape[1] + 1))
        for first, last in pairwise(edges):
            patterns, levels = np.unique(array[:, first:last], axis=0, return_inverse=True)
            yield _Categories(name, slice(first, last), patterns, levels.reshape(-1))


def _edges(one_hot: NDArray[Any]) -> list[int]:
    """Returns where sets of one-hot columns begin and end: every row has exactly one level of each.

    Levels that no row has may come to the set behind theirs; what is left at the end is a set of its own.
    """
    edges, begun = [0], np.zeros(len(one_hot))
    for column in range(one_hot.shape[1]):
        begun += one_hot[:, column]
        if (begun == 1).all():
            edges.append(column + 1)
            begun[:] = 0
    return edges if edges[-1] == one_hot.shape[1] else [*edges, one_hot.shape[1]]


def _as_groups(
    made: NDArray[np.float64], groups: Groups, *, numbers: list[str], categories: list[_Categories]
) -> Groups:
    """Takes columns apart again."""
    result: dict[str, NDArray[Any]] = {}
    start = 0
    for name in numbers:
        width = groups[name].shape[1]
        result[name] = made[:, start : start + width].astype(groups[name].dtype)
        start += width
    levels = made[:, start:].astype(np.int64)
    for name in {each.group for each in categories}:
        result[name] = np.empty((len(made), groups[name].shape[1]), groups[name].dtype)
    codes = [place for place, each in enumerate(categories) if each.group == "codes"]
    for place, each in enumerate(categories):
        own = levels[:, place]
        # A column can be one-hot as well, and what is made of neighbours that are divided must be one and the same.
        for other in codes if each.group == "one_hot" else ():
            if (settled := _settled_by(categories[other].levels, each.levels)) is not None:
                own = settled[levels[:, other]]
                break
        result[each.group][:, each.columns] = each.patterns[own]
    return result


def _settled_by(known: NDArray[np.int64], asked: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Returns which level of one category goes with each level of another; None where that is not settled."""
    for rows in (slice(_GLANCE), slice(None)):
        pairs = np.unique(known[rows] * (asked.max() + 1) + asked[rows])
        if len(pairs) > len(np.unique(known[rows])):
            return None
    return np.asarray(pairs % (asked.max() + 1))
