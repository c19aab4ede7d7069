"""What a trial is given and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from numpy.typing import NDArray

from automl_cli.events import EpochEnded
from automl_cli.records import UNNAMED, Curves, Positions, Task, TrialResult
from search_spaces.family import Layout

Groups = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class TaskSetup:
    """What is the same for all trials of a search.

    Attributes:
        task: What is predicted.
        classes: How many there are; 0 for regression.
        metric: Name of the search's metric.
        seed: The search's seed.
        keep: Which weights are kept of a training: the best by the validation rows, or the last, where all rows are
            learned from and none are left to judge by.
        backbone: Folder of what weights may start from; see `transfer`.
    """

    task: Task
    classes: int
    metric: str
    seed: int
    keep: Literal["best", "last"] = "best"
    backbone: str | None = None

    @property
    def outputs(self) -> int:
        """Width of a network's raw output."""
        return self.classes if self.task == "multiclass" else 1


@dataclass(frozen=True, slots=True)
class FoldData:
    """The encoded rows of one fold.

    Attributes:
        train: Groups `(rows, width)` by name, as the layout has them.
        train_target: `(rows,)` class indices, or values in the target's own unit.
        validation: Groups of the rows that measure.
        validation_target: Their target.
        layout: Widths of the groups.
        positions: What the columns of the groups stand for; empty where nobody has said.
    """

    train: Groups
    train_target: NDArray[Any]
    validation: Groups
    validation_target: NDArray[Any]
    layout: Layout
    positions: Positions = UNNAMED


def _ignore(event: EpochEnded) -> None:
    pass


def _never(fold: int) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Watch:
    """The trial's door to whoever runs it.

    Attributes:
        on_epoch: Hears of every epoch of every fold.
        should_stop: Asked with the number of the fold before its first epoch and after every one; a reason in
            words ends the fold.
    """

    on_epoch: Callable[[EpochEnded], None] = _ignore
    should_stop: Callable[[int], str | None] = _never


@dataclass(frozen=True, slots=True)
class FoldOutcome:
    """One fold, trained.

    Attributes:
        curves: One value per epoch, those of a parent included.
        best_epoch: Epoch whose weights were kept, from 1.
        predictions: For the validation rows: probabilities `(rows, classes)`, or values `(rows, 1)` in the
            target's own unit.
        parameters: Trainable parameters of the network.
        work: Multiplications that it needs for the prediction of a row, about.
        stopped: Why it was cut short; None when it ended by itself.
    """

    curves: Curves
    best_epoch: int
    predictions: NDArray[Any]
    parameters: int
    work: float
    stopped: str | None = None


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """A trial's result with what is too large for the journal.

    Attributes:
        result: The summary.
        curves: Of each fold; empty when the trial failed.
        predictions: Of each fold's validation rows, as in `FoldOutcome`.
    """

    result: TrialResult
    curves: tuple[Curves, ...] = ()
    predictions: tuple[NDArray[Any], ...] = ()


class TrialFailure(Exception):  # noqa: N818 - it is an outcome, no error of anyone
    """The trial cannot give a score; the message says why in one sentence.

    Attributes:
        curves: What was recorded of the folds that were being trained.
        diverged: Whether numbers grew beyond all bounds.
    """

    def __init__(self, message: str, *, curves: tuple[Curves, ...] = (), diverged: bool = False) -> None:
        super().__init__(message)
        self.curves = curves
        self.diverged = diverged
