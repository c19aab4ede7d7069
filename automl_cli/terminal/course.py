"""What a watcher knows of a running search; every view draws it in its own way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from automl_cli.evaluation.forecast import Forecast, make_forecast
from automl_cli.evaluation.metrics import METRICS
from automl_cli.events import (
    EpochEnded,
    Event,
    Progressed,
    SearchEnded,
    SearchResumed,
    SearchStarted,
    StageStarted,
    TrialEnded,
    TrialStarted,
)
from automl_cli.records import Trial, TrialResult


@dataclass(frozen=True, slots=True)
class Running:
    """A trial that has not ended, and its latest epoch."""

    trial: Trial
    epoch: EpochEnded | None = None


class Course:
    """Hears of events and keeps what matters.

    Attributes:
        search: What it is about; None while data are read.
        stage: What is being done.
        running: Trials that have not ended, by number.
        results: Of those that have, in the order in which they did.
        forecast: As of the last trial that ended; None while it is too early to tell.
        megabytes: Size of the run on disk; None where nobody has told.

    Args:
        started: When the command started, on the clock.
        clock: Seconds, like `time.monotonic`.
    """

    def __init__(self, *, started: float, clock: Callable[[], float]) -> None:
        self.search: SearchStarted | None = None
        self.stage = "reading"
        self.running: dict[int, Running] = {}
        self.results: list[TrialResult] = []
        self.forecast: Forecast | None = None
        self.megabytes: float | None = None
        self._started = started
        self._clock = clock
        self._used_seconds = 0.0
        self._history: list[tuple[float, float]] = []

    @property
    def elapsed_seconds(self) -> float:
        """Since the run began, all sittings together."""
        return self._used_seconds + self._sitting_seconds

    @property
    def left_seconds(self) -> float:
        """Until the time is up; infinite while nobody knows."""
        return max(self.search.budget_seconds - self.elapsed_seconds, 0.0) if self.search else float("inf")

    @property
    def best(self) -> TrialResult | None:
        """The trial with the best score so far."""
        if self.search is None:
            return None
        scored = [result for result in self.results if result.score is not None]
        sign = 1.0 if METRICS[self.search.metric].greater_is_better else -1.0
        return max(scored, key=lambda result: sign * (result.score or 0.0), default=None)

    def hear(self, event: Event) -> None:
        """Takes an event in."""
        match event:
            case SearchStarted():
                self.search = event
            case SearchResumed():
                self.search, self._used_seconds = event.search, event.used_seconds
            case StageStarted():
                self.stage = event.stage
            case TrialStarted():
                self.stage, self.running[event.trial.number] = "searching", Running(event.trial)
            case EpochEnded() if event.number in self.running:
                self.running[event.number] = Running(self.running[event.number].trial, event)
            case TrialEnded():
                self._end(event.result)
            case Progressed():
                self.megabytes = event.megabytes
            case SearchEnded():
                self.stage = "done"

    @property
    def _sitting_seconds(self) -> float:
        return self._clock() - self._started

    def _end(self, result: TrialResult) -> None:
        self.results.append(result)
        # What ends without having started ended in an earlier sitting: it says how good, but not how fast.
        in_this_sitting = self.running.pop(result.trial.number, None) is not None
        if result.score is None or self.search is None:
            return
        self._history.append((self._sitting_seconds if in_this_sitting else 0.0, result.score))
        self.forecast = make_forecast(
            self._history,
            greater_is_better=METRICS[self.search.metric].greater_is_better,
            elapsed_seconds=self._sitting_seconds,
            left_seconds=self.left_seconds,
        )
