"""How fast networks are trained, as ratios within one run.

    python benchmarks/training.py [epoch] [trials] [folds]

epoch    one epoch of a net of 2 x 128 (10,000 rows of 20 columns, batches of 256, Adam) against `model.fit` on NumPy
         arrays, at least 5 times faster, and against a hand-written jitted loop in JAX, at most 1.8 times slower.
trials   30 perceptrons on the same rows for the same epochs against `keras_tuner.RandomSearch`, at least 5 times
         faster.
folds    five folds of a net of 3 x 64 against one, through `run_trial`, at most 2 times slower.

All runs on one core, as a trial does. What is compared runs in turns, so that a busy machine slows all alike, and the
median counts. JAX and tensorboard, which KerasTuner needs, are no dependencies of the project: what lacks them is left
out.
"""

# ruff: noqa: ANN001, ANN201, ANN202, E402
import os
import statistics
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

from automl_cli.training.loop import Course
from automl_cli.training.runtime import prepare_tensorflow

prepare_tensorflow(threads=1)

import keras
import numpy as np

from automl_cli.records import Trial
from automl_cli.training import compiled, seeds
from automl_cli.training.engine import Engine
from automl_cli.training.losses import Objective
from automl_cli.training.rows import Rows, Source
from automl_cli.training.target_scale import NO_SCALE
from automl_cli.training.task import FoldData, TaskSetup
from automl_cli.training.trial import run_trial
from search_spaces.family import Layout

COLUMNS, BATCH = 20, 256
SETUP = TaskSetup("binary", 2, "log_loss", seed=0)
ADAM = {"optimizer": "adam", "learning_rate": 1e-3, "beta_2": 0.999}


def made_rows(rows):
    generator = np.random.default_rng(0)
    numbers = generator.normal(size=(rows, COLUMNS)).astype(np.float32)
    return numbers, (numbers[:, 0] * numbers[:, 1] > 0).astype(np.int64)


def made_folds(rows, folds):
    numbers, target = made_rows(rows)
    part = np.arange(rows) % 5
    return [
        FoldData(
            {"numbers": numbers[part != fold]},
            target[part != fold],
            {"numbers": numbers[part == fold]},
            target[part == fold],
            Layout(numbers=COLUMNS),
        )
        for fold in range(folds)
    ]


def made_network(width=128, depth=2):
    x = inputs = keras.Input((COLUMNS,), name="numbers")
    for _ in range(depth):
        x = keras.layers.Dense(width, activation="relu")(x)
    return keras.Model({"numbers": inputs}, keras.layers.Dense(1)(x))


def seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def in_turns(functions, *, rounds):
    """Returns the median seconds of each; a first round warms up."""
    for function in functions.values():
        function()
    times = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            times[name].append(seconds(function))
    return {name: statistics.median(each) for name, each in times.items()}


