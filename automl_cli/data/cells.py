"""Cells of typed files (JSON, Excel) as columns: numbers stay numbers, everything else becomes text."""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Sequence

import numpy as np

from automl_cli.data.levels import number_text
from automl_cli.data.table import Column

_LARGEST_INTEGER = 2**63 - 1


def to_column(cells: Sequence[object]) -> Column:
    """Makes a column of plain values.

    Returns:
        int64 where every cell is a whole number, float64 where every cell is a number or missing (NaN), else an
        object array of strings in which '' means missing; shape `(rows,)`.
    """
    kinds = {type(cell) for cell in cells}
    if kinds == {int} and all(abs(cell) <= _LARGEST_INTEGER for cell in cells if isinstance(cell, int)):
        return np.array(cells, dtype=np.int64)
    if kinds & {int, float} and kinds <= {int, float, type(None)}:
        return np.array([math.nan if cell is None else cell for cell in cells], dtype=np.float64)
    return np.array([to_text(cell) for cell in cells], dtype=object)


def to_text(cell: object) -> str:
    """Writes a value as a CSV would hold it: '' for none, `true`, `3` (also for 3.0), `2024-02-03T00:00:00`."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return number_text(cell)
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    if isinstance(cell, list | dict):
        return json.dumps(cell, ensure_ascii=False)
    return str(cell)
