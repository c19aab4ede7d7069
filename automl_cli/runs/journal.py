"""The journal: one JSON line an event, on disk before anybody else hears of the event."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Any

from automl_cli.errors import RunError
from automl_cli.events import EpochEnded, Event
from automl_cli.records import Finding, TrialResult, finding_from_json, result_from_json, to_json


class Journal:
    """Appends events to a file; a listener, the first one of every run.

    Args:
        path: The file; made when absent, continued when present.

    Raises:
        RunError: The file cannot be opened or a line cannot be written (a full disk).
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            # Unbuffered: what a full disk did not take must not be tried again when the stream is closed.
            self._stream = path.open("ab", buffering=0)
            _cut_torn_line(path, self._stream)
        except OSError as error:
            raise RunError(f"The journal '{path}' cannot be written: {error.strerror}.") from error

    def __call__(self, event: Event) -> None:
        """Writes one event to the disk, unless it is the end of an epoch."""
        if isinstance(event, EpochEnded):
            return
        line = {"event": type(event).__name__, "time": datetime.now(UTC).isoformat(timespec="milliseconds")}
        rest = json.dumps({**line, **to_json(event)}, ensure_ascii=False).encode() + b"\n"
        try:
            while rest:
                rest = rest[self._stream.write(rest) :]
            os.fsync(self._stream.fileno())
        except OSError as error:
            raise RunError(
                f"The journal '{self._path}' could not be written: {error.strerror}.",
                hint="free some space; trials that ended before are safe",
            ) from error

    def close(self) -> None:
        """Closes the file; further events are an error."""
        self._stream.close()


def _cut_torn_line(path: Path, stream: FileIO) -> None:
    """Ends the file where its last whole line ends: the next one must not be glued to half of another."""
    if path.is_file():
        stream.truncate(path.read_bytes().rfind(b"\n") + 1)


def read_journal(path: Path) -> Iterator[dict[str, Any]]:
    """Yields the journal's lines in order; a torn last line (a crash while writing) is left out.

    Raises:
        RunError: The file is absent, or a line before the last is damaged.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise RunError(f"'{path}' cannot be read: {error.strerror}.") from error
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        try:
            yield json.loads(line)
        except ValueError as error:
            if number == len(lines):
                return
            raise RunError(f"Line {number} of '{path}' is damaged: {error}.") from error


def read_results(path: Path) -> list[TrialResult]:
    """Returns the results of the trials that ended, by number; of one that ended and went on, the last."""
    return results_of(read_journal(path))


def read_diagnosis(path: Path) -> tuple[Finding, ...]:
    """Returns what all trials together showed, as the last sitting saw it; nothing while trials are not over."""
    told = [line["findings"] for line in read_journal(path) if line["event"] == "Diagnosed"]
    return tuple(finding_from_json(finding) for finding in told[-1]) if told else ()


def results_of(lines: Iterable[Mapping[str, Any]]) -> list[TrialResult]:
    """Returns the results that stand in lines of a journal; see `read_results`."""
    results = [result_from_json(line["result"]) for line in lines if line["event"] == "TrialEnded"]
    latest = {result.trial.number: result for result in results}
    return [latest[number] for number in sorted(latest)]
