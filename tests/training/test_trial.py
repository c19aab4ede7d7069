"""A trial, from its configuration to its result: of every family, again, promoted, stopped and broken."""

import dataclasses
import gc

import numpy as np
import pytest
from tensorflow.python.framework.func_graph import FuncGraph

from automl_cli.errors import RunError
from automl_cli.evaluation.metrics import METRICS
from automl_cli.training import compiled, gradient
from automl_cli.training.task import Watch
from automl_cli.training.trial import load_member, run_trial
from search_spaces.family import family_names
from tests.training.made_data import BINARY, LAYOUT, MULTICLASS, REGRESSION, SETUPS, make_folds, make_trial

pytestmark = pytest.mark.keras


@pytest.fixture(params=[False, True], ids=["one by one", "together"])
def together(request, monkeypatch):
    """Decides how folds train, whatever pays."""
    monkeypatch.setattr(gradient, "pays_to_stack", lambda **_: request.param)
    return request.param


@pytest.fixture
def one_by_one(monkeypatch):
    monkeypatch.setattr(gradient, "pays_to_stack", lambda **_: False)


def run(tmp_path, trial, *, setup=BINARY, folds=None, watch=None):
    folder = tmp_path / f"{trial.number:04d}"
    return run_trial(trial, task=setup, folds=folds or make_folds(setup), folder=folder, watch=watch)


