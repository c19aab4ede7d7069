"""Small made folds, and trials short enough for tests."""

import numpy as np

from automl_cli.records import Trial
from automl_cli.training.task import FoldData, TaskSetup
from search_spaces.family import Layout

BINARY = TaskSetup("binary", 2, "roc_auc", seed=0)
MULTICLASS = TaskSetup("multiclass", 3, "log_loss", seed=0)
REGRESSION = TaskSetup("regression", 0, "rmse", seed=0)
SETUPS = {setup.task: setup for setup in (BINARY, MULTICLASS, REGRESSION)}

LAYOUT = Layout(numbers=4, one_hot=3, cardinalities=(5,))


def make_rows(rows=120, seed=0):
    """Groups of LAYOUT and a signal in them, `(rows,)`."""
    generator = np.random.default_rng(seed)
    codes = generator.integers(0, 5, size=(rows, 1)).astype(np.int32)
    numbers = generator.normal(size=(rows, 4)).astype(np.float32)
    one_hot = np.eye(3, dtype=np.float32)[generator.integers(3, size=rows)]
    signal = numbers[:, 0] + numbers[:, 1] * (codes[:, 0] > 2) + 0.3 * generator.normal(size=rows)
    return {"numbers": numbers, "one_hot": one_hot, "codes": codes}, signal


def make_target(signal, setup):
    if setup.task == "binary":
        return (signal > 0).astype(np.int64)
    if setup.task == "multiclass":
        return np.digitize(signal, [-0.5, 0.5]).astype(np.int64)
    return 1000 + 50 * signal


def make_folds(setup=BINARY, *, folds=2, rows=120):
    groups, signal = make_rows(rows)
    target = make_target(signal, setup)
    parts = np.arange(rows) % folds

    def fold(number):
        inside, outside = parts != number, parts == number
        return FoldData(
            train={name: values[inside] for name, values in groups.items()},
            train_target=target[inside],
            validation={name: values[outside] for name, values in groups.items()},
            validation_target=target[outside],
            layout=LAYOUT,
        )

    return [fold(number) for number in range(folds)]


def make_trial(family="mlp", *, epochs=3, schedule_epochs=None, number=1, parent=None, **hyperparameters):
    small = {"depth": 1, "width": 32, "embedding_width": 2, "batch_size": 32} if family == "mlp" else {}
    horizon = {"epochs": schedule_epochs} if schedule_epochs else {}
    return Trial(number, family, small | horizon | hyperparameters, epochs, parent=parent)
