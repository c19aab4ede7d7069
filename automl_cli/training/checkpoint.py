"""Weights and progress of a trial, in files of plain arrays.

In a trial's folder, `fold-1.weights.npz` holds the best weights, the scale of the target and the correction of raw
outputs, which make a member of an ensemble; `fold-1.progress.npz` holds the last weights, the optimizer and the curves,
from which a longer trial goes on. A fitted family leaves its solution in the first and has no second. `training.npz`
stands there while folds are trained, and holds where they stood a moment ago.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.errors import RunError
from automl_cli.records import Curves, Trial
from automl_cli.training.archive import read_arrays, weights_path, write_arrays
from automl_cli.training.correction import NO_CORRECTION, Correction
from automl_cli.training.progress import Arrays, Progress
from automl_cli.training.target_scale import TargetScale

# How often progress is written: not more often than that, and in so small a share of the time.
SECONDS_BETWEEN = 1.0
_SHARE = 0.05
# Curves of one value an epoch, in the order in which a file has them.
_CURVES = ("loss", "validation_loss", "validation_metric", "learning_rate", "criterion")


def load_weights(folder: Path, fold: int) -> tuple[Arrays, TargetScale, Correction]:
    """Reads the best weights of a fold, counted from 0, the scale of its target, and what is done to its raw outputs.

    Raises:
        RunError: The file is absent or damaged.
    """
    arrays = read_arrays(weights_path(folder, fold))
    correction = NO_CORRECTION
    if "offsets" in arrays:
        correction = Correction(tuple(arrays["offsets"].tolist()), float(arrays["focal_gamma"]))
    return _in_order("weights", arrays), TargetScale(*arrays["scale"].tolist()), correction


def load_progress(folder: Path, fold: int) -> Progress:
    """Reads where the training of a fold stood.

    Raises:
        RunError: A file is absent or damaged.
    """
    return _progress(read_arrays(_progress_path(folder, fold)), load_weights(folder, fold)[0])


def mark_of(trial: Trial, *, seed: int) -> str:
    """Returns what tells a trial from any other that might have left files in the same folder."""
    asked = asdict(trial)
    del asked["origin"]
    return json.dumps([asked, seed], sort_keys=True, default=str)


@dataclass(slots=True)
class TrialFiles:
    """The files of one trial, read when it begins and written while it is trained.

    Attributes:
        folder: The trial's folder.
        mark: From `mark_of`; files with another are not looked at.
        seconds_before: Training time before this process, which earlier files tell.
    """

    folder: Path
    mark: str
    seconds_before: float = field(init=False, default=0.0)
    _started: float = field(init=False, default_factory=time.perf_counter)
    _next: float = field(init=False, default=0.0)
    _found: dict[int, Progress] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._next = self._started + SECONDS_BETWEEN
        if not self.folder.is_dir():
            return
        for path in sorted(self.folder.glob("fold-*.progress.npz")):
            fold = int(path.name.split(".")[0].removeprefix("fold-")) - 1
            arrays = self._readable(path)
            best = self._readable(weights_path(self.folder, fold), is_marked=False)
            if arrays and best:
                self._found[fold] = _progress(arrays, _in_order("weights", best))
        arrays = self._readable(self._path)
        for fold in arrays["folds"].tolist() if arrays else ():
            own = {name.removeprefix(f"{fold}/"): array for name, array in arrays.items()}
            self._found[fold] = _progress(own, _in_order("best", own))

    @property
    def seconds(self) -> float:
        """Training time so far, that of earlier processes included."""
        return self.seconds_before + time.perf_counter() - self._started

    def found(self, fold: int) -> Progress | None:
        """Returns where an earlier training of this trial stood, or None."""
        return self._found.get(fold)

    def keep(self, folds: Sequence[int], read: Callable[[], list[Progress]]) -> None:
        """Writes where folds stand that are being trained, if it is time to.

        Raises:
            RunError: The disk is full or the folder cannot be written.
        """
        begun = time.perf_counter()
        if begun < self._next:
            return
        arrays = {"folds": np.array(folds), **self._marked()}
        for fold, progress in zip(folds, read(), strict=True):
            own = _packed(progress) | _numbered("best", progress.best_weights)
            arrays |= {f"{fold}/{name}": array for name, array in own.items()}
        write_arrays(self._path, arrays)
        ended = time.perf_counter()
        self._next = ended + max(SECONDS_BETWEEN, (ended - begun) / _SHARE)

    def finish(
        self, fold: int, progress: Progress, *, scale: TargetScale, correction: Correction = NO_CORRECTION
    ) -> None:
        """Writes the files of a fold that has been trained.

        Raises:
            RunError: The disk is full or the folder cannot be written.
        """
        best = {"scale": np.array(astuple(scale)), **_numbered("weights", progress.best_weights)}
        if correction != NO_CORRECTION:
            best |= {"offsets": np.array(correction.offsets), "focal_gamma": np.array(correction.focal_gamma)}
        write_arrays(weights_path(self.folder, fold), best)
        write_arrays(_progress_path(self.folder, fold), _packed(progress) | self._marked())

    def forget(self) -> None:
        """Removes the progress of folds whose own files have been written."""
        self._path.unlink(missing_ok=True)

    @property
    def _path(self) -> Path:
        return self.folder / "training.npz"

    def _marked(self) -> dict[str, NDArray[Any]]:
        return {"mark": np.array(self.mark), "seconds": np.array(self.seconds)}

    def _readable(self, path: Path, *, is_marked: bool = True) -> dict[str, NDArray[Any]]:
        """Returns the arrays of a file of this trial; none where it is absent, damaged or of another trial."""
        try:
            arrays = read_arrays(path)
        except RunError:
            return {}
        if not is_marked:
            return arrays
        if str(arrays.get("mark")) != self.mark:
            return {}
        self.seconds_before = max(self.seconds_before, float(arrays["seconds"]))
        return arrays


def _progress_path(folder: Path, fold: int) -> Path:
    return folder / f"fold-{fold + 1}.progress.npz"


def _packed(progress: Progress) -> dict[str, NDArray[Any]]:
    """Returns all but the best weights."""
    curves = np.array([getattr(progress.curves, name) for name in _CURVES])  # (5, epochs)
    norms = {f"norm/{layer}": np.array(values) for layer, values in progress.curves.gradient_norms.items()}
    memory = {f"memory/{name}": array for name, array in progress.memory.items()}
    return {"curves": curves, **norms, **_numbered("weights", progress.weights), **memory}


def _progress(arrays: Mapping[str, NDArray[Any]], best_weights: Arrays) -> Progress:
    named: dict[str, Any] = {name: tuple(curve) for name, curve in zip(_CURVES, arrays["curves"].tolist(), strict=True)}
    norms = {n.removeprefix("norm/"): tuple(array.tolist()) for n, array in arrays.items() if n.startswith("norm/")}
    return Progress(
        curves=Curves(**named, gradient_norms=norms),
        weights=_in_order("weights", arrays),
        memory={n.removeprefix("memory/"): array for n, array in arrays.items() if n.startswith("memory/")},
        best_weights=best_weights,
    )


def _numbered(name: str, arrays: Arrays) -> dict[str, NDArray[Any]]:
    """Names arrays by their place: names of layers change from process to process, their order does not."""
    return {f"{name}/{place}": array for place, array in enumerate(arrays)}


def _in_order(name: str, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    count = sum(key.startswith(f"{name}/") for key in arrays)
    return [arrays[f"{name}/{place}"] for place in range(count)]
