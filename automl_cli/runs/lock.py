"""One search at a time on a run folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from automl_cli.errors import RunError
from automl_cli.runs.folder import RunFolder


@contextmanager
def locked(run: RunFolder) -> Iterator[None]:
    """Holds a run folder until the end; the system lets go of it too when the process is killed.

    Raises:
        RunError: Another process holds it, or the folder cannot be written.
    """
    lock = FileLock(run.path / ".lock", blocking=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise RunError(
            f"Another search is running on '{run.name}'.", hint="wait until it ends, or search again for a new run"
        ) from error
    except OSError as error:
        raise RunError(f"'{run.path}' cannot be written: {error.strerror or error}.") from error
    try:
        yield
    finally:
        lock.release()
