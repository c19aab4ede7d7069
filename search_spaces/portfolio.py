"""The portfolio: strong configurations of all families, in the order in which they are worth a try.

Most tables need no search: of the models that are trained within minutes, the average of tuned defaults of different
families is seldom beaten (Holzmüller et al. 2024, arXiv 2407.04491; Salinas & Erickson 2024, arXiv 2311.02971).
`portfolio.yaml` is data; `benchmarks/portfolio.py` makes its orders from results on public tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from search_spaces.document import read_document
from search_spaces.grammar import Task, Value

_PATH = Path(__file__).with_name("portfolio.yaml")


@dataclass(frozen=True, slots=True)
class Occasion:
    """The search that a portfolio is for.

    Attributes:
        task: What is predicted.
        rows: To learn from.
        seconds: That the whole search may take.
        levels: Of the category column that has most.
        is_skewed: Whether the target of a regression has a long tail and is never below 0.
        has_rare_class: Whether a class has few of the rows.
    """

    task: Task
    rows: int
    seconds: float
    levels: int = 0
    is_skewed: bool = False
    has_rare_class: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One configuration, and where it is tried.

    Attributes:
        name: What people see.
        family: Its family.
        values: Hyperparameters that differ from the family's defaults.
        tasks: Where it is tried; empty for all.
        rows: Least and most training rows.
        seconds: Least time of the whole search.
        levels: Least levels of the largest category column.
        skewed: Whether it is for long-tailed targets only.
        rare: Whether it is for tables with a rare class only.
    """

    name: str
    family: str
    values: Mapping[str, Value] = field(default_factory=dict)
    tasks: tuple[Task, ...] = ()
    rows: tuple[float, float] = (0, float("inf"))
    seconds: float = 0.0
    levels: int = 0
    skewed: bool = False
    rare: bool = False

    def fits(self, occasion: Occasion) -> bool:
        """Says whether it is tried in a search."""
        return (
            (not self.tasks or occasion.task in self.tasks)
            and self.rows[0] <= occasion.rows <= self.rows[1]
            and self.seconds <= occasion.seconds
            and self.levels <= occasion.levels
            and (occasion.is_skewed or not self.skewed)
            and (occasion.has_rare_class or not self.rare)
        )


def portfolio_for(occasion: Occasion) -> list[Entry]:
    """Returns what is tried in a search, the most promising first."""
    entries, orders = _read()
    names = next(names for most, names in orders if occasion.rows <= most)
    return [entries[name] for name in names if entries[name].fits(occasion)]


def all_entries() -> Mapping[str, Entry]:
    """Returns every entry by its name."""
    return _read()[0]


@cache
def _read() -> tuple[dict[str, Entry], list[tuple[float, list[str]]]]:
    document = read_document(_PATH)
    entries = {name: _entry(name, fields) for name, fields in document.values["entries"].items()}
    orders = [(order.get("up_to_rows", float("inf")), order["entries"]) for order in document.values["orders"]]
    for _, names in orders:
        for name in names:
            if name not in entries:
                raise document.error(("orders",), f"there is no entry {name!r}")
    return entries, orders


def _entry(name: str, fields: Mapping[str, Any]) -> Entry:
    # YAML takes 1e-3, without a point, for a word.
    values = {key: _number(value) for key, value in fields.get("set", {}).items()}
    low, high = fields.get("rows", (0, float("inf")))
    return Entry(
        name=name,
        family=fields["family"],
        values=values,
        tasks=tuple(fields.get("tasks", ())),
        rows=(low, high),
        seconds=float(fields.get("seconds", 0.0)),
        levels=int(fields.get("levels", 0)),
        skewed=bool(fields.get("skewed", False)),
        rare=bool(fields.get("rare", False)),
    )


def _number(value: Value) -> Value:
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value
