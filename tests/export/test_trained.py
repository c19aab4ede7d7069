"""What was trained, shipped: every family, fold by fold, as one graph."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from automl_cli.ensemble.average import Member, combine
from automl_cli.evaluation.metrics import default_metric
from automl_cli.export.parity import TOLERANCE, prove_parity
from automl_cli.export.saved_model import write_saved_model
from automl_cli.records import Fold, Task, Trial
from automl_cli.training.folds import LabelledTable, encode_folds
from automl_cli.training.task import TaskSetup
from automl_cli.training.trial import load_member, run_trial
from search_spaces.family import family_names, load_families
from tests.export.made_model import CLASSES, COLUMNS, make_interface, make_table, predict

pytestmark = pytest.mark.keras


@pytest.mark.parametrize(("task", "families"), [("binary", family_names()), ("regression", ["linear", "mlp"])])
def test_trained_members_predict_the_same_once_combined_and_exported(
    tmp_path: Path, task: Task, families: Sequence[str]
) -> None:
    table, random = make_table(120), np.random.default_rng(0)
    target = random.normal(1e5, 2e4, 120) if task == "regression" else random.integers(0, 2, 120)
    fold = Fold(train=np.arange(90), validation=np.arange(90, 120))
    labelled = LabelledTable(table, COLUMNS, target, task)
    (encoded,) = encode_folds([fold], labelled, seed=0, folder=tmp_path / "encoded")
    setup = TaskSetup(task, classes=len(CLASSES[task]), metric=default_metric(task), seed=0)
    members, out_of_fold = [], []
    for number, (name, family) in enumerate(load_families(families).items(), start=1):
        hyperparameters = family.for_table(task=task, rows=90).full_space.defaults()
        trial, folder = Trial(number, name, hyperparameters, epochs=2), tmp_path / "trials" / f"{number:04d}"
        outcome = run_trial(trial, task=setup, folds=[encoded.data], folder=folder)
        network = load_member(folder, trial, fold=0, layout=encoded.preprocessing.layout, setup=setup)
        members.append(Member(encoded.preprocessing.model, network))
        out_of_fold.append(outcome.predictions[0])

    model, validation = combine(members), table.take(fold.validation)
    expected = np.mean(out_of_fold, axis=0)
    np.testing.assert_allclose(predict(model, validation), expected, rtol=1e-5, atol=1e-6)
    write_saved_model(model, tmp_path / "model", interface=make_interface(task), about={})
    parity = prove_parity(tmp_path / "model", validation, interface=make_interface(task), expected=expected)
    assert parity.maximum_difference <= TOLERANCE
