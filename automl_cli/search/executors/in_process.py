"""One trial at a time, in this process: for debuggers, and where memory is too short for a second TensorFlow."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from automl_cli.events import EpochEnded
from automl_cli.records import Trial, TrialResult
from automl_cli.search.executor import ShouldStop
from automl_cli.training.task import Watch

RunTrial = Callable[[Trial, Watch], TrialResult]


class InProcess:
    """Trains a trial when its result is waited for.

    Args:
        run: Does the work; raises nothing for a trial that fails.
        hear: Of every epoch.
    """

    def __init__(self, run: RunTrial, *, hear: Callable[[EpochEnded], None]) -> None:
        self._run = run
        self._hear = hear
        self._started: deque[tuple[Trial, ShouldStop]] = deque()

    @property
    def running(self) -> int:
        """How many trials were started whose result is not known."""
        return len(self._started)

    @property
    def has_room(self) -> bool:
        """Whether another trial may be started."""
        return not self._started

    def start(self, trial: Trial, should_stop: ShouldStop) -> None:
        """Takes a trial, and whom it asks whether to go on."""
        self._started.append((trial, should_stop))

    def wait(self) -> list[TrialResult]:
        """Returns the result of the oldest trial."""
        trial, should_stop = self._started.popleft()
        return [self._run(trial, Watch(self._hear, should_stop))]

    def stop(self, reason: str) -> None:
        """Does nothing: the trial asks for itself."""

    def abandon(self, reason: str) -> None:
        """Does nothing: between two results no trial runs."""

    def close(self) -> None:
        """Holds nothing."""
