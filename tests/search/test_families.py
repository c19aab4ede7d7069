from __future__ import annotations

from pathlib import Path

import pytest

from automl_cli.errors import UsageError
from automl_cli.records import Trial, TrialResult
from automl_cli.search.families import BASELINES, baseline_trials, keeping_directions, resolve_families
from automl_cli.spec.dataset import ColumnSpec, DatasetSpec
from automl_cli.spec.search import SearchSpec
from search_spaces.family import Family, family_names
from search_spaces.grammar import Value


def resolved(
    *families: str,
    pins: dict[str, Value] | None = None,
    space: Path | None = None,
    rows: int = 500,
    monotone: bool = False,
) -> dict[str, Family]:
    plan = SearchSpec(
        time=60,
        trials=None,
        metric="rmse",
        strategy="auto",
        families=list(families),
        space=str(space) if space else None,
        seed=0,
        hyperparameters=pins or {},
    )
    return resolve_families(plan, task="regression", rows=rows, monotone=monotone)


def test_all_families_but_the_baselines_are_searched() -> None:
    assert tuple(resolved()) == tuple(name for name in family_names() if name not in BASELINES)


def test_families_are_suited_to_the_task_and_the_rows() -> None:
    few, many = resolved("mlp", rows=500)["mlp"], resolved("mlp", rows=50_000)["mlp"]
    assert "label_smoothing" not in few.full_space.names
    assert few.full_space["batch_size"].default < many.full_space["batch_size"].default  # type: ignore[operator]


def test_a_fixed_value_holds_wherever_its_name_is_known() -> None:
    families = resolved("mlp", "residual_mlp", pins={"learning_rate": "0.5", "depth": 2})
    assert [family.full_space["learning_rate"].values for family in families.values()] == [(0.5,), (0.5,)]
    assert families["mlp"].full_space["depth"].values == (2,)


@pytest.mark.parametrize(
    ("pins", "message"),
    [({"learning_speed": 1.0}, "learning_speed"), ({"depth": "deep"}, "depth"), ({"activation": "step"}, "step")],
)
def test_what_cannot_be_fixed_is_named(pins: dict[str, Value], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        resolved("mlp", pins=pins)


def test_an_unknown_family_is_named_with_its_likeness() -> None:
    with pytest.raises(UsageError, match="did you mean 'mlp'"):
        resolved("mpl")


def test_a_space_of_ones_own_is_searched_alone(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("family: mlp\nparameters:\n  depth: {low: 2, high: 2, default: 2}\n")
    families = resolved(space=file)
    assert list(families) == ["mlp"]
    assert families["mlp"].full_space["depth"].fixed


def test_a_space_that_is_not_there_is_named() -> None:
    with pytest.raises(UsageError, match=r"nowhere\.yaml"):
        resolved(space=Path("nowhere.yaml"))


def test_baselines_are_numbered_and_say_what_they_are() -> None:
    trials = baseline_trials(task="binary", rows=100)
    assert [(trial.number, trial.family, trial.origin) for trial in trials] == [
        (1, "constant", "baseline"),
        (2, "linear", "baseline"),
    ]


def test_only_families_that_keep_directions_are_searched_for_them(tmp_path: Path) -> None:
    trees = ["boosted_trees", "extra_trees", "additive_trees"]
    assert list(resolved(monotone=True)) == trees
    assert list(resolved("additive_trees", "constant", monotone=True)) == ["constant", "additive_trees"]
    (tmp_path / "mine.yaml").write_text("family: tabm\n")
    for asked in (
        lambda: resolved("boosted_trees", "linear", "mlp", monotone=True),
        lambda: resolved(pins={"family": "modern_nca"}, monotone=True),
        lambda: resolved(space=tmp_path / "mine.yaml", monotone=True),
    ):
        with pytest.raises(UsageError, match="cannot keep the direction of a column") as caught:
            asked()
        assert caught.value.hint == "choose from boosted_trees, extra_trees, additive_trees"


def test_only_trials_that_keep_directions_may_be_part_of_the_model() -> None:
    families = ["mlp", "linear", "extra_trees", "constant"]
    results = [
        TrialResult(Trial(number, name, {}, epochs=1), "completed", score=1.0, seconds=1.0)
        for number, name in enumerate(families)
    ]
    area = ColumnSpec(kind="number", monotone="increasing")
    dataset = DatasetSpec(data="made.csv", target="y", task="regression", columns={"area": area})
    kept = keeping_directions(results, dataset)
    assert [result.trial.family for result in kept] == ["extra_trees", "constant"]
    free = dataset.model_copy(update={"columns": {}})
    assert keeping_directions(results, free) == results
