"""The process that workers are forked from, started early: it imports TensorFlow while the command does so too."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkServerContext, SpawnContext
from pathlib import Path

_PRELOADED = ["automl_cli.training.preload"]


def preload() -> None:
    """Starts the process; returns at once."""
    context = worker_context()
    if context.get_start_method() == "forkserver":
        from multiprocessing import forkserver

        context.set_forkserver_preload(_PRELOADED)
        with _nothing_inherited():
            forkserver.ensure_running()


def worker_context() -> ForkServerContext | SpawnContext:
    """Returns how workers are started: forked where the system can, so that they share the memory of the imports.

    A graphics card is of no use to a process that was forked from one that has looked for it, as TensorFlow does when
    it is imported: there each worker imports for itself.
    """
    if "forkserver" in multiprocessing.get_all_start_methods() and not has_graphics_card():
        return multiprocessing.get_context("forkserver")
    return multiprocessing.get_context("spawn")


def has_graphics_card() -> bool:
    """Says whether the system has a card of the kind that TensorFlow uses, without asking TensorFlow."""
    return any(Path("/dev").glob("nvidia[0-9]*"))


@contextmanager
def _nothing_inherited() -> Iterator[None]:
    """Keeps a process that is started here from holding this one's standard streams.

    It lives a moment longer than the command; whoever reads the command's output through a pipe would wait for it.
    """
    kept = [os.dup(stream) for stream in (0, 1, 2)]
    nowhere = os.open(os.devnull, os.O_RDWR)
    try:
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        yield
    finally:
        for stream, copy in enumerate(kept):
            os.dup2(copy, stream)
            os.close(copy)
        os.close(nowhere)
