from __future__ import annotations

from pathlib import Path

import pytest

from automl_cli.events import Event, Progressed, TrialEnded
from automl_cli.records import Trial, TrialResult
from automl_cli.runs.folder import RunFolder
from automl_cli.search.pruning import Pruning
from automl_cli.spec.search import SearchSpec, StrategyName


def plan(strategy: StrategyName = "auto", *, keep: int = 2) -> SearchSpec:
    return SearchSpec(
        time=60,
        trials=None,
        metric="roc_auc",
        strategy=strategy,
        families=["mlp"],
        space=None,
        seed=0,
        hyperparameters={},
        keep=keep,
    )


def end(run: RunFolder, number: int, *, score: float, reason: str | None = None, parent: int | None = None) -> Event:
    """Leaves the files of a trial behind, and tells how it ended."""
    family, origin = ("linear", "baseline") if number == 1 else ("mlp", "default")
    folder = run.trial(number)
    folder.mkdir(parents=True)
    for name in ("fold-1.weights.npz", "fold-1.progress.npz", "training.npz", "curves.json"):
        (folder / name).write_bytes(b"x" * 1000)
    trial = Trial(number, family, {}, epochs=1, parent=parent, origin=origin)
    return TrialEnded(TrialResult(trial, "stopped" if reason else "completed", score, reason=reason))


def files(run: RunFolder, number: int) -> set[str]:
    return {path.name.removeprefix("fold-1.") for path in run.trial(number).iterdir()}


def test_weights_of_the_best_and_of_the_best_of_each_family_are_kept(tmp_path: Path) -> None:
    run, sizes = RunFolder(tmp_path), list[Event]()
    prune = Pruning(run, plan(), known=(), watch=sizes.append)
    for number, score in ((1, 0.5), (2, 0.7), (3, 0.9), (4, 0.8), (5, 0.6)):
        prune(end(run, number, score=score))
    with_weights = {number for number in range(1, 6) if "weights.npz" in files(run, number)}
    assert with_weights == {1, 3, 4}
    assert all("curves.json" in files(run, number) for number in range(1, 6))
    assert not any({"progress.npz", "training.npz"} & files(run, number) for number in range(1, 6))
    assert sizes[-1] == Progressed(pytest.approx(0.008))


def test_what_was_cut_short_can_go_on(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    prune = Pruning(run, plan(keep=1), known=(), watch=lambda event: None)
    prune(end(run, 2, score=0.1, reason="interrupted"))
    prune(end(run, 3, score=0.9))
    prune(end(run, 4, score=0.2, reason="its share of the time is up"))
    assert files(run, 2) == {"weights.npz", "progress.npz", "training.npz", "curves.json"}
    assert files(run, 4) == {"curves.json"}


def test_under_hyperband_only_what_has_gone_on_is_removed(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    prune = Pruning(run, plan("hyperband", keep=1), known=(), watch=lambda event: None)
    for number, parent in ((2, None), (3, None), (4, 2)):
        prune(end(run, number, score=0.5, parent=parent))
    assert "progress.npz" not in files(run, 2)
    assert {"weights.npz", "progress.npz"} <= files(run, 3)
    assert {"weights.npz", "progress.npz"} <= files(run, 4)
