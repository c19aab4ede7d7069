"""Small tables with a column of every kind, some of them badly named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from automl_cli.data.table import Table
from automl_cli.spec.dataset import ColumnSpec, NumberFormat


def number(*missing: str) -> ColumnSpec:
    return ColumnSpec(kind="number", dtype="float32", missing=list(missing))


def category(*missing: str) -> ColumnSpec:
    return ColumnSpec(kind="category", missing=list(missing))


def table_of(columns: Mapping[str, Any], specs: Mapping[str, ColumnSpec]) -> Table:
    """Makes a typed table of lists of cells."""
    dtypes: dict[str, Any] = {"string": object, "float32": np.float32, "int64": np.int64}
    return Table({name: np.array(cells, dtype=dtypes[specs[name].dtype]) for name, cells in columns.items()})


MIXED = {
    "age": number("-200"),
    "price/night": ColumnSpec(kind="number", number=NumberFormat(thousands=",", magnitudes=True), missing=["n/a"]),
    "Größe": ColumnSpec(kind="category", fold_case=True, order=["low", "medium", "high"]),
    "a b": category("?"),
    "A b": ColumnSpec(kind="category"),
    'quote " and \n line': ColumnSpec(kind="boolean"),
    "class": ColumnSpec(kind="datetime", datetime="%d.%m.%Y %H:%M"),
    "": ColumnSpec(kind="text"),
    "numbers": ColumnSpec(kind="number", dtype="int64"),
    "column_0": ColumnSpec(kind="category"),
    "x" * 300: ColumnSpec(kind="number", dtype="float32"),
}


def mixed_table(rows: int, *, seed: int = 0) -> tuple[Table, np.ndarray]:
    """Makes rows for `MIXED`, and a binary target that some columns tell a little of."""
    random = np.random.default_rng(seed)
    target = random.integers(0, 2, rows)

    def draw(*words: str) -> list[str]:
        return random.choice(np.array(words, dtype=object), rows).tolist()

    age = random.normal(40, 12, rows) + 5 * target
    age[random.random(rows) < 0.1] = np.nan
    age[random.random(rows) < 0.1] = -200
    columns = {
        "age": age,
        "price/night": draw("$1,200", "90", "2.5K", "(15)", "n/a", "ask", ""),
        "Größe": draw("low", "Medium", "HIGH", "high", ""),
        "a b": [f"level {level}" if level else "?" for level in random.geometric(0.05, rows) % 40],
        "A b": draw("red", "green", "blue"),
        'quote " and \n line': draw("yes", "no", ""),
        "class": [f"{day}.{month}.2021 {day % 24}:{month:02}" for day, month in random.integers(1, 13, (rows, 2))],
        "": [f"the {animal} {verb} today, {'good' if good else 'bad'}!" for animal, verb, good in zip(
            draw("cat", "dog", "bird"), draw("sat", "ran", "flew"), target, strict=True)],
        "numbers": 10**15 + random.integers(0, 50, rows),
        "column_0": [f"city {city}" for city in random.integers(0, rows // 3 + 1, rows)],
        "x" * 300: random.exponential(1000, rows),
    }  # fmt: skip
    return table_of(columns, MIXED), target
