"""Rows 1 to 7, 15, 16 and 38 to 41 of the practices: one small training, looked at from all sides."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from automl_cli.data.split import make_split
from automl_cli.data.table import Table
from automl_cli.data.target import Target
from automl_cli.evaluation.metrics import METRICS
from automl_cli.events import EpochEnded
from automl_cli.records import Fold, Trial
from automl_cli.spec.dataset import ColumnSpec
from automl_cli.training.folds import LabelledTable, encode_folds
from automl_cli.training.losses import make_loss, make_objective
from automl_cli.training.optimizers import RULES, apply_rule
from automl_cli.training.task import TrialOutcome, Watch
from automl_cli.training.trial import load_member, run_trial
from search_spaces.tabular.hidden import activate, dense, normalize
from tests.training.made_data import BINARY, LAYOUT, make_folds, make_trial

pytestmark = pytest.mark.keras

FOLDS = make_folds(BINARY)
BOUND = 60


def train(folder: Path, heard: list[EpochEnded] | None = None) -> tuple[Trial, TrialOutcome]:
    trial = make_trial(epochs=BOUND, schedule_epochs=BOUND, patience=3, learning_rate=0.02)
    watch = Watch(on_epoch=heard.append) if heard is not None else None
    return trial, run_trial(trial, task=BINARY, folds=FOLDS, folder=folder, watch=watch)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Trial, TrialOutcome, list[EpochEnded]]:
    heard: list[EpochEnded] = []
    folder = tmp_path_factory.mktemp("trained") / "0001"
    trial, outcome = train(folder, heard)
    assert outcome.result.state == "completed", outcome.result.reason
    return folder, trial, outcome, heard


def test_row_01_rows_are_divided_with_the_same_mix_of_classes() -> None:
    classes = np.array([0] * 150 + [1] * 50)
    split = make_split(Target(classes, np.ones(200, bool), ("no", "yes")), folds=5)
    parts = [split.test, *(fold.validation for fold in split.folds)]
    assert sorted(np.concatenate(parts)) == list(range(200))
    assert [round(float(classes[part].mean()), 2) for part in parts] == [0.25] * 6


def test_row_01_scaling_knows_nothing_of_rows_that_are_not_learned_from(tmp_path: Path) -> None:
    def encoded(last: float) -> np.ndarray:
        values = np.arange(40, dtype=np.float32)
        values[30:] = last
        table, columns = Table({"x": values}), {"x": ColumnSpec(kind="number", dtype="float32")}
        labelled = LabelledTable(table, columns, np.arange(40) % 2, "binary")
        fold = Fold(np.arange(30), np.arange(30, 40))
        return encode_folds([fold], labelled, seed=0, folder=tmp_path / str(last))[0].data.train["numbers"]

    np.testing.assert_array_equal(encoded(1e6), encoded(-1e6))


@pytest.mark.parametrize(
    ("activation", "expected"), [("relu", "HeNormal"), ("selu", "LecunNormal"), ("tanh", "Glorot")]
)
def test_row_02_initial_weights_follow_the_activation(activation: str, expected: str) -> None:
    inputs = keras.Input((8,))
    layer = keras.Model(inputs, dense(inputs, 4, activation=activation, name="layer")).get_layer("layer")
    assert type(layer.kernel_initializer).__name__.startswith(expected)


def test_row_03_every_row_is_predicted_by_a_network_that_has_not_seen_it(
    trained: tuple[Path, Trial, TrialOutcome, list[EpochEnded]],
) -> None:
    _, _, outcome, _ = trained
    for fold, predictions in zip(FOLDS, outcome.predictions, strict=True):
        assert predictions.shape == (len(fold.validation_target), 2)
        np.testing.assert_allclose(predictions.sum(axis=1), 1, rtol=1e-5)


def test_row_04_the_loss_is_measured_on_both_kinds_of_rows(
    trained: tuple[Path, Trial, TrialOutcome, list[EpochEnded]],
) -> None:
    _, _, outcome, _ = trained
    for curves in outcome.curves:
        assert len(curves.loss) == len(curves.validation_loss) > 3
        assert np.isfinite(curves.loss).all()
        assert curves.loss != curves.validation_loss


def test_row_05_gradients_are_those_of_the_loss() -> None:
    logits, target = tf.Variable([[[0.3], [-1.2]]]), tf.constant([[1.0, 0.0]])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(make_loss(make_objective(BINARY, {}))(target, logits, {}))
    expected = tf.sigmoid(logits)[..., 0] - target
    np.testing.assert_allclose(tape.gradient(loss, logits)[..., 0], expected, rtol=1e-5)


def test_row_06_a_step_goes_against_the_gradient() -> None:
    rule, column = RULES["sgd"], tf.constant([[0.1]])
    memory = {name: tf.constant(array)[None] for name, array in rule.fresh(2).items()}
    weights, _ = apply_rule(
        rule, tf.constant([[1.0, 2.0]]), gradient=tf.constant([[1.0, -1.0]]), memory=memory, rate=column,
        values={"momentum": tf.constant([[0.0]])},
    )  # fmt: skip
    np.testing.assert_allclose(weights, [[0.9, 2.1]], rtol=1e-6)


def test_row_07_training_ends_when_nothing_improves_any_more(
    trained: tuple[Path, Trial, TrialOutcome, list[EpochEnded]],
) -> None:
    _, trial, outcome, _ = trained
    for curves in outcome.curves:
        assert 3 < len(curves.loss) < trial.epochs
        assert len(curves.validation_loss) - int(np.argmin(curves.validation_loss)) - 1 == 3


def test_row_15_units_are_dropped_in_training_alone_and_values_normalised() -> None:
    inputs = keras.Input((16,))
    for kind, expected in (("batch", "BatchNormalization"), ("layer", "LayerNormalization")):
        model = keras.Model(inputs, normalize(inputs, kind, name="x"))
        assert expected in [type(layer).__name__ for layer in model.layers]
    model = keras.Model(inputs, activate(inputs, "relu", dropout=0.5, name="x"))
    rows = np.ones((64, 16), np.float32)
    assert 0.3 < float((model(rows, training=True).numpy() == 0).mean()) < 0.7
    np.testing.assert_array_equal(model(rows, training=False), rows)


def test_row_16_the_weights_of_the_best_epoch_are_kept(
    trained: tuple[Path, Trial, TrialOutcome, list[EpochEnded]],
) -> None:
    folder, trial, outcome, _ = trained
    for number, (curves, best) in enumerate(zip(outcome.curves, outcome.result.best_epochs, strict=True)):
        assert best == len(curves.loss) - 3
        member = load_member(folder, trial, fold=number, layout=LAYOUT, setup=BINARY)
        predicted = member({name: FOLDS[number].validation[name] for name in member.input})
        value = METRICS["log_loss"].function(FOLDS[number].validation_target, np.asarray(predicted))
        assert value == pytest.approx(curves.validation_loss[best - 1], rel=1e-3)


def test_row_38_a_score_is_of_rows_that_were_not_learned_from(
    trained: tuple[Path, Trial, TrialOutcome, list[EpochEnded]],
) -> None:
    _, _, outcome, _ = trained
    truth = np.concatenate([fold.validation_target for fold in FOLDS])
    assert outcome.result.score == METRICS["roc_auc"].function(truth, np.concatenate(outcome.predictions))
    assert len(outcome.result.fold_scores) == 2


def test_row_39_loss_and_rate_are_told_epoch_by_epoch(
    trained: tuple[Path, Trial, TrialOutcome, list[EpochEnded]],
) -> None:
    _, _, outcome, heard = trained
    for number, curves in enumerate(outcome.curves):
        told = [event for event in heard if event.fold == number]
        assert [event.epoch for event in told] == list(range(1, len(curves.loss) + 1))
        assert tuple(event.validation_loss for event in told) == pytest.approx(curves.validation_loss)
        assert all(event.learning_rate > 0 for event in told)


def test_row_40_what_was_trained_is_not_trained_again(
    trained: tuple[Path, Trial, TrialOutcome, list[EpochEnded]],
) -> None:
    folder, _, outcome, _ = trained
    assert sorted(path.name for path in folder.glob("*.weights.npz")) == ["fold-1.weights.npz", "fold-2.weights.npz"]
    heard: list[EpochEnded] = []
    _, again = train(folder, heard)
    assert heard == []
    assert again.result.score == outcome.result.score


def test_row_41_the_same_seed_gives_the_same_bits(
    trained: tuple[Path, Trial, TrialOutcome, list[EpochEnded]], tmp_path: Path
) -> None:
    _, _, outcome, _ = trained
    _, again = train(tmp_path / "0001")
    assert again.curves == outcome.curves
    for one, other in zip(again.predictions, outcome.predictions, strict=True):
        np.testing.assert_array_equal(one, other)
