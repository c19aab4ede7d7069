"""Weights that start from those of an earlier network: matched by layer, and in front by the names of columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras.src.utils.naming import to_snake_case
from numpy.typing import NDArray

from automl_cli.records import UNNAMED, Positions
from automl_cli.training.archive import read_arrays
from automl_cli.training.axes import Label, NamedAxis, named_axes
from automl_cli.training.backbone import LAYERS, Backbone
from automl_cli.training.checkpoint import load_weights
from automl_cli.training.flat import FlatWeights
from automl_cli.training.progress import Arrays
from automl_cli.training.task import TrialFailure
from search_spaces.family import Layout, core_model, load_families
from search_spaces.layers.ntp_dense import NtpDense

# A layer of a network: its name, or its class and number where Keras has named it. And a weight of it.
_Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Inherited:
    """What a network takes over, for every weight in the order of `network.weights`.

    Attributes:
        values: What the weight becomes where it is written.
        written: Where it is.
        transferred: Where it holds what was learned before; elsewhere, it is only set to 0 to let that through.
    """

    values: Arrays
    written: list[NDArray[np.bool_]]
    transferred: list[NDArray[np.bool_]]

    def over(self, initial: Arrays) -> Arrays:
        """Returns initial weights with what is taken over in its place."""
        parts = zip(initial, self.values, self.written, strict=True)
        return [np.where(written, values, own).astype(own.dtype) for own, values, written in parts]


def inherit(network: keras.Model, backbone: Backbone, *, layout: Layout, positions: Positions, fold: int) -> Inherited:
    """Finds what a network may take over from a backbone.

    Hidden layers are taken whole. What belongs to a column is taken where the earlier run had the column too, what
    belongs to a level of a category where it had the level; the output where it means the same. All else starts fresh.
    Source: Yosinski et al. 2014, "How transferable are features in deep neural networks?" (arXiv 1411.1792).

    Args:
        network: Of the backbone's family and hyperparameters.
        backbone: What to start from.
        layout: That the network was built for.
        positions: What its encoded columns stand for.
        fold: That is trained, counted from 0.

    Raises:
        TrialFailure: There is nothing to take over.
        RunError: Weights are absent or damaged.
    """
    encoding = backbone.encoding
    if encoding is None:
        inherited = _from_layers(network, read_arrays(backbone.folder / LAYERS))
    else:
        source = backbone.folds[fold]
        arrays, _, _ = load_weights(backbone.folder, source)
        before = encoding.layouts[source]
        old = _Side(_built(backbone, before, outputs=encoding.outputs), before, encoding.positions[source])
        same_target = backbone.here is not None and encoding.predicts_the_same(backbone.here)
        fresh = set() if same_target else _keys_of_the_target(backbone, old, outputs=encoding.outputs)
        known = {key: array for key, array in zip(old.keys(), arrays, strict=True) if key not in fresh}
        inherited = _from_network(old, _Side(network, layout, positions), known=known)
    if not any(place.any() for place in inherited.transferred):
        raise TrialFailure("nothing of the earlier network fits into this one")
    return inherited


def transferred_weights(network: keras.Model, inherited: Sequence[Inherited | None]) -> NDArray[np.bool_] | None:
    """Returns which weights of every member were transferred, `(members, parameters)`; None where none were."""
    taken = [own for own in inherited if own is not None]
    if not taken:
        return None
    layout = FlatWeights(network)
    return np.stack([layout.pack([w.astype(np.float32) for w in own.transferred])[0] > 0 for own in taken])


@dataclass(frozen=True, slots=True)
class _Side:
    """A network, and what its inputs stand for."""

    network: keras.Model
    layout: Layout
    positions: Positions

    def keys(self) -> list[_Key]:
        """Returns a key for every weight, in the order of `network.weights`."""
        places: dict[int, _Key] = {}
        counts: dict[str, int] = {}
        for layer in self.network.layers:
            kind = to_snake_case(type(layer).__name__)
            counts[kind] = counts.get(kind, -1) + 1
            is_named = re.fullmatch(rf"{kind}(_\d+)?", layer.name) is None
            name = layer.name if is_named else f"{kind} number {counts[kind]}"
            places |= {id(variable): (name, place) for place, variable in enumerate(layer.weights)}
        return [places[id(variable)] for variable in self.network.weights]

    def axes(self) -> dict[_Key, NamedAxis]:
        """Returns the named axis of every weight that has one."""
        found = named_axes(self.network, self.layout)
        return {
            key: found[id(variable)]
            for key, variable in zip(self.keys(), self.network.weights, strict=True)
            if id(variable) in found
        }

    def meaning(self, label: Label) -> tuple[str | int, ...] | None:
        """Returns what a place means whatever its number, None where that is not known."""
        if label is None:
            return None
        if label[0] == "level":
            column, code = int(label[1]), int(label[2])
            names = self.positions.groups.get("codes", ())
            codes = self.positions.codes[column] if column < len(self.positions.codes) else ()
            owner = names[column] if column < len(names) else None
            return ("level", owner[0], codes[code]) if owner and code < len(codes) else None
        names = self.positions.groups.get(str(label[0]), ())
        name = names[int(label[1])] if int(label[1]) < len(names) else None
        return (label[0], *name, *label[2:]) if name else None


def _from_network(old: _Side, new: _Side, *, known: Mapping[_Key, NDArray[Any]]) -> Inherited:
    """Copies what is known of an old network to where it belongs in a new one."""
    old_axes, new_axes = old.axes(), new.axes()
    remembered = _remembered(new.network)
    scales = _input_scales(old.network, new.network)
    values, written = [], []
    for key, variable in zip(new.keys(), new.network.weights, strict=True):
        own, place = np.zeros(variable.shape, np.float32), np.zeros(variable.shape, bool)
        source = known.get(key)
        if source is not None and id(variable) not in remembered:
            if key in new_axes and key in old_axes:
                _copy_places(own, place, source=source, pairs=_pairs((old, old_axes[key]), (new, new_axes[key])))
            elif key not in new_axes and source.shape == own.shape:
                own, place = np.asarray(source, np.float32), np.ones_like(place)
        values.append(own * scales.get(key, 1.0))
        written.append(place)
    return Inherited(values, written, written)


def _from_layers(network: keras.Model, layers: Mapping[str, NDArray[Any]]) -> Inherited:
    """Places the kernels of a Keras model in the first rows and columns of those of a network that is as wide or wider.

    Units of the network beyond them are fresh, and weights from these to the ones that were learned are 0: so those
    compute what they have learned.
    """
    keys = _Side(network, Layout(), UNNAMED).keys()
    values, written, transferred = [], [], []
    for key, variable in zip(keys, network.weights, strict=True):
        own, place, learned = np.zeros(variable.shape, np.float32), *np.zeros((2, *variable.shape), bool)
        source = layers.get(f"{key[0]}/{key[1]}")
        if source is not None:
            block = tuple(slice(0, size) for size in source.shape)
            own[block] = source
            learned[block] = True
            place[..., : source.shape[-1]] = True
        values.append(own)
        written.append(place)
        transferred.append(learned)
    return Inherited(values, written, transferred)


def _pairs(old: tuple[_Side, NamedAxis], new: tuple[_Side, NamedAxis]) -> tuple[int, list[tuple[int, int]]]:
    """Returns the axis, and places in the new and the old weight that mean the same."""
    known = {old[0].meaning(label): place for place, label in enumerate(old[1].labels)}
    meanings = [new[0].meaning(label) for label in new[1].labels]
    pairs = [(place, known[meaning]) for place, meaning in enumerate(meanings) if meaning and meaning in known]
    return new[1].axis, pairs


def _copy_places(
    own: NDArray[Any], written: NDArray[np.bool_], *, source: NDArray[Any], pairs: tuple[int, list[tuple[int, int]]]
) -> None:
    axis, places = pairs
    rest = [size for number, size in enumerate(own.shape) if number != axis]
    if not places or rest != [size for number, size in enumerate(source.shape) if number != axis]:
        return
    here, there = (np.array(side) for side in zip(*places, strict=True))
    np.moveaxis(own, axis, 0)[here] = np.moveaxis(source, axis, 0)[there]
    np.moveaxis(written, axis, 0)[here] = True


def _keys_of_the_target(backbone: Backbone, old: _Side, *, outputs: int) -> set[_Key]:
    """Returns the weights of layers whose shape depends on how many outputs there are."""
    other = _Side(_built(backbone, old.layout, outputs=outputs + 1), old.layout, old.positions)
    shapes = {key: variable.shape for key, variable in zip(other.keys(), other.network.weights, strict=True)}
    keys = old.keys()
    layers = {k[0] for k, variable in zip(keys, old.network.weights, strict=True) if shapes.get(k) != variable.shape}
    return {key for key in keys if key[0] in layers}


def _built(backbone: Backbone, layout: Layout, *, outputs: int) -> keras.Model:
    family = load_families([backbone.family])[backbone.family]
    return core_model(family, layout, outputs=outputs, hyperparameters=backbone.hyperparameters, seed=0)


def _remembered(network: keras.Model) -> set[int]:
    """Returns what layers keep of rows: another run's rows are no part of this one."""
    layers: Sequence[Any] = network._flatten_layers(include_self=False)
    keeping = [layer for layer in layers if getattr(layer, "remembers_rows", False)]
    return {id(variable) for layer in keeping for variable in layer.non_trainable_variables}


def _input_scales(old: keras.Model, new: keras.Model) -> dict[_Key, float]:
    """Returns factors for kernels that are divided by the root of how many features they read, where that differs."""
    scales = {}
    kernels = {layer.name: layer.kernel.shape[0] for layer in old.layers if isinstance(layer, NtpDense)}
    for layer in new.layers:
        if isinstance(layer, NtpDense) and layer.name in kernels:
            scales[layer.name, 0] = float(np.sqrt(layer.kernel.shape[0] / kernels[layer.name]))
    return scales
