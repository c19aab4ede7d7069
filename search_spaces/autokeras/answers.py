"""Answers to the questions that an AutoKeras block asks while it is built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras_tuner

from search_spaces.grammar import Value


class Answers(keras_tuner.HyperParameters):
    """Hyperparameters whose values are all known.

    A block asks for each of its hyperparameters under a name that begins with the block's own, which AutoKeras
    counts up with every block that is made ("dense_block_7/units_0"). Only the last part of a name is stable, and
    only that is looked up here.

    Args:
        values: Value of every hyperparameter that the block may ask for, by the last part of its name.
    """

    def __init__(self, values: Mapping[str, Value]) -> None:
        super().__init__()
        self._answers = dict(values)

    def _retrieve(self, hp: Any) -> Value:  # The one door through which Choice, Int, Float and Boolean go.
        name = hp.name.rpartition("/")[2]
        if name not in self._answers:
            raise ValueError(f"AutoKeras asks for the hyperparameter {name!r}, which its family does not declare")
        return self._answers[name]
