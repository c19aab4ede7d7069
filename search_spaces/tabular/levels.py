"""One table for the levels of all category columns."""

from __future__ import annotations

from typing import Any

import numpy as np


def stack_codes(codes: Any, cardinalities: tuple[int, ...]) -> Any:
    """Moves the codes of each column behind those of the columns before it, for one table of all levels.

    Args:
        codes: `(batch, columns)`, int32, symbolic or an array.
        cardinalities: Levels of each column.

    Returns:
        The same, `(batch, columns)`.
    """
    return codes + np.cumsum((0, *cardinalities[:-1])).astype("int32")
