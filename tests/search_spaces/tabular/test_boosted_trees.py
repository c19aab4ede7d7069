from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import search_spaces
from search_spaces.family import Layout, Validation, load_families
from tests.contracts.family_contract import (
    EVERYTHING,
    ROWS,
    FittedFamilyContract,
    made_groups,
    made_target,
    read_by,
)

RNG = np.random.default_rng(5)


class FewRounds(FittedFamilyContract):
    """Without a validation, which alone ends a fit early."""

    def fitted(self, family, layout, task, target=None, **values):
        return super().fitted(family, layout, task, target, **{"rounds": 30, **values})


class TestBoostedTrees(FewRounds):
    name = "boosted_trees"


class TestExtraTrees(FewRounds):
    name = "extra_trees"


class TestAdditiveTrees(FewRounds):
    name = "additive_trees"


def fitted(arrays, target, *, layout, validation=None, task="regression", classes=0, family="boosted_trees", **values):
    """A solution with the family's defaults for such a table, but for what is given."""
    suited = load_families([family])[family].for_table(task=task, rows=len(target))
    arguments = load_families([family])[family].arguments({**suited.space.defaults(), **values})
    options = {"layout": layout, "task": task, "classes": classes, "seed": 0, "validation": validation}
    return suited.fit(arrays, target, **options, **arguments)


def answers(solution, arrays, *, layout):
    return load_families(["boosted_trees"])["boosted_trees"].predict(solution, arrays, layout=layout)


def restored(solution, arrays, *, layout):
    model = load_families(["boosted_trees"])["boosted_trees"].restore(solution, layout=layout)
    return np.asarray(model(read_by(model, arrays)))


def made_task(rows=600, *, seed=0):
    """Two numbers with gaps and two categories, and a target that they make with some noise."""
    generator = np.random.default_rng(seed)
    layout = Layout(numbers=2, quantiles=2, indicators=1, values=2, cardinalities=(12, 4), one_hot=6)
    arrays = made_groups(layout, rows=rows, seed=seed)
    target = arrays["values"][:, 0] * (arrays["codes"][:, 0] % 2) + arrays["values"][:, 1] + arrays["codes"][:, 1]
    arrays["values"][generator.random(rows) < 0.1, 0] = np.nan
    return layout, arrays, target + generator.normal(0.0, 0.5, rows)


def made_validation(metric="rmse", *, rows=300, should_stop=lambda: False):
    _, arrays, target = made_task(rows, seed=1)
    return Validation(arrays, target, metric, should_stop)


