"""What a model family is, and what its networks are fed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Layout:
    """Widths of the groups of encoded columns that a core network may read.

    Attributes:
        numbers: Robust-scaled, smoothly clipped numbers; missing cells hold 0.
        quantiles: The same columns mapped to a normal distribution by rank.
        indicators: 1 where a number was missing.
        one_hot: Categories of few levels; missing and unseen are levels of their own.
        cardinalities: Size of each column of `codes`; code 0 is unseen or rare, 1 is missing.
        statistics: Target statistics and counts of categories of many levels.
        text: Reduced n-gram TF-IDF of text columns.
    """

    numbers: int = 0
    quantiles: int = 0
    indicators: int = 0
    one_hot: int = 0
    cardinalities: tuple[int, ...] = ()
    statistics: int = 0
    text: int = 0
