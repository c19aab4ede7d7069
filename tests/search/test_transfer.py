"""Row 25: what a search may start from, and what it refuses to start from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from automl_cli.data.described import Request, describe, fingerprint_of, read
from automl_cli.data.problem import Problem, prepare
from automl_cli.errors import ColumnError, RunError
from automl_cli.evaluation.start_verdict import start_verdict
from automl_cli.events import TrialEnded
from automl_cli.records import Positions, Trial, TrialResult, to_json
from automl_cli.runs.artifacts import write_json
from automl_cli.runs.folder import RunFolder, create_run
from automl_cli.runs.inputs import record_inputs
from automl_cli.runs.journal import Journal
from automl_cli.search.planning import Terms
from automl_cli.search.transfer import choose_start, find_start, first_trials, write_start
from automl_cli.spec.search import SearchSpec
from automl_cli.training.archive import weights_path, write_arrays
from automl_cli.training.backbone import Encoding, load_backbone
from search_spaces.family import Layout
from search_spaces.portfolio import Occasion

MLP = {"depth": 2, "width": 64, "learning_rate": 0.003, "batch_size": 512, "epochs": 80, "start": "scratch"}
HOME = Path("runs")


def write_table(path: Path, *, rows: int = 90, columns: str = "a,b") -> Path:
    body = "".join(f"{n % 13},{n % 7},{'yes' if n % 3 else 'no'}\n" for n in range(rows))
    path.write_text(f"{columns},answer\n{body}")
    return path


def problem_of(path: Path, *, seed: int = 0, folds: int = 3) -> tuple[Problem, str]:
    request = Request(str(path), "answer", None, {}, {})
    described = describe(read(request), request)
    return prepare(described, seed=seed, folds=folds), fingerprint_of(described)


def plan(start_from: Path | None = None, **changes: object) -> SearchSpec:
    settings: dict[str, object] = {
        "time": 60.0,
        "trials": None,
        "metric": "roc_auc",
        "strategy": "manual",
        "families": ["mlp"],
        "space": None,
        "seed": 0,
        "hyperparameters": {},
        "start_from": str(start_from) if start_from else None,
    }
    return SearchSpec.model_validate(settings | changes)


def result(number: int, family: str, score: float | None, **values: object) -> TrialResult:
    trial = Trial(number, family, values, 1, origin=f"from old-1, trial {number}" if "start" in values else "default")  # type: ignore[arg-type]
    return TrialResult(trial, "failed" if score is None else "completed", score, fold_scores=(0.0,))


def earlier_run(folder: Path, *, families: tuple[str, ...] = ("boosted_trees", "mlp", "tabm")) -> RunFolder:
    """Makes a run that has ended: three trials, of which the worst has the largest weight."""
    problem, data = problem_of(write_table(folder / "data.csv"))
    run = create_run(folder / "runs", "old")
    record_inputs(run, problem.dataset, plan=plan(), split=problem.split, findings=problem.findings, data=data)
    tell = Journal(run.journal)
    for number, (family, score) in enumerate(zip(families, (0.9, 0.8, 0.7), strict=False), start=1):
        values = MLP if family == "mlp" else {"width": 32}
        tell(TrialEnded(TrialResult(Trial(number, family, values, 80), "completed", score, (score,))))
        for fold in range(3):
            write_arrays(weights_path(run.trial(number), fold), {"scale": np.zeros(5)})
    positions = Positions({"numbers": [("a", "number 0"), ("b", "number 0")]}, ())
    encoding = Encoding("answer", "binary", ("no", "yes"), (Layout(numbers=2),) * 3, (positions,) * 3)
    write_json(run.encoding, to_json(encoding))
    write_json(run.ensemble, {"weights": {"1": 0.5, "2": 0.2, "3": 0.3}})
    return run


def test_the_network_with_the_largest_weight_is_copied_into_the_new_run(tmp_path: Path) -> None:
    old, (problem, data) = earlier_run(tmp_path), problem_of(tmp_path / "data.csv")
    chosen = choose_start(plan(old.path), problem, data=data, home=HOME)
    assert chosen is not None
    assert (chosen.family, chosen.origin) == ("tabm", "from old-1, trial 3")  # the trees have more, but no layers
    assert list(chosen.folds) == [0, 1, 2]  # the same rows: each fold from its own
    run = create_run(tmp_path / "runs", "new")
    write_start(run, chosen)
    old.path.rename(tmp_path / "gone")
    backbone = load_backbone(run.backbone)
    assert backbone.hyperparameters == {"width": 32}
    assert backbone.encoding is not None
    assert sorted(path.name for path in run.backbone.glob("*.npz")) == [f"fold-{n}.weights.npz" for n in (1, 2, 3)]


def test_without_an_ensemble_it_is_the_best_network(tmp_path: Path) -> None:
    old, (problem, data) = earlier_run(tmp_path), problem_of(tmp_path / "data.csv")
    old.ensemble.unlink()
    chosen = choose_start(plan(old.path), problem, data=data, home=HOME)
    assert chosen is not None
    assert chosen.family == "mlp"
    assert chosen.hyperparameters == {"depth": 2, "width": 64}  # how it was trained stays behind


def test_the_trial_is_trained_as_this_table_wants_it(tmp_path: Path) -> None:
    old, (problem, data) = earlier_run(tmp_path), problem_of(tmp_path / "data.csv")
    old.ensemble.unlink()
    run, settings = create_run(tmp_path / "runs", "new"), plan(old.path, hyperparameters={"weight_decay": 0.01})
    chosen = choose_start(settings, problem, data=data, home=HOME)
    assert chosen is not None
    write_start(run, chosen)
    terms = Terms(Occasion("binary", 72, seconds=60.0), Layout(numbers=2), folds=3, outputs=1)
    *baselines, trial = first_trials(run, settings, terms=terms)
    assert [each.origin for each in baselines] == ["baseline", "baseline"]
    assert (trial.number, trial.origin) == (3, "from old-1, trial 2")
    values = trial.hyperparameters
    assert (values["depth"], values["width"], values["start"]) == (2, 64, "transfer")
    assert (values["batch_size"], values["weight_decay"]) == (32, 0.01)
    assert first_trials(run, plan(), terms=terms) == baselines


def test_no_network_that_has_seen_the_rows_that_measure_is_started_from(tmp_path: Path) -> None:
    old = earlier_run(tmp_path)
    problem, data = problem_of(tmp_path / "data.csv", seed=1)
    with pytest.raises(RunError, match="test rows here"):
        choose_start(plan(old.path), problem, data=data, home=HOME)
    problem, data = problem_of(tmp_path / "data.csv", folds=1)
    with pytest.raises(RunError, match="validate fold 1"):
        choose_start(plan(old.path), problem, data=data, home=HOME)
    problem, data = problem_of(write_table(tmp_path / "other.csv", rows=120), folds=5)
    chosen = choose_start(plan(old.path), problem, data=data, home=HOME)
    assert chosen is not None
    assert list(chosen.folds) == [0, 1, 2, 0, 1]  # other rows: any fold will do


def test_what_cannot_be_started_from_is_refused_with_a_way_out(tmp_path: Path) -> None:
    old, (problem, data) = earlier_run(tmp_path), problem_of(tmp_path / "data.csv")
    stranger, other = problem_of(write_table(tmp_path / "other.csv", columns="c,d"))
    with pytest.raises(ColumnError, match="no column in common"):
        choose_start(plan(old.path), stranger, data=other, home=HOME)
    old.encoding.unlink()
    with pytest.raises(RunError, match="earlier version") as refused:
        choose_start(plan(old.path), problem, data=data, home=HOME)
    assert refused.value.hint
    trees = earlier_run(tmp_path, families=("boosted_trees", "linear"))
    with pytest.raises(RunError, match="no network"):
        choose_start(plan(trees.path), problem, data=data, home=HOME)
    assert choose_start(plan(), problem, data=data, home=HOME) is None


def test_a_run_is_found_by_its_name_its_folder_and_its_model(tmp_path: Path) -> None:
    old = earlier_run(tmp_path)
    old.model.mkdir()
    (old.model / "automl.json").write_text("{}")
    (old.model / "saved_model.pb").write_bytes(b"")
    for text in ("old-1", str(old.path), str(old.model)):
        assert find_start(text, tmp_path / "runs") == old.path
    with pytest.raises(RunError, match="not a run"):
        find_start("old-7", tmp_path / "runs")
    with pytest.raises(RunError, match="no file"):
        find_start("nowhere.keras", tmp_path / "runs")
    alone = old.model.rename(tmp_path / "alone")
    with pytest.raises(RunError, match="without its run"):
        find_start(str(alone), tmp_path / "runs")


@pytest.mark.parametrize(
    ("metric", "started", "words"),
    [("roc_auc", 0.9, "helped"), ("roc_auc", 0.7, "did not help"), ("rmse", 0.7, "helped"), ("rmse", 0.9, "did not")],
)
def test_it_is_said_whether_it_has_helped(metric: str, started: float, words: str) -> None:
    others = [result(1, "linear", 0.75), result(2, "mlp", 0.8), result(4, "tabm", None)]
    sentence = start_verdict([*others, result(3, "mlp", started, start="transfer")], metric=metric)
    assert sentence is not None
    assert f"Starting from old-1, trial 3 {words}" in sentence
    assert f"{started} (trial 3)" in sentence
    assert ("0.8 of" if metric == "roc_auc" else "0.75 of") in sentence
    assert start_verdict(others, metric=metric) is None


def test_a_start_that_failed_is_no_help_either() -> None:
    sentence = start_verdict([result(1, "mlp", 0.5), result(3, "mlp", None, start="transfer")], metric="rmse")
    assert sentence is not None
    assert "failed" in sentence
