"""The epochs of a fold: when they end, which weights stay, how the rate moves, and how a pause leaves no trace."""

import dataclasses
from itertools import pairwise

import keras
import numpy as np
import pytest

from automl_cli.records import Curves
from automl_cli.training import seeds
from automl_cli.training.loop import Member, Surroundings, run_epochs
from automl_cli.training.plan import Plan
from automl_cli.training.progress import Progress
from automl_cli.training.rows import Rows, Source
from automl_cli.training.schedules import cosine
from automl_cli.training.task import TrialFailure
from search_spaces.layers.dropout import Dropout
from tests.training.made_engine import ADAM, make_engine

pytestmark = pytest.mark.keras

PLAN = Plan(epochs=12, batch_size=16, learning_rate=0.02, schedule=None, patience=100)


def make_network():
    keras.utils.set_random_seed(0)
    x = inputs = keras.Input((4,), name="numbers")
    x = keras.layers.Dense(32, activation="tanh")(x)
    x = Dropout(0.2)(x)
    return keras.Model({"numbers": inputs}, keras.layers.Dense(1)(x))


def make_rows(count, seed, scale):
    generator = np.random.default_rng(seed)
    numbers = generator.normal(size=(count, 4)).astype(np.float32)
    return Source({"numbers": numbers}, scale * (numbers[:, 0] + generator.normal(size=count)))


def run(*plans, starts=None, stop_at=None, scale_target=1.0):
    """Trains one member for each plan on few noisy rows, so that overfitting comes soon."""
    network = make_network()
    engine = make_engine(network, {**ADAM, "gradient_clip_norm": 0.0}, members=len(plans))
    train, validation = (
        Rows([make_rows(40, 10 * member + part, scale_target) for member in range(len(plans))], 40) for part in (1, 2)
    )
    weights, heard = network.get_weights(), []
    fresh = Progress(Curves(), weights, engine.fresh_memory, weights)
    members = [
        Member(
            plan=plan,
            start=start or fresh,
            seeds=lambda epoch, number=number: seeds.stream(number, epoch),
            metric=lambda outputs: float(np.mean(outputs)),
            criterion=lambda loss, metric: loss,
            on_epoch=heard.append,
        )
        for number, (plan, start) in enumerate(zip(plans, starts or [None] * len(plans), strict=True))
    ]
    surroundings = Surroundings(should_stop=lambda: "time is up" if len(heard) == stop_at else None)
    trained = run_epochs(engine, members, train=train, validation=validation, surroundings=surroundings)
    for member, own in enumerate(trained):
        # The predictions are those of the best weights.
        best = engine.start([each.progress.best_weights for each in trained], [engine.fresh_memory] * len(plans))
        np.testing.assert_array_equal(engine.validate(best, validation)[1][member], own.predictions)
        losses = own.progress.curves.validation_loss
        assert engine.validate(best, validation)[0][member] == min(losses)
    return trained, heard


def run_one(plan, *, start=None, stop_at=None, scale_target=1.0):
    trained, heard = run(plan, starts=[start], stop_at=stop_at, scale_target=scale_target)
    return trained[0], heard


def test_every_epoch_is_recorded_and_heard():
    trained, heard = run_one(PLAN)
    curves = trained.progress.curves
    assert trained.stopped is None
    by_epoch = (curves.loss, curves.validation_loss, curves.validation_metric, curves.learning_rate, curves.criterion)
    assert {len(curve) for curve in (*by_epoch, *curves.gradient_norms.values())} == {12}
    assert [len(each.loss) for each in heard] == list(range(1, 13))
    assert heard[-1] == curves
    assert curves.loss[-1] < curves.loss[0]
    assert curves.learning_rate == pytest.approx([0.02] * 12)


def test_training_ends_when_patience_does_and_the_best_weights_stay():
    trained, _ = run_one(dataclasses.replace(PLAN, epochs=200, patience=5))
    assert trained.stopped is None
    assert len(trained.progress.curves.validation_loss) == trained.progress.best_epoch + 5 < 200


