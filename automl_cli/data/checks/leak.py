"""A column that alone tells the target: it was probably written down after the answer was known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.data.checks.examined import Examined
from automl_cli.data.phrases import percent, shorten
from automl_cli.records import Finding

# Of what a constant guess leaves open, a column explains so much. Beyond the first it is hardly ever honest.
_LEAKS = 0.98
_DOMINATES = 0.9
_BINS = 64
_FEWEST_ROWS = 20


def check_leak(data: Examined) -> Iterator[Finding]:
    """Finds columns from which alone the target can be told, whether by value or by being empty."""
    if len(data.sample) < _FEWEST_ROWS:
        return
    for name, column in data.inputs.items():
        if column.kind == "text":
            continue
        numbers = data.numbers.get(name)
        groups = _levels(data.words[name]) if numbers is None else _bins(numbers)
        if data.target.classes:
            right, guessed = accuracy_within(groups, data.answers)
            strength = (right - guessed) / (1.0 - guessed) if guessed < 1.0 else 0.0
            evidence = f"tells the class in {percent(right)} of the rows; a constant guess does in {percent(guessed)}"
        else:
            strength = variance_within(groups, data.answers)
            strength = strength if numbers is None else max(strength, line_fit(numbers, data.answers))
            evidence = f"explains {percent(strength)} of the target's variance"
        if strength >= _DOMINATES:
            yield _finding(name, evidence, leaks=strength >= _LEAKS)


def _finding(name: str, evidence: str, *, leaks: bool) -> Finding:
    return Finding(
        code="leak" if leaks else "dominant-column",
        severity="warning" if leaks else "info",
        message=f"'{shorten(name)}' alone {evidence}.",
        hint=f"if it is not known when you predict, leave it out: --kind '{shorten(name)}=ignored'",
        columns=(name,),
    )


def accuracy_within(groups: NDArray[np.int64], classes: NDArray[np.int64]) -> tuple[float, float]:
    """Guesses each row's class from the other rows of its group.

    That the row itself is left out keeps groups of one from looking like knowledge.

    Args:
        groups: Shape `(rows,)`.
        classes: Shape `(rows,)`.

    Returns:
        Share of right guesses, and of right guesses without groups.
    """
    width = int(classes.max()) + 1
    counts = np.bincount(groups * width + classes, minlength=(int(groups.max()) + 1) * width).reshape(-1, width)
    totals = counts.sum(axis=0)
    if width == 1:
        return 1.0, 1.0
    top_two = np.partition(counts, -2, axis=1)[:, -2:]
    # The most frequent class of the group besides this one.
    rival = np.where(counts == top_two[:, 1:], top_two[:, :1], top_two[:, 1:])
    is_alone = counts.sum(axis=1, keepdims=True) == 1
    is_right = np.where(is_alone, totals == totals.max(), counts - 1 > rival)
    return float((counts * is_right).sum() / len(classes)), float(totals.max() / len(classes))


def variance_within(groups: NDArray[np.int64], values: NDArray[np.float64]) -> float:
    """Returns the share of variance that the mean of the other rows of a row's group explains."""
    rows = np.bincount(groups)[groups]
    means = (np.bincount(groups, weights=values)[groups]) / rows
    # The error against the mean of the others is the error against the mean of all, times n / (n - 1).
    errors = np.where(rows == 1, values - values.mean(), (values - means) * rows / np.maximum(rows - 1, 1))
    total = float(((values - values.mean()) ** 2).sum())
    return 1.0 - float((errors**2).sum()) / total if total else 0.0


def line_fit(numbers: NDArray[np.float64], values: NDArray[np.float64]) -> float:
    """Returns the share of variance that a straight line explains; 0 where most numbers are missing."""
    known = ~np.isnan(numbers)
    if known.sum() < 0.5 * len(values) or not np.ptp(numbers[known]) or not np.ptp(values[known]):
        return 0.0
    return float(np.corrcoef(numbers[known], values[known])[0, 1] ** 2)


def _levels(cells: NDArray[Any]) -> NDArray[np.int64]:
    """Returns a number for each level, shape `(rows,)`; empty is one too."""
    number_of: dict[str, int] = {}
    return np.array([number_of.setdefault(cell, len(number_of)) for cell in cells], dtype=np.int64)


def _bins(numbers: NDArray[np.float64]) -> NDArray[np.int64]:
    """Returns the bin of each number, shape `(rows,)`: its own where values are few; missing is one too."""
    values, positions = np.unique(numbers, return_inverse=True)  # NaN is one value, the last
    if len(values) <= _BINS:
        return positions
    edges = np.unique(np.nanquantile(numbers, np.arange(1, _BINS) / _BINS))
    return np.where(np.isnan(numbers), len(edges) + 1, np.searchsorted(edges, numbers))
