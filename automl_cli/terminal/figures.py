"""Numbers as people read them."""

from __future__ import annotations

import math

from automl_cli.records import Score


def figure(value: float | None, digits: int = 4) -> str:
    """Returns a score with `digits` significant digits, thousands separated: 0.8712, 21,177, 0.00031."""
    if value is None or not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    magnitude = math.floor(math.log10(abs(value)))
    if magnitude >= digits:
        return f"{value:,.0f}"
    if magnitude < -4:
        return f"{value:.{digits - 1}g}"
    return f"{value:,.{max(digits - 1 - magnitude, 0)}f}"


def score_with_interval(score: Score) -> str:
    """Returns `0.871 (95 % interval 0.842 to 0.897)`."""
    return f"{figure(score.value)} (95 % interval {figure(score.low)} to {figure(score.high)})"
