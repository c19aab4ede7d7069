"""A run in one line, read from its journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from automl_cli.runs.artifacts import read_json
from automl_cli.runs.folder import RunFolder
from automl_cli.runs.journal import read_journal, results_of


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run was about and what came of it.

    Attributes:
        name: Of the folder.
        started: ISO time of the first event; None where nothing was journaled.
        target: The target column.
        task: "binary", "multiclass" or "regression".
        metric: The search's metric.
        trials: How many ended.
        test: Value of the metric on the sealed rows; None while the run is not finished.
        seconds: Wall time of the whole command.
        state: "finished", or "unfinished" where the last event is missing.
    """

    name: str
    started: str | None = None
    target: str | None = None
    task: str | None = None
    metric: str | None = None
    trials: int = 0
    test: float | None = None
    seconds: float | None = None
    state: str = "unfinished"


def model_weights(run: RunFolder) -> dict[int, float]:
    """Returns the share of each trial in the model, by its number; nothing while there is no model.

    Raises:
        RunError: The file is damaged.
    """
    weights = read_json(run.ensemble)["weights"] if run.ensemble.exists() else {}
    return {int(number): float(share) for number, share in weights.items()}


def summarise(run: RunFolder) -> RunSummary:
    """Reads the journal of a run; a run that was cut short is summarised as far as it got."""
    lines = list(read_journal(run.journal))
    by_event: dict[str, dict[str, Any]] = {line["event"]: line for line in lines}
    begun, ended = by_event.get("SearchStarted", {}), by_event.get("SearchEnded", {})
    return RunSummary(
        name=run.name,
        started=lines[0]["time"] if lines else None,
        target=begun.get("target"),
        task=begun.get("task"),
        metric=begun.get("metric"),
        trials=len(results_of(lines)),
        test=(ended.get("test") or {}).get("value"),
        seconds=ended.get("seconds"),
        state="finished" if lines and lines[-1]["event"] == "SearchEnded" else "unfinished",
    )
