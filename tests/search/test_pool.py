from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest

from automl_cli.errors import RunError
from automl_cli.events import EpochEnded
from automl_cli.records import Trial, TrialResult
from automl_cli.search.executors.pool import Pool
from automl_cli.training.task import Watch

Run = Callable[[Trial, Watch], TrialResult]


def trial(number: int) -> Trial:
    return Trial(number, "mlp", {}, epochs=1)


def never(fold: int) -> str | None:
    return None


def name_itself(trial: Trial, watch: Watch) -> TrialResult:
    """Says by its score in which process it ran."""
    watch.on_epoch(EpochEnded(trial.number, 0, 1, 1, 0.5, 0.5, 0.01))
    return TrialResult(trial, "completed", score=float(os.getpid()))


def wait_for_order(trial: Trial, watch: Watch) -> TrialResult:
    while (reason := watch.should_stop(0)) is None:
        time.sleep(0.001)  # what an epoch takes
    return TrialResult(trial, "stopped", score=0.5, reason=reason)


def die_at_first(trial: Trial, watch: Watch, *, folder: Path, times: int) -> TrialResult:
    """Is killed as often as told, then runs through."""
    lives = len(list(folder.iterdir()))
    if lives < times:
        (folder / f"{lives}").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return TrialResult(trial, "completed", score=1.0)


def devour(trial: Trial, watch: Watch) -> TrialResult:
    hoard = np.ones(80_000_000)  # 640 MB
    while True:
        hoard += 1


def find_the_disk_full(trial: Trial, watch: Watch) -> TrialResult:
    raise RunError("The disk is full.", hint="free some space")


@pytest.fixture
def pools(tmp_path: Path) -> Iterator[Callable[..., Pool]]:
    made: list[Pool] = []

    def make(run: Run, *, workers: int = 1, memory_bytes: int = 10**9, hear: list[EpochEnded] | None = None) -> Pool:
        heard = [] if hear is None else hear
        pool = Pool(run, workers=workers, memory_bytes=memory_bytes, log=tmp_path / "log", hear=heard.append)
        made.append(pool)
        return pool

    yield make
    for pool in made:
        pool.close()


def results_of(pool: Pool) -> list[TrialResult]:
    results = []
    while pool.running:
        results += pool.wait()
    return results


def test_a_worker_lives_for_many_trials_and_is_another_process(pools: Callable[..., Pool]) -> None:
    heard: list[EpochEnded] = []
    pool, scores = pools(name_itself, hear=heard), set()
    for number in range(1, 4):
        pool.start(trial(number), never)
        scores |= {result.score for result in results_of(pool)}
    assert len(scores) == 1
    assert scores != {float(os.getpid())}
    assert heard[0] == EpochEnded(1, 0, 1, 1, 0.5, 0.5, 0.01)


def test_trials_run_at_the_same_time_and_end_when_they_are_asked_to(pools: Callable[..., Pool]) -> None:
    pool = pools(wait_for_order, workers=2)
    pool.start(trial(1), never)
    assert pool.has_room
    pool.start(trial(2), never)
    assert not pool.has_room
    assert pool.wait() == []
    pool.stop("interrupted")
    assert sorted(result.trial.number for result in results_of(pool)) == [1, 2]


def test_a_trial_whose_worker_is_killed_goes_on_in_another(pools: Callable[..., Pool], tmp_path: Path) -> None:
    (tmp_path / "lives").mkdir()
    pool = pools(partial(die_at_first, folder=tmp_path / "lives", times=1))
    pool.start(trial(1), never)
    assert [(result.state, result.score) for result in results_of(pool)] == [("completed", 1.0)]


def test_a_trial_whose_worker_dies_twice_has_failed_for_that_reason(pools: Callable[..., Pool], tmp_path: Path) -> None:
    (tmp_path / "lives").mkdir()
    pool = pools(partial(die_at_first, folder=tmp_path / "lives", times=2))
    pool.start(trial(1), never)
    (result,) = results_of(pool)
    assert (result.state, result.score) == ("failed", None)
    assert result.reason == "its worker died twice; at last it was killed by SIGKILL"
    pool.start(trial(2), never)
    assert results_of(pool)[0].score == 1.0


def test_a_trial_that_needs_too_much_memory_fails_and_the_next_one_runs(pools: Callable[..., Pool]) -> None:
    pool = pools(devour, memory_bytes=400_000_000)
    pool.start(trial(1), never)
    (result,) = results_of(pool)
    assert (result.state, result.reason) == ("failed", "it needed more than 0.4 GB of memory")
    assert pool.has_room


def test_a_trial_that_does_not_end_can_be_abandoned(pools: Callable[..., Pool]) -> None:
    pool = pools(wait_for_order)
    pool.start(trial(1), never)
    pool.abandon("time is up")
    assert [(result.state, result.reason) for result in results_of(pool)] == [("failed", "time is up")]


def test_what_stops_the_run_in_a_worker_stops_it_here(pools: Callable[..., Pool]) -> None:
    pool = pools(find_the_disk_full)
    pool.start(trial(1), never)
    with pytest.raises(RunError, match="The disk is full") as caught:
        results_of(pool)
    assert caught.value.hint == "free some space"


def test_workers_do_not_outlive_the_one_who_started_them(tmp_path: Path) -> None:
    code = (
        "import os; from pathlib import Path; from automl_cli.search.executors.pool import Pool;"
        "from tests.search import test_pool as t;"
        f"log = Path({str(tmp_path / 'log')!r});"
        "pool = Pool(t.wait_for_order, workers=1, memory_bytes=10**9, log=log, hear=print);"
        "pool.start(t.trial(1), t.never); print(pool._workers[0].process.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    worker = int(done.stdout)
    assert done.returncode == -signal.SIGKILL
    if psutil.pid_exists(worker):
        psutil.wait_procs([psutil.Process(worker)], timeout=10)
    assert not psutil.pid_exists(worker)
