"""The files of a fold: plain arrays by name, `.npz`, written whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from automl_cli.errors import RunError
from automl_cli.runs.artifacts import write_bytes


def weights_path(folder: Path, fold: int) -> Path:
    """Returns where what predicts is kept, of a fold counted from 0."""
    return folder / f"fold-{fold + 1}.weights.npz"


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Replaces the file at `path`.

    Raises:
        RunError: The disk is full or the folder cannot be written.
    """
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    write_bytes(path, buffer.getvalue())


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Reads a file of `write_arrays`.

    Raises:
        RunError: It is absent or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, BadZipFile) as error:
        raise RunError(
            f"'{path}' cannot be read: {error}.", hint="the trial did not get that far, or its folder was changed"
        ) from error