@pytest.mark.parametrize("task", SETUPS)
@pytest.mark.parametrize("family", family_names())
def test_every_family_learns_predicts_and_comes_back_from_its_files(tmp_path, family, task):
    setup, trial = SETUPS[task], make_trial(family, epochs=2)
    folds = make_folds(setup)
    outcome = run(tmp_path, trial, setup=setup, folds=folds)
    result = outcome.result
    assert result.state == "completed", result.reason
    assert (len(result.fold_scores), len(result.best_epochs), len(outcome.curves)) == (2, 2, 2)
    truth = np.concatenate([fold.validation_target for fold in folds])
    assert result.score == METRICS[setup.metric].function(truth, np.concatenate(outcome.predictions))
    for number, fold in enumerate(folds):
        predictions = outcome.predictions[number]
        assert predictions.shape == (60, setup.classes or 1)
        member = load_member(tmp_path / "0001", trial, fold=number, layout=LAYOUT, setup=setup)
        loaded = member({name: fold.validation[name] for name in member.input})
        np.testing.assert_allclose(loaded, predictions, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("setup", [BINARY, MULTICLASS, REGRESSION], ids=lambda setup: setup.task)
def test_a_network_beats_the_constant(tmp_path, setup):
    metric = METRICS[setup.metric]
    constant = run(tmp_path, make_trial("constant"), setup=setup).result.score
    network = run(tmp_path, make_trial(epochs=25, number=2, learning_rate=0.02), setup=setup).result.score
    assert metric.improvement(network, constant) > 0


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_seed_gives_the_same_bits(tmp_path, seed, together):
    setup, trial = dataclasses.replace(BINARY, seed=seed), make_trial(dropout=0.3)
    first, second = run(tmp_path / "a", trial, setup=setup), run(tmp_path / "b", trial, setup=setup)
    assert first.curves == second.curves
    np.testing.assert_array_equal(first.predictions, second.predictions)


def test_another_seed_gives_another_network(tmp_path):
    trial = make_trial()
    scores = {run(tmp_path, trial, setup=dataclasses.replace(BINARY, seed=seed)).curves for seed in (0, 1)}
    assert len(scores) == 2


def test_a_fold_does_not_depend_on_those_before_it(tmp_path, one_by_one):
    folds = make_folds(folds=3)
    trial = make_trial(dropout=0.3)
    together = run(tmp_path / "a", trial, folds=folds)
    # Another layout before it: nothing that was compiled or trained for the first fold can be used for the second.
    groups = {"numbers": folds[0].train["numbers"]}, {"numbers": folds[0].validation["numbers"]}
    narrow = dataclasses.replace(
        folds[0], train=groups[0], validation=groups[1], layout=dataclasses.replace(LAYOUT, one_hot=0, cardinalities=())
    )
    apart = run(tmp_path / "b", trial, folds=[narrow, *folds[1:]])
    assert apart.result.state == "completed", apart.result.reason
    assert apart.curves[1:] == together.curves[1:]
    assert apart.curves[0] != together.curves[0]


@pytest.mark.parametrize("schedule", ["plateau", "warmup_cosine"])
def test_a_promoted_trial_equals_one_that_was_never_interrupted(tmp_path, schedule, together):
    values = {"schedule": schedule, "dropout": 0.2, "schedule_epochs": 9, "learning_rate": 0.02}
    first = run(tmp_path, make_trial(epochs=3, number=1, **values))
    assert len(first.curves[0].loss) == 3
    promoted = run(tmp_path, make_trial(epochs=9, number=2, parent=1, **values))
    whole = run(tmp_path, make_trial(epochs=9, number=3, **values))
    assert promoted.curves == whole.curves
    assert promoted.result.best_epochs == whole.result.best_epochs
    assert promoted.result.score == whole.result.score
    np.testing.assert_array_equal(promoted.predictions, whole.predictions)


def test_a_promoted_trial_trains_only_its_own_epochs(tmp_path, together):
    heard = []
    run(tmp_path, make_trial(epochs=2))
    run(tmp_path, make_trial(epochs=5, number=2, parent=1), watch=Watch(on_epoch=heard.append))
    by_fold = [(0, 3), (0, 4), (0, 5), (1, 3), (1, 4), (1, 5)]
    by_epoch = sorted(by_fold, key=lambda pair: pair[1])
    assert [(event.fold, event.epoch) for event in heard] == (by_epoch if together else by_fold)
    assert {(event.number, event.epochs) for event in heard} == {(2, 5)}


def test_a_parent_without_files_fails_the_trial_in_words(tmp_path):
    outcome = run(tmp_path, make_trial(number=2, parent=1))
    assert outcome.result.state == "failed"
    assert outcome.result.reason.startswith("trial 1 left nothing to go on from")


def stop_after(epochs, *, fold):
    """A watch that stops one fold after so many of its epochs, and every fold after it."""
    heard = []

    def should_stop(number):
        done = sum(event.fold == fold for event in heard)
        return "time is up" if number >= fold and done >= epochs else None

    return Watch(heard.append, should_stop)


def test_folds_train_together_as_they_do_one_by_one(tmp_path, monkeypatch):
    trial = make_trial(epochs=6, dropout=0.2, learning_rate=0.01, normalization="layer")
    outcomes = []
    for way in (False, True):
        monkeypatch.setattr(gradient, "pays_to_stack", lambda way=way, **_: way)
        outcomes.append(run(tmp_path / str(way), trial, folds=make_folds(folds=3, rows=121)))
    for apart, together in zip(*(outcome.predictions for outcome in outcomes), strict=True):
        np.testing.assert_allclose(apart, together, atol=1e-4)
    for apart, together in zip(*(outcome.curves for outcome in outcomes), strict=True):
        np.testing.assert_allclose(apart.validation_loss, together.validation_loss, rtol=1e-3)


def test_a_stop_in_the_last_fold_keeps_a_score(tmp_path, one_by_one):
    outcome = run(tmp_path, make_trial(epochs=20), watch=stop_after(2, fold=1))
    result = outcome.result
    assert (result.state, result.reason) == ("stopped", "time is up")
    assert result.score is not None
    assert [len(curves.loss) for curves in outcome.curves] == [20, 2]


def test_a_stop_keeps_a_score_where_all_folds_train_together(tmp_path, monkeypatch):
    monkeypatch.setattr(gradient, "pays_to_stack", lambda **_: True)
    outcome = run(tmp_path, make_trial(epochs=20), watch=stop_after(2, fold=1))
    assert (outcome.result.state, outcome.result.reason) == ("stopped", "time is up")
    assert [len(curves.loss) for curves in outcome.curves] == [2, 2]


def test_a_stop_before_all_folds_have_begun_leaves_no_score(tmp_path, one_by_one):
    outcome = run(tmp_path, make_trial(epochs=20), watch=stop_after(2, fold=0))
    result = outcome.result
    assert (result.state, result.score, outcome.predictions) == ("failed", None, ())
    assert result.reason == "time is up; 1 of 2 folds were trained"


def test_a_network_that_diverges_fails_with_its_epoch(tmp_path):
    outcome = run(
        tmp_path,
        make_trial(optimizer="sgd", learning_rate=1e20, gradient_clip_norm=0.0, epochs=5),
        setup=REGRESSION,
    )
    assert outcome.result.state == "failed"
    assert "became" in outcome.result.reason
    assert "at epoch" in outcome.result.reason
    assert not (tmp_path / "0001" / "error.txt").exists()


def test_what_breaks_costs_one_trial_and_leaves_its_trace(tmp_path):
    outcome = run(tmp_path, make_trial(activation="no such activation"))
    assert outcome.result.state == "failed"
    assert "no such activation" in outcome.result.reason
    assert "\n" not in outcome.result.reason
    assert "Traceback" in (tmp_path / "0001" / "error.txt").read_text()


def test_a_folder_that_cannot_be_written_ends_more_than_the_trial(tmp_path):
    (tmp_path / "0001").write_text("in the way")
    with pytest.raises(RunError):
        run(tmp_path, make_trial())


@pytest.mark.parametrize("family", ["mlp", "linear"])
def test_damaged_weights_are_an_error_in_words(tmp_path, family):
    trial = make_trial(family)
    run(tmp_path, trial)
    path = tmp_path / "0001" / "fold-1.weights.npz"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(RunError, match=path.name):
        load_member(tmp_path / "0001", trial, fold=0, layout=LAYOUT, setup=BINARY)


def test_what_is_compiled_is_kept_for_few_shapes_and_then_given_back(tmp_path, monkeypatch):
    monkeypatch.setattr(compiled, "_KEPT", 2)

    def graphs_after(number, **values):
        outcome = run(tmp_path, make_trial(epochs=1, number=number, activation="silu", **values))
        assert outcome.result.state == "completed", outcome.result.reason
        gc.collect()
        return sum(isinstance(thing, FuncGraph) for thing in gc.get_objects())

    graphs_after(1, width=32)
    full = graphs_after(2, width=33)
    assert graphs_after(3, width=34) == full
    # Rates, decay and the share that is dropped are no part of the shape.
    kept = list(compiled._cache)
    assert graphs_after(4, width=34, learning_rate=0.1, dropout=0.4, weight_decay=0.01) == full
    assert list(compiled._cache) == kept


def test_the_result_does_not_depend_on_what_was_trained_before(tmp_path, monkeypatch):
    trial = make_trial(dropout=0.2)
    run(tmp_path / "a", make_trial(dropout=0.4, learning_rate=0.1))
    warm = run(tmp_path / "b", trial)
    compiled._cache.clear()
    cold = run(tmp_path / "c", trial)
    assert warm.curves == cold.curves
    np.testing.assert_array_equal(warm.predictions, cold.predictions)
