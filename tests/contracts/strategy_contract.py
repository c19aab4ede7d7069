"""What every strategy must do; a strategy's test class inherits the suite and names the strategy."""

from __future__ import annotations

import dataclasses
import json
import math
import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from automl_cli.records import Finding, Trial, TrialResult, TrialState, result_from_json, to_json, trial_from_json
from automl_cli.search.strategies.make import make_strategy
from automl_cli.search.strategy import Strategy
from automl_cli.spec.search import StrategyName
from search_spaces.family import Family, load_families
from search_spaces.grammar import Parameter, Space

RECIPE = Space(
    (
        Parameter("learning_rate", "float", default=2e-3, low=1e-4, high=3e-2, log=True),
        Parameter("optimizer", "choice", default="adam", values=("adam", "sgd")),
        Parameter("momentum", "float", default=0.9, low=0.0, high=0.99, when={"optimizer": ("sgd",)}),
        Parameter("epochs", "int", default=30, low=20, high=200, log=True),
        Parameter("patience", "int", default=8, low=5, high=60),
    )
)
FAMILIES = {
    "deep": Family(
        name="deep",
        summary="",
        kind="gradient",
        space=Space(
            (
                Parameter("depth", "int", default=3, low=1, high=6),
                Parameter("width", "int", default=64, low=16, high=256, step=2, log=True),
                Parameter("dropout", "float", default=0.1, low=0.0, high=0.5),
            )
        ),
        recipe=RECIPE,
        module="",
    ),
    "wide": Family(
        name="wide",
        summary="",
        kind="gradient",
        space=Space(
            (
                Parameter("crosses", "bool", default=True),
                Parameter("buckets", "int", default=128, low=16, high=4096, log=True, when={"crosses": (True,)}),
                Parameter("share", "float", default=0.5, low=0.1, high=0.5, step=0.1),
            )
        ),
        recipe=RECIPE,
        module="",
    ),
}

Scores = Callable[[Trial], float | None]
# A journal in memory: a trial when it starts, a result when it ends.
Entry = Trial | TrialResult


def quality(trial: Trial) -> float:
    """A greater-is-better score that networks might have: best at one learning rate, rising with epochs."""
    values = trial.hyperparameters
    score = 1.0 if trial.family == "deep" else 0.6
    score -= (math.log10(float(values["learning_rate"])) + 2.3) ** 2 + (0.1 if values["optimizer"] == "sgd" else 0.0)
    score -= (float(values.get("dropout", 0.2)) - 0.2) ** 2 + 0.2 * float(values.get("share", 0.0))
    return score - 3.0 / trial.epochs


