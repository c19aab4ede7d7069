"""How well each class is told from the others: precision, recall and F1, each with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.records import Score

_RESAMPLES = 1000
_FEWEST_RESAMPLES = 40
# Counts that are drawn in all: a fraction of a second.
_MOST_DRAWN = 4_000_000
_PERCENTILES = (2.5, 97.5)

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ClassScores:
    """How well one class is told from the others.

    Attributes:
        name: Of the class.
        rows: That belong to it.
        precision: Share of the rows predicted as the class that belong to it.
        recall: Share of its rows that are found.
        f1: Harmonic mean of both.
    """

    name: str
    rows: int
    precision: Score
    recall: Score
    f1: Score


def score_classes(
    truth: NDArray[Any], predictions: NDArray[Any], *, classes: Sequence[str], measured_on: str, seed: int
) -> tuple[ClassScores, ...]:
    """Measures every class, with 95 % intervals by bootstrap of rows; nothing where there are no classes.

    Rows of the same true and the same predicted class are alike, so that a draw of rows is a draw of their counts.

    Args:
        truth: `(rows,)` class indices.
        predictions: `(rows, classes)`; the largest value of a row is its label.
        classes: Their names.
        measured_on: In words, for people: "412 test rows".
        seed: The same seed gives the same intervals.
    """
    if not classes:
        return ()
    count, rows = len(classes), len(truth)
    cells, counts = np.unique(truth.astype(np.int64) * count + predictions.argmax(axis=1), return_counts=True)
    resamples = int(np.clip(_MOST_DRAWN // (len(cells) + 3 * count), _FEWEST_RESAMPLES, _RESAMPLES))
    draws = np.random.default_rng(seed).multinomial(rows, counts / rows, size=resamples)
    every = np.vstack([counts, draws]).astype(np.float64)  # what was seen first
    identity = np.eye(count)
    true, predicted = identity[cells // count], identity[cells % count]  # (cells, classes)
    hits, taken, actual = every @ (true * predicted), every @ predicted, every @ true
    measured = {
        "precision": _ratio(hits, taken),
        "recall": _ratio(hits, actual),
        "f1": _ratio(2 * hits, taken + actual),
    }
    ends = {name: np.percentile(values[1:], _PERCENTILES, axis=0) for name, values in measured.items()}

    def score(name: str, index: int) -> Score:
        low, high = (float(end[index]) for end in ends[name])
        return Score(name, float(measured[name][0, index]), low, high, measured_on, rows)

    return tuple(
        ClassScores(
            name,
            int(actual[0, index]),
            precision=score("precision", index),
            recall=score("recall", index),
            f1=score("f1", index),
        )
        for index, name in enumerate(classes)
    )


def _ratio(numerator: Array, denominator: Array) -> Array:
    """Divides; nothing of nothing counts as 0."""
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)
