from __future__ import annotations

import numpy as np
import pytest

from search_spaces.family import Layout, core_model, load_families
from tests.contracts.family_contract import EVERYTHING, GradientFamilyContract, made_groups, read_by

pytestmark = pytest.mark.keras

# Small, without most parts; see the head of the family's YAML.
SMALL = {"embedding": "none", "parametric": False, "dropout": 0.0, "initialization": "normal"}


class TestRealMlp(GradientFamilyContract):
    name = "realmlp"


def family():
    return load_families(["realmlp"])["realmlp"]


def build(layout: Layout = EVERYTHING, *, outputs: int = 2, **values):
    return core_model(family(), layout, outputs=outputs, hyperparameters=values, seed=0)


def adapted(layout: Layout, groups, **values):
    model = build(layout, **values)
    family().adapt(model, read_by(model, groups), seed=3)
    return model


@pytest.mark.parametrize(
    ("activation", "outputs", "expected"),
    [
        ("mish", 1, [[0.45889664], [0.32451278], [0.664983]]),
        (
            "selu",
            3,
            [
                [0.1461318, -1.0399592, -1.2699165],
                [0.08583178, -1.0246966, -1.1931236],
                [0.22754975, -1.0661114, -1.3795946],
            ],
        ),
    ],
)
def test_equal_weights_give_what_pytabkit_gives(activation, outputs, expected):
    """pytabkit 1.7.3: `NNFactory` with the defaults of RealMLP-TD but sizes, and no preprocessing."""
    model = build(
        Layout(numbers=2), outputs=outputs, activation=activation, depth=2, width=4, number_width=3, frequencies=2
    )
    # There, waves of all columns come before the numbers; here, a number's waves follow it.
    order = [4, 0, 1, 5, 2, 3]
    weights = {
        "waves": {
            "frequency": wave(2, 2),
            "kernel": wave(2, 2, 2, start=7),
            "phase": wave(2, 2, start=14),
            "bias": wave(2, 2, start=21),
        },
        "front_scale": {"scale": wave(6, start=28)[order]},
        "hidden_0": {"kernel": wave(6, 4, start=35)[order], "bias": wave(4, start=42)},
        "hidden_0_bend": {"share": wave(4, start=49)},
        "hidden_1": {"kernel": wave(4, 4, start=56), "bias": wave(4, start=63)},
        "hidden_1_bend": {"share": wave(4, start=70)},
        "logits": {"kernel": wave(4, outputs, start=77), "bias": wave(outputs, start=84)},
    }
    for layer, own in weights.items():
        for name, value in own.items():
            variable = getattr(model.get_layer(layer), name)
            variable.assign(value / (variable.decay_factor**0.5 or 0.1))
    numbers = np.array([[0.5, -1.0], [2.0, 0.25], [-0.75, 1.5]], "float32")
    np.testing.assert_allclose(model({"numbers": numbers}), expected, atol=1e-5)


def wave(*shape: int, start: int = 0) -> np.ndarray:
    return np.sin(np.arange(1, np.prod(shape) + 1) + start).reshape(shape)


class TestInputs:
    def test_each_number_has_so_many_values(self):
        assert build(Layout(numbers=3), number_width=5).get_layer("front_scale").scale.shape == (15,)
        assert build(Layout(numbers=3), embedding="none").get_layer("front_scale").scale.shape == (3,)

    def test_numbers_of_very_many_columns_stand_for_themselves(self):
        assert build(Layout(numbers=500), width=64).get_layer("front_scale").scale.shape == (2000,)
        assert build(Layout(numbers=501), width=64).get_layer("front_scale").scale.shape == (501,)

    def test_only_columns_that_are_not_one_hot_are_embedded(self):
        model = build(Layout(one_hot=21, cardinalities=(18, 19, 3, 40)), embedding_width=4)
        assert model.get_layer("levels").embeddings.shape == (19 + 40, 4)
        few = build(Layout(one_hot=21, cardinalities=(18, 3)))
        assert set(few.input) == {"one_hot"}

    def test_levels_of_different_columns_have_vectors_of_their_own(self):
        import keras

        model = build(Layout(one_hot=3, cardinalities=(3, 40, 3, 30)), embedding_width=2)
        table = model.get_layer("levels").get_weights()[0]
        flat = keras.Function(model.input, model.get_layer("levels_flat").output)
        groups = {"one_hot": np.zeros((1, 3)), "codes": np.array([[1, 7, 2, 5]], "int32")}
        np.testing.assert_array_equal(flat(groups), [[*table[7], *table[40 + 5]]])


