"""Three ways to divide rows into parts: alike in the target, whole groups, or earlier and later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from automl_cli.errors import DataError
from automl_cli.records import Fold, Rows

_STRATA = 5


class Divider(Protocol):
    """A way to divide rows."""

    @property
    def name(self) -> str:
        """In words: "stratified"."""

    def choose(self, rows: Rows, share: float) -> Rows:
        """Returns about this share of the rows, sorted."""

    def divide(self, rows: Rows, count: int) -> tuple[Fold, ...]:
        """Returns at most `count` folds."""


@dataclass(frozen=True)
class Stratified:
    """Divides so that all parts have the same mix of classes, or the same spread of amounts.

    Rows are sorted by the target, equal ones in random order. Cut into blocks, the line gives one row of each block to
    the chosen part; dealt out like cards, it gives the folds. Either way the mix is right to within one row.

    Attributes:
        values: The target, shape `(rows,)`.
        random: Where chance comes from.
        is_class: Whether the values are classes.
    """

    values: NDArray[Any]
    random: np.random.Generator
    is_class: bool
    name: ClassVar[str] = "stratified"

    def choose(self, rows: Rows, share: float) -> Rows:
        """Returns one row of each block; a class keeps two rows to learn from, or at least one."""
        ordered = self._in_order(rows)
        count = min(max(1, round(share * len(rows))), len(rows) - 1)
        edges = np.arange(count + 1) * len(rows) // count
        chosen = ordered[self.random.integers(edges[:-1], edges[1:])]
        return np.sort(self._spare_rare_classes(rows, chosen) if self.is_class else chosen)

    def divide(self, rows: Rows, count: int) -> tuple[Fold, ...]:
        """Deals rows out in turn, so that two rows of a class are never in one fold alone."""
        ordered = self._in_order(rows)
        folds = min(count, len(rows))
        turns = self.random.permutation(folds)
        return _folds_of(rows, [ordered[turn::folds] for turn in turns])

    def _spare_rare_classes(self, rows: Rows, chosen: Rows) -> Rows:
        counts = np.bincount(self.values[rows])
        left = counts - np.bincount(self.values[chosen], minlength=len(counts))
        for least in (2, 1):  # where most classes are tiny, a test matters more than their second row
            spared: Rows = chosen[left[self.values[chosen]] >= least]
            if len(spared) > 0.5 * len(chosen):
                return spared
        of_largest: Rows = rows[self.values[rows] == counts.argmax()]
        return of_largest[:1]

    def _in_order(self, rows: Rows) -> Rows:
        shuffled = self.random.permutation(rows)
        return shuffled[np.argsort(self.values[shuffled], kind="stable")]


@dataclass(frozen=True)
class ByGroup:
    """Divides so that rows of one group stay together; the mix of the target is kept as far as that allows.

    Attributes:
        groups: Cells that rows of a group share, shape `(rows,)`; an empty cell is a group of its own.
        values: The target, shape `(rows,)`.
        random: Where chance comes from.
        is_class: Whether the values are classes.
    """

    groups: NDArray[Any]
    values: NDArray[Any]
    random: np.random.Generator
    is_class: bool
    name: ClassVar[str] = "by group"

    def choose(self, rows: Rows, share: float) -> Rows:
        """Returns whole groups of about this share of the rows."""
        return np.sort(self._parts(rows, (share, 1.0 - share))[0])

    def divide(self, rows: Rows, count: int) -> tuple[Fold, ...]:
        """Divides into folds of whole groups; fewer where there are not as many groups."""
        folds = min(count, len(np.unique(self._group_numbers(rows))))
        return _folds_of(rows, self._parts(rows, (1.0 / folds,) * folds))

    def _parts(self, rows: Rows, shares: Sequence[float]) -> list[Rows]:
        """Gives group after group, the largest first, to the part that it fills most evenly."""
        numbers = self._group_numbers(rows)
        count = int(numbers.max()) + 1
        if count < max(2, len(shares)):
            raise DataError("All rows belong to one group, so none can be kept apart.", hint="group by another column")
        # Rows by group and stratum, each stratum in units of its own size.
        histogram = np.zeros((count, self._strata(rows).max() + 1))
        np.add.at(histogram, (numbers, self._strata(rows)), 1.0)
        histogram /= np.maximum(histogram.sum(axis=0), 1.0)
        filled = np.zeros((len(shares), histogram.shape[1]))
        part_of = np.zeros(count, dtype=np.int64)
        order = self.random.permutation(count)
        order = order[np.argsort(-histogram[order].sum(axis=1), kind="stable")]
        weights = np.asarray(shares)[:, None]
        for place, group in enumerate(order):
            # Least where every part holds its share of every stratum.
            cost = (((filled + histogram[group]) ** 2 - filled**2) / weights).sum(axis=1)
            empty = np.flatnonzero(filled.sum(axis=1) == 0.0)
            last_chance = len(empty) == count - place
            part = int(empty[0]) if last_chance else int(np.argmin(cost))
            filled[part] += histogram[group]
            part_of[group] = part
        return [rows[part_of[numbers] == part] for part in range(len(shares))]

    def _group_numbers(self, rows: Rows) -> NDArray[np.int64]:
        number_of: dict[Any, int] = {}
        keys = (cell or (row,) for row, cell in zip(rows.tolist(), self.groups[rows].tolist(), strict=True))
        return np.array([number_of.setdefault(key, len(number_of)) for key in keys], dtype=np.int64)

    def _strata(self, rows: Rows) -> NDArray[np.int64]:
        values = self.values[rows]
        if self.is_class:
            return values.astype(np.int64)
        return np.searchsorted(np.quantile(values, np.arange(1, _STRATA) / _STRATA), values).astype(np.int64)


@dataclass(frozen=True)
class ByTime:
    """Divides so that what is predicted comes later than what was learned; one moment is never divided.

    Attributes:
        times: datetime64 or numbers, shape `(rows,)`; NaT and NaN are the earliest.
    """

    times: NDArray[Any]
    name: ClassVar[str] = "by time"

    def choose(self, rows: Rows, share: float) -> Rows:
        """Returns the latest rows."""
        ordered, moments = self._in_order(rows)
        return np.sort(ordered[self._edge(moments, len(rows) - max(1, round(share * len(rows)))) :])

    def divide(self, rows: Rows, count: int) -> tuple[Fold, ...]:
        """Cuts the line into `count` + 1 stretches; each but the first is predicted from all before it."""
        ordered, moments = self._in_order(rows)
        edges = sorted({self._edge(moments, len(rows) * part // (count + 1)) for part in range(1, count + 1)})
        ends = [*edges[1:], len(rows)]
        return tuple(
            Fold(np.sort(ordered[:start]), np.sort(ordered[start:end])) for start, end in zip(edges, ends, strict=True)
        )

    def _in_order(self, rows: Rows) -> tuple[Rows, NDArray[np.float64]]:
        moments = self.times[rows]
        missing = np.isnat(moments) if moments.dtype.kind == "M" else np.isnan(moments)
        moments = np.where(missing, -np.inf, moments.astype(np.int64 if moments.dtype.kind == "M" else np.float64))
        order = np.argsort(moments, kind="stable")
        return rows[order], moments[order]

    @staticmethod
    def _edge(moments: NDArray[np.float64], wanted: int) -> int:
        """Returns the place nearest before `wanted`, else after it, where one moment ends and the next begins."""
        moment = moments[max(wanted, 1) if wanted < len(moments) else -1]
        before, after = (int(np.searchsorted(moments, moment, side=side)) for side in ("left", "right"))
        if before > 0:
            return before
        if after < len(moments):
            return after
        raise DataError(
            "All rows have the same time, so none comes later.",
            hint="split by another column, or leave --time-column out",
        )


def _folds_of(rows: Rows, validations: Sequence[Rows]) -> tuple[Fold, ...]:
    return tuple(Fold.without(np.sort(part), rows=rows) for part in validations)
