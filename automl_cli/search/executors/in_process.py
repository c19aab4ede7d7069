"""One trial at a time, in this process."""

from __future__ import annotations

from collections.abc import Callable

from automl_cli.records import Trial
from automl_cli.training.task import TrialOutcome, Watch

RunTrial = Callable[[Trial, Watch], TrialOutcome]


class InProcess:
    """Runs a trial when its outcome is waited for.

    Args:
        run_trial: Trains a trial; lets no exception of a network out.
        watch: What each trial reports to.
    """

    def __init__(self, run_trial: RunTrial, watch: Watch) -> None:
        self._run_trial = run_trial
        self._watch = watch
        self._waiting: list[Trial] = []

    @property
    def running(self) -> int:
        """How many trials were started and not yet waited for."""
        return len(self._waiting)

    @property
    def has_room(self) -> bool:
        """Whether another trial may be started."""
        return not self._waiting

    def start(self, trial: Trial) -> None:
        """Takes a trial."""
        self._waiting.append(trial)

    def wait(self) -> list[TrialOutcome]:
        """Returns the outcomes of the trials that ended; blocks until there is one."""
        return [self._run_trial(self._waiting.pop(0), self._watch)]