def play(
    strategy: Strategy,
    *,
    events: int,
    workers: int = 1,
    journal: Sequence[Entry] = (),
    score: Scores = quality,
    findings: Callable[[Trial], tuple[Finding, ...]] = lambda trial: (),
) -> list[Entry]:
    """Goes on from a journal until there are so many events, or nothing is left; returns the whole journal.

    With several workers, the first to start is not always the first to end.
    """
    running: list[Trial] = []
    for entry in journal:
        if isinstance(entry, Trial):
            assert strategy.ask(entry.number) == entry, "the replay is asked for another trial"
            running.append(entry)
        else:
            strategy.tell(entry)
            running.remove(entry.trial)
    done = list(journal)
    while len(done) < events:
        number = 1 + sum(isinstance(entry, Trial) for entry in done)
        trial = strategy.ask(number) if len(running) < workers else None
        if trial is not None:
            running.append(trial)
            done.append(trial)
        elif running:
            ended = running.pop((len(done) // 3) % len(running))
            value = score(ended)
            state: TrialState = "failed" if value is None else "completed"
            result = TrialResult(ended, state, value, findings=findings(ended))
            strategy.tell(result)
            done.append(result)
        else:
            break
    return done


def small(*, depths: int) -> Family:
    """Returns a family with so many configurations."""
    space = Space((Parameter("depth", "int", default=2, low=1, high=depths),))
    pins = {"learning_rate": 1e-2, "optimizer": "adam"}
    return dataclasses.replace(FAMILIES["deep"], space=space, recipe=RECIPE.with_pins(pins))


def trials_of(journal: Sequence[Entry]) -> list[Trial]:
    return [entry for entry in journal if isinstance(entry, Trial)]


def through_json(entry: Entry) -> Entry:
    data = json.loads(json.dumps(to_json(entry)))
    return trial_from_json(data) if isinstance(entry, Trial) else result_from_json(data)


class StrategyContract:
    """Inherit and set `name`; `draws` says whether anything is left to chance."""

    name: ClassVar[StrategyName]
    draws: ClassVar[bool] = True
    events: ClassVar[int] = 50

    def make(
        self, *, seed: int = 0, greater_is_better: bool = True, families: dict[str, Family] = FAMILIES
    ) -> Strategy:
        return make_strategy(self.name, families, greater_is_better=greater_is_better, seed=seed)

    def test_trials_are_plain_numbered_and_complete(self) -> None:
        trials = trials_of(play(self.make(), events=self.events))
        assert [trial.number for trial in trials] == list(range(1, len(trials) + 1))
        for trial in trials:
            space = FAMILIES[trial.family].full_space
            # One value may lie beyond its range, where the best one lies at its end.
            beyond = re.search(r"because (\w+) is best", trial.origin)
            known = {name: value for name, value in trial.hyperparameters.items() if not beyond or name != beyond[1]}
            space.validate(known)
            assert space.active(trial.hyperparameters) == trial.hyperparameters, "inactive ones, or some are absent"
            assert through_json(trial) == trial
            assert trial.origin
            assert 0 <= trial.initial_epoch < trial.epochs <= 30

    def test_what_training_costs_is_not_searched(self) -> None:
        trials = trials_of(play(self.make(), events=self.events))
        assert {(trial.hyperparameters["epochs"], trial.hyperparameters["patience"]) for trial in trials} == {(30, 8)}

    def test_fixed_values_are_kept(self) -> None:
        pins = {"optimizer": "sgd", "learning_rate": 0.5}
        families = {name: family.with_pins(pins) for name, family in FAMILIES.items()}
        trials = trials_of(play(self.make(families=families), events=30, score=lambda trial: float(trial.epochs)))
        assert {(t.hyperparameters["optimizer"], t.hyperparameters["learning_rate"]) for t in trials} == {("sgd", 0.5)}

    def test_the_seed_alone_decides(self) -> None:
        journals = []
        for seed, elsewhere in ((0, 1), (0, 2), (1, 1)):
            np.random.seed(elsewhere)
            random.seed(elsewhere)
            journals.append(play(self.make(seed=seed), events=30))
        first, again, other = journals
        assert first == again
        assert (first != other) == self.draws

    def test_the_direction_of_the_metric_is_respected(self) -> None:
        gains = play(self.make(greater_is_better=True), events=self.events)
        losses = play(self.make(greater_is_better=False), events=self.events, score=lambda trial: -quality(trial))
        assert trials_of(gains) == trials_of(losses)

    @pytest.mark.parametrize("workers", [1, 2])
    @pytest.mark.parametrize("ended_at", [7, 24])
    def test_a_fresh_strategy_that_is_told_the_journal_goes_on_as_the_old_one(
        self, workers: int, ended_at: int
    ) -> None:
        whole = play(self.make(), events=40, workers=workers)
        journal = [through_json(entry) for entry in whole[:ended_at]]
        assert play(self.make(), events=40, workers=workers, journal=journal) == whole

    def test_questions_that_nothing_came_of_change_nothing(self) -> None:
        """Only trials are in the journal: an answer of "nothing at the moment" is not repeated in a replay."""
        families = {"deep": small(depths=14)}
        whole = play(self.make(families=families), events=60, workers=3)
        for ended_at in range(10, len(whole), 20):
            assert play(self.make(families=families), events=60, workers=3, journal=whole[:ended_at]) == whole

    @pytest.mark.parametrize("workers", [1, 2])
    def test_failed_trials_do_not_end_the_search(self, workers: int) -> None:
        def fragile(trial: Trial) -> float | None:
            return None if trial.number % 3 == 0 else quality(trial)

        for score in (fragile, lambda trial: None, lambda trial: math.inf):
            failing = play(self.make(), events=30, workers=workers, score=score)
            assert len(failing) == min(30, len(play(self.make(), events=30, workers=workers)))

    def test_a_small_space_is_tried_once_and_then_left(self) -> None:
        journal = play(self.make(families={"deep": small(depths=3)}), events=200)
        trials = [trial for trial in trials_of(journal) if trial.parent is None]
        assert 1 <= len(trials) <= 3
        assert len({trial.hyperparameters["depth"] for trial in trials}) == len(trials)

    def test_results_of_others_are_no_surprise(self) -> None:
        strategy = self.make()
        constant = Trial(1, "constant", {}, epochs=1, origin="baseline")
        strategy.tell(TrialResult(constant, "completed", 0.1))
        trial = strategy.ask(2)
        assert trial is not None
        assert trial.number == 2

    def test_nothing_is_printed_written_or_drawn_from_global_states(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        numpy_state, python_state = np.random.get_state()[1].tolist(), random.getstate()
        play(self.make(), events=30)
        assert np.random.get_state()[1].tolist() == numpy_state
        assert random.getstate() == python_state
        assert list(tmp_path.iterdir()) == []
        assert capfd.readouterr() == ("", "")

    def test_a_trial_of_the_shipped_families_trains(self, tmp_path: Path) -> None:
        from automl_cli.training.task import FoldData, TaskSetup
        from automl_cli.training.trial import run_trial
        from search_spaces.family import Layout

        draw = np.random.default_rng(0)
        numbers = draw.normal(size=(60, 3)).astype("float32")
        target = (numbers[:, 0] > 0).astype("int64")
        fold = FoldData(
            {"numbers": numbers[:40]}, target[:40], {"numbers": numbers[40:]}, target[40:], Layout(numbers=3)
        )
        families = {
            name: family.for_table(task="binary", rows=40)
            for name, family in load_families(["mlp", "autokeras_structured"]).items()
        }
        trial = self.make(families=families).ask(1)
        assert trial is not None
        setup = TaskSetup("binary", 2, "roc_auc", 0)
        outcome = run_trial(dataclasses.replace(trial, epochs=2), task=setup, folds=[fold], folder=tmp_path)
        assert outcome.result.state == "completed", outcome.result.reason
