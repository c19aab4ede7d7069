"""One trial at a time, in this process."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from automl_cli.records import Trial, TrialResult
from automl_cli.training.task import Watch

RunTrial = Callable[[Trial, Watch], TrialResult]


class InProcess:
    """Trains a trial when its result is waited for.

    Args:
        run: Does the work; raises nothing for a trial that fails.
    """

    def __init__(self, run: RunTrial) -> None:
        self._run = run
        self._started: deque[tuple[Trial, Watch]] = deque()

    @property
    def running(self) -> int:
        """How many trials were started whose result is not known."""
        return len(self._started)

    @property
    def has_room(self) -> bool:
        """Whether another trial may be started."""
        return not self._started

    def start(self, trial: Trial, watch: Watch) -> None:
        """Takes a trial, and whom it reports to."""
        self._started.append((trial, watch))

    def wait(self) -> list[TrialResult]:
        """Returns the results of trials that ended; blocks until there is one."""
        trial, watch = self._started.popleft()
        return [self._run(trial, watch)]
