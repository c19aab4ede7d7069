"""Predictions by a vote of neighbours: rows that lie close where a network puts them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import keras
from keras import ops

Vote = Literal["numbers", "classes"]

# Of squares of distances, smaller ones are rounding errors of the product that they are computed by.
_LEAST_SQUARE = 1e-4
# Score of a row that has no vote; a finite number, because the difference of two infinities is none.
_NO_VOTE = -1e9
# The probability of a class is at least so much: neighbours who all agree are no certainty.
_LEAST_SHARE = 1e-5
# Remembered rows that are compared at once: all distances of a large batch would take a gigabyte.
_AT_ONCE = 1024


@keras.saving.register_keras_serializable("automl")
class NeighbourVote(keras.layers.Layer):
    """Averages the labels of other rows, the closer the row the more its label counts.

    The weight of row j for row i is `softmax_j(-||x_i - x_j||)`. In training, the other rows are those of the batch
    without row i itself, and their labels come with the batch. Afterwards they are rows that are remembered:
    non-trainable weights hold up to `capacity` of them, and whoever trains the network writes `contents` there.
    Without any, all answers are alike: 0, or all classes equally likely.

    Source: Ye et al. 2024, "Revisiting Nearest Neighbor for Tabular Data: A Deep Tabular Baseline Two Decades Later"
    (arXiv 2407.03257), after neighbourhood components analysis (Goldberger et al. 2004). There, candidates in training
    are a share of all training rows; here it is the batch, which therefore should be large.

    Args:
        outputs: Width of the output.
        capacity: Most rows that are remembered.
        vote: What labels are: "numbers", and the output is their mean, or "classes", and the output is the logit of
            class 1, `(batch, 1)`, or, of more than two classes, the logarithm of each one's probability.
    """

    # Tells whoever trains the network to refresh the memory.
    remembers_rows = True

    def __init__(self, outputs: int, *, capacity: int, vote: Vote = "numbers", **keras_options: Any) -> None:
        # Distances stay float32: they are small differences of large squares.
        super().__init__(autocast=False, **keras_options)
        if outputs > 1 and vote != "classes":
            raise ValueError(f"A vote on numbers has one output, not {outputs}")
        self.outputs = outputs
        self.capacity = capacity
        self.vote = vote

    def build(self, x_shape: Sequence[int | None], target_shape: Any = None) -> None:
        """Makes the memory: rows `(capacity, width)`, labels `(capacity, outputs)`, and which there are, 0 or 1."""
        undecided = 0.0 if self.vote == "numbers" else 1 / max(self.outputs, 2)
        self.memory = self._fixed("memory", (self.capacity, int(x_shape[-1] or 0)))
        self.labels = self._fixed("labels", (self.capacity, self.outputs), value=undecided)
        self.present = self._fixed("present", (self.capacity,))

    def call(self, x: Any, target: Any = None, *, training: bool = False) -> Any:
        """Maps rows `(batch, width)` to `(batch, outputs)`.

        Args:
            x: The rows.
            target: In training, their class indices or numbers `(batch, 1)`, as float32. Not looked at otherwise.
            training: Whether the other rows of the batch vote, or those remembered.
        """
        x = ops.cast(x, "float32")
        if training and target is not None:
            scores = ops.where(ops.eye(ops.shape(x)[0], dtype="bool"), _NO_VOTE, -_distances(x, x))
            return self._answer(ops.matmul(ops.softmax(scores, axis=-1), self.encoded(target[:, 0])))
        return self._answer(self._ask_memory(x))

    def encoded(self, target: Any) -> Any:
        """Returns what rows vote for, `(rows, outputs)`, from class indices or numbers `(rows,)`."""
        if self.outputs == 1:
            return ops.cast(target, "float32")[:, None]
        return ops.one_hot(ops.cast(target, "int32"), self.outputs, dtype="float32")

    def contents(self, x: Any, target: Any, *, count: Any) -> tuple[Any, Any, Any]:
        """Returns what `memory`, `labels` and `present` have to hold for rows to be remembered.

        Args:
            x: Rows as they come into this layer, `(capacity, width)`.
            target: Their class indices or numbers `(capacity,)`.
            count: How many of them are meant; those behind only fill up.
        """
        present = ops.cast(ops.arange(self.capacity) < count, "float32")
        return ops.cast(x, "float32"), self.encoded(target), present

    def compute_output_shape(self, x_shape: Sequence[int | None], target_shape: Any = None) -> tuple[int | None, int]:
        """Returns `(batch, outputs)`."""
        return (x_shape[0], self.outputs)

    def get_config(self) -> dict[str, Any]:
        """Returns what makes the same layer again."""
        own = {"outputs": self.outputs, "capacity": self.capacity, "vote": self.vote}
        return {**super().get_config(), **own}

    def _ask_memory(self, x: Any) -> Any:
        """Returns the mean of the remembered labels `(batch, outputs)`, by a softmax that goes on from part to part."""
        # Of rows far apart with near neighbours, half of the digits of a distance would be lost, and answers would
        # depend on how many rows are asked for at once.
        x, memory = ops.cast(x, "float64"), ops.cast(self.memory, "float64")
        highest: Any = _NO_VOTE
        total: Any = 0.0
        votes: Any = 0.0
        for start in range(0, self.capacity, _AT_ONCE):
            part = slice(start, min(start + _AT_ONCE, self.capacity))
            distances = ops.cast(_distances(x, memory[part]), "float32")
            scores = ops.where(self.present[part] > 0, -distances, _NO_VOTE)
            before, highest = highest, ops.maximum(highest, ops.max(scores, axis=-1, keepdims=True))  # (batch, 1)
            kept, shares = ops.exp(before - highest), ops.exp(scores - highest)  # (batch, 1), (batch, part)
            total = total * kept + ops.sum(shares, axis=-1, keepdims=True)
            votes = votes * kept + ops.matmul(shares, self.labels[part])  # (batch, outputs)
        return votes / total

    def _answer(self, votes: Any) -> Any:
        if self.vote == "numbers":
            return votes
        shares = ops.clip(votes, _LEAST_SHARE, 1 - _LEAST_SHARE)
        return ops.log(shares) - ops.log(1 - shares) if self.outputs == 1 else ops.log(shares)

    def _fixed(self, name: str, shape: tuple[int, ...], *, value: float = 0.0) -> Any:
        initializer = keras.initializers.Constant(value)
        return self.add_weight(shape, initializer=initializer, trainable=False, dtype="float32", name=name)


def _distances(x: Any, others: Any) -> Any:
    """Returns Euclidean distances `(rows, others)`."""
    # Where points lie together far from 0, squares of their lengths would drown those of the distances.
    center = ops.stop_gradient(ops.mean(others, axis=0))
    x, others = x - center, others - center
    squares = ops.sum(x * x, axis=-1)[:, None] + ops.sum(others * others, axis=-1)
    return ops.sqrt(ops.maximum(squares - 2 * ops.matmul(x, ops.transpose(others)), _LEAST_SQUARE))
