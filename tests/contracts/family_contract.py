"""What every model family must do; a family's test class inherits one of the two suites and names the family."""

from __future__ import annotations

import inspect
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pytest

from search_spaces.family import Family, Layout, core_model, load_families
from search_spaces.grammar import Parameter, Space, Value

if TYPE_CHECKING:  # Collecting the tests must not import TensorFlow: the fast ones run without it.
    import keras

ROWS = 24
LAYOUTS = {
    "numbers alone": Layout(numbers=3, quantiles=3, values=3),
    "numbers with gaps": Layout(numbers=4, quantiles=4, indicators=1, values=4),
    "categories of few levels": Layout(one_hot=9, cardinalities=(4, 5)),
    "categories of many levels": Layout(cardinalities=(300, 40), statistics=4),
    "codes alone": Layout(cardinalities=(7,)),
    "text alone": Layout(text=6),
    "everything": Layout(
        numbers=4,
        quantiles=4,
        indicators=2,
        one_hot=8,
        cardinalities=(3, 5, 90),
        statistics=2,
        text=5,
        values=4,
        crosses=3,
    ),
}
EVERYTHING = LAYOUTS["everything"]
TASKS = ("binary", "multiclass", "regression")

each_layout = pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
each_task = pytest.mark.parametrize("task", TASKS)


def made_groups(layout: Layout, *, rows: int = ROWS, seed: int = 0) -> dict[str, np.ndarray]:
    """Draws encoded columns as preprocessing would give them."""
    generator = np.random.default_rng(seed)
    groups = {
        group: generator.normal(size=(rows, width)).astype("float32")
        for group, width in layout.widths.items()
        if group != "codes"
    }
    if layout.cardinalities:
        groups["codes"] = generator.integers(0, layout.cardinalities, (rows, len(layout.cardinalities)), dtype="int32")
    return groups


