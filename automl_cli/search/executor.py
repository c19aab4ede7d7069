"""The one door to every place where trials run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from automl_cli.records import Trial, TrialResult

ShouldStop = Callable[[int], str | None]


class Executor(Protocol):
    """Runs trials, one or several at a time."""

    @property
    def running(self) -> int:
        """How many trials were started whose result was not given back."""

    @property
    def has_room(self) -> bool:
        """Whether another trial may be started."""

    def start(self, trial: Trial, should_stop: ShouldStop) -> None:
        """Takes a trial, and whom it asks with the number of a fold before its first epoch and after each one.

        Raises:
            RunError: No place to run it can be made.
        """

    def wait(self) -> list[TrialResult]:
        """Returns the results of trials that ended, sooner or later an empty list if none did.

        Raises:
            RunError: The run folder cannot be written any more.
        """

    def stop(self, reason: str) -> None:
        """Asks all running trials to end with what they have; their results come by `wait`."""

    def abandon(self, reason: str) -> None:
        """Ends all running trials at once; they count as failed for this reason."""

    def close(self) -> None:
        """Gives back what it holds; trials that run are lost."""
