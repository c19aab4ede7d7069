"""Columns that are empty in most rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from automl_cli.data.checks.examined import Examined
from automl_cli.data.phrases import percent, shorten
from automl_cli.records import Finding

_MOST = 0.5


def check_mostly_missing(data: Examined) -> Iterator[Finding]:
    """Lists input columns of which more than half of the cells are missing, the emptiest first."""
    shares = {name: float(np.mean(np.isnan(numbers))) for name, numbers in data.numbers.items()}
    shares |= {name: float(np.mean(cells == "")) for name, cells in data.words.items()}
    names = sorted((name for name, share in shares.items() if share > _MOST), key=lambda name: -shares[name])
    if not names:
        return
    first = f"'{shorten(names[0])}' is empty in {percent(shares[names[0]])} of the rows"
    yield Finding(
        "mostly-missing",
        "info",
        f"{first}." if len(names) == 1 else f"{len(names)} columns are empty in most rows; {first}.",
        hint="a model learns from empty cells too; leave out a column that says nothing: --kind NAME=ignored",
        columns=tuple(names),
    )
