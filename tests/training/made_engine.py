"""Engines for made networks, without a family."""

import keras
import numpy as np

from automl_cli.training.compiled import compile_once
from automl_cli.training.engine import Engine
from automl_cli.training.losses import Objective
from automl_cli.training.rows import Rows, Source
from automl_cli.training.target_scale import NO_SCALE
from search_spaces.layers.dropout import Dropout

SQUARES = Objective("regression")
# Without momentum or moments, a gradient of 0 that rounds to something else moves nothing far.
SGD = {"optimizer": "sgd", "learning_rate": 0.01, "momentum": 0.0, "gradient_clip_norm": 1.0}
ADAM = {"optimizer": "adam", "learning_rate": 0.01, "beta_2": 0.999, "gradient_clip_norm": 1.0}


def make_network(*, dropout=0.0, l2=0.0, normalization=None, seed=0, embeds=True):
    keras.utils.set_random_seed(seed)
    inputs = {"numbers": keras.Input((3,), name="numbers")}
    x = inputs["numbers"]
    if embeds:
        inputs["codes"] = keras.Input((1,), dtype="int32", name="codes")
        levels = keras.layers.Flatten()(keras.layers.Embedding(4, 2)(inputs["codes"]))
        x = keras.layers.Concatenate()([x, levels])
    x = keras.layers.Dense(8, kernel_regularizer=keras.regularizers.L2(l2) if l2 else None)(x)
    x = normalization(name="norm")(x) if normalization else x
    x = keras.layers.Activation("tanh")(x)
    x = Dropout(dropout)(x) if dropout else x
    return keras.Model(inputs, keras.layers.Dense(1)(x))


def make_engine(network, recipe=ADAM, *, recipes=None, objective=SQUARES, members=1, by_xla=False):
    """Compiles a network; members may have recipes of their own, which differ in values alone."""
    recipes = recipes or [recipe] * members
    compiled = compile_once(network, recipes[0], objective=objective, members=len(recipes))
    values = [{name: float(own[name]) for name in compiled.value_names} for own in recipes]
    return Engine(compiled, values=values, scales=[NO_SCALE] * len(recipes), by_xla=by_xla)


def make_groups(rows=50, seed=0):
    generator = np.random.default_rng(seed)
    groups = {
        "numbers": generator.normal(size=(rows, 3)).astype(np.float32),
        "codes": generator.integers(0, 4, size=(rows, 1)).astype(np.int32),
    }
    return groups, groups["numbers"].sum(axis=1) + groups["codes"][:, 0] + 0.3 * generator.normal(size=rows)


def make_rows(count, length=None):
    return Rows([Source(*make_groups(count))], length or count)
