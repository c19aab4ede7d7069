"""Classes that are much rarer than others, or too rare to learn."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from automl_cli.data.checks.examined import Examined
from automl_cli.data.phrases import count_of, listing, percent
from automl_cli.records import Finding

_RARE_SHARE = 0.1
_FEWEST_ROWS = 10


def check_imbalance(data: Examined) -> Iterator[Finding]:
    """Warns where accuracy would flatter, and of classes with fewer than 10 rows."""
    classes = data.target.classes
    if not classes:
        return
    rows = np.bincount(data.target.values[data.target.usable], minlength=len(classes))
    most, least = int(rows.argmax()), int(rows.argmin())
    if len(classes) == 2 and rows[least] < _RARE_SHARE * rows.sum():
        yield Finding(
            "imbalance",
            "warning",
            f"Only {percent(rows[least] / rows.sum())} of the rows are '{classes[least]}': always guessing "
            f"'{classes[most]}' is right in {percent(rows[most] / rows.sum())}.",
            hint="judge by a metric that looks at both classes: --metric average_precision or balanced_accuracy",
        )
    elif len(classes) > 2 and rows[least] < _RARE_SHARE * rows[most]:
        yield Finding(
            "imbalance",
            "info",
            f"Classes differ in size: '{classes[most]}' has {rows[most]:,} rows, '{classes[least]}' {rows[least]:,}.",
            hint="judge by a metric that looks at all classes alike: --metric balanced_accuracy",
        )
    rare = [name for name, count in zip(classes, rows, strict=True) if 0 < count < _FEWEST_ROWS]
    if rare:
        yield Finding(
            "small-class",
            "warning",
            f"{count_of(len(rare), 'class')} of fewer than {_FEWEST_ROWS} rows: {listing(rare)}.",
            hint="collect more rows of them, or join them with others under 'labels' in dataset.yaml",
        )
