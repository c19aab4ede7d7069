"""Several trials at a time, each in a process of its own that lives for many trials.

Workers are forked from a server process that has imported TensorFlow and has never computed: a new worker is ready in
a hundredth of a second, shares the memory of the imports, and dies without hurting anybody.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import psutil

from automl_cli.errors import AutomlError, RunError
from automl_cli.events import EpochEnded
from automl_cli.records import Trial, TrialResult
from automl_cli.search.executor import ShouldStop
from automl_cli.search.executors.in_process import RunTrial
from automl_cli.search.executors.preload import worker_context
from automl_cli.search.executors.worker import Answer, serve

_POLL_SECONDS = 0.2
_GOODBYE_SECONDS = 2.0
# A worker that has grown by so much since its first trial is replaced before it starts another one. What XLA compiles
# stays in memory until the process ends, 17 megabytes for each network; a new worker costs a fraction of a second.
_MOST_GROWN_BYTES = 120e6


@dataclass(slots=True)
class _Worker:
    """A process, this end of its pipe, what it was told to do and when, and its size after its first trial."""

    process: BaseProcess
    pipe: connection.Connection
    order: tuple[Trial, ShouldStop] | None = None
    began: float = 0.0
    settled_bytes: int = 0


class Pool:
    """Runs trials in worker processes.

    A worker that dies costs a new worker: its trial goes on there from its last checkpoint. If the trial's second
    worker dies as well, the trial has failed. One that needs more memory than it may have fails at once.

    Args:
        run: Does the work in the worker; can be pickled.
        workers: How many trials run at a time, 1 or more.
        memory_bytes: What a worker may hold.
        log: File for what libraries print in workers.
        hear: Of epochs, of some of them where they are many.
    """

    def __init__(
        self, run: RunTrial, *, workers: int, memory_bytes: int, log: Path, hear: Callable[[EpochEnded], None]
    ) -> None:
        self._run = run
        self._most = workers
        self._memory_bytes = memory_bytes
        self._log = log
        self._hear = hear
        self._context = worker_context()
        self._workers: list[_Worker] = []
        self._lost: list[TrialResult] = []
        self._bereaved: set[int] = set()

    @property
    def running(self) -> int:
        """How many trials were started whose result was not given back."""
        return len(self._busy()) + len(self._lost)

    @property
    def has_room(self) -> bool:
        """Whether another trial may be started."""
        return self.running < self._most

    def start(self, trial: Trial, should_stop: ShouldStop) -> None:
        """Gives a trial to an idle worker, or to a new one.

        Args:
            trial: To run.
            should_stop: Can be pickled; the worker asks its own copy.

        Raises:
            RunError: No process can be started.
        """
        idle = [worker for worker in self._workers if worker.order is None]
        worker = idle[0] if idle else self._hire()
        worker.order, worker.began = (trial, should_stop), time.monotonic()
        with suppress(OSError):  # it died while it was idle: `wait` finds out
            worker.pipe.send(worker.order)

    def wait(self) -> list[TrialResult]:
        """Returns the results of trials that ended; after a moment none.

        Raises:
            RunError: The run folder cannot be written any more.
        """
        busy = self._busy()
        ready = connection.wait([worker.pipe for worker in busy], timeout=0.0 if self._lost else _POLL_SECONDS)
        results = [self._receive(worker) for worker in busy if worker.pipe in ready]
        for worker in self._busy():
            if _own_bytes(worker) > self._memory_bytes:
                self._lose(worker, f"it needed more than {self._memory_bytes / 1e9:.1f} GB of memory")
        lost, self._lost = self._lost, []
        return [*(result for result in results if result is not None), *lost]

    def stop(self, reason: str) -> None:
        """Asks all running trials to end at their next epoch."""
        for worker in self._busy():
            with suppress(OSError):  # it died: `wait` finds out
                worker.pipe.send(reason)

    def abandon(self, reason: str) -> None:
        """Ends all running trials at once; `wait` gives them back as failed."""
        for worker in self._busy():
            self._lose(worker, reason)

    def close(self) -> None:
        """Ends all workers: idle ones by closing their pipe, others by force."""
        for worker in self._busy():
            worker.process.kill()
        for worker in [*self._workers]:
            self._dismiss(worker)

    def _busy(self) -> list[_Worker]:
        return [worker for worker in self._workers if worker.order is not None]

    def _hire(self) -> _Worker:
        here, there = self._context.Pipe()
        process = self._context.Process(target=serve, args=(there, self._run), kwargs={"log": self._log}, daemon=True)
        try:
            process.start()
        except (OSError, EOFError) as error:
            raise RunError(f"No worker process can be started: {error}.", hint="--workers 0 does without") from error
        there.close()
        self._workers.append(_Worker(process, here))
        return self._workers[-1]

    def _receive(self, worker: _Worker) -> TrialResult | None:
        """Reads all that a worker has said; its result, if that was among it."""
        try:
            while worker.pipe.poll():
                answer: Answer = worker.pipe.recv()
                if isinstance(answer, AutomlError):
                    raise answer
                if isinstance(answer, TrialResult):
                    return self._release(worker, answer)
                self._hear(answer)
        except (EOFError, OSError):
            self._bury(worker)
        return None

    def _release(self, worker: _Worker, result: TrialResult) -> TrialResult:
        worker.order = None
        size = _own_bytes(worker)
        worker.settled_bytes = worker.settled_bytes or size
        if size > worker.settled_bytes + _MOST_GROWN_BYTES:
            self._dismiss(worker)
        return result

    def _bury(self, worker: _Worker) -> None:
        """Lets a trial whose worker died go on in another one, once."""
        order = worker.order
        self._dismiss(worker)
        if order is None:
            return
        trial, should_stop = order
        if trial.number in self._bereaved:
            self._lost.append(_failed(worker, trial, f"its worker died twice; at last it {_last_words(worker)}"))
        else:
            self._bereaved.add(trial.number)
            self.start(trial, should_stop)

    def _lose(self, worker: _Worker, reason: str) -> None:
        """Ends a worker by force; its trial has failed."""
        assert worker.order is not None
        trial, _ = worker.order
        worker.process.kill()
        self._dismiss(worker)
        self._lost.append(_failed(worker, trial, reason))

    def _dismiss(self, worker: _Worker) -> None:
        """Ends a worker by closing its pipe, and by force if it does not go."""
        self._workers.remove(worker)
        worker.pipe.close()
        worker.process.join(_GOODBYE_SECONDS)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join(_GOODBYE_SECONDS)


def _own_bytes(worker: _Worker) -> int:
    """Returns the memory that a worker holds, without the pages of files, which the system can take back."""
    try:
        memory = psutil.Process(worker.process.pid).memory_info()
    except psutil.Error:
        return 0  # it has gone
    return int(memory.rss - getattr(memory, "shared", 0))


def _failed(worker: _Worker, trial: Trial, reason: str) -> TrialResult:
    return TrialResult(trial, "failed", score=None, seconds=time.monotonic() - worker.began, reason=reason)


def _last_words(worker: _Worker) -> str:
    code = worker.process.exitcode
    if code is None:
        return "fell silent"
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
