"""Which weights of a network belong to which encoded column, found by walking its graph with names for tensors.

Layers in front of the first mixing of columns keep a place for each of them: an embedding of numbers, a scale, the
rows of the first kernel. Here every tensor is replaced by the names of its last axis; a layer that mixes columns gives
nameless ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from search_spaces.family import Layout

# Of an encoded column its group and position; more stands behind for its values, where it has several.
Label = tuple[str | int, ...] | None

# These give every column back in its place.
_PLACE_BY_PLACE = frozenset(
    "Activation Dropout Gate FrontScale MemberScaling ParametricActivation BatchNormalization LayerNormalization Add "
    "Cast Identity".split()
)
# These turn each column into as many as their width, side by side.
_EMBEDDINGS_OF_NUMBERS = frozenset(["PiecewiseLinear", "PeriodicEmbedding"])


@dataclass(frozen=True, slots=True)
class NamedAxis:
    """Of a weight, the axis along which places belong to columns.

    Attributes:
        axis: Its number.
        labels: Of every place.
    """

    axis: int
    labels: tuple[Label, ...]


@dataclass(frozen=True)
class _Labels:
    """Stands for a tensor: labels of its last axis, and of the columns of codes that were looked up in a table."""

    names: tuple[Label, ...]


def named_axes(network: keras.Model, layout: Layout) -> dict[int, NamedAxis]:
    """Returns the axes that belong to columns, by the identity of the variable.

    Args:
        network: Of `core_model`.
        layout: That it was built for.
    """
    axes: dict[int, NamedAxis] = {}

    def pass_on(operation: Any, arguments: Any, *, options: Any) -> Any:
        came = [x for x in keras.tree.flatten([arguments, options]) if isinstance(x, _Labels)]
        if isinstance(operation, keras.Layer) and len(came) == 1:
            axes.update(_axes_of(operation, came[0].names, layout))
        return _after(operation, came, arguments)

    def step(operation: Any) -> Callable[..., Any]:
        return lambda *arguments, **options: pass_on(operation, arguments, options=options)

    inputs = [
        _Labels(tuple((tensor.name, place) for place in range(int(tensor.shape[-1])))) for tensor in network.inputs
    ]
    network._run_through_graph(inputs, operation_fn=step)
    return axes


def _axes_of(layer: Any, names: tuple[Label, ...], layout: Layout) -> dict[int, NamedAxis]:
    """Returns the named axes of the weights of a layer that reads columns of these names."""
    if not any(names):
        return {}
    if isinstance(layer, keras.layers.Embedding):
        # One table holds the levels of all columns of codes that are read, one below the other.
        sizes = [layout.cardinalities[int(name[1])] if name and name[0] == "codes" else 0 for name in names]
        rows = [
            ("level", name[1], code) for name, size in zip(names, sizes, strict=True) if name for code in range(size)
        ]
        is_whole = len(rows) == layer.embeddings.shape[0]
        return {id(layer.embeddings): NamedAxis(0, tuple(rows))} if is_whole else {}
    axes = {}
    for variable in layer.weights:
        if variable.name == "bias" and len(variable.shape) == 1:
            continue  # of units, however many columns there are
        axis = 1 if (type(layer).__name__ == "MemberScaling" or variable.name == "limits") else 0
        if len(variable.shape) > axis and variable.shape[axis] == len(names):
            axes[id(variable)] = NamedAxis(axis, names)
    return axes


def _after(operation: Any, came: Sequence[_Labels], arguments: Sequence[Any]) -> Any:
    """Returns what stands for the output of an operation."""
    kind, output = type(operation).__name__, operation.output
    if not isinstance(output, keras.KerasTensor) or not came:
        return keras.tree.map_structure(_nameless, output)
    first, width = came[0].names, int(output.shape[-1] or 0) if len(output.shape) else 0
    if kind == "Concatenate" and operation.axis in (-1, len(output.shape) - 1):
        names = tuple(name for own in came for name in own.names)
    elif kind in _EMBEDDINGS_OF_NUMBERS:
        names = _spread(first, operation.width)
    elif kind == "Embedding":
        # (batch, columns, width): the vectors of all columns side by side, as they will be behind a reshape
        return _Labels(_spread(first, width))
    elif kind == "Take":
        picked = arguments[1] if len(arguments) > 1 else operation.indices
        names = tuple(first[int(place)] for place in np.ravel(picked))
    elif kind == "Reshape" or kind in _PLACE_BY_PLACE:
        names = first
    else:
        names = ()
    return _Labels(names) if len(names) == width else _nameless(output)


def _spread(names: tuple[Label, ...], width: int) -> tuple[Label, ...]:
    return tuple((*name, part) if name else None for name in names for part in range(width))


def _nameless(tensor: Any) -> _Labels:
    return _Labels((None,) * (int(tensor.shape[-1] or 0) if len(tensor.shape) else 0))