def engine_epoch(numbers, target, *, by_xla):
    network = made_network()
    shape = compiled.compile_once(network, ADAM, objective=Objective("binary", 2))
    values = {name: ADAM[name] for name in shape.value_names}
    engine = Engine(shape, values=[values], scales=[NO_SCALE], by_xla=by_xla)
    rows = Rows([Source({"numbers": numbers}, target)], len(target))
    state = engine.start([network.get_weights()], [engine.fresh_memory])
    rates = np.full((-(-len(target) // BATCH), 1), ADAM["learning_rate"])

    def epoch():
        engine.train_epoch(state, rows, course=Course(rates, BATCH, np.ones(1)), seeds=[seeds.stream(0)])

    return epoch


def keras_epoch(numbers, target):
    network = made_network()
    network.compile(keras.optimizers.Adam(1e-3), keras.losses.BinaryCrossentropy(from_logits=True))
    return lambda: network.fit({"numbers": numbers}, target, batch_size=BATCH, epochs=1, verbose=0)


def jax_epoch(numbers, target):
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_platforms", "cpu")
    weights = [jnp.asarray(weight) for weight in made_network().get_weights()]
    inputs, labels = jnp.asarray(numbers), jnp.asarray(target, jnp.float32)
    steps = -(-len(target) // BATCH)

    def loss_of(weights, x, y):
        for kernel, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
            x = jax.nn.relu(x @ kernel + bias)
        logits = (x @ weights[-2] + weights[-1])[:, 0]
        return jnp.mean(jnp.maximum(logits, 0) - logits * y + jnp.log1p(jnp.exp(-jnp.abs(logits))))

    def step(state, drawn):
        weights, means, squares, count = state
        gradients = jax.grad(loss_of)(weights, inputs[drawn], labels[drawn])
        count += 1
        rate = 1e-3 * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
        means = [m + (g - m) * 0.1 for m, g in zip(means, gradients, strict=True)]
        squares = [v + (g * g - v) * 0.001 for v, g in zip(squares, gradients, strict=True)]
        moved = [w - rate * m / (jnp.sqrt(v) + 1e-7) for w, m, v in zip(weights, means, squares, strict=True)]
        return (moved, means, squares, count), None

    @jax.jit
    def epoch(state, order):
        return jax.lax.scan(step, state, order)[0]

    zeros = [jnp.zeros_like(weight) for weight in weights]
    fresh = (weights, zeros, zeros, jnp.float32(0))

    def run():
        order = np.resize(np.random.default_rng(0).permutation(len(target)), (steps, BATCH))
        jax.block_until_ready(epoch(fresh, jnp.asarray(order)))

    return run


def compare_epochs():
    numbers, target = made_rows(10_000)
    ways = {
        "engine": engine_epoch(numbers, target, by_xla=False),
        "engine by XLA": engine_epoch(numbers, target, by_xla=True),
        "model.fit": keras_epoch(numbers, target),
    }
    if find_spec("jax"):
        ways["JAX"] = jax_epoch(numbers, target)
    else:
        print("JAX is not installed: not compared")
    times = in_turns(ways, rounds=15)
    for name in ("engine", "engine by XLA"):
        faster = times["model.fit"] / times[name]
        line = f"{name}: {1e3 * times[name]:.1f} ms an epoch, {faster:.1f} times as fast as fit"
        print(line + (f", {times[name] / times['JAX']:.2f} times JAX" if "JAX" in times else ""))


def compare_trials(trials=30, epochs=10):
    if not find_spec("tensorboard"):
        print("tensorboard is not installed, without which keras_tuner.RandomSearch cannot run: not compared")
        return
    import keras_tuner

    numbers, target = made_rows(10_000)
    fold = FoldData(
        {"numbers": numbers[:8000]}, target[:8000], {"numbers": numbers[8000:]}, target[8000:], Layout(numbers=COLUMNS)
    )
    tried = []

    def build(hyperparameters):
        depth = hyperparameters.Int("depth", 1, 3)
        width = hyperparameters.Choice("width", [32, 64, 128])
        rate = hyperparameters.Float("learning_rate", 1e-4, 1e-2, sampling="log")
        tried.append((depth, width, rate))
        network = made_network(width, depth)
        network.compile(keras.optimizers.Adam(rate), keras.losses.BinaryCrossentropy(from_logits=True))
        return network

    with tempfile.TemporaryDirectory() as folder:
        tuner = keras_tuner.RandomSearch(build, "val_loss", max_trials=trials, seed=1, directory=folder)
        rows = {"validation_data": (fold.validation, fold.validation_target)}
        theirs = seconds(
            lambda: tuner.search(fold.train, fold.train_target, epochs=epochs, batch_size=BATCH, verbose=0, **rows)
        )
        fixed = {"optimizer": "adam", "batch_size": BATCH, "activation": "relu", "dropout": 0.0, "patience": epochs}

        def ours():
            for number, (depth, width, rate) in enumerate(tried[-trials:], start=1):
                values = {"depth": depth, "width": width, "learning_rate": rate, "scaling": "robust", **fixed}
                trial = Trial(number, "mlp", values, epochs)
                outcome = run_trial(trial, task=SETUP, folds=[fold], folder=Path(folder) / str(number))
                assert outcome.result.state == "completed", outcome.result.reason

        mine = seconds(ours)
    print(f"{trials} trials of {epochs} epochs: {mine:.1f} s, RandomSearch {theirs:.1f} s, {theirs / mine:.1f} times")


def compare_folds(epochs=60):
    # The first trial of a shape compiles it, those behind it find it compiled.
    for rows in (300, 1000, 3000):
        compiled._cache.clear()
        with tempfile.TemporaryDirectory() as folder:
            numbers = iter(range(1, 1000))

            def train(folds, rows=rows, folder=folder, numbers=numbers):
                values = {"depth": 3, "width": 64, "scaling": "robust", "patience": epochs}
                trial = Trial(next(numbers), "mlp", values, epochs)
                outcome = run_trial(
                    trial, task=SETUP, folds=made_folds(rows, folds), folder=Path(folder) / str(trial.number)
                )
                assert outcome.result.state == "completed", outcome.result.reason

            cold = {folds: seconds(lambda folds=folds: train(folds)) for folds in (1, 5)}
            warm = in_turns({folds: lambda folds=folds: train(folds) for folds in (1, 5)}, rounds=3)
        print(
            f"{rows} rows: the first trial of five folds takes {cold[5] / cold[1]:.1f} times one fold "
            f"({cold[1]:.2f} s), later ones {warm[5] / warm[1]:.1f} times ({warm[1]:.2f} s)"
        )


if __name__ == "__main__":
    COMPARISONS = {"epoch": compare_epochs, "trials": compare_trials, "folds": compare_folds}
    for chosen in sys.argv[1:] or COMPARISONS:
        COMPARISONS[chosen]()
