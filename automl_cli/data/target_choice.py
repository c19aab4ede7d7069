"""Which column is to be predicted."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from automl_cli.data import name_hints
from automl_cli.data.kinds import infer_column
from automl_cli.data.levels import Levels, judge_levels
from automl_cli.data.phrases import count_of, listing, percent
from automl_cli.data.table import Table, match_column
from automl_cli.errors import TargetError
from automl_cli.spec.dataset import ColumnSpec

_NEVER_TARGETS = frozenset({"constant", "identifier", "text", "datetime", "ignored"})
_MOST_CLASSES = 100
_GOOD_GUESS = 0.9


@dataclass(frozen=True, slots=True)
class Candidate:
    """A column that may be the target.

    Attributes:
        name: Of the column.
        reason: What speaks for it.
        score: For ranking; from 0.9 on it may be taken without asking.
    """

    name: str
    reason: str
    score: float


def resolve_target(names: Sequence[str], wanted: str) -> str:
    """Finds the column that a person means: by name, by name without care for blanks and case, by position.

    Raises:
        TargetError: No column, or more than one, fits; the closest names are in the hint.
    """
    found = match_column(names, wanted)
    if found is not None:
        return found
    folded = {name.strip().casefold(): name for name in names}
    close = [folded[name] for name in difflib.get_close_matches(wanted.strip().casefold(), folded, n=3, cutoff=0.5)]
    hint = f"did you mean {listing(close)}?" if close else f"the columns are {listing(names, 12)}"
    raise TargetError(f"There is no column '{wanted}' to predict.", hint=hint)


def rank_targets(table: Table) -> tuple[Candidate, ...]:
    """Ranks the columns of a raw table that could be predicted, best first."""
    levels = {name: judge_levels(table[name]) for name in table.names}
    columns = {name: infer_column(name, levels[name], is_first=name == table.names[0]) for name in table.names}
    return _rank(levels, columns)


def choose_target(levels: Mapping[str, Levels], columns: Mapping[str, ColumnSpec]) -> str:
    """Chooses the target when nobody said it: a column that is called so, or the last one if it looks like one.

    Raises:
        TargetError: No column is a good guess.
    """
    ranked = _rank(levels, columns)
    if not ranked:
        raise TargetError("No column can be predicted: all are constant, dates, identifiers or free text.")
    if ranked[0].score >= _GOOD_GUESS:
        return ranked[0].name
    names = [candidate.name for candidate in ranked]
    raise TargetError("It is not clear which column is to be predicted.", hint=f"name it with -t: {listing(names, 5)}")


def _rank(levels: Mapping[str, Levels], columns: Mapping[str, ColumnSpec]) -> tuple[Candidate, ...]:
    last = list(columns)[-1]
    # Between x and z, y is a direction and not what is asked for.
    axes = {name for name in columns if name.casefold() == "y"} if {"x", "X"} & set(columns) else set()
    weighed = [
        _weigh(name, column, levels=levels[name], is_last=name == last)
        for name, column in columns.items()
        if name not in axes
    ]
    return tuple(sorted(filter(None, weighed), key=lambda candidate: -candidate.score))


def _weigh(name: str, column: ColumnSpec, *, levels: Levels, is_last: bool) -> Candidate | None:
    """Weighs one column; None when it cannot be predicted."""
    good = levels.without(column.missing)
    distinct = len(good.values)
    if column.kind in _NEVER_TARGETS or distinct < 2 or (column.kind == "category" and distinct > _MOST_CLASSES):
        return None
    said, score = [], 0.0
    if name_hints.names_target(name):
        said.append("is called so")
        score += 2.0
    elif name_hints.names_outcome(name):
        said.append("has the name of an outcome")
        score += 1.2
    if is_last:
        said.append("is the last column")
        score += 0.9
    said.append("holds numbers" if column.kind == "number" else f"has {count_of(distinct, 'value')}")
    if distinct == 2:
        score += 0.2
    if good.missing > 0.5 * good.rows:
        said.append(f"is missing in {percent(good.missing / good.rows)} of the rows")
        score -= 1.0
    return Candidate(name, ", ".join(said), score)
