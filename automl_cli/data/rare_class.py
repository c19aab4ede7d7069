"""Whether a class is so rare that something should be done about it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Of two classes, the smaller one is rare below a fifth of the rows. Of many, all may have less than that: then it is
# half of an equal share that counts.
_RARE_SHARE, _OF_EQUAL_SHARE = 0.2, 0.5


def rare_share(classes: int) -> float:
    """Returns the share of the rows below which the smallest of so many classes is rare."""
    return min(_RARE_SHARE, _OF_EQUAL_SHARE / classes)


def has_rare_class(target: NDArray[Any], *, classes: int) -> bool:
    """Says whether the smallest class that occurs has less than a fifth of the rows and than half an equal share.

    Args:
        target: Class indices `(rows,)`; of a regression, whatever.
        classes: How many there are; 0 for a regression.
    """
    if not classes:
        return False
    counts = np.bincount(target.astype(np.int64), minlength=classes)
    share = counts[counts > 0].min(initial=len(target)) / max(len(target), 1)
    return bool(share < rare_share(classes))
