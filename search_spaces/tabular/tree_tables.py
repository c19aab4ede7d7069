"""What boosted trees answer, by looking columns up in tables instead of walking down.

A word of bits stands for a tree: one bit for each leaf, from left to right. A question whose answer is no rules out the
leaves below its left child. All questions about one column are answered by its place among their thresholds, so a
table holds, for every place, what is left of each tree. The AND over all columns leaves the leaf that a row falls into
as the lowest bit (QuickScorer, Lucchese et al., 2015, doi 10.1145/2766462.2767733). Depth does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search_spaces.tabular.tree_arrays import Trees

MOST_LEAVES = 64  # of one tree: bits of the widest word
# LightGBM takes numbers for 0 that are nearer to it than this.
NEAR_ZERO = np.float32(1e-35)
_ROWS, _TREES = 2048, 256  # looked up at once: a few megabytes
# Of the words of a group of trees: shorter rows take longer to copy, longer ones are seldom the same.
_BYTES = 128


@dataclass(frozen=True, slots=True)
class ColumnTable:
    """All that trees ask about one column.

    Attributes:
        column: Its number.
        is_code: Whether they ask for codes.
        edges: Thresholds in rising order, `(edges,)` float32; empty for codes.
        masks: Leaves that are left, `(places, trees)`. Of numbers the place is the count of thresholds below, and
            the last one belongs to NaN; of codes it is the code, and the last one belongs to all codes in no question.
    """

    column: int
    is_code: bool
    edges: NDArray[np.float32]
    masks: NDArray[Any]


def column_table(trees: Trees, column: int) -> ColumnTable:
    """Makes the table of a column that at least one node looks at."""
    nodes = np.flatnonzero(trees.features == column)
    word = word_type(trees)
    first, last = trees.first[nodes].astype(np.uint64), trees.last[nodes].astype(np.uint64)
    one = np.uint64(1)
    cleared = (~(((one << (last - first)) - one) << first)).astype(word)  # leaves left where the answer is no
    if trees.code_counts[nodes].any():
        return _of_codes(trees, column, nodes=nodes, cleared=cleared)
    thresholds = trees.thresholds[nodes]
    edges, places = np.unique(thresholds, return_inverse=True)
    masks = np.full((len(edges) + 2, len(trees.leaves)), ~word(0))
    np.bitwise_and.at(masks, (places + 1, trees.trees[nodes]), cleared)
    masks[:-1] = np.bitwise_and.accumulate(masks[:-1])
    right = ~trees.missing_left[nodes]
    np.bitwise_and.at(masks[-1], trees.trees[nodes][right], cleared[right])
    return ColumnTable(column, False, edges, masks)


def _of_codes(trees: Trees, column: int, *, nodes: NDArray[Any], cleared: NDArray[Any]) -> ColumnTable:
    ends = np.cumsum(trees.code_counts)
    sets = [trees.codes[ends[node] - trees.code_counts[node] : ends[node]] for node in nodes]
    limit = max(int(known.max(initial=-1)) for known in sets) + 1
    masks = np.full((limit + 1, len(trees.leaves)), ~cleared.dtype.type(0))
    for node, known, left in zip(nodes, sets, cleared, strict=True):
        others = np.setdiff1d(np.arange(limit + 1), known)
        masks[others, trees.trees[node]] &= left
    return ColumnTable(column, True, np.zeros(0, np.float32), masks)


def word_type(trees: Trees) -> type[np.unsignedinteger[Any]]:
    """Returns the narrowest type that has a bit for each leaf of a tree.

    Raises:
        ValueError: A tree has more than 64 leaves.
    """
    most = int(trees.leaves.max())
    for word in (np.uint8, np.uint16, np.uint32, np.uint64):
        if most <= np.iinfo(word).bits:
            return word
    raise ValueError(f"A tree has {most} leaves; tables hold {MOST_LEAVES} at most.")


def leaf_table(trees: Trees) -> NDArray[np.float64]:
    """Returns the answers of all leaves, `(trees, most leaves)`, filled up with 0."""
    table = np.zeros((len(trees.leaves), int(trees.leaves.max())))
    table[np.arange(table.shape[1]) < trees.leaves[:, None]] = trees.values
    return table


def evaluate(trees: Trees, features: NDArray[np.float32], *, outputs: int) -> NDArray[np.float64]:
    """Returns what the trees answer in sum.

    Args:
        trees: At least one.
        features: `(rows, columns)`; codes are numbers too.
        outputs: How many answers a row has.

    Returns:
        `(rows, outputs)`.
    """
    answers = np.zeros((len(features), outputs))
    tables = [column_table(trees, column) for column in np.unique(trees.features).tolist()]
    values = leaf_table(trees)
    step = max(_TREES // outputs, 1) * outputs  # whole rounds
    for start in range(0, len(features), _ROWS):
        rows = slice(start, start + _ROWS)
        places = [_places(table, features[rows, table.column]) for table in tables]
        for tree in range(0, len(values), step):
            block = slice(tree, tree + step)
            answers[rows] += _sum_block(
                [table.masks[:, block] for table in tables], places, values=values[block], shape=answers[rows].shape
            )
    return answers


def _sum_block(
    masks: list[NDArray[Any]], places: list[NDArray[Any]], *, values: NDArray[np.float64], shape: tuple[int, int]
) -> NDArray[np.float64]:
    """Sums what some trees answer."""
    left = np.full((shape[0], len(values)), ~masks[0].dtype.type(0)) if masks else np.ones((shape[0], len(values)), int)
    for mask, place in zip(masks, places, strict=True):
        left &= mask[place]
    leaves = np.bitwise_count(~left & (left - 1))  # zeros below the lowest bit
    chosen = values[np.arange(len(values)), leaves]  # (rows, trees)
    total: NDArray[np.float64] = chosen.reshape(shape[0], -1, shape[1]).sum(axis=1)
    return total


def _places(table: ColumnTable, cells: NDArray[np.float32]) -> NDArray[np.intp]:
    last = len(table.masks) - 1
    if table.is_code:
        return np.where((cells >= 0) & (cells < last), cells, last).astype(np.intp)
    cells = np.where(np.abs(cells) <= NEAR_ZERO, np.float32(0), cells)
    places: NDArray[np.intp] = np.where(np.isnan(cells), last, np.searchsorted(table.edges, cells))
    return places


def pack(trees: Trees) -> dict[str, NDArray[Any]]:
    """Packs all tables into arrays of the least size, for `TreeEnsemble`.

    Trees are taken in groups: of a column, a group has few thresholds and so few different rows of masks, which are
    kept once.

    Args:
        trees: At least one of them with a node.

    Returns:
        `number_columns` and `code_columns`, the columns that are looked at; `edges` `(number columns, most edges)`,
        filled up with infinity; `last_places` `(columns,)`, numbers before codes; `starts` `(columns,)`, where the
        places of each column begin in `rows` `(places, groups)`, which points to `masks` `(rows, trees of a group)`;
        and `values` `(trees, most leaves)`.
    """
    tables = [column_table(trees, column) for column in np.unique(trees.features).tolist()]
    tables.sort(key=lambda table: table.is_code)
    numbers = [table for table in tables if not table.is_code]
    edges = np.full((len(numbers), max((len(table.edges) for table in numbers), default=0)), np.inf, np.float32)
    for row, table in enumerate(numbers):
        edges[row, : len(table.edges)] = table.edges
    # As many trees in each group, and none that lets the last one be filled up with more than it needs.
    groups = -(-len(trees.leaves) * np.dtype(word_type(trees)).itemsize // _BYTES)
    masks, rows = _pack_masks([table.masks for table in tables], width=-(-len(trees.leaves) // groups))
    sizes = np.array([len(table.masks) for table in tables])
    return {
        "number_columns": np.array([table.column for table in numbers], np.int32),
        "code_columns": np.array([table.column for table in tables[len(numbers) :]], np.int32),
        "edges": edges,
        "last_places": (sizes - 1).astype(np.int32),
        "starts": (np.cumsum(sizes) - sizes).astype(np.int32),
        "rows": rows,
        "masks": masks,
        "values": leaf_table(trees),
    }


def _pack_masks(tables: list[NDArray[Any]], *, width: int) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """Returns rows of masks of groups of trees, and for each place and group which row it is.

    A row that is the same as the one before it, as between two thresholds of other groups, is kept once.
    """
    masks, rows, known = [], [], 0
    groups = -(-tables[0].shape[1] // width)
    for table in tables:
        lacking = groups * width - table.shape[1]
        filled = np.pad(table, ((0, 0), (0, lacking)), constant_values=~table.dtype.type(0))
        filled = filled.reshape(len(table), groups, width)
        is_new = np.ones(filled.shape[:2], bool)
        is_new[1:] = (filled[1:] != filled[:-1]).any(axis=2)
        counts = is_new.sum(axis=0)
        rows.append(np.cumsum(is_new, axis=0) - 1 + np.cumsum(counts) - counts + known)
        masks.append(filled.swapaxes(0, 1)[is_new.T])
        known += int(counts.sum())
    return np.concatenate(masks), np.concatenate(rows).astype(np.int32)