class TestRounds:
    def test_the_best_round_is_the_last_that_is_kept(self):
        layout, arrays, target = made_task()
        held = made_validation()

        def error(solution):
            return np.mean((answers(solution, held.arrays, layout=layout)[:, 0] - held.target) ** 2)

        best = fitted(arrays, target, layout=layout, validation=held, learning_rate=0.3)
        assert 1 < best["rounds"] < 200
        others = [
            fitted(arrays, target, layout=layout, learning_rate=0.3, rounds=best["rounds"] + n) for n in (-3, 0, 9)
        ]
        assert [int(solution["rounds"]) for solution in others] == [best["rounds"] + n for n in (-3, 0, 9)]
        before, again, after = (error(solution) for solution in others)
        assert again == error(best)
        assert again < min(before, after)

    def test_a_fit_that_is_to_stop_keeps_what_it_has(self):
        layout, arrays, target = made_task()
        asked = []

        def should_stop():
            asked.append(1)
            return len(asked) == 4

        solution = fitted(arrays, target, layout=layout, validation=made_validation(should_stop=should_stop))
        assert solution["rounds"] == 4
        assert len(solution["leaves"]) == 4

    def test_patience_ends_it(self):
        layout, arrays, target = made_task()
        asked = []
        held = made_validation(should_stop=lambda: bool(asked.append(1)))
        solution = fitted(arrays, target, layout=layout, validation=held, learning_rate=0.3, patience=7)
        assert len(asked) == solution["rounds"] + 6  # it is not asked after the last round

    def test_many_classes_have_fewer_rounds_that_learn_more(self):
        layout, target = Layout(values=3), np.arange(2000) % 100
        arrays = made_groups(layout, rows=2000)
        arrays["values"][:, 0] = target
        solution = fitted(arrays, target, layout=layout, task="multiclass", classes=100, leaves=4, min_rows_in_leaf=3)
        assert 30 <= solution["rounds"] < 100
        assert len(solution["leaves"]) == 100 * solution["rounds"]
        assert np.mean(answers(solution, arrays, layout=layout).argmax(axis=1) == target) > 0.9

    def test_nothing_is_grown_where_nothing_can_be_split(self):
        layout, arrays, target = made_task(30)
        solution = fitted(arrays, np.full(30, 2.5), layout=layout)
        assert set(solution) == {"bias", "rounds"}
        assert answers(solution, arrays, layout=layout).ravel().tolist() == [2.5]
        assert "bias" in fitted(arrays, target, layout=layout, min_rows_in_leaf=20)

    def test_more_leaves_than_can_be_kept_are_refused(self):
        layout, arrays, target = made_task(30)
        with pytest.raises(ValueError, match="64 leaves at most, not 65"):
            fitted(arrays, target, layout=layout, leaves=65)

    def test_columns_that_trees_do_not_read_give_a_constant(self):
        layout = Layout(cardinalities=(3000,))
        arrays = {"codes": RNG.integers(0, 3000, (50, 1), dtype="int32")}
        solution = fitted(arrays, made_target("regression", rows=50), layout=layout)
        assert solution["rounds"] == 0
        assert answers(solution, arrays, layout=layout).shape == (1, 1)


class TestTasks:
    def test_the_loss_follows_the_metric_unless_it_is_said(self):
        layout, arrays, target = made_task()
        target = np.where(RNG.random(600) < 0.1, target + 100, target)  # the mean is far from the median

        def middle(metric, **values):
            solution = fitted(arrays, target, layout=layout, validation=made_validation(metric), **values)
            return np.median(answers(solution, arrays, layout=layout) - target[:, None])

        assert abs(middle("mae")) < 1 < middle("rmse", patience=200, rounds=50)
        assert middle("mae", loss="squared", patience=200, rounds=50) > 1 > abs(middle("rmse", loss="absolute"))

    def test_balanced_classes_weigh_the_same_and_probabilities_stay_those_of_the_table(self):
        layout, arrays, target = made_task()
        rare = (target > np.quantile(target, 0.9)).astype(int)
        plain, balanced = (
            answers(
                fitted(arrays, rare, layout=layout, task="binary", classes=2, class_weight=weight, rounds=20),
                arrays,
                layout=layout,
            )
            for weight in ("none", "balanced")
        )
        assert np.abs(balanced - plain).mean() > 0.1
        # They learn as if both classes had as many rows, and answer for as many as there are.
        told = 1 / (1 + np.exp(-balanced))
        assert told.mean() == pytest.approx(0.1, abs=0.04)
        assert told[rare == 1].mean() > 2 * told[rare == 0].mean()

    def test_a_class_without_rows_is_as_likely_as_half_a_row(self):
        layout, arrays, target = made_task()
        classes = np.where(target > np.median(target), 2, 0)
        held = Validation(arrays, np.full(600, 1), "log_loss")  # nor need those that measure have the others
        solution = fitted(arrays, classes, layout=layout, task="multiclass", classes=3, rounds=30)
        raw = answers(solution, arrays, layout=layout)
        assert np.all(raw[:, 1] == np.log(0.5 / 601))
        np.testing.assert_array_less(raw[:, 1], raw.max(axis=1))
        assert fitted(arrays, classes, layout=layout, task="multiclass", classes=3, validation=held)["rounds"] >= 1

    def test_a_logit_above_zero_is_the_second_class(self):
        layout, arrays, target = made_task()
        solution = fitted(arrays, (target > 1).astype(int), layout=layout, task="binary", classes=2, rounds=30)
        assert np.mean((answers(solution, arrays, layout=layout)[:, 0] > 0) == (target > 1)) > 0.85