class TestAdapting:
    groups = made_groups(EVERYTHING, rows=300)

    def test_units_of_every_layer_vary_alike_and_bend_inside_the_data(self):
        import keras

        model = adapted(EVERYTHING, self.groups, outputs=3)
        for name in ("hidden_0", "hidden_1", "hidden_2", "logits"):
            outputs = np.asarray(keras.Function(model.input, model.get_layer(name).output)(read_by(model, self.groups)))
            np.testing.assert_allclose(outputs.std(axis=0), 1, rtol=1e-3)
            assert ((outputs.min(axis=0) < 0) & (outputs.max(axis=0) > 0)).all()

    def test_only_dense_layers_change(self):
        before, after = build(), adapted(EVERYTHING, self.groups)
        changed = [
            variable.path
            for variable, old, new in zip(before.weights, before.get_weights(), after.get_weights(), strict=True)
            if not np.array_equal(old, new)
        ]
        dense = [
            f"{layer}/{name}" for layer in ("hidden_0", "hidden_1", "hidden_2", "logits") for name in ("kernel", "bias")
        ]
        assert changed == dense

    def test_the_seed_alone_decides(self):
        first, again = (adapted(EVERYTHING, self.groups).get_weights() for _ in range(2))
        assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))

    def test_rows_are_only_read_and_one_is_enough(self):
        layout = Layout(numbers=2, cardinalities=(30,))
        groups = made_groups(layout, rows=1)
        for array in groups.values():
            array.flags.writeable = False  # as memory-mapped files are
        assert all(np.isfinite(weights).all() for weights in adapted(layout, groups).get_weights())

    def test_the_small_variant_stays_as_it_was_drawn_and_starts_at_zero(self):
        model, same = build(**SMALL), adapted(EVERYTHING, self.groups, **SMALL)
        assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), same.get_weights(), strict=True))
        assert not np.any(model(read_by(model, self.groups)))
        kinds = {type(layer).__name__ for layer in model.layers}
        assert not kinds & {"PeriodicEmbedding", "ParametricActivation", "Dropout"}


class TestRecipe:
    def test_defaults_are_those_of_the_paper(self):
        chosen = {
            task: family().for_table(task=task, rows=20_000).full_space.defaults() for task in ("binary", "regression")
        }
        for task, (rate, activation) in {"binary": (0.04, "selu"), "regression": (0.2, "mish")}.items():
            values = chosen[task]
            assert (values["learning_rate"], values["activation"]) == (rate, activation)
            assert (values["optimizer"], values["beta_2"], values["weight_decay"]) == ("adamw", 0.95, 0.02)
            assert (values["schedule"], values["regularization_schedule"]) == ("coslog4", "flat_cos")
            assert (values["epochs"], values["gradient_clip_norm"]) == (128, 0.0)
            assert values["patience"] >= family().recipe["epochs"].high  # never ends early
        assert chosen["binary"]["label_smoothing"] == 0

    @pytest.mark.parametrize(
        ("rows", "batch"),
        [(1024, 64), (1025, 128), (8192, 128), (30_000, 256), (100_000, 512), (100_001, 1024)],
    )
    def test_batches_grow_with_the_rows(self, rows, batch):
        assert family().for_table(task="binary", rows=rows).recipe["batch_size"].default == batch

    def test_the_small_variant_is_allowed(self):
        space = family().for_table(task="regression", rows=1000).full_space
        space.validate(SMALL | {"optimizer": "adam", "learning_rate": 0.07})


def test_numbers_are_scaled_and_clipped_as_in_pytabkit():
    """pytabkit 1.7.3: median centre, robust scale and smooth clip, the constant column left out."""
    from automl_cli.preprocessing.scaling import fit_scaling

    columns = np.array([[0, 5, 1], [1, 5, 2], [2, 5, -4], [3, 5, 100], [4, 7, 8], [10, 5, 7.5]])
    layer = fit_scaling(columns, owners="abc", bounded=[False] * 3)
    expected = [
        [-0.9486833, 0.0, -0.55622363],
        [-0.58834845, 0.0, -0.41117707],
        [-0.19955702, 0.0, -1.2087946],
        [0.19955702, 0.0, 2.9367487],
        [0.58834845, 1.6641006, 0.48413602],
        [2.1213205, 0.0, 0.41117707],
    ]
    np.testing.assert_allclose(layer([columns])["numbers"], expected, atol=1e-6)
