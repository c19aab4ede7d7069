"""What a network may start from: the folder `backbone/` of a run, which outlives where it came from.

backbone.json         where it came from, its family and hyperparameters, and the fold that serves each fold here
encoding.json         what the encoded columns of the earlier run's folds stand for; absent for a Keras model
fold-1.weights.npz    weights of a fold of the earlier run
layers.npz            weights of the hidden layers of a Keras model, by the name and place of the weight they become
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automl_cli.records import Positions, Value, positions_from_json
from automl_cli.runs.artifacts import read_json
from automl_cli.training.folds import layout_from_json
from search_spaces.family import Layout

# Weights of layers, as `LAYER/PLACE`.
LAYERS = "layers.npz"
ABOUT = "backbone.json"
ENCODING = "encoding.json"


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a run encoded its rows, and what it predicted of them.

    Attributes:
        target: Name of the target column.
        task: What was predicted.
        classes: The classes of the target, in their order.
        layouts: Of each fold.
        positions: What the encoded columns of each fold stand for.
    """

    target: str
    task: str
    classes: tuple[str, ...]
    layouts: tuple[Layout, ...]
    positions: tuple[Positions, ...]

    @property
    def outputs(self) -> int:
        """Width of a network's raw output."""
        return len(self.classes) if self.task == "multiclass" else 1

    def predicts_the_same(self, other: Encoding) -> bool:
        """Says whether an output layer means the same in both runs: one target, or the very same classes."""
        if self.task != other.task or self.classes != other.classes:
            return False
        return self.task != "regression" or self.target == other.target


@dataclass(frozen=True, slots=True)
class Backbone:
    """What a network may start from.

    Attributes:
        folder: Where its weights lie.
        origin: Where it came from, in words: "from titanic-3, trial 7".
        family: Name of the family.
        hyperparameters: Of the builder.
        folds: For each fold of this run, the fold of the earlier run whose weights it starts from.
        encoding: Of the earlier run; None for the layers of a Keras model.
        here: Of this run.
    """

    folder: Path
    origin: str
    family: str
    hyperparameters: Mapping[str, Value]
    folds: Sequence[int]
    encoding: Encoding | None
    here: Encoding | None


def load_backbone(folder: Path) -> Backbone:
    """Opens the backbone of a run.

    Raises:
        RunError: A file is absent or damaged.
    """
    about = read_json(folder / ABOUT)
    before, here = (
        encoding_from_json(read_json(path)) if path.exists() else None
        for path in (folder / ENCODING, folder.parent / ENCODING)
    )
    return Backbone(
        folder,
        about["origin"],
        about["family"],
        about["hyperparameters"],
        folds=about["folds"],
        encoding=before,
        here=here,
    )


def encoding_from_json(data: Mapping[str, Any]) -> Encoding:
    """Rebuilds an encoding from the object that `to_json` made of it."""
    return Encoding(
        target=data["target"],
        task=data["task"],
        classes=tuple(data["classes"]),
        layouts=tuple(layout_from_json(layout) for layout in data["layouts"]),
        positions=tuple(positions_from_json(positions) for positions in data["positions"]),
    )
