"""Opens a run again: the same data and settings, what is known already, and how much more it may have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from automl_cli.data.described import Described, Request, describe, fingerprint_of, read
from automl_cli.errors import RunError, UsageError
from automl_cli.records import TrialResult
from automl_cli.runs.folder import RunFolder
from automl_cli.runs.history import History, read_history
from automl_cli.runs.inputs import read_plan, record_plan, require_same_inputs
from automl_cli.search.budget import INTERRUPTED, TIME_IS_UP
from automl_cli.spec.duration import format_duration, parse_duration
from automl_cli.spec.files import load_dataset
from automl_cli.spec.search import SearchSpec


@dataclass(frozen=True, slots=True)
class Changes:
    """What a run is given when it goes on; None leaves things as they were.

    Attributes:
        time: "10m" from now, or "+10m" more than it had.
        trials: "20" in all, or "+20" more than it had or has done.
        workers: Trials at a time.
    """

    time: str | None = None
    trials: str | None = None
    workers: int | None = None


@dataclass(frozen=True, slots=True)
class Reopened:
    """A run that can go on.

    Attributes:
        described: The data, as it was described.
        plan: The settings, with the changes.
        known: Results that stand, by number.
        used_seconds: Wall time of all sittings so far.
    """

    described: Described
    plan: SearchSpec
    known: Mapping[int, TrialResult]
    used_seconds: float


def reopen(run: RunFolder, changes: Changes) -> Reopened:
    """Reads what a run started from and how far it got, and records the changes.

    Trials that the clock or the user cut short do not stand: they go on from their last checkpoint.

    Raises:
        UsageError: A change cannot be read, or a finished run is given nothing more.
        RunError: The data or a spec has changed, or the run cannot be read.
    """
    source = load_dataset(run.dataset).data
    if source == "-":
        raise RunError(
            f"The run '{run.name}' read its rows from a pipe; they are gone.", hint="search again, from a file"
        )
    request = Request(str(run.dataset), None, None, {}, {})
    described = describe(read(request), request)
    require_same_inputs(run, data=fingerprint_of(described))
    history = read_history(run)
    plan = _changed(read_plan(run), changes, history=history, run=run)
    record_plan(run, plan)
    return Reopened(
        described=described,
        plan=plan.model_copy(update={"space": str(run.space)}) if plan.space else plan,
        known={number: result for number, result in history.results.items() if not was_cut_short(result)},
        used_seconds=history.used_seconds,
    )


def was_cut_short(result: TrialResult) -> bool:
    """Says whether the clock or the user ended a trial, so that it goes on if the run does."""
    return (result.reason or "").startswith((INTERRUPTED, TIME_IS_UP))


def _changed(plan: SearchSpec, changes: Changes, *, history: History, run: RunFolder) -> SearchSpec:
    if history.finished and not changes.time and not changes.trials:
        raise UsageError(
            f"The run '{run.name}' is finished; nothing is left to do.", hint=f"automl resume {run.name} --time +5m"
        )
    update: dict[str, object] = {}
    if changes.time:
        more = parse_duration(changes.time.removeprefix("+"))
        update["time"] = (plan.time if changes.time.startswith("+") else history.used_seconds) + more
    if changes.trials:
        update["trials"] = _trials(changes.trials, plan, done=_searched(history))
    if changes.workers is not None:
        update["workers"] = changes.workers
    plan = plan.model_copy(update=update)
    if history.finished and plan.time <= history.used_seconds:
        raise UsageError(
            f"The run '{run.name}' has used {format_duration(history.used_seconds)}, more than it would have now.",
            hint="give it more time: --time +5m",
        )
    return plan


def _trials(text: str, plan: SearchSpec, *, done: int) -> int:
    number = text.removeprefix("+")
    if not number.isdigit() or int(number) < 1:
        raise UsageError(f"'{text}' is no number of trials.", hint="for example: --trials 50, or --trials +20")
    if not text.startswith("+"):
        return int(number)
    return int(number) + (plan.trials if plan.trials is not None else done)


def _searched(history: History) -> int:
    return sum(result.trial.origin != "baseline" for result in history.results.values())