def read_by(model: keras.Model, groups: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Returns the groups that a model reads, and no others; with labels of two classes in turn if it reads some."""
    labels = np.arange(len(next(iter(groups.values()))), dtype="float32")[:, None] % 2
    return {group: groups.get(group, labels) for group in model.input}


def made_target(task: str, *, rows: int = ROWS, classes: int = 3) -> np.ndarray:
    """Draws class indices, each class at least once, or numbers far from 0."""
    if task == "regression":
        return np.random.default_rng(1).normal(500.0, 20.0, rows)
    return np.random.default_rng(1).permutation(np.arange(rows) % (2 if task == "binary" else classes))


class GradientFamilyContract:
    """Inherit and set `name`."""

    name: ClassVar[str]

    @pytest.fixture
    def family(self) -> Family:
        return load_families([self.name])[self.name]

    def test_the_builder_takes_exactly_the_declared_hyperparameters(self, family: Family) -> None:
        taken = set(inspect.signature(family.build).parameters) - {"inputs", "layout", "outputs"}
        assert taken == set(family.space.names)

    @each_task
    def test_defaults_are_valid_for_every_task_and_size(self, family: Family, task: str) -> None:
        for rows in (10, 3_000, 1_000_000):
            space = family.for_table(task=task, rows=rows).full_space
            space.validate(space.defaults())

    @each_layout
    @pytest.mark.parametrize("outputs", [1, 3])
    def test_every_layout_gives_a_network_of_the_asked_width(
        self, family: Family, layout: Layout, outputs: int
    ) -> None:
        model = core_model(family, layout, outputs=outputs, hyperparameters={}, seed=0)
        raw = model(read_by(model, made_groups(layout)))
        assert (raw.shape[0], raw.shape[-1]) == (ROWS, outputs)
        assert len(raw.shape) in (2, 3)  # several models in one answer side by side
        assert np.isfinite(raw).all()

    @each_layout
    def test_every_input_of_the_network_changes_its_output(self, family: Family, layout: Layout) -> None:
        model = core_model(family, layout, outputs=3, hyperparameters={}, seed=0)
        _train_a_step(model, read_by(model, made_groups(layout)))  # Weights that start at 0 hide their input.
        groups, others = (read_by(model, made_groups(layout, seed=seed)) for seed in (0, 1))
        for group in model.input:
            changed = model(groups | {group: others[group]})
            assert not np.allclose(changed, model(groups)), f"{group} is read but not used"

    def test_every_declared_value_can_be_built_and_trained(self, family: Family) -> None:
        groups = made_groups(EVERYTHING)
        for values in _covering(family.space):
            model = core_model(family, EVERYTHING, outputs=3, hyperparameters=values, seed=0)
            _train_a_step(model, read_by(model, groups))
            assert np.isfinite(model(read_by(model, groups))).all(), f"{values} trains to infinity"

    def test_the_seed_alone_decides_the_initial_weights(self, family: Family) -> None:
        first, again, other = (
            core_model(family, EVERYTHING, outputs=2, hyperparameters={}, seed=seed).get_weights() for seed in (0, 0, 1)
        )
        assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
        assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))

    def test_no_two_layers_start_with_the_same_draws(self, family: Family) -> None:
        model = core_model(family, EVERYTHING, outputs=2, hyperparameters={}, seed=0)
        drawn = [weights.ravel()[:5] for weights in model.get_weights() if weights.size >= 5 and np.ptp(weights) > 0]
        ratios = np.stack([draw / draw[0] for draw in drawn])
        assert len(np.unique(ratios.round(4), axis=0)) == len(drawn)

    def test_building_leaves_the_global_random_state_alone(self, family: Family) -> None:
        before = random.getstate()
        core_model(family, EVERYTHING, outputs=2, hyperparameters={}, seed=0)
        assert random.getstate() == before

    def test_the_same_seed_trains_to_the_same_weights(self, family: Family) -> None:
        groups, results = made_groups(EVERYTHING), []
        for _ in range(2):
            model = core_model(family, EVERYTHING, outputs=3, hyperparameters={}, seed=7)
            for _ in range(3):
                _train_a_step(model, read_by(model, groups))
            results.append(model.get_weights())
        assert all(np.array_equal(a, b) for a, b in zip(*results, strict=True))

    def test_gradients_reach_every_weight(self, family: Family) -> None:
        groups = made_groups(EVERYTHING)
        model = core_model(family, EVERYTHING, outputs=3, hyperparameters={}, seed=0)
        _train_a_step(model, read_by(model, groups))  # Weights that start at 0 block the way to those before them.
        gradients = _train_a_step(model, read_by(model, groups))
        for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
            assert gradient is not None, f"no gradient reaches {variable.path}"
            assert np.any(gradient), f"the gradient of {variable.path} is 0"


class FittedFamilyContract:
    """Inherit and set `name`."""

    name: ClassVar[str]

    @pytest.fixture
    def family(self) -> Family:
        return load_families([self.name])[self.name]

    def fitted(
        self, family: Family, layout: Layout, task: str, target: np.ndarray | None = None, **values: Value
    ) -> Mapping[str, np.ndarray]:
        return family.fit(
            made_groups(layout),
            made_target(task) if target is None else target,
            layout=layout,
            task=task,
            classes={"binary": 2, "multiclass": 3, "regression": 0}[task],
            seed=0,
            validation=None,
            **family.arguments(values),
        )

    def raw(self, family: Family, layout: Layout, solution: Mapping[str, np.ndarray]) -> np.ndarray:
        outputs = family.predict(solution, made_groups(layout), layout=layout)
        return np.broadcast_to(outputs, (ROWS, outputs.shape[1]))

    def test_the_fitter_takes_exactly_the_declared_hyperparameters(self, family: Family) -> None:
        fixed = {"arrays", "target", "layout", "task", "classes", "seed", "validation"}
        assert set(inspect.signature(family.fit).parameters) - fixed == set(family.space.names)

    @each_layout
    @each_task
    def test_every_layout_and_task_is_answered(self, family: Family, layout: Layout, task: str) -> None:
        raw = self.raw(family, layout, self.fitted(family, layout, task))
        assert raw.shape == (ROWS, 3 if task == "multiclass" else 1)
        assert np.isfinite(raw).all()

    @each_layout
    @each_task
    def test_a_solution_can_be_kept_without_pickle(
        self, family: Family, layout: Layout, task: str, tmp_path: Path
    ) -> None:
        solution = self.fitted(family, layout, task)
        np.savez(tmp_path / "solution.npz", allow_pickle=False, **solution)
        with np.load(tmp_path / "solution.npz") as kept:
            again = self.raw(family, layout, {name: kept[name] for name in solution})
        assert np.array_equal(again, self.raw(family, layout, solution))

    @pytest.mark.keras
    @each_layout
    @each_task
    def test_the_model_says_the_same_as_the_solution(self, family: Family, layout: Layout, task: str) -> None:
        solution = self.fitted(family, layout, task)
        model = family.restore(solution, layout=layout)
        raw = np.asarray(model(read_by(model, made_groups(layout))))
        np.testing.assert_allclose(raw, self.raw(family, layout, solution), rtol=1e-4, atol=1e-5)

    @each_task
    def test_every_declared_value_can_be_fitted(self, family: Family, task: str) -> None:
        for parameter in family.space.parameters:
            for value in _extremes(parameter):
                solution = self.fitted(family, EVERYTHING, task, **{parameter.name: value})
                assert np.isfinite(self.raw(family, EVERYTHING, solution)).all()

    @each_task
    def test_the_same_rows_give_the_same_solution(self, family: Family, task: str) -> None:
        first, again = (self.fitted(family, EVERYTHING, task) for _ in range(2))
        assert first.keys() == again.keys()
        assert all(np.array_equal(first[name], again[name]) for name in first)

    def test_rows_are_only_read(self, family: Family) -> None:
        groups, target = made_groups(EVERYTHING), made_target("binary")
        for array in (*groups.values(), target):
            array.flags.writeable = False  # as memory-mapped files are
        values = family.arguments({})
        task = {"layout": EVERYTHING, "task": "binary", "classes": 2, "seed": 0, "validation": None}
        solution = family.fit(groups, target, **task, **values)
        assert family.predict(solution, groups, layout=EVERYTHING).shape[1] == 1

    def test_a_number_is_in_the_unit_of_the_target(self, family: Family) -> None:
        raw = self.raw(family, EVERYTHING, self.fitted(family, EVERYTHING, "regression"))
        assert abs(raw.mean() - made_target("regression").mean()) < 5.0

    def test_a_class_that_never_occurred_is_unlikely_but_possible(self, family: Family) -> None:
        target = np.where(made_target("multiclass") == 1, 2, made_target("multiclass"))
        logits = self.raw(family, EVERYTHING, self.fitted(family, EVERYTHING, "multiclass", target))
        shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        assert np.isfinite(np.log(shares)).all()
        assert shares[:, 1].mean() < 1 / ROWS

    @pytest.mark.parametrize("only", [0, 1])
    def test_one_class_alone_is_believed(self, family: Family, only: int) -> None:
        logits = self.raw(family, EVERYTHING, self.fitted(family, EVERYTHING, "binary", np.full(ROWS, only)))
        assert ((logits > 0) == (only == 1)).all()


def _covering(space: Space) -> Iterator[dict[str, Value]]:
    """Few configurations that together hold every value of every choice and both ends of every range."""
    extremes = {parameter.name: tuple(_extremes(parameter)) for parameter in space.parameters}
    for turn in range(max(map(len, extremes.values()))):
        yield {name: values[turn % len(values)] for name, values in extremes.items()}
    # Above, what depends on another value may have been asleep.
    for parameter in space.parameters:
        for value in extremes[parameter.name] if parameter.when else ():
            yield {parent: values[-1] for parent, values in parameter.when.items()} | {parameter.name: value}


def _extremes(parameter: Parameter) -> Iterator[Value]:
    """Every value of a choice; both ends of a range."""
    if parameter.type == "bool":
        yield from (False, True)
    elif parameter.low is None or parameter.high is None:
        yield from (*parameter.values, *parameter.also)
    else:
        yield from (parameter.low, parameter.high)


def _train_a_step(model: keras.Model, groups: Mapping[str, np.ndarray]) -> list[np.ndarray | None]:
    """Takes a step of gradient descent and returns the gradients."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        raw = model(groups, training=True)
        target = made_target("regression", rows=len(raw)).reshape(-1, *[1] * (len(raw.shape) - 1))
        loss = tf.reduce_mean((raw - target / 500.0) ** 2)
    gradients = tape.gradient(loss, model.trainable_variables)
    dense = [None if gradient is None else tf.convert_to_tensor(gradient).numpy() for gradient in gradients]
    for variable, gradient in zip(model.trainable_variables, dense, strict=True):
        if gradient is not None:
            variable.assign_sub(0.01 * gradient)
    return dense
