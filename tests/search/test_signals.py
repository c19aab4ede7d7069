from __future__ import annotations

import os
import signal
import threading

import pytest

from automl_cli.search.budget import Clock
from automl_cli.search.signals import graceful_interrupts


@pytest.fixture
def clock() -> Clock:
    return Clock(100, started=0.0, now=lambda: 0.0)


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_for_an_end_and_says_so(clock: Clock, first: signal.Signals) -> None:
    said: list[str] = []
    with graceful_interrupts(clock, said.append):
        os.kill(os.getpid(), first)
        assert clock.should_stop() == "interrupted"
    assert len(said) == 1


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_the_second_signal_stops_at_once(clock: Clock, second: signal.Signals) -> None:
    with graceful_interrupts(clock):
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), second)


def test_handlers_are_as_before_also_after_an_error(clock: Clock) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(RuntimeError), graceful_interrupts(clock):
        raise RuntimeError
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_outside_the_main_thread_nothing_changes(clock: Clock) -> None:
    seen = []

    def work() -> None:
        with graceful_interrupts(clock):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGINT)]
