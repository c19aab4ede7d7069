"""The classes of a target, and the spellings that mean them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from automl_cli.data.booleans import FALSE_WORDS, TRUE_WORDS, whole_pair
from automl_cli.data.levels import Levels, number_text
from automl_cli.data.numbers import plain_numbers
from automl_cli.data.order import find_order


@dataclass(frozen=True, slots=True)
class Classes:
    """The classes of a target.

    Attributes:
        spellings: What the cells say, by class; ordered words in their order, no before yes, the rest sorted.
        rows: How many rows each class has.
        set_aside: Spellings of classes with a single row. Those cannot be both learned and tested, and are often no
            class at all but a second header line.
    """

    spellings: Mapping[str, tuple[str, ...]]
    rows: Mapping[str, int]
    set_aside: tuple[str, ...]


def find_classes(levels: Levels) -> Classes:
    """Groups the cells of a target into classes.

    Cells are one class when they differ only in case, in blanks or in a full stop at the end; when they are one number
    (1 and 1.0); and, among words for yes and no, when they mean the same answer (Y, true, 1).

    Args:
        levels: Without marks for 'missing'.
    """
    count_of = dict(zip(levels.values, levels.counts.tolist(), strict=True))
    groups = _same_words(levels.values)
    pair = whole_pair(groups) if len(groups) > 2 else None
    if pair:
        named = _same_answers(groups, pair)
    else:
        named = {_name_of(word, spellings, count_of): spellings for word, spellings in groups.items()}
    if all(name.endswith(".") for name in named):  # the full stop that UCI's test files put behind every label
        named = {name.rstrip("."): [name.rstrip("."), *spellings] for name, spellings in named.items()}
    rows = {name: sum(count_of.get(spelling, 0) for spelling in spellings) for name, spellings in named.items()}
    single = {name for name in named if rows[name] == 1}
    # In a handful of rows a class of one is rare, not wrong; where many are single, the column is no set of classes.
    are_strays = len(named) - len(single) >= 2 and len(single) <= 0.02 * levels.present
    kept = _in_order([name for name in named if not (are_strays and name in single)])
    return Classes(
        spellings={name: tuple(dict.fromkeys(named[name])) for name in kept},
        rows={name: rows[name] for name in kept},
        set_aside=tuple(spelling for name in named if are_strays and name in single for spelling in named[name]),
    )


def _same_words(values: Iterable[str]) -> dict[str, list[str]]:
    """Groups spellings of the same word or number."""
    listed = list(values)
    numbers = plain_numbers(listed)
    are_numbers = not np.isnan(numbers).any()
    groups: dict[str, list[str]] = {}
    for value, number in zip(listed, numbers.tolist(), strict=True):
        groups.setdefault(number_text(number) if are_numbers else _bare(value), []).append(value)
    return groups


def _same_answers(groups: Mapping[str, list[str]], pair: tuple[str, str]) -> dict[str, list[str]]:
    """Joins yes, Y, true and 1, and likewise no, under the names of a pair."""
    return {
        word: [spelling for bare, spellings in groups.items() if bare.casefold() in same for spelling in spellings]
        for word, same in zip(pair, (FALSE_WORDS, TRUE_WORDS), strict=True)
    }


def _bare(value: str) -> str:
    """Returns a label without what typists vary. A single letter keeps its case: 'a' and 'A' are two letters."""
    bare = " ".join(value.split()).rstrip(".") or value
    return bare.casefold() if len(bare) > 1 else bare


def _name_of(word: str, spellings: Sequence[str], count_of: Mapping[str, int]) -> str:
    """Returns the most frequent spelling of the word that stands for the class."""
    of_word = [spelling for spelling in spellings if _bare(spelling) == word]
    return max(of_word or spellings, key=lambda spelling: count_of[spelling])


def _in_order(names: Sequence[str]) -> Sequence[str]:
    numbers = plain_numbers(names)
    if not np.isnan(numbers).any():
        return [names[index] for index in np.argsort(numbers, kind="stable")]
    order = find_order(names)
    if order and len(order) == len(names):
        return order
    ordered = sorted(names, key=lambda name: (name.casefold(), name))
    if len(ordered) == 2 and ordered[1].casefold().endswith(f" {ordered[0]}".casefold()):
        return ordered[::-1]  # 'not fire' is the absence of 'fire'
    return ordered
