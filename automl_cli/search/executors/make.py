"""How many workers a machine bears, and the executor that has them."""

from __future__ import annotations

from collections.abc import Callable

from automl_cli.events import EpochEnded
from automl_cli.runs.artifacts import megabytes
from automl_cli.runs.environment import usable_cores
from automl_cli.runs.folder import RunFolder
from automl_cli.runs.memory import free_memory_bytes
from automl_cli.search.executor import Executor
from automl_cli.search.executors.in_process import InProcess
from automl_cli.search.executors.pool import Pool
from automl_cli.search.executors.preload import has_graphics_card
from automl_cli.training.runner import TrialRunner
from automl_cli.training.task import TaskSetup

# What a worker needs besides rows: TensorFlow, most of it shared, and the network with its optimizer and activations.
_WORKER_BYTES = 700e6
# Rows that a worker holds as tensors, those of the fold before among them, as a multiple of those on disk; of more than
# so many, pieces are read.
_COPIES_OF_ROWS, _MOST_HELD_BYTES = 2.0, 300e6
# Of the free memory; the rest is for the export and for whatever else the machine does.
_USABLE_SHARE = 0.8


def make_executor(
    run: RunFolder, setup: TaskSetup, *, workers: int | None, hear: Callable[[EpochEnded], None]
) -> Executor:
    """Returns what runs the trials of a run whose rows are encoded.

    Args:
        run: Its folder.
        setup: What is the same for all trials.
        workers: How many trials at a time; 0 trains in this process, None leaves it to the machine.
        hear: Of epochs.
    """
    run = RunFolder(run.path.absolute())  # workers may stand elsewhere
    runner = TrialRunner(setup, run)
    if workers == 0:
        return InProcess(runner, hear=hear)
    usable = _USABLE_SHARE * free_memory_bytes()
    # A card has memory for one network at a time, and computes faster than several processes can feed it.
    cores = 1 if has_graphics_card() else usable_cores()
    count = workers or choose_workers(usable, data_bytes=1e6 * megabytes(run.encoded), cores=cores)
    return Pool(runner, workers=count, memory_bytes=int(usable / count), log=run.log, hear=hear)


def choose_workers(usable_bytes: float, *, data_bytes: float, cores: int) -> int:
    """Returns one worker per core, or as many as find room in memory; at least one.

    Args:
        usable_bytes: What workers may hold together.
        data_bytes: Size of the encoded rows of all folds.
        cores: That this process may run on. Two networks side by side on two cores train 1.7 times faster than one
            on both: networks for tables are too small to be split.
    """
    each = _WORKER_BYTES + _COPIES_OF_ROWS * min(data_bytes, _MOST_HELD_BYTES)
    return max(1, min(cores, int(usable_bytes / each)))
