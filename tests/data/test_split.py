"""Which rows serve what; the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from automl_cli.data import split as split_module
from automl_cli.data.split import make_split
from automl_cli.data.target import Target
from automl_cli.errors import DataError, UsageError
from automl_cli.records import Split, to_json


def classes_of(*counts: int, missing: int = 0) -> Target:
    values = np.repeat(np.arange(len(counts)), counts)
    values = np.concatenate([values, np.full(missing, -1)])
    np.random.default_rng(1).shuffle(values)
    return Target(values, values >= 0, tuple("abcdefgh"[: len(counts)]))


def amounts_of(rows: int) -> Target:
    values = np.random.default_rng(1).lognormal(size=rows)
    return Target(values, np.ones(rows, dtype=bool), ())


def assert_sound(split: Split, target: Target) -> None:
    """Test and training rows share nothing, and every fold divides the training rows."""
    usable = set(np.flatnonzero(target.usable).tolist())
    train, test = set(split.train.tolist()), set(split.test.tolist())
    assert train | test == usable
    assert not train & test
    for fold in split.folds:
        assert set(fold.train.tolist()) | set(fold.validation.tolist()) <= train
        assert not set(fold.train.tolist()) & set(fold.validation.tolist())
        assert len(fold.validation) > 0


@pytest.mark.parametrize("target", [classes_of(300, 90, 10, missing=40), amounts_of(400)], ids=["classes", "amounts"])
def test_a_fifth_is_sealed_and_folds_cover_the_rest(target: Target) -> None:
    split = make_split(target, folds=5)
    assert_sound(split, target)
    assert len(split.test) == 80
    assert len(split.folds) == 5
    assert sorted(np.concatenate([fold.validation for fold in split.folds]).tolist()) == split.train.tolist()
    assert split.method == "stratified, 20 % test, 5 folds"


def test_classes_have_the_same_share_everywhere() -> None:
    target = classes_of(700, 250, 50)
    split = make_split(target, folds=5)
    for rows in (split.train, split.test, *(fold.validation for fold in split.folds)):
        shares = np.bincount(target.values[rows], minlength=3) / len(rows)
        assert shares == pytest.approx([0.7, 0.25, 0.05], abs=0.02)


def test_amounts_have_the_same_spread_everywhere() -> None:
    target = amounts_of(1000)
    split = make_split(target)
    quartiles = [np.quantile(target.values[rows], [0.25, 0.5, 0.75]) for rows in (split.train, split.test)]
    assert quartiles[0] == pytest.approx(quartiles[1], rel=0.03)


def test_the_seed_decides_and_zero_is_a_seed() -> None:
    target = amounts_of(200)
    first, again, other = (to_json(make_split(target, seed=seed)) for seed in (0, 0, 1))
    assert first == again
    assert first["test"] != other["test"]


def test_a_hold_out_is_a_share_of_few_rows_and_about_as_large_of_many() -> None:
    few, many = make_split(amounts_of(100)), make_split(amounts_of(100_000))
    assert len(few.folds) == len(many.folds) == 1
    assert len(few.folds[0].validation) == 16
    assert 4_500 < len(many.folds[0].validation) < 5_500


def test_twelve_rows_are_enough_and_every_class_is_learned() -> None:
    target = classes_of(7, 5)
    split = make_split(target, folds=5)
    assert_sound(split, target)
    assert all(set(target.values[fold.train].tolist()) == {0, 1} for fold in split.folds)


@pytest.mark.parametrize("seed", range(5))
def test_a_class_of_two_or_three_stays_in_the_training_rows_of_every_fold(seed: int) -> None:
    target = classes_of(60, 3, 2)
    split = make_split(target, seed=seed, folds=5)
    for fold in split.folds:
        assert set(target.values[fold.train].tolist()) == {0, 1, 2}


@pytest.mark.parametrize("target", [classes_of(3, 2), classes_of(4, 1), amounts_of(5), classes_of(2, 2, 2, 2, 2, 2)])
def test_however_few_rows_there_are_some_are_tested(target: Target) -> None:
    for seed in range(10):
        split = make_split(target, seed=seed)
        assert_sound(split, target)
        assert len(split.test) > 0
        assert set(target.values[split.train]) == set(target.values[target.usable]) or not target.classes


def test_rows_of_a_group_stay_together() -> None:
    target = classes_of(300, 100)
    groups = np.array([f"g{n}" for n in np.random.default_rng(2).integers(0, 40, 400)], dtype=object)
    groups[:10] = ""  # unknown groups are groups of their own
    split = make_split(target, groups=groups, folds=5)
    assert_sound(split, target)
    assert len(split.test) == pytest.approx(80, abs=10)
    for left, right in ((split.train, split.test), *((fold.train, fold.validation) for fold in split.folds)):
        assert not (set(groups[left]) & set(groups[right])) - {""}
        assert np.mean(target.values[right]) == pytest.approx(0.25, abs=0.08)


def test_two_groups_make_a_training_and_a_test_part_but_one_cannot() -> None:
    target = amounts_of(40)
    groups = np.array(["a", "b"] * 20, dtype=object)
    with pytest.raises(DataError, match="one group"):
        make_split(target, groups=groups)  # the training rows are one group then, with nothing to validate on
    with pytest.raises(DataError, match="one group"):
        make_split(target, groups=np.array(["a"] * 40, dtype=object))


def test_later_rows_are_the_test_and_validation_follows_training() -> None:
    target = amounts_of(100)
    times = np.datetime64("2020-01-01") + np.random.default_rng(3).permutation(100).astype("timedelta64[D]")
    split = make_split(target, times=times, folds=3)
    assert_sound(split, target)
    assert times[split.train].max() < times[split.test].min()
    assert len(split.folds) == 3
    for fold in split.folds:
        assert times[fold.train].max() < times[fold.validation].min()


def test_one_moment_is_never_divided() -> None:
    target = amounts_of(100)
    times = np.repeat([2001.0, 2002.0, 2003.0, 2004.0], 25)
    split = make_split(target, times=times)
    assert set(times[split.test]) == {2004.0}
    assert set(times[split.folds[0].validation]) == {2003.0}
    with pytest.raises(DataError, match="same time"):
        make_split(target, times=np.zeros(100))


def test_given_test_rows_are_taken_as_they_are() -> None:
    target = classes_of(50, 50, missing=5)
    unusable = np.flatnonzero(~target.usable)[:1]
    test = np.concatenate([np.flatnonzero(target.usable)[:30], unusable])
    split = make_split(target, test=test)
    assert split.test.tolist() == test[:30].tolist()
    assert "30 rows given" in split.method


def test_what_cannot_be_split_is_refused() -> None:
    with pytest.raises(DataError, match="known in 3 rows"):
        make_split(amounts_of(3))
    with pytest.raises(UsageError, match="not by both"):
        make_split(amounts_of(50), groups=np.array(["a"] * 50, dtype=object), times=np.arange(50.0))


@pytest.mark.parametrize("target", [classes_of(9_000, 1_000), amounts_of(10_000)], ids=["classes", "amounts"])
def test_of_very_many_rows_no_more_are_scored_than_a_score_needs(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(split_module, "MOST_SCORED_ROWS", 300)
    split = make_split(target, test=0.2)
    assert_sound(split, target)
    assert len(split.test) == 300
    assert len(split.folds[0].validation) == 300
    assert split.method == "stratified, 3 % test (300 rows are enough), 3.1 % hold-out"
    given = make_split(target, test=np.arange(2_000))
    assert len(given.test) == 2_000
