"""More rows than are needed to measure columns by."""

from __future__ import annotations

from collections.abc import Iterator

from automl_cli.data.checks.examined import Examined
from automl_cli.data.sampling import MOST_FITTED_ROWS
from automl_cli.records import Finding


def check_many_rows(data: Examined) -> Iterator[Finding]:
    """Says what a sample stands for, so that nobody takes it for the training rows."""
    rows = max(len(fold.train) for fold in data.split.folds)
    if rows > MOST_FITTED_ROWS:
        yield Finding(
            "many-rows",
            "info",
            f"Scales, levels and averages of columns come from {MOST_FITTED_ROWS:,} of {rows:,} training rows, drawn "
            "at random; networks are trained on all of them.",
        )
