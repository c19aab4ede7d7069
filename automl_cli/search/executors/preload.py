"""The process that workers are forked from, started early: its imports go on while the command reads the data."""

from __future__ import annotations

import multiprocessing
from multiprocessing.context import ForkServerContext, SpawnContext

_PRELOADED = ["automl_cli.training.preload"]


def preload() -> None:
    """Starts the process; returns at once."""
    context = worker_context()
    if context.get_start_method() == "forkserver":
        from multiprocessing import forkserver

        context.set_forkserver_preload(_PRELOADED)
        forkserver.ensure_running()


def worker_context() -> ForkServerContext | SpawnContext:
    """Returns how workers are started: forked where the system can, so that they share the memory of the imports."""
    if "forkserver" in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("forkserver")
    return multiprocessing.get_context("spawn")
