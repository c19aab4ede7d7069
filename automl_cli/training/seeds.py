"""One seed, split into named streams."""

from __future__ import annotations

import zlib

import numpy as np


def stream(seed: int, *path: str | int) -> np.random.SeedSequence:
    """Returns the stream of that name: the same for the same seed and path, unrelated for any other.

    Trials have no stream of their own: what a configuration gives depends on itself and the seed alone, not on
    how many were tried before, and two configurations meet the same shuffles, which makes them easier to compare.

    Args:
        seed: The search's seed, 0 or more.
        path: What it is for: `"shuffle", fold, epoch`.
    """
    return np.random.SeedSequence(seed, spawn_key=[zlib.crc32(str(part).encode()) for part in path])


def integer(seed: int, *path: str | int) -> int:
    """Returns one integer below 2**31 of that stream, for libraries that take no more."""
    return int(stream(seed, *path).generate_state(1)[0] >> 1)
