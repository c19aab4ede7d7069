"""The verbs: what happens in a run, in the order in which it happens.

Whatever watches a run (the journal, the terminal, a tracker) is a `Listener`. Events are journaled before any
other listener hears of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from automl_cli.records import Finding, Score, Task, Trial, TrialResult


@dataclass(frozen=True, slots=True)
class SearchStarted:
    """Data read and split; the first trial follows.

    Attributes:
        run: Name of the run folder.
        target: Name of the target column.
        task: What is predicted.
        metric: The search's metric.
        train_rows: Rows that may be learned from.
        test_rows: Sealed rows.
        folds: Number of folds; 1 is a hold-out.
        strategy: Name of the strategy.
        budget_seconds: Wall time that the whole command may take.
        max_trials: Upper bound on trials, if one was given.
        findings: What the checks noticed.
    """

    run: str
    target: str
    task: Task
    metric: str
    train_rows: int
    test_rows: int
    folds: int
    strategy: str
    budget_seconds: float
    max_trials: int | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class SearchResumed:
    """A run goes on; in its journal this is the beginning of another sitting.

    Attributes:
        search: What the search is about now: its budget may have grown.
        used_seconds: Wall time of the sittings before.
    """

    search: SearchStarted
    used_seconds: float


@dataclass(frozen=True, slots=True)
class StageStarted:
    """A stretch of work without trials, to say what takes time: "reading", "encoding", "exporting"."""

    stage: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to say to whoever watches, at once. Not journaled: it may come while the journal is being written."""

    text: str


@dataclass(frozen=True, slots=True)
class TrialStarted:
    """A trial begins to train."""

    trial: Trial


@dataclass(frozen=True, slots=True)
class EpochEnded:
    """One epoch of one fold is done. Heard by listeners, not journaled: the trial's curves keep it.

    Attributes:
        number: The trial.
        fold: Counts from 0.
        epoch: Counts from 1.
        epochs: Epochs that the trial may take.
        loss: Mean training loss of the epoch.
        validation_loss: Loss on the validation rows.
        learning_rate: Rate at the end of the epoch.
    """

    number: int
    fold: int
    epoch: int
    epochs: int
    loss: float
    validation_loss: float
    learning_rate: float


@dataclass(frozen=True, slots=True)
class TrialEnded:
    """A trial has its result."""

    result: TrialResult


@dataclass(frozen=True, slots=True)
class Progressed:
    """Where a run stands, for whoever watches. Not journaled.

    Attributes:
        megabytes: Size of the run on disk.
    """

    megabytes: float


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """Trials are over, and this is what all of them together showed.

    Attributes:
        findings: The most urgent first.
    """

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ModelChosen:
    """Trials are over, and it is settled what is shipped.

    Attributes:
        weights: Share of each trial in the model, by its number.
        validation: The model's score on validation rows; its interval is where a test score is to be expected.
    """

    weights: Mapping[int, float]
    validation: Score


@dataclass(frozen=True, slots=True)
class SearchEnded:
    """The run is over.

    Attributes:
        best: Number of the trial with the largest weight; None when none could be trained.
        validation: The model's score on validation rows.
        test: The model's score on the sealed rows.
        seconds: Wall time of the whole command.
        reason: Why the search stopped: "time is up", "12 trials done", "interrupted".
    """

    best: int | None
    validation: float | None
    test: Score | None
    seconds: float
    reason: str


Event = (
    SearchStarted
    | SearchResumed
    | StageStarted
    | Notice
    | TrialStarted
    | EpochEnded
    | TrialEnded
    | Progressed
    | Diagnosed
    | ModelChosen
    | SearchEnded
)
Listener = Callable[[Event], None]


def search_of(event: Event) -> SearchStarted | None:
    """Returns what a search is about where a sitting of it begins, the first or another; None for other events."""
    if isinstance(event, SearchResumed):
        return event.search
    return event if isinstance(event, SearchStarted) else None


def broadcast(listeners: Sequence[Listener]) -> Listener:
    """Returns a listener that passes every event on, in this order; one that fails keeps it from those behind it."""

    def tell(event: Event) -> None:
        for listener in listeners:
            listener(event)

    return tell
