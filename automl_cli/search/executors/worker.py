"""The other end of the pool: a process that trains one trial after another until its pipe is closed."""

from __future__ import annotations

import os
import signal
import time
from multiprocessing.connection import Connection
from pathlib import Path

from automl_cli.errors import AutomlError
from automl_cli.events import EpochEnded
from automl_cli.records import Trial, TrialResult
from automl_cli.search.executor import ShouldStop
from automl_cli.search.executors.in_process import RunTrial
from automl_cli.training.task import Watch

# Of a network that trains a thousand epochs a second, nobody needs to see every one.
_SECONDS_BETWEEN_EPOCHS = 0.1

# What a worker is sent: a trial to run, or the reason why the one that runs has to end.
Order = tuple[Trial, ShouldStop] | str
# What it answers: epochs, and at last a result, or why the run cannot go on for anybody.
Answer = EpochEnded | TrialResult | AutomlError


def serve(pipe: Connection, run: RunTrial, *, log: Path) -> None:
    """Answers orders until the pipe is closed; the main function of a worker process."""
    # The one who started this process decides when it ends; the terminal's Ctrl-C reaches all.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _redirect(log)
    desk = _Desk(pipe)
    while True:
        order = desk.receive()
        if isinstance(order, str):
            continue  # it came after the trial had ended
        trial, should_stop = order
        try:
            desk.send(run(trial, desk.watch(should_stop)))
        except AutomlError as error:
            desk.send(error)


class _Desk:
    """A pipe whose other end may be gone at any time: then this process ends, and what is on disk is what is left."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._told = 0.0

    def watch(self, should_stop: ShouldStop) -> Watch:
        """Returns the door of the next trial."""
        asked: list[str] = []

        def tell(event: EpochEnded) -> None:
            now = time.monotonic()
            if now - self._told >= _SECONDS_BETWEEN_EPOCHS:
                self._told = now
                self.send(event)

        def ask(fold: int) -> str | None:
            while self._pipe.poll():
                order = self.receive()
                if isinstance(order, str):
                    asked.append(order)
            return asked[0] if asked else should_stop(fold)

        return Watch(tell, ask)

    def receive(self) -> Order:
        try:
            order: Order = self._pipe.recv()
        except (EOFError, OSError):
            raise SystemExit from None
        return order

    def send(self, answer: Answer) -> None:
        try:
            self._pipe.send(answer)
        except OSError:
            raise SystemExit from None


def _redirect(log: Path) -> None:
    """Sends what libraries write to the terminal to a file: the screen belongs to the command."""
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.close(handle)
