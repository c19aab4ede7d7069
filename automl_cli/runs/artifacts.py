"""Files that are written whole or not at all.

Each file is written beside its place under a passing name, flushed to disk and then renamed, so that a reader
meets either the old file or the new one, also after a power cut.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.errors import RunError
from automl_cli.records import to_json


def write_bytes(path: Path, content: bytes) -> None:
    """Replaces the file at `path`.

    Raises:
        RunError: The disk is full or the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        passing = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            # mkstemp makes private files; what stands in a run folder follows the user's umask.
            passing.chmod(0o666 & ~_umask())
            passing.replace(path)
        except BaseException:
            passing.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise RunError(
            f"'{path}' could not be written: {error.strerror or error}.",
            hint="check the free space and the permissions of the run folder; finished trials are kept",
        ) from error


def write_text(path: Path, content: str) -> None:
    """Replaces the text file at `path`, in UTF-8."""
    write_bytes(path, content.encode())


def write_json(path: Path, content: Any) -> None:
    """Replaces the JSON file at `path`; records and NumPy values are welcome."""
    write_text(path, json.dumps(to_json(content), indent=2, ensure_ascii=False) + "\n")


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Replaces the `.npy` file at `path`; arrays of objects are refused, since reading them needs pickle."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    write_bytes(path, buffer.getvalue())


def read_array(path: Path) -> NDArray[Any]:
    """Reads a `.npy` file of a run.

    Raises:
        RunError: It is absent or damaged.
    """
    try:
        array: NDArray[Any] = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise RunError(f"'{path}' cannot be read: {error}.") from error
    return array


def read_json(path: Path) -> Any:
    """Reads a JSON file of a run.

    Raises:
        RunError: It is absent or not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RunError(
            f"'{path}' is missing.", hint="the run did not get that far, or its folder was changed"
        ) from error
    except (OSError, ValueError) as error:
        raise RunError(f"'{path}' cannot be read: {error}.") from error


@contextmanager
def replacing(folder: Path) -> Iterator[None]:
    """Moves a folder out of the way while another one is made in its place; it comes back if that fails.

    Raises:
        RunError: It cannot be moved.
    """
    before = folder.with_name(f".{folder.name}-before")
    try:
        if folder.exists():
            shutil.rmtree(before, ignore_errors=True)
            folder.rename(before)
    except OSError as error:
        raise RunError(f"'{folder}' cannot be replaced: {error.strerror}.") from error
    try:
        yield
    except BaseException:
        if before.exists() and not folder.exists():
            before.rename(folder)
        raise
    shutil.rmtree(before, ignore_errors=True)


def megabytes(folder: Path) -> float:
    """Returns the size of all files below a folder; of those that vanish meanwhile, nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += (Path(place) / name).stat().st_size
    return total / 1e6


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
