"""Where predictions go: standard output, or a file that is written whole or not at all."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from automl_cli.errors import UsageError


@contextmanager
def open_output(path: Path | None, *, overwrite: bool = False) -> Iterator[TextIO]:
    """Opens a text file for writing; it appears under its name once everything was written.

    Args:
        path: The file; standard output when None.
        overwrite: Whether an existing file may be replaced.

    Raises:
        UsageError: The file exists, or its folder cannot be written.
    """
    if path is None:
        yield sys.stdout
        return
    if path.exists() and not path.is_file():  # /dev/null, a pipe
        with path.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        return
    if path.exists() and not overwrite:
        raise UsageError(f"'{path}' exists already.", hint="choose another name, or remove it first")
    unfinished = path.with_name(f".{path.name}-{uuid.uuid4().hex[:8]}")
    try:
        stream = unfinished.open("x", encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(f"'{path}' cannot be written: {error.strerror}.") from error
    try:
        with stream:
            yield stream
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
