"""Encoded rows on their way to a network: whole in memory, or piece by piece from memory maps."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from automl_cli.training.task import Groups

# Groups of a fold that take more are not loaded whole.
RESIDENT_BYTES = 300_000_000
# What is gathered from memory maps at once: enough to read in long strides.
_PIECE_BYTES = 32_000_000
# Rows that are predicted at once: what the widest layer holds for so many rows stays within some megabytes.
_PREDICTED_AT_ONCE = 8192

# Groups `(members, rows, width)` by name and the target `(members, rows)`.
Tensors = tuple[dict[str, Any], Any]


@dataclass(frozen=True, slots=True)
class Source:
    """Rows of one member.

    Attributes:
        groups: `(rows, width)` by name, those that the network reads; may be memory maps.
        target: `(rows,)`, class indices or standardised values.
    """

    groups: Groups
    target: NDArray[Any]

    @property
    def size(self) -> int:
        """Bytes of all groups."""
        return sum(group.nbytes for group in self.groups.values())


class Rows:
    """Rows of all members, padded to one length so that whatever is compiled for one fold serves the others.

    Attributes:
        counts: Real rows of each member, `(members,)`.
        length: As given.

    Args:
        sources: One for each member.
        length: Rows of the longest fold of the trial, these or others.
        resident_bytes: Most bytes that are moved to TensorFlow's memory as a whole.
        piece_bytes: Of rows that are more, how many bytes are moved at once.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        length: int,
        *,
        resident_bytes: int = RESIDENT_BYTES,
        piece_bytes: int = _PIECE_BYTES,
    ) -> None:
        self.counts = np.array([len(source.target) for source in sources], np.int32)
        self._sources = sources
        self._piece_bytes = piece_bytes
        self.length = length
        self._row_bytes = max(1, sum(s.size // max(1, len(s.target)) for s in sources))
        is_small = self._row_bytes * length <= resident_bytes
        self._tensors = self._piece([np.arange(count) for count in self.counts], length) if is_small else None
        # Equal parts for the validation: each is compiled for one size only.
        parts = math.ceil(length / _PREDICTED_AT_ONCE)
        self._part = math.ceil(length / parts)

    def pieces(self, order: NDArray[np.int32]) -> Iterator[tuple[slice, Tensors, Any]]:
        """Yields rows for some steps after another.

        Args:
            order: Rows of each batch `(steps, members, batch)`.

        Yields:
            Which steps they are; tensors that hold their rows; where in these they stand, `(steps, members, batch)`.
        """
        if self._tensors is not None:
            yield slice(None), self._tensors, tf.constant(order, tf.int32)
            return
        steps, members, batch = order.shape
        at_once = max(1, self._piece_bytes // (self._row_bytes * batch))
        for start in range(0, steps, at_once):
            taken = slice(start, min(start + at_once, steps))
            wanted = order[taken].transpose(1, 0, 2).reshape(members, -1)
            # Maps are read in the order of the file; the places of the batches follow.
            places = np.argsort(wanted, axis=1, kind="stable")
            tensors = self._piece(list(np.take_along_axis(wanted, places, axis=1)), wanted.shape[1])
            inside = np.argsort(places, axis=1).reshape(members, -1, batch).transpose(1, 0, 2)
            yield taken, tensors, tf.constant(inside, tf.int32)

    def parts(self) -> Iterator[tuple[Tensors, NDArray[np.int32]]]:
        """Yields the rows in their order, some thousand at a time, and how many of each member are real."""
        for start in range(0, self.length, self._part):
            counts = np.clip(self.counts - start, 0, self._part).astype(np.int32)
            if self._tensors is not None and self._part == self.length:
                yield self._tensors, counts
            else:
                rows = [np.arange(start, start + count) for count in counts]
                yield self._piece(rows, self._part), counts

    def _piece(self, rows: Sequence[NDArray[Any]], length: int) -> Tensors:
        """Gathers rows of every member; the last row fills up to `length`, or zeros where there is none."""
        groups = {
            name: tf.constant(
                np.stack([_taken(s.groups[name], own, length) for s, own in zip(self._sources, rows, strict=True)])
            )
            for name in self._sources[0].groups
        }
        target = np.stack([_taken(s.target, own, length) for s, own in zip(self._sources, rows, strict=True)])
        return groups, tf.constant(target, tf.float32)


def _taken(array: NDArray[Any], rows: NDArray[Any], length: int) -> NDArray[Any]:
    taken = np.zeros((length, *array.shape[1:]), array.dtype)
    if len(rows) and rows[-1] - rows[0] + 1 == len(rows) and (np.diff(rows) == 1).all():
        taken[: len(rows)] = array[rows[0] : rows[-1] + 1]  # a stretch is copied faster than single rows
    else:
        taken[: len(rows)] = array[rows]
    return taken
