"""Weights and progress of a fold, in files of plain arrays.

In a trial's folder, `fold-1.weights.npz` holds the best weights and the scale of the target, which make a member of
an ensemble; `fold-1.progress.npz` holds the last weights, the optimizer and the curves, from which a longer trial goes
on. A fitted family leaves its solution in the first and has no second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.records import Curves
from automl_cli.training.archive import read_arrays, weights_path, write_arrays
from automl_cli.training.loop import Progress, Weights
from automl_cli.training.target_scale import TargetScale


def save_progress(folder: Path, fold: int, *, progress: Progress, scale: TargetScale) -> None:
    """Writes both files of a fold, counted from 0.

    Raises:
        RunError: The disk is full or the folder cannot be written.
    """
    best = {"scale": np.array(astuple(scale)), **_numbered("weights", progress.best_weights)}
    write_arrays(weights_path(folder, fold), best)
    curves = np.array(astuple(progress.curves))  # (4, epochs)
    last = _numbered("weights", progress.weights) | _numbered("optimizer", progress.optimizer)
    write_arrays(_progress_path(folder, fold), {"curves": curves, **last})


def load_weights(folder: Path, fold: int) -> tuple[Weights, TargetScale]:
    """Reads the best weights of a fold and the scale of its target.

    Raises:
        RunError: The file is absent or damaged.
    """
    arrays = read_arrays(weights_path(folder, fold))
    return _in_order("weights", arrays), TargetScale(*arrays["scale"].tolist())


def load_progress(folder: Path, fold: int) -> Progress:
    """Reads where the training of a fold stood.

    Raises:
        RunError: A file is absent or damaged.
    """
    arrays = read_arrays(_progress_path(folder, fold))
    return Progress(
        curves=Curves(*(tuple(curve) for curve in arrays["curves"].tolist())),
        weights=_in_order("weights", arrays),
        optimizer=_in_order("optimizer", arrays),
        best_weights=load_weights(folder, fold)[0],
    )


def _progress_path(folder: Path, fold: int) -> Path:
    return folder / f"fold-{fold + 1}.progress.npz"


def _numbered(name: str, arrays: Weights) -> dict[str, NDArray[Any]]:
    """Names arrays by their place: names of layers change from process to process, their order does not."""
    return {f"{name}/{place}": array for place, array in enumerate(arrays)}


def _in_order(name: str, arrays: Mapping[str, NDArray[Any]]) -> Weights:
    count = sum(key.startswith(f"{name}/") for key in arrays)
    return [arrays[f"{name}/{place}"] for place in range(count)]
