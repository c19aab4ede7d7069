"""What is shipped where speed or size is preferred: nearly as good, and cheaper."""

from __future__ import annotations

from pathlib import Path

import pytest

from automl_cli.ensemble.choice import preferred
from automl_cli.records import Trial, TrialResult
from automl_cli.runs.folder import RunFolder
from automl_cli.search.plan import make_plan
from automl_cli.spec.dataset import DatasetSpec
from automl_cli.spec.search import SearchSettings, SearchSpec

# Number, family, score (the smaller the better), work, bytes of its weights; best first.
TRIALS = [
    (5, "tabm", 0.100, 9e5, 300),
    (4, "boosted_trees", 0.110, 8e5, 900),
    (3, "mlp", 0.120, 1e5, 400),
    (2, "linear", 0.300, 2e3, 10),
    (1, "constant", 1.000, 10.0, 5),
]


def plan(**settings: object) -> SearchSpec:
    dataset = DatasetSpec(data="made.csv", target="y", task="regression", columns={})
    return make_plan(SearchSettings(**settings), dataset, rows=200)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path)
    for number, *_, size in TRIALS:
        folder.trial(number).mkdir(parents=True)
        (folder.trial(number) / "fold-1.weights.npz").write_bytes(bytes(size))
    return folder


def results() -> list[TrialResult]:
    return [
        TrialResult(Trial(number, family, {}, 1), "completed", score, work=work)
        for number, family, score, work, _ in TRIALS
    ]


@pytest.mark.parametrize(("prefer", "number"), [("accurate", 5), ("fast", 3), ("small", 5)])
def test_of_those_that_keep_nearly_all_of_the_gain_the_cheapest_comes_first(
    run: RunFolder, prefer: str, number: int
) -> None:
    ordered = preferred(run, results(), plan=plan(prefer=prefer))
    assert ordered[0].trial.number == number
    assert {result.trial.number for result in ordered} == {1, 2, 3, 4, 5}


def test_a_trial_whose_weights_are_gone_is_not_preferred(run: RunFolder) -> None:
    (run.trial(3) / "fold-1.weights.npz").unlink()
    assert preferred(run, results(), plan=plan(prefer="fast"))[0].trial.number == 4


def test_where_nothing_beats_the_constant_the_best_stays_first(run: RunFolder) -> None:
    alone = [result for result in results() if result.trial.family == "constant"]
    assert preferred(run, alone, plan=plan(prefer="fast"))[0].trial.family == "constant"


def test_the_cheap_ones_are_trained_once_more_on_all_rows_unless_told_otherwise() -> None:
    assert plan(prefer="small").refit
    assert not plan().refit
    assert not plan(prefer="small", refit=False).refit
