"""Keeps the files of those trials that can still matter."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from automl_cli.events import Event, Listener, Progressed, TrialEnded
from automl_cli.records import TrialResult
from automl_cli.runs.artifacts import megabytes
from automl_cli.runs.folder import RunFolder
from automl_cli.search.leaderboard import rank
from automl_cli.search.resumption import was_cut_short
from automl_cli.search.strategy import SCREENED
from automl_cli.spec.search import SearchSpec


class Pruning:
    """Removes weights and checkpoints when a trial has ended; a listener, behind the journal.

    Weights are kept of the best trials and of the best of each family, so of the baselines. A checkpoint is kept of
    a trial that was cut short, or trained for a look only, until it goes on. Under Hyperband any trial may go on:
    everything is kept, but for checkpoints of trials whose continuation has one of its own. Curves and predictions are
    kept of all.

    Args:
        run: The run.
        plan: Says how many are kept.
        known: Results of earlier sittings.
        watch: Hears how large the run is.
    """

    def __init__(self, run: RunFolder, plan: SearchSpec, *, known: Iterable[TrialResult], watch: Listener) -> None:
        self._run = run
        self._plan = plan
        self._watch = watch
        self._results = {result.trial.number: result for result in known}
        self._kept: set[int] = set()
        self._continued: set[int] = set()

    def __call__(self, event: Event) -> None:
        """Hears of an event."""
        if isinstance(event, TrialEnded):
            self._results[event.result.trial.number] = event.result
            self._prune(event.result)
            self._watch(Progressed(megabytes(self._run.path)))

    def _prune(self, result: TrialResult) -> None:
        if result.trial.parent is not None and result.score is not None:
            self._continued.add(result.trial.parent)
            _remove(self._run.trial(result.trial.parent), "fold-*.progress.npz")
        if self._plan.strategy == "hyperband":
            return
        if not self._may_go_on(result):
            _remove(self._run.trial(result.trial.number), "fold-*.progress.npz")
            _remove(self._run.trial(result.trial.number), "training.npz")
        ranked = rank(self._results.values(), metric=self._plan.metric)
        best_of_family = {result.trial.family: result for result in reversed(ranked)}
        kept = {result.trial.number for result in (*ranked[: self._plan.keep], *best_of_family.values())}
        for number in (self._kept | {result.trial.number}) - kept:
            if not self._may_go_on(self._results[number]):
                _remove(self._run.trial(number), "fold-*.weights.npz")
        self._kept = kept

    def _may_go_on(self, result: TrialResult) -> bool:
        is_waiting = result.trial.origin == SCREENED and result.trial.number not in self._continued
        return was_cut_short(result) or is_waiting


def _remove(folder: Path, pattern: str) -> None:
    # What cannot be removed takes space and does no other harm; if the folder is gone, whoever writes next says so.
    with suppress(OSError):
        for path in folder.glob(pattern):
            path.unlink(missing_ok=True)
