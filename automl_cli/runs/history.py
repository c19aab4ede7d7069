"""What a journal knows of a run that is to go on: results that stand, and the time that was spent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from automl_cli.records import TrialResult
from automl_cli.runs.folder import RunFolder
from automl_cli.runs.journal import read_journal, results_of

_BEGINNINGS = ("SearchStarted", "SearchResumed")


@dataclass(frozen=True, slots=True)
class History:
    """A run so far.

    Attributes:
        results: Of trials that ended, by number; of one that ended twice, the last.
        used_seconds: Wall time of all sittings together.
        finished: Whether the run came to its end: a model, a test score, a report.
    """

    results: Mapping[int, TrialResult]
    used_seconds: float
    finished: bool


def read_history(run: RunFolder) -> History:
    """Reads the journal of a run.

    Raises:
        RunError: It is absent or damaged.
    """
    lines = list(read_journal(run.journal))
    sittings: list[list[datetime]] = []
    for line in lines:
        if line["event"] in _BEGINNINGS or not sittings:
            sittings.append([])
        sittings[-1].append(datetime.fromisoformat(line["time"]))
    return History(
        results={result.trial.number: result for result in results_of(lines)},
        used_seconds=sum((times[-1] - times[0]).total_seconds() for times in sittings),
        finished=bool(lines) and lines[-1]["event"] == "SearchEnded",
    )
