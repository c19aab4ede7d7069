"""Durations as people write them: `90`, `90s`, `5m`, `1h30m`."""

from __future__ import annotations

import re

from automl_cli.errors import UsageError

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SHAPE = re.compile(r"(?:\d+(?:\.\d+)?[smhd])+", re.IGNORECASE)


def parse_duration(text: str) -> float:
    """Returns seconds; a bare number is seconds already.

    Raises:
        UsageError: The text is not a positive duration.
    """
    compact = text.strip().replace(" ", "")
    if re.fullmatch(r"\d+(?:\.\d+)?", compact):
        seconds = float(compact)
    elif _SHAPE.fullmatch(compact):
        parts = re.findall(r"([\d.]+)([smhd])", compact.lower())
        seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    else:
        raise UsageError(f"'{text}' is not a duration.", hint="write 90s, 5m or 1h30m")
    if seconds <= 0:
        raise UsageError(f"A duration must be longer than zero, not '{text}'.")
    return seconds


def format_duration(seconds: float) -> str:
    """Returns seconds as a person reads them: `42 s`, `5 min`, `1 h 30 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
