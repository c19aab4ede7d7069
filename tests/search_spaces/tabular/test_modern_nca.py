from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from automl_cli.records import Trial
from automl_cli.training.task import FoldData, TaskSetup, TrialOutcome, Watch
from automl_cli.training.trial import load_member, run_trial
from search_spaces.family import Family, Layout, core_model, load_families
from tests.contracts.family_contract import EVERYTHING, GradientFamilyContract, each_layout, made_groups, read_by

pytestmark = pytest.mark.keras

LAYOUT = Layout(quantiles=2, indicators=1)
SETUPS = {
    "binary": TaskSetup("binary", 2, "log_loss", seed=0),
    "multiclass": TaskSetup("multiclass", 3, "log_loss", seed=0),
    "regression": TaskSetup("regression", 0, "rmse", seed=0),
}
SMALL = {"width": 16, "number_width": 4, "frequencies": 8, "batch_size": 256}


class TestModernNca(GradientFamilyContract):
    name = "modern_nca"

    @each_layout
    def test_every_input_of_the_network_changes_its_output(self, family: Family, layout: Layout) -> None:
        # In training, where the rows of the batch vote: nothing is remembered yet.
        model = core_model(family, layout, outputs=3, hyperparameters={}, seed=0)
        groups, others = (read_by(model, made_groups(layout, seed=seed)) for seed in (0, 1))
        for group in model.input:
            changed = groups | {group: 1 - groups[group] if group == "target" else others[group]}
            before, after = (model(read, training=True) for read in (groups, changed))
            assert not np.allclose(before, after), f"{group} is read but not used"


def family() -> Family:
    return load_families(["modern_nca"])["modern_nca"]


def build(layout: Layout = EVERYTHING, *, outputs: int = 1, **values):
    return core_model(family(), layout, outputs=outputs, hyperparameters=values, seed=0)


def vote_of(model):
    return model.get_layer("vote")


