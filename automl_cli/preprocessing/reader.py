"""What turns raw columns into features: a layer, the columns it reads, and whose its outputs are."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np

# A missing cell, of the type that readers return; a plain float would be taken for float32.
NAN = np.float64("nan")


@dataclass(frozen=True, slots=True)
class Reader:
    """A layer that reads raw columns into numbers, with NaN for missing cells.

    Attributes:
        layer: Takes a list of tensors `(rows,)`, one a column; returns `(rows, features)` in float64, so that
            large numbers keep their digits until their median is taken off.
        columns: Names of the columns it takes, in order.
        owners: For each feature, the column that it comes from.
        bounded: For each feature, whether it lies in -1…1 by its nature and needs no scaling: a sine, a yes or no.
    """

    layer: keras.layers.Layer
    columns: tuple[str, ...]
    owners: tuple[str, ...]
    bounded: tuple[bool, ...]
