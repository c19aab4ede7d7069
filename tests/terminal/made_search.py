"""A made search: its events, a clock that only tests move, and terminals that print into strings."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

from rich.console import Console, RenderableType

from automl_cli.events import EpochEnded, Event, SearchStarted, TrialEnded, TrialStarted
from automl_cli.records import Finding, Trial, TrialResult
from automl_cli.terminal.console import Terminal

STARTED = SearchStarted(
    run="cars-1",
    target="price",
    task="regression",
    metric="rmse",
    train_rows=8_000,
    test_rows=2_000,
    folds=5,
    strategy="auto",
    budget_seconds=300.0,
    max_trials=None,
    findings=(
        Finding("copies", "info", "Nobody needs to know."),
        Finding("few-rows", "warning", "There are few rows."),
    ),
)


@dataclass
class MadeClock:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Heard:
    """A terminal, and what was printed on its stderr."""

    stream: io.StringIO = field(default_factory=io.StringIO)

    def terminal(self, *, verbose: bool = False) -> Terminal:
        talk = Console(file=self.stream, width=160, force_terminal=False)
        return Terminal(data=Console(file=io.StringIO()), talk=talk, verbose=verbose)

    @property
    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()


def rendered(renderable: RenderableType) -> str:
    console = Console(file=io.StringIO(), width=160, force_terminal=False)
    console.print(renderable)
    return console.file.getvalue()


def made_trial(number: int, *, family: str = "mlp", origin: str = "random") -> Trial:
    return Trial(number, family, {}, epochs=40, origin=origin)


def started(number: int) -> Event:
    return TrialStarted(made_trial(number))


def epoch(number: int, *, fold: int = 0, epoch: int = 1, loss: float = 0.5) -> Event:
    return EpochEnded(number, fold, epoch, 40, loss, validation_loss=0.625, learning_rate=0.001)


def ended(number: int, score: float | None = 2.0, *, reason: str | None = None) -> Event:
    state = "failed" if score is None else "completed"
    return TrialEnded(TrialResult(made_trial(number), state, score, seconds=1.5, reason=reason))
