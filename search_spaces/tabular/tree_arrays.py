"""Boosted trees as plain arrays: read from the text in which LightGBM keeps a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

# Bits of LightGBM's `decision_type`: a categorical split, the way of missing values, and what counts as missing.
_CATEGORICAL, _MISSING_LEFT, _MISSING_KIND = 1, 2, 2
_MISSING_IS_NAN = 2
_WORD = 32  # bits of a word in LightGBM's sets of categories


@dataclass(frozen=True, slots=True)
class Trees:
    """Trees of yes-no questions; a row goes left where the answer is yes.

    The leaves of a tree are numbered from left to right, so that those below the left child of a node are a range. A
    node asks whether a number is at most its threshold, or, where it has codes, whether a code is among these. All
    that is not among them, unseen or negative codes included, goes right.

    Attributes:
        features: Column that each node looks at, `(nodes,)` int32.
        thresholds: `(nodes,)` float32; 0 where a node has codes.
        missing_left: Whether NaN goes left, `(nodes,)` bool.
        trees: Tree of each node, `(nodes,)` int32.
        first: First leaf below the left child, counted within the tree, `(nodes,)` int32.
        last: The leaf behind the last one below the left child, `(nodes,)` int32.
        leaves: Number of leaves of each tree, `(trees,)` int32; trees of one round stand together, one per output.
        values: What the leaves of all trees answer, tree by tree, `(leaves,)` float64.
        codes: Codes that go left, node by node, `(codes,)` int32.
        code_counts: How many of them each node has, `(nodes,)` int32; 0 for a question about a number.
    """

    features: NDArray[np.int32]
    thresholds: NDArray[np.float32]
    missing_left: NDArray[np.bool_]
    trees: NDArray[np.int32]
    first: NDArray[np.int32]
    last: NDArray[np.int32]
    leaves: NDArray[np.int32]
    values: NDArray[np.float64]
    codes: NDArray[np.int32]
    code_counts: NDArray[np.int32]

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it by name, as `from_arrays` takes it."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Makes trees of what `arrays` gave; other names are left aside."""
        return cls(**{field.name: arrays[field.name] for field in fields(cls)})


def read_trees(text: str) -> Trees:
    """Reads a model of LightGBM, version 4.

    Thresholds are rounded down to float32: of numbers that are float32 themselves, exactly the same ones lie below.

    Args:
        text: Of `Booster.model_to_string`.

    Raises:
        ValueError: The text is not of this version, or its leaves hold more than a number.
    """
    if not text.startswith("tree\nversion=v4\n"):
        raise ValueError("Trees are read from LightGBM's text of version v4, not from " + text[:40].replace("\n", " "))
    trees = [_read_tree(lines, number) for number, lines in enumerate(_blocks(text))]
    return Trees(**{field.name: np.concatenate([tree[field.name] for tree in trees]) for field in fields(Trees)})


def _blocks(text: str) -> Iterator[dict[str, str]]:
    """Yields the lines of each tree as names and values."""
    body = text[text.index("\nTree=") : text.index("\nend of trees")]
    for block in body.split("\nTree=")[1:]:
        yield dict(line.split("=", 1) for line in block.splitlines() if "=" in line)


def _read_tree(lines: Mapping[str, str], number: int) -> dict[str, NDArray[Any]]:
    if lines.get("is_linear", "0") != "0":
        raise ValueError("Trees with linear models in their leaves cannot be read.")

    def read(name: str, dtype: type) -> NDArray[Any]:
        return np.array(lines.get(name, "").split(), dtype)

    values, decisions = read("leaf_value", np.float64), read("decision_type", np.int32)
    left, right = read("left_child", np.int32), read("right_child", np.int32)
    order, first, last = _number_leaves(left.tolist(), right.tolist())
    thresholds = read("threshold", np.float64)
    is_code = (decisions & _CATEGORICAL) > 0
    sets = _code_sets(read("cat_boundaries", np.int64), read("cat_threshold", np.uint32))
    codes = [sets[int(at)] if has else sets[-1] for at, has in zip(thresholds, is_code, strict=True)]
    is_nan_apart = (decisions >> _MISSING_KIND) == _MISSING_IS_NAN
    # Where training rows had no gaps, LightGBM takes NaN for 0. NaN is in no set of codes.
    missing_left = np.where(is_nan_apart, (decisions & _MISSING_LEFT) > 0, thresholds >= 0) & ~is_code
    return {
        "features": read("split_feature", np.int32),
        "thresholds": np.where(is_code, np.float32(0), round_down(thresholds)),
        "missing_left": missing_left,
        "trees": np.full(len(left), number, np.int32),
        "first": first,
        "last": last,
        "leaves": np.array([len(values)], np.int32),
        "values": values[order],
        "codes": np.concatenate([sets[-1], *codes]),
        "code_counts": np.array([len(known) for known in codes], np.int32),
    }


def _number_leaves(
    left: Sequence[int], right: Sequence[int]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Numbers the leaves of a tree from left to right.

    LightGBM writes child nodes as they are, leaves as -1, -2, ...; children stand behind their parents.

    Returns:
        LightGBM's numbers of the leaves in their new order, and for each node the range of leaves below its left child.
    """
    nodes = len(left)
    sizes = [1] * nodes  # leaves below each node
    for node in reversed(range(nodes)):
        sizes[node] = sum(sizes[child] if child >= 0 else 1 for child in (left[node], right[node]))
    starts, order = [0] * nodes, [0] * (nodes + 1)
    first, last = np.zeros(nodes, np.int32), np.zeros(nodes, np.int32)
    for node in range(nodes):
        first[node] = starts[node]
        last[node] = starts[node] + (sizes[left[node]] if left[node] >= 0 else 1)
        for child, start in ((left[node], first[node]), (right[node], last[node])):
            if child >= 0:
                starts[child] = int(start)
            else:
                order[start] = ~child
    return np.array(order, np.int32), first, last


def _code_sets(bounds: NDArray[np.int64], words: NDArray[np.uint32]) -> list[NDArray[np.int32]]:
    """Returns the codes of each set of bits, and an empty one behind them."""
    sets = []
    for start, end in pairwise(bounds):
        bits = (words[start:end, None] >> np.arange(_WORD, dtype=np.uint32)) & 1
        sets.append(np.flatnonzero(bits).astype(np.int32))
    return [*sets, np.zeros(0, np.int32)]


def round_down(numbers: NDArray[np.float64]) -> NDArray[np.float32]:
    """Returns the largest float32 that is not above each number."""
    with np.errstate(over="ignore"):
        rounded = numbers.astype(np.float32)
    lower: NDArray[np.float32] = np.nextafter(rounded, np.float32(-np.inf))
    return np.where(rounded > numbers, lower, rounded)
