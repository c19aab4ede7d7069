"""From what a user typed to the files that are meant."""

from __future__ import annotations

import difflib
import glob
import hashlib
import shutil
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import IO

from automl_cli.data.compression import unreadable
from automl_cli.data.examples import example_path
from automl_cli.errors import ReadError

_PACKINGS = (".gz", ".bz2", ".xz", ".zst", ".zip")
_TEXT = {".csv", ".tsv", ".tab", ".psv", ".txt", ".data", ".dat", ".json", ".jsonl", ".ndjson"}
_BINARY = {".parquet", ".pq", ".xlsx", ".xlsm", ".arrow", ".arrows", ".feather"}


def find_parts(source: str) -> tuple[Path, ...]:
    """Finds the files behind a source, in reading order; several are parts of one table.

    Args:
        source: A path, a glob, a folder, `-` for standard input, or `example:NAME`.

    Raises:
        ReadError: There is no such file; the message offers names that are close.
    """
    if source == "-":
        return (Path(_standard_input().name),)
    if source.startswith("example:"):
        return (example_path(source.removeprefix("example:")),)
    if "://" in source:
        raise ReadError(f"{source} is an address, not a file.", hint="download it first, for example with curl -LO")
    path = Path(source).expanduser()
    try:
        if path.is_dir():
            return _parts_of_folder(path)
        if path.exists():
            return (path,)
        if glob.has_magic(source):
            return _parts_of_glob(str(path))
        raise _missing(path)
    except PermissionError as error:
        raise ReadError(f"There is no permission to look at {error.filename}.") from error


def fingerprint(*sources: str) -> str:
    """Returns 16 hexadecimal digits that change when any byte of the data changes.

    Args:
        sources: As for `find_parts`.

    Raises:
        ReadError: There is no such file, or it may not be read.
    """
    digest = hashlib.sha256()
    for part in (part for source in sources for part in find_parts(source)):
        try:
            with part.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        except OSError as error:
            raise unreadable(part, error) from error
    return digest.hexdigest()[:16]


@cache
def _standard_input() -> IO[bytes]:
    """Keeps what was piped in a file, because reading looks at the bytes more than once; closing would delete it."""
    if sys.stdin.isatty():
        raise ReadError("'-' reads standard input, but nothing is piped into it.", hint="cat data.csv | automl ... -")
    file = tempfile.NamedTemporaryFile(prefix="stdin-")  # noqa: SIM115
    shutil.copyfileobj(sys.stdin.buffer, file)
    file.flush()
    return file


def _parts_of_folder(folder: Path) -> tuple[Path, ...]:
    inside = sorted(folder.iterdir())
    parts = _tables(inside)
    if not parts:
        found = ", ".join(path.name for path in inside[:5]) or "nothing"
        raise ReadError(
            f"The folder {folder} holds no table (found: {found}).",
            hint="name the file to read; parts end in .csv, .tsv, .json, .parquet, ...",
        )
    return parts


def _parts_of_glob(pattern: str) -> tuple[Path, ...]:
    found = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 (pathlib takes no absolute pattern)
    parts = tuple(path for path in map(Path, found) if path.is_file())
    if not parts:
        raise ReadError(f"No file matches {pattern}.")
    return parts


def _tables(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Keeps the files that hold rows: no folders, no hidden files, no markers such as `_SUCCESS`."""
    return tuple(
        path for path in paths if path.is_file() and path.name[0] not in "._" and _suffix(path) in _TEXT | _BINARY
    )


def _suffix(path: Path) -> str:
    name = path.name.lower()
    for packing in _PACKINGS:
        name = name.removesuffix(packing)
    return Path(name).suffix or path.suffix.lower()


def _missing(path: Path) -> ReadError:
    folder = path.parent
    if not folder.is_dir():
        return ReadError(f"{path} does not exist: there is no folder {folder}.")
    names = [entry.name for entry in folder.iterdir() if entry.name != path.name]
    close = difflib.get_close_matches(path.name, names, n=3, cutoff=0.6)
    close += [name for name in names if name.split(".")[0] == path.name.split(".")[0] and name not in close]
    hint = f"did you mean {' or '.join(str(folder / name) for name in close[:3])}?" if close else None
    return ReadError(f"{path} does not exist.", hint=hint)
