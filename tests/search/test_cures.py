"""What the default strategy tries for what trainings showed."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from itertools import pairwise

import pytest

from automl_cli.records import Finding, Trial, TrialResult, Value
from automl_cli.search.cures import changes_for
from automl_cli.search.limits import Limit
from automl_cli.search.strategies.make import make_strategy
from automl_cli.search.strategy import Strategy
from automl_cli.search.turns import Turns
from search_spaces.family import load_families
from search_spaces.grammar import Parameter, Space
from tests.contracts.strategy_contract import FAMILIES, play, quality, through_json, trials_of

pytestmark = pytest.mark.keras

MLP = load_families(["mlp", "residual_mlp"])
BINARY = {
    name: family.for_table(task="binary", rows=2000).with_pins({"l2": 0.0} if name == "mlp" else {})
    for name, family in MLP.items()
}


def finding(code: str) -> Finding:
    return Finding(code, "warning", f"Evidence of {code}.")


def showing(trial: Trial) -> tuple[Finding, ...]:
    """Narrow networks underfit and little dropout overfits, in most trials."""
    codes = []
    if float(trial.hyperparameters.get("dropout", 1.0)) < 0.25:
        codes.append("overfitting")
    if float(trial.hyperparameters["learning_rate"]) > 0.01:
        codes.append("unstable-rate")
    return tuple(map(finding, codes))


def make(families: dict[str, object] = FAMILIES, seed: int = 0) -> Strategy:  # type: ignore[assignment]
    return make_strategy("auto", families, greater_is_better=True, seed=seed)  # type: ignore[arg-type]


def cured(trials: Sequence[Trial]) -> list[Trial]:
    return [trial for trial in trials if trial.origin.startswith("tried because")]


def mlp(**values: Value) -> Trial:
    return Trial(7, "mlp", BINARY["mlp"].full_space.active(values), epochs=200)


@pytest.mark.parametrize(
    ("code", "values", "changed"),
    [
        ("exploding-gradients", {"learning_rate": 0.03, "gradient_clip_norm": 0.0},
         {"learning_rate": 0.003, "gradient_clip_norm": 1.0}),
        ("vanishing-gradients", {"activation": "tanh"}, {"normalization": "batch", "activation": "silu"}),
        ("dead-units", {"activation": "relu"}, {"activation": "silu"}),
        ("dead-units", {"activation": "silu"}, {"activation": "gelu"}),
        ("unstable-rate", {"learning_rate": 0.003}, {"learning_rate": 0.001}),
        ("overfitting", {"dropout": 0.1, "weight_decay": 1e-3}, {"dropout": 0.25, "weight_decay": 3e-3}),
        ("overfitting", {"dropout": 0.45}, {"dropout": 0.5, "weight_decay": 3e-4}),
        ("overfitting", {"dropout": 0.5, "weight_decay": 0.1}, {"width": 128}),
        ("underfitting", {"width": 64, "dropout": 0.2}, {"width": 128, "dropout": 0.1}),
        ("underfitting", {"width": 1024, "dropout": 0.0, "depth": 2}, {"depth": 3}),
        ("slow-convergence", {"learning_rate": 0.02}, {"learning_rate": 0.03}),
        ("plateau", {"schedule": "constant"}, {"schedule": "warmup_cosine"}),
        ("too-few-epochs", {}, {"epochs": 400}),
    ],
)  # fmt: skip
def test_the_cure_is_near_the_trial_and_within_the_ranges(
    code: str, values: dict[str, Value], changed: dict[str, Value]
) -> None:
    trial = mlp(**values)
    family, cure = next(changes_for(code, trial, families=BINARY))
    assert {name: value for name, value in cure.items() if trial.hyperparameters.get(name) != value} == (
        changed | ({"warmup_fraction": 0.1, "final_fraction": 0.01} if "schedule" in changed else {})
    )
    BINARY["mlp"].full_space.validate(cure)
    assert family.full_space.active(cure) == cure


def test_a_penalty_is_strengthened_step_by_step_where_it_is_searched() -> None:
    penalty = Parameter("l2", "choice", default=0.0, values=(0.0, 1e-5, 1e-4))
    family = dataclasses.replace(BINARY["mlp"], space=Space((penalty,)), recipe=Space())
    steps = []
    values: dict[str, Value] = {"l2": 0.0}
    while options := list(changes_for("overfitting", Trial(7, "mlp", values, epochs=9), families={"mlp": family})):
        values = options[0][1]
        steps.append(values["l2"])
    assert steps == [1e-5, 1e-4]


def test_what_is_fixed_stays_and_a_family_without_a_cure_gives_way_to_one_that_has_it() -> None:
    pins = {"normalization": "none", "activation": "tanh", "learning_rate": 0.01, "weight_decay": 1e-4, "dropout": 0.1}
    families = {"mlp": BINARY["mlp"].with_pins(pins), "residual_mlp": BINARY["residual_mlp"]}
    trial = Trial(7, "mlp", families["mlp"].full_space.defaults(), epochs=200)
    ((family, cure),) = changes_for("vanishing-gradients", trial, families=families)
    assert family.name == "residual_mlp"
    assert cure == BINARY["residual_mlp"].full_space.defaults()
    assert list(changes_for("unstable-rate", trial, families=families)) == []
    ((_, narrower),) = changes_for("overfitting", trial, families=families)
    assert {name: narrower[name] for name in pins} == pins


def test_cures_take_at_most_every_second_turn_and_each_is_tried_once() -> None:
    trials = trials_of(play(make(), events=40, findings=showing))
    tried = cured(trials)
    assert len(tried) >= 4
    assert all(not (cured([first]) and cured([second])) for first, second in pairwise(trials))
    assert len({trial.origin for trial in tried}) == len(tried)
    by_number = {trial.number: trial for trial in trials}
    for trial in tried:
        if "overfits" in trial.origin:
            source = by_number[int(trial.origin.split()[3])]
            assert float(trial.hyperparameters["dropout"]) > float(source.hyperparameters["dropout"])


def test_only_trials_of_the_better_half_are_worth_a_cure() -> None:
    journal = play(make(), events=40, findings=showing)
    for place, entry in enumerate(journal):
        if not isinstance(entry, Trial) or "overfits" not in entry.origin:
            continue
        known = [one for one in journal[:place] if isinstance(one, TrialResult) and one.score is not None]
        source = next(one for one in known if one.trial.number == int(entry.origin.split()[3]))
        better = sum(float(one.score or 0) > float(source.score or 0) for one in known)
        assert better < (len(known) + 1) / 2


def test_what_did_not_help_is_not_taken_further() -> None:
    def worse(trial: Trial) -> float:
        return quality(trial) - 5.0 * trial.origin.startswith("tried because")

    trials = trials_of(play(make(), events=40, findings=showing, score=worse))
    numbers = {trial.number for trial in cured(trials) if "overfits" in trial.origin}
    assert numbers
    assert not any(trial.origin == f"tried because trial {number} overfits" for trial in trials for number in numbers)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("ended_at", [9, 26])
def test_a_replay_comes_to_the_same_cures(workers: int, ended_at: int) -> None:
    whole = play(make(), events=40, workers=workers, findings=showing)
    assert cured(trials_of(whole))
    journal = [through_json(entry) for entry in whole[:ended_at]]
    assert play(make(), events=40, workers=workers, journal=journal, findings=showing) == whole


def run(workers: int, seed: int) -> list[Trial]:
    """Runs trials that end in any order; returns all, by number."""
    draw, running, given = random.Random(seed), list[Trial](), list[Trial]()
    turns = Turns(make(), baselines=(), limit=Limit(18, "that was the last"), lag=4)
    while True:
        while len(running) < workers and (trial := turns.next()) is not None:
            running.append(trial)
            given.append(trial)
        if not running:
            return given
        ended = running.pop(draw.randrange(len(running)))
        turns.ended(TrialResult(ended, "completed", quality(ended), findings=showing(ended)))


def test_neither_the_number_of_workers_nor_who_is_first_matters() -> None:
    expected = run(1, 0)
    assert cured(expected)
    assert run(2, 0) == run(2, 1) == expected


def exploding(trial: Trial) -> tuple[Finding, ...]:
    return (finding("exploding-gradients"),) if float(trial.hyperparameters["learning_rate"]) > 1e-3 else ()


def test_what_explodes_is_helped_at_once_and_before_the_portfolio_goes_on() -> None:
    def score(trial: Trial) -> float | None:
        return None if exploding(trial) else quality(trial)

    trials = trials_of(play(make(), events=12, findings=exploding, score=score))
    assert trials[1].origin == "tried because trial 1 explodes"
    assert trials[1].hyperparameters["learning_rate"] == pytest.approx(2e-4)
    assert trials[2].family == "wide"


def test_a_best_value_at_the_end_of_its_range_is_tried_beyond_it() -> None:
    def wide(trial: Trial) -> float:
        return float(trial.hyperparameters.get("width", 0)) / 256 - 3.0 / trial.epochs

    trials = trials_of(play(make(), events=40, score=wide))
    beyond = [trial for trial in trials if "because width" in trial.origin]
    assert [trial.hyperparameters["width"] for trial in beyond] == [512]
    assert beyond[0].origin == "tried because width is best at the upper end of its range"