class TestColumns:
    @pytest.mark.parametrize("categories", ["native", "one_hot"])
    def test_categories_are_read_as_they_are_asked_for(self, categories):
        layout = Layout(values=1, one_hot=6, cardinalities=(6, 30, 3000), statistics=2)
        solution = fitted(made_groups(layout, rows=400), RNG.normal(size=400), layout=layout, categories=categories)
        groups = {"values": [0], "statistics": [1, 2], "one_hot": range(3, 9), "codes": range(9, 12)}
        read = {group for group, columns in groups.items() if np.isin(solution["features"], list(columns)).any()}
        # Columns of too many levels for sets of them are read as statistics, those of too many for one-hot as codes.
        assert set(solution["features"]) <= set(range(12)) - {11} - ({9} if categories == "one_hot" else set())
        assert read == {"values", "statistics", "codes"} | ({"one_hot"} if categories == "one_hot" else set())

    def test_rows_beyond_memory_are_drawn(self, monkeypatch):
        layout, arrays, target = made_task()
        whole = fitted(arrays, target, layout=layout, rounds=20)
        monkeypatch.setattr("search_spaces.tabular.boosted_trees._MOST_CELLS", 4 * 300)
        part = fitted(arrays, target, layout=layout, rounds=20)
        assert not np.array_equal(part["values"], whole["values"])
        both = [answers(solution, arrays, layout=layout)[:, 0] for solution in (part, whole)]
        assert np.corrcoef(both)[0, 1] > 0.8


@pytest.mark.keras
class TestRestored:
    def test_it_says_the_same_of_gaps_infinity_and_unseen_levels(self):
        layout, arrays, target = made_task()
        solution = fitted(arrays, target, layout=layout, rounds=60)
        odd = made_groups(layout, rows=400, seed=3)
        cells = np.concatenate([np.unique(solution["thresholds"]), np.array([np.nan, np.inf, -np.inf, 0], "float32")])
        odd["values"] = RNG.choice(cells, odd["values"].shape)
        odd["codes"] = RNG.integers(0, 20, odd["codes"].shape, dtype="int32")
        for rows in (arrays, odd):
            raw = answers(solution, rows, layout=layout)
            np.testing.assert_allclose(restored(solution, rows, layout=layout), raw, rtol=1e-6, atol=1e-6)

    def test_a_class_without_rows_keeps_its_odds(self):
        layout, arrays, target = made_task()
        classes = np.where(target > np.median(target), 2, 0)
        solution = fitted(arrays, classes, layout=layout, task="multiclass", classes=3, rounds=10)
        raw = answers(solution, arrays, layout=layout)
        np.testing.assert_allclose(restored(solution, arrays, layout=layout), raw, rtol=1e-6, atol=1e-6)

    def test_more_rounds_and_more_columns_are_more_work(self):
        layout, arrays, target = made_task()
        work = load_families(["boosted_trees"])["boosted_trees"].work
        small, large = (work(fitted(arrays, target, layout=layout, rounds=rounds)) for rounds in (10, 30))
        few = work(fitted(arrays, target, layout=Layout(numbers=2, values=2), rounds=30))
        assert 2 * small < large
        assert few < large

    def test_only_groups_that_trees_look_at_are_inputs(self):
        arrays, target = made_groups(EVERYTHING, rows=10 * ROWS), made_target("regression", rows=10 * ROWS)
        family = load_families(["boosted_trees"])["boosted_trees"]
        model = family.restore(fitted(arrays, target, layout=EVERYTHING), layout=EVERYTHING)
        assert {"values", "codes"} <= set(model.input) <= {"values", "statistics", "text", "crosses", "codes"}

    def test_lightgbm_is_not_needed(self, tmp_path):
        layout, arrays, target = made_task()
        np.savez(tmp_path / "solution.npz", **fitted(arrays, target, layout=layout, rounds=5))
        program = (
            "import sys; sys.modules['lightgbm'] = None\n"
            "import numpy as np; from search_spaces.family import Layout, load_families\n"
            f"family, layout = load_families(['boosted_trees'])['boosted_trees'], {layout!r}\n"
            "solution = dict(np.load(sys.argv[1]))\n"
            "family.predict(solution, {'values': np.zeros((2, 2)), 'codes': np.zeros((2, 2))}, layout=layout)\n"
            "assert 'tensorflow' not in sys.modules\n"
            "family.restore(solution, layout=layout)\n"
        )
        command = [sys.executable, "-c", program, str(tmp_path / "solution.npz")]
        subprocess.run(command, check=True, cwd=Path(search_spaces.__file__).parents[1])