def made_rows(task: str, rows: int = 300, seed: int = 0) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Rings around 0: no line and no single column tells them apart."""
    numbers = np.random.default_rng(seed).normal(size=(rows, 2)).astype("float32")
    radius = np.linalg.norm(numbers, axis=1)
    groups = {"quantiles": numbers, "indicators": np.zeros((rows, 1), "float32")}
    if task == "regression":
        return groups, 1000 + 50 * radius
    return groups, np.digitize(radius, [1.2] if task == "binary" else [0.8, 1.5]).astype(np.int64)


def made_fold(task: str, rows: int = 300) -> FoldData:
    return FoldData(*made_rows(task, rows), *made_rows(task, 100, seed=1), LAYOUT)


def run(
    folder: Path, task: str, *, epochs: int, rows: int = 300, watch: Watch | None = None, keep: str = "best", **values
) -> tuple[Trial, TrialOutcome]:
    space = family().for_table(task=task, rows=rows).full_space
    trial = Trial(1, "modern_nca", space.active(SMALL | {"learning_rate": 0.01} | values), epochs)
    setup = dataclasses.replace(SETUPS[task], keep=keep)
    outcome = run_trial(trial, task=setup, folds=[made_fold(task, rows)], folder=folder, watch=watch)
    assert outcome.result.state == "completed", outcome.result.reason
    return trial, outcome


def core_of(folder: Path, trial: Trial, task: str):
    from automl_cli.training.checkpoint import load_weights

    core = build(LAYOUT, outputs=SETUPS[task].outputs, **trial.hyperparameters)
    weights, scale, _ = load_weights(folder, 0)
    core.set_weights(weights)
    return core, scale


class TestTraining:
    @pytest.mark.parametrize("by_xla", [False, True])
    @pytest.mark.parametrize("task", SETUPS)
    def test_a_rule_that_is_no_line_is_learned_and_comes_back_from_files(self, tmp_path, monkeypatch, task, by_xla):
        from automl_cli.training import gradient

        monkeypatch.setattr(gradient, "pays_to_compile", lambda **_: by_xla)
        trial, outcome = run(tmp_path, task, epochs=15)
        constant = {"binary": 0.69, "multiclass": 1.09, "regression": 33.0}[task]
        assert outcome.result.score < 0.5 * constant
        member = load_member(tmp_path, trial, fold=0, layout=LAYOUT, setup=SETUPS[task])
        assert set(member.input) == {"quantiles", "indicators"}
        np.testing.assert_allclose(member(made_rows(task, 100, seed=1)[0]), outcome.predictions[0], rtol=1e-5)

    @pytest.mark.parametrize("keep", ["best", "last"])
    def test_predictions_are_a_vote_of_the_training_rows(self, tmp_path, keep):
        import keras

        trial, outcome = run(tmp_path, "regression", epochs=3, keep=keep)
        core, scale = core_of(tmp_path, trial, "regression")
        groups, target = made_rows("regression")
        place = keras.Function({name: core.input[name] for name in groups}, vote_of(core).input[0])  # (rows, width)
        ours, asked = np.asarray(place(groups)), np.asarray(place(made_rows("regression", 100, seed=1)[0]))
        weights = np.exp(-np.linalg.norm(asked[:, None] - ours[None], axis=2))
        expected = weights @ target / weights.sum(axis=1)
        np.testing.assert_allclose(outcome.predictions[0][:, 0], expected, rtol=1e-4)
        layer = vote_of(core)
        is_there = np.asarray(layer.present) > 0
        assert is_there.sum() == 300
        standardised = np.sort(scale.standardise(target))
        np.testing.assert_allclose(np.sort(np.asarray(layer.labels)[is_there, 0]), standardised, atol=1e-5)

    def test_of_more_rows_than_there_is_room_for_some_are_remembered(self, tmp_path):
        trial, outcome = run(tmp_path, "regression", epochs=1, capacity=250)
        assert outcome.result.work > 250 * SMALL["width"]
        core, _ = core_of(tmp_path, trial, "regression")
        assert np.all(vote_of(core).present)
        assert len(np.unique(np.asarray(vote_of(core).labels))) == 250

    def test_a_training_that_was_interrupted_ends_with_the_same_bits(self, tmp_path, monkeypatch):
        from automl_cli.training import checkpoint

        class Killed(BaseException):
            """Goes through everything, as the end of a process does."""

        def kill(event):
            if event.epoch == 4:
                raise Killed

        monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0.0)
        monkeypatch.setattr(checkpoint, "_SHARE", 1e9)
        _, whole = run(tmp_path / "whole", "binary", epochs=6, hidden_blocks=1)
        with pytest.raises(Killed):
            run(tmp_path / "parts", "binary", epochs=6, hidden_blocks=1, watch=Watch(kill))
        heard = []
        _, resumed = run(tmp_path / "parts", "binary", epochs=6, hidden_blocks=1, watch=Watch(heard.append))
        assert len(heard) == 3
        assert resumed.curves == whole.curves
        np.testing.assert_array_equal(resumed.predictions, whole.predictions)

    def test_its_folds_are_not_trained_in_one_network(self):
        from automl_cli.training.stacked import can_stack

        assert not can_stack(build())


class TestNetwork:
    def test_labels_are_not_looked_at_outside_training(self):
        model, groups = build(), made_groups(EVERYTHING)
        layer = vote_of(model)
        layer.memory.assign(np.random.default_rng(0).normal(size=layer.memory.shape))
        layer.labels.assign(np.arange(layer.capacity)[:, None])
        layer.present.assign(np.ones(layer.capacity))
        one, other = (model({**read_by(model, groups), "target": np.full((24, 1), t, "float32")}) for t in (0.0, 1.0))
        np.testing.assert_array_equal(one, other)
        assert np.ptp(one) > 0

    def test_edges_lie_at_quantiles_of_the_rows_that_it_is_adapted_to(self):
        model = build(Layout(quantiles=2), embedding="piecewise", bins=4)
        rows = np.random.default_rng(0).gamma(1.0, size=(500, 2)).astype("float32")
        family().adapt(model, {"quantiles": rows}, seed=0)
        starts = np.asarray(model.get_layer("embedded_numbers").starts)
        np.testing.assert_allclose(starts.T, np.quantile(rows, [0, 0.25, 0.5, 0.75], axis=0), rtol=1e-5)

    def test_numbers_of_very_many_columns_are_read_as_they_are(self):
        kernels = {
            columns: build(Layout(numbers=columns), number_width=4, capacity=250).get_layer("place").kernel.shape
            for columns in (200, 201)
        }
        assert kernels == {200: (800, 128), 201: (201, 128)}


class TestSpace:
    @pytest.mark.parametrize(
        ("task", "vote"), [("binary", "classes"), ("multiclass", "classes"), ("regression", "numbers")]
    )
    def test_what_follows_from_the_table_is_not_searched(self, task, vote):
        space = family().for_table(task=task, rows=900).space
        assert (space["vote"].values, space["capacity"].values) == ((vote,), (1000,))
        space.validate({"vote": vote, "capacity": 7000})  # what came from another table is still understood

    @pytest.mark.parametrize(
        ("rows", "capacity"), [(10, 250), (250, 250), (251, 500), (4001, 7000), (10_000, 10_000), (10**6, 10_000)]
    )
    def test_there_is_room_for_all_rows_of_small_tables(self, rows, capacity):
        assert family().for_table(task="binary", rows=rows).space["capacity"].default == capacity
