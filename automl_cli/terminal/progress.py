"""A search as it runs: a live view on a terminal, one line a trial elsewhere. Both are listeners."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from types import TracebackType

from rich.console import Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table

from automl_cli.events import Diagnosed, Event, Notice, SearchResumed, SearchStarted, StageStarted, TrialEnded
from automl_cli.records import TrialResult
from automl_cli.spec.duration import format_duration
from automl_cli.terminal.console import Terminal
from automl_cli.terminal.course import Course, Running
from automl_cli.terminal.figures import figure
from automl_cli.terminal.tables import plain_table, remark, state_text

_ROWS_SHOWN = 12


class LineProgress:
    """Prints one line when a trial ends, and one when the advice to go on or to stop changes; for logs and pipes.

    Args:
        terminal: Where to print; talk only.
        started: When the command started, on the clock; now by default.
        clock: Seconds.
    """

    def __init__(
        self, terminal: Terminal, *, started: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._terminal = terminal
        self._course = Course(started=clock() if started is None else started, clock=clock)
        self._advised_to_stop = False
        self._silent_until = 0.0

    def __enter__(self) -> LineProgress:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def __call__(self, event: Event) -> None:
        """Hears of an event."""
        is_new = isinstance(event, TrialEnded) and event.result.trial.number in self._course.running
        self._course.hear(event)
        _announce(event, self._terminal)
        if isinstance(event, StageStarted) and self._terminal.verbose:
            self._terminal.say(f"[dim]{event.stage} …[/]")
        elif isinstance(event, TrialEnded) and is_new:
            result = event.result
            self._terminal.say(
                f"trial {result.trial.number:>3}  {result.trial.family:<20} {figure(result.score):>10}  "
                f"{result.seconds:6.1f} s  {escape(result.trial.origin)}  {state_text(result.state, remark(result))}"
            )
            if self._terminal.verbose:
                for finding in result.findings:
                    self._terminal.warn(finding)
            self._advise()

    def _advise(self) -> None:
        """Says when the forecast turns, but does not follow it to and fro."""
        forecast, now = self._course.forecast, self._course.elapsed_seconds
        if forecast is None or forecast.can_stop == self._advised_to_stop or now < self._silent_until:
            return
        self._advised_to_stop, self._silent_until = forecast.can_stop, now + forecast.seconds
        self._terminal.say(f"[dim]{forecast.sentence}[/]")


class LiveProgress:
    """Redraws a bar against the time budget, the forecast, the latest trials and those that run.

    Args:
        terminal: Where to draw; talk only.
        started: When the command started, on the clock: the zero of the bar.
        clock: Seconds.
    """

    def __init__(self, terminal: Terminal, *, started: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._terminal = terminal
        self._course = Course(started=started, clock=clock)
        self._live = Live(get_renderable=self._draw, console=terminal.talk, refresh_per_second=4, transient=True)

    def __enter__(self) -> LiveProgress:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._live.stop()

    def __call__(self, event: Event) -> None:
        """Hears of an event; the view is redrawn at its own pace."""
        self._course.hear(event)
        _announce(event, self._terminal)

    def _draw(self) -> RenderableType:
        return draw(self._course)


def draw(course: Course) -> RenderableType:
    """Draws a search as it stands."""
    search = course.search
    if search is None:
        return _line(f"{course.stage} …", format_duration(course.elapsed_seconds))
    total, best = search.budget_seconds, course.best
    parts: list[RenderableType] = [
        _line(
            ProgressBar(total=total, completed=min(course.elapsed_seconds, total), width=32),
            f"{format_duration(course.left_seconds)} left of {format_duration(total)}",
            f"[bold]best {figure(best.score)}[/] {search.metric} by {best.trial.family}" if best else "",
            f"[dim]{course.stage}[/]",
        )
    ]
    if course.results or course.running:
        parts.append(_line(_counts(course)))
        if course.forecast is not None:
            parts.append(_line(f"[{'green' if course.forecast.can_stop else 'dim'}]{course.forecast.sentence}[/]"))
        running = tuple(course.running.values())  # at once: it is drawn in a thread of its own
        parts.append(_trials(course.results[-_ROWS_SHOWN:], running, metric=search.metric))
    return Group(*parts)


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


def _announce(event: Event, terminal: Terminal) -> None:
    """Says at once, in either view, what a search is about and what its listeners must know."""
    match event:
        case SearchStarted():
            for finding in event.findings:
                if finding.severity != "info" or terminal.verbose:
                    terminal.warn(finding)
            terminal.say(headline(event))
        case SearchResumed():
            terminal.say(headline(event.search))
            terminal.say(f"[dim]Goes on after {format_duration(event.used_seconds)}.[/]")
        case Diagnosed():
            for finding in event.findings:
                if finding.severity != "info" or terminal.verbose:
                    terminal.warn(finding)
        case Notice():
            terminal.say(f"[yellow]{escape(event.text)}[/]")


def _line(*cells: RenderableType) -> Table:
    line = Table.grid(padding=(0, 2))
    line.add_row(*cells)
    return line


def _counts(course: Course) -> str:
    failed = sum(result.state == "failed" for result in course.results)
    done = f"{len(course.results)} trials done" if len(course.results) != 1 else "1 trial done"
    parts = [done + (f" ({failed} failed)" if failed else ""), f"{len(course.running)} running"]
    if course.megabytes is not None:
        parts.append(f"{figure(course.megabytes, digits=3)} MB on disk")
    return f"[dim]{', '.join(parts)}[/]"


def _trials(results: Iterable[TrialResult], running: Iterable[Running], *, metric: str) -> Table:
    table = plain_table("trial", "family", "tried as", metric, "seconds", "state", right=("trial", metric, "seconds"))
    for result in results:
        trial = result.trial
        table.add_row(
            str(trial.number), trial.family, escape(trial.origin), figure(result.score), f"{result.seconds:.1f}",
            state_text(result.state, remark(result)),
        )  # fmt: skip
    for one in running:
        trial, epoch = one.trial, one.epoch
        detail = (
            f"fold {epoch.fold + 1}, epoch {epoch.epoch} of {epoch.epochs}, loss {figure(epoch.loss)}, "
            f"validation {figure(epoch.validation_loss)}, rate {epoch.learning_rate:.1e}"
            if epoch
            else None
        )
        table.add_row(str(trial.number), trial.family, escape(trial.origin), "", "", state_text("running", detail))
    return table