FREE = Layout(numbers=4, quantiles=4, indicators=4, values=4, cardinalities=(8, 5), one_hot=9)
DIRECTED = replace(FREE, monotone=(1, 0, -1))


def made_directed(task, *, seed):
    """Numbers with gaps and categories, and a target that goes up and down with both directed numbers."""
    generator = np.random.default_rng(seed)
    arrays = made_groups(FREE, rows=500, seed=seed)
    first, second, third, _ = arrays["values"].T.copy()
    arrays["values"][generator.random((500, 4)) < 0.05] = np.nan
    target = first + 1.5 * np.sin(3 * first) + 0.3 * second * arrays["codes"][:, 0] - third + np.cos(3 * third)
    target += generator.normal(size=500)
    return arrays, (target > 0).astype(int) if task == "binary" else target / target.std()


def steps(solution, arrays, column, *, layout):
    """How answers to some rows change as one number goes up from -infinity to infinity and all else stays, gaps too."""
    grid = np.concatenate([[-np.inf], np.linspace(-4, 4, 161), [np.inf]]).astype("float32")
    moved = {group: np.repeat(array[:60], len(grid), axis=0) for group, array in arrays.items()}
    moved["values"][:, column] = np.tile(grid, 60)
    return np.diff(answers(solution, moved, layout=layout).reshape(60, -1), axis=1)


class TestDirections:
    @pytest.mark.parametrize("family", ["boosted_trees", "extra_trees", "additive_trees"])
    @pytest.mark.parametrize(
        ("task", "values"),
        [
            ("binary", {"class_weight": "balanced"}),
            ("regression", {"l1": 1.0, "categories": "one_hot"}),
            ("regression", {"loss": "absolute", "min_rows_in_category": 5}),
        ],
        ids=["binary", "regression", "absolute"],
    )
    def test_answers_go_one_way_only(self, family, task, values):
        arrays, target = made_directed(task, seed=0)
        for held in (None, Validation(*made_directed(task, seed=9), "rmse")):
            options = {"task": task, "classes": 2, "family": family, "validation": held, "rounds": 60, **values}
            solution = fitted(arrays, target, layout=DIRECTED, min_rows_in_leaf=5, **options)
            rises, falls = (steps(solution, arrays, column, layout=DIRECTED) for column in (0, 2))
            assert rises.min() == falls.max() == 0
            assert min(rises.sum(axis=1).mean(), -falls.sum(axis=1).mean()) > 0.2
            free = fitted(arrays, target, layout=FREE, min_rows_in_leaf=5, **options)
            assert steps(free, arrays, 0, layout=FREE).min() < -0.02

    def test_columns_before_codes_and_behind_the_directed_ones_are_free(self):
        arrays, target = made_directed("regression", seed=0)
        solution = fitted(arrays, -target, layout=replace(FREE, monotone=(0, 0, 0, 1)), rounds=30)
        changes = steps(solution, arrays, 2, layout=FREE)
        assert changes.min() < -0.1
        assert changes.max() > 0.1

    def test_absolute_errors_stay_what_is_minimised(self):
        arrays, target = made_directed("regression", seed=0)
        target = np.where(RNG.random(500) < 0.1, target + 100, target)
        target = (target - target.mean()) / target.std()

        def middle(loss):
            solution = fitted(arrays, target, layout=DIRECTED, rounds=100, loss=loss, min_rows_in_leaf=50)
            return np.median(answers(solution, arrays, layout=DIRECTED) - target[:, None])

        assert middle("squared") > 0.2 > 4 * abs(middle("absolute"))
