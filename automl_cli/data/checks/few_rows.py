"""Too few rows for a sure answer."""

from __future__ import annotations

from collections.abc import Iterator

from automl_cli.data.checks.examined import Examined
from automl_cli.data.phrases import count_of
from automl_cli.records import Finding

_FEW = 200
_VERY_FEW = 50


def check_few_rows(data: Examined) -> Iterator[Finding]:
    """Says how little is known where rows are few, or fewer than columns."""
    rows, test = int(data.target.usable.sum()), len(data.split.test)
    if rows < _FEW:
        yield Finding(
            "few-rows",
            "warning" if rows < _VERY_FEW else "info",
            f"There are {count_of(rows, 'row')}, {test:,} of them for the test: the score is a rough estimate.",
            hint="collect more rows",
        )
    if len(data.inputs) > rows:
        yield Finding(
            "more-columns-than-rows",
            "info",
            f"There are {len(data.inputs):,} columns for {count_of(rows, 'row')}: a model can find patterns in chance.",
            hint="leave out columns that cannot matter: --kind NAME=ignored",
        )
