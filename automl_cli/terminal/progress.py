"""A search as it runs: a live view on a terminal, one line a trial elsewhere. Both are listeners."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Group
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table

from automl_cli.evaluation.metrics import METRICS
from automl_cli.events import (
    EpochEnded,
    Event,
    Notice,
    SearchEnded,
    SearchStarted,
    StageStarted,
    TrialEnded,
    TrialStarted,
)
from automl_cli.records import Trial, TrialResult
from automl_cli.spec.duration import format_duration
from automl_cli.terminal.console import Terminal
from automl_cli.terminal.figures import figure
from automl_cli.terminal.tables import plain_table, state_text

_ROWS_SHOWN = 12


class LineProgress:
    """Prints one line when a trial ends; for logs and pipes."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def __enter__(self) -> LineProgress:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def __call__(self, event: Event) -> None:
        """Hears of an event."""
        if isinstance(event, SearchStarted):
            _introduce(event, self._terminal)
        elif isinstance(event, Notice):
            self._terminal.say(f"[yellow]{escape(event.text)}[/]")
        elif isinstance(event, StageStarted) and self._terminal.verbose:
            self._terminal.say(f"[dim]{event.stage} …[/]")
        elif isinstance(event, TrialEnded):
            result = event.result
            self._terminal.say(
                f"trial {result.trial.number:>3}  {result.trial.family:<20} {figure(result.score):>10}  "
                f"{result.seconds:6.1f} s  {escape(result.trial.origin)}  {state_text(result.state, result.reason)}"
            )


class LiveProgress:
    """Redraws a bar against the time budget, the best score so far and the latest trials.

    Args:
        terminal: Where to draw; talk only.
        started: `time.monotonic()` of the command's start, the zero of the bar.
    """

    def __init__(self, terminal: Terminal, *, started: float) -> None:
        self._started = started
        self._search: SearchStarted | None = None
        self._stage = "reading"
        self._running: Trial | None = None
        self._epoch: EpochEnded | None = None
        self._results: list[TrialResult] = []
        self._live = Live(get_renderable=self._draw, console=terminal.talk, refresh_per_second=4, transient=True)
        self._terminal = terminal

    def __enter__(self) -> LiveProgress:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._live.stop()

    def __call__(self, event: Event) -> None:
        """Hears of an event; the view is redrawn at its own pace."""
        match event:
            case SearchStarted():
                self._search = event
                _introduce(event, self._terminal)
            case Notice():
                self._terminal.say(f"[yellow]{escape(event.text)}[/]")
            case StageStarted():
                self._stage = event.stage
            case TrialStarted():
                self._stage, self._running, self._epoch = "searching", event.trial, None
            case EpochEnded():
                self._epoch = event
            case TrialEnded():
                self._running = None
                self._results.append(event.result)
            case SearchEnded():
                self._stage = "done"

    def _draw(self) -> Group:
        parts: list[Table] = [self._bar()]
        if self._search is not None and (self._results or self._running):
            parts.append(self._trials(self._search.metric))
        return Group(*parts)

    def _bar(self) -> Table:
        elapsed = time.monotonic() - self._started
        line = Table.grid(padding=(0, 2))
        if self._search is None:
            line.add_row(f"{self._stage} …", format_duration(elapsed))
            return line
        total = self._search.budget_seconds
        best = best_result(self._results, self._search.metric)
        line.add_row(
            ProgressBar(total=total, completed=min(elapsed, total), width=32),
            f"{format_duration(elapsed)} of {format_duration(total)}",
            f"[bold]best {figure(best.score)}[/] {self._search.metric} by {best.trial.family}" if best else "",
            f"[dim]{self._stage}[/]",
        )
        return line

    def _trials(self, metric: str) -> Table:
        table = plain_table(
            "trial", "family", "tried as", metric, "seconds", "state", right=("trial", metric, "seconds")
        )
        for result in self._results[-_ROWS_SHOWN:]:
            trial = result.trial
            table.add_row(
                str(trial.number), trial.family, escape(trial.origin), figure(result.score), f"{result.seconds:.1f}",
                state_text(result.state, result.reason),
            )  # fmt: skip
        if self._running is not None:
            trial, epoch = self._running, self._epoch
            detail = (
                f"fold {epoch.fold + 1}, epoch {epoch.epoch}, loss {figure(epoch.loss)}, "
                f"validation {figure(epoch.validation_loss)}, rate {epoch.learning_rate:.1e}"
                if epoch
                else None
            )
            table.add_row(str(trial.number), trial.family, escape(trial.origin), "", "", state_text("running", detail))
        return table


def _introduce(event: SearchStarted, terminal: Terminal) -> None:
    for finding in event.findings:
        if finding.severity != "info" or terminal.verbose:
            terminal.warn(finding)
    terminal.say(headline(event))


def headline(event: SearchStarted) -> str:
    """Returns one line that says what is predicted, from how many rows, and how long it will take."""
    how = f"{event.folds} folds" if event.folds > 1 else "a hold-out"
    bound = f" or {event.max_trials} trials" if event.max_trials else ""
    return (
        f"[bold]{escape(event.run)}[/]: predict [bold]{escape(event.target)}[/] ({event.task}) by {event.metric}. "
        f"{event.train_rows:,} rows to learn from, validated by {how}; {event.test_rows:,} rows sealed for the test. "
        f"Strategy {event.strategy}, {format_duration(event.budget_seconds)}{bound}. "
        "Ctrl-C ends early and keeps the best."
    )


def best_result(results: list[TrialResult], metric: str) -> TrialResult | None:
    """Returns the trial with the best score so far."""
    scored = [result for result in results if result.score is not None]
    sign = 1.0 if METRICS[metric].greater_is_better else -1.0
    return max(scored, key=lambda result: sign * (result.score or 0.0), default=None)