def test_a_plateau_lowers_the_rate():
    trained, _ = run_one(dataclasses.replace(PLAN, epochs=40, plateau=(3, 0.5)))
    rates = trained.progress.curves.learning_rate
    assert rates[0] == pytest.approx(0.02)
    assert rates[-1] < 0.02
    assert all(new == old or new == pytest.approx(old / 2) for old, new in pairwise(rates))


def test_a_schedule_moves_the_rate_within_an_epoch():
    trained, _ = run_one(dataclasses.replace(PLAN, schedule=lambda done: cosine(done / 12, final=0.0)))
    # 40 rows in batches of at most 16 are three steps; an epoch ends with the middle of its last.
    expected = [0.02 * cosine((epoch + 5 / 6) / 12, final=0.0) for epoch in range(12)]
    assert trained.progress.curves.learning_rate == pytest.approx(expected, rel=1e-5)


def test_a_wish_to_stop_is_granted_after_the_epoch():
    trained, heard = run_one(PLAN, stop_at=4)
    assert trained.stopped == "time is up"
    assert len(heard) == len(trained.progress.curves.loss) == 4


def test_what_has_ended_anyway_was_not_stopped():
    assert run_one(PLAN, stop_at=12)[0].stopped is None


@pytest.mark.parametrize(("scale", "named"), [(np.nan, "NaN"), (1e30, "infinite")])
def test_a_loss_that_is_no_number_ends_the_trial_with_its_epoch(scale, named):
    with pytest.raises(TrialFailure, match=f"the loss became {named} at epoch 1"):
        run_one(dataclasses.replace(PLAN, batch_size=40), scale_target=scale)


@pytest.mark.parametrize(
    "plan",
    [
        dataclasses.replace(PLAN, epochs=30, patience=8, plateau=(2, 0.5)),
        dataclasses.replace(PLAN, schedule=lambda done: cosine(done / 12, final=0.0)),
    ],
    ids=["patience and plateau", "schedule"],
)
@pytest.mark.parametrize("pause", [1, 5, 9])
def test_a_training_that_paused_equals_one_that_did_not(plan, pause):
    whole, all_heard = run_one(plan)
    first, _ = run_one(dataclasses.replace(plan, epochs=pause))
    rest, heard = run_one(plan, start=first.progress)
    assert len(heard) == len(all_heard) - pause
    assert_same(rest, whole)


def test_nothing_is_left_to_do_for_one_that_had_ended_early():
    plan = dataclasses.replace(PLAN, epochs=100, patience=3)
    ended, _ = run_one(plan)
    again, heard = run_one(dataclasses.replace(plan, epochs=200), start=ended.progress)
    assert heard == []
    assert_same(again, ended)


def test_members_end_each_at_its_own_time():
    plans = [dataclasses.replace(PLAN, epochs=60, patience=patience) for patience in (2, 60, 10)]
    trained, heard = run(*plans)
    lengths = [len(own.progress.curves.loss) for own in trained]
    assert lengths[1] == 60
    assert lengths[0] == trained[0].progress.best_epoch + 2
    assert len(heard) == sum(lengths)
    longer, _ = run(*[dataclasses.replace(plan, epochs=61) for plan in plans])
    # What the others went on with is not seen in a member that had ended.
    assert_same(longer[0], trained[0])


def test_members_that_paused_equal_members_that_did_not():
    plans = [dataclasses.replace(PLAN, epochs=20, patience=patience, plateau=(2, 0.5)) for patience in (2, 20)]
    whole, _ = run(*plans)
    first, _ = run(*[dataclasses.replace(plan, epochs=11) for plan in plans])
    rest, _ = run(*plans, starts=[own.progress for own in first])
    for ours, theirs in zip(rest, whole, strict=True):
        assert_same(ours, theirs)


def assert_same(ours, theirs):
    assert ours.progress.curves == theirs.progress.curves
    np.testing.assert_array_equal(ours.predictions, theirs.predictions)
    for kind in ("weights", "best_weights"):
        for one, other in zip(getattr(ours.progress, kind), getattr(theirs.progress, kind), strict=True):
            np.testing.assert_array_equal(one, other)
    for name, memory in theirs.progress.memory.items():
        np.testing.assert_array_equal(ours.progress.memory[name], memory)
