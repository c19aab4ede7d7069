"""Validation too small: what looks better may only have been luckier."""

from __future__ import annotations

import math
from collections.abc import Iterator

from automl_cli.diagnosis.rule import RunRule
from automl_cli.diagnosis.searched import Searched

# The standard error of a share is half a hundredth of ten there: five points, which is more than trials differ by.
_FEWEST_ROWS = 100
# Of a class: with fewer, one row is more than a tenth of what is known of it.
_FEWEST_OF_A_CLASS = 10


def _look(search: Searched) -> Iterator[str]:
    rows = search.validation_rows
    if 0 < rows < _FEWEST_ROWS:
        points = 100 * math.sqrt(0.25 / rows)
        yield (
            f"Trials are compared on {rows:,} validation rows: a share measured on them, such as accuracy, is sure "
            f"to {points:.0f} points only."
        )
    total = sum(search.class_rows)
    rarest = min((count for count in search.class_rows if count), default=0)
    expected = rarest * rows / total if total else 0.0
    if 0 < expected < _FEWEST_OF_A_CLASS and rows >= _FEWEST_ROWS:
        yield f"About {expected:.0f} of {rows:,} validation rows are of the rarest class: it is judged by chance."


SMALL_VALIDATION = RunRule(
    code="small-validation",
    name="Validation too small",
    row=38,
    cure="more folds (split: folds in dataset.yaml), or more rows; of trials that differ little, prefer the smaller",
    look=_look,
    severity="info",
)
