"""Ctrl-C once: finish with the best so far. Twice: stop now."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from automl_cli.search.budget import Clock

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def _say_nothing(message: str) -> None:
    pass


@contextmanager
def graceful_interrupts(clock: Clock, notice: Callable[[str], None] = _say_nothing) -> Iterator[None]:
    """Turns the first Ctrl-C or SIGTERM into `clock.interrupt()` and a second one into KeyboardInterrupt.

    Leaves the handlers as it found them. Python knows signals in the main thread alone: elsewhere nothing changes.

    Args:
        clock: Of the command.
        notice: Tells the user what happens now.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if clock.interrupted:
            raise KeyboardInterrupt
        clock.interrupt()
        notice("Ending with the best so far. Ctrl-C again stops at once.")

    found = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in found.items():
            signal.signal(number, handler)
