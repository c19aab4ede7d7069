"""More models of what was chosen on a hold-out: the same trials, trained with other rows held out.

Trials that are compared on one hold-out leave a model each, where those of eight folds leave eight. The time is better
spent on what was chosen than on folds of every trial: on tables of ten thousand rows and more, networks that had to
share five minutes among the folds were trained for a third of their epochs.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from automl_cli.errors import SearchError
from automl_cli.records import Fold, Split, Trial, TrialResult
from automl_cli.runs.environment import usable_cores
from automl_cli.runs.folder import RunFolder
from automl_cli.search.budget import Clock
from automl_cli.search.executors.make import make_executor
from automl_cli.search.limits import Limit
from automl_cli.search.loop import Search, run_search
from automl_cli.spec.search import SearchSpec
from automl_cli.training.folds import LabelledTable, encode_folds
from automl_cli.training.kept import KeptModel
from automl_cli.training.seeds import integer
from automl_cli.training.stages import TRANSFER
from automl_cli.training.task import TaskSetup

# A search gets so much at least before any time is kept for this, and then so much of what is left.
_SECONDS_BEFORE = 60.0
_SHARE = 0.35
# Starting workers, building and compiling networks; and what a training takes at least.
_SECONDS_OF_A_ROUND, _LEAST_SECONDS = 4.0, 0.01


def most_further(plan: SearchSpec, split: Split) -> int:
    """Returns how many more models of each member there may be.

    Args:
        plan: Where one model is asked for, or there was next to no time when the run began, there are none.
        split: Has the hold-outs.
    """
    is_one = plan.refit or plan.prefer != "accurate"
    return 0 if is_one or plan.horizon <= 2 * _SECONDS_BEFORE else len(split.further)


def seconds_kept(clock: Clock) -> float:
    """Returns what of the time left a search should leave for further models."""
    return _SHARE * max(0.0, clock.left_seconds - _SECONDS_BEFORE)


@dataclass(frozen=True, slots=True)
class Member:
    """A trial of the model.

    Attributes:
        result: As it was trained on the first hold-out.
        weight: Its share.
        most: How many more models of it have room.
    """

    result: TrialResult
    weight: float
    most: int

    @property
    def seconds(self) -> float:
        """What another training of it takes, about: from the first epoch, and to the last if it was cut short."""
        result, trial = self.result, self.result.trial
        needed = float(trial.epochs) if result.state == "stopped" else result.epochs
        trained = result.epochs - trial.initial_epoch
        return max(needed / max(trained, 1.0), 1.0) * max(result.seconds, _LEAST_SECONDS)


@dataclass(slots=True)
class FurtherModels:
    """Trains members with other rows held out, as often as there is time.

    Attributes:
        run: Gets their files.
        setup: As the members were trained.
        clock: Of the search.
        workers: Trainings at a time, as for `make_executor`.
    """

    run: RunFolder
    setup: TaskSetup
    clock: Clock
    workers: int | None
    _kept: dict[int, list[KeptModel]] = field(default_factory=dict, init=False)

    def train(
        self, members: Sequence[Member], split: Split, *, labelled: LabelledTable, encoding_seconds: float
    ) -> Mapping[int, Sequence[KeptModel]]:
        """Trains one model of each member for every further hold-out; of some members where time is short.

        Args:
            members: Of the model.
            split: Has the rows.
            labelled: All rows.
            encoding_seconds: What encoding the rows of a hold-out takes.

        Returns:
            What was trained to its end, by the number of the trial.

        Raises:
            RunError: The run folder cannot be written.
        """
        shutil.rmtree(self.run.further, ignore_errors=True)  # what an earlier sitting left there
        workers = usable_cores() if self.workers is None else max(self.workers, 1)
        for place, validation in enumerate(split.further):
            waiting = [m for m in members if m.most > place and m.result.trial.hyperparameters.get("start") != TRANSFER]
            taking = affordable(waiting, self.clock.left_seconds - encoding_seconds, workers=workers)
            if not taking or self.clock.should_stop():
                break
            fold = Fold.without(validation, rows=split.train)
            self._round(place + 1, fold, members=taking, labelled=labelled)
        return self._kept

    def _round(self, number: int, fold: Fold, *, members: Sequence[Member], labelled: LabelledTable) -> None:
        """Trains a model of each of these members; one that fails or is cut short is not kept."""
        folder = RunFolder(self.run.further / str(number))
        setup = replace(self.setup, seed=integer(self.setup.seed, "further", number))
        try:
            (encoded,) = encode_folds([fold], labelled, seed=setup.seed, folder=folder.encoded)
            trials = [again(member.result.trial, place) for place, member in enumerate(members, start=1)]
            results = self._run(folder, setup, trials=trials)
        finally:
            shutil.rmtree(folder.encoded, ignore_errors=True)
        for result in results:
            if result.state == "completed":
                known = members[result.trial.number - 1].result.trial.number
                kept = KeptModel(encoded, folder.trial(result.trial.number), 0)
                self._kept.setdefault(known, []).append(kept)

    def _run(self, folder: RunFolder, setup: TaskSetup, *, trials: Sequence[Trial]) -> list[TrialResult]:
        search = Search(
            baselines=(),
            strategy=_Given(trials),
            executor=make_executor(folder, setup, workers=self.workers, hear=lambda event: None),
            folds=1,
            clock=self.clock,
            limit=Limit(len(trials), "nothing is left to train"),
            lag=len(trials),
            share=1.0,
            tell=lambda event: None,
        )
        try:
            return run_search(search)[0]
        except SearchError:  # none could be trained: the model has those that were chosen
            return []


def affordable(members: Sequence[Member], seconds: float, *, workers: int) -> list[Member]:
    """Returns the members that can be trained once more in the time, the longest training first.

    The next one is always that whose second model lowers the variance of the prediction most for the time it takes.

    Args:
        members: To choose from.
        seconds: Wall time.
        workers: Trainings at a time.
    """
    left = workers * (seconds - _SECONDS_OF_A_ROUND)
    taken = []
    for member in sorted(members, key=lambda each: -(each.weight**2) / each.seconds):
        if member.seconds <= min(left, seconds - _SECONDS_OF_A_ROUND):
            taken.append(member)
            left -= member.seconds
    return sorted(taken, key=lambda member: -member.seconds)


def again(trial: Trial, number: int) -> Trial:
    """Returns a trial as it would be trained from its very beginning."""
    return replace(trial.from_scratch(), number=number, origin=f"trial {trial.number} again")


class _Given:
    """A strategy that gives out what it was given."""

    def __init__(self, trials: Sequence[Trial]) -> None:
        self._waiting = [*trials]

    def ask(self, number: int) -> Trial | None:
        """Returns the trial of that number, the next one."""
        del number
        return self._waiting.pop(0) if self._waiting else None

    def tell(self, result: TrialResult) -> None:
        """Learns nothing."""
