"""The story: from a described table to a tested, exported model; each package is called once, in order.

Everything heavy is imported by the step that needs it: a first answer does not wait for TensorFlow.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl_cli.data.described import Described, fingerprint_of, located
from automl_cli.events import (
    Listener,
    Notice,
    SearchEnded,
    SearchResumed,
    SearchStarted,
    StageStarted,
    TrialEnded,
    broadcast,
)
from automl_cli.records import Curves, Score, Trial, TrialResult
from automl_cli.runs.artifacts import megabytes, read_json, replacing, write_json, write_text
from automl_cli.runs.environment import describe_environment
from automl_cli.runs.folder import RunFolder, create_run, name_of_run
from automl_cli.runs.inputs import record_inputs, require_same_split
from automl_cli.runs.journal import Journal
from automl_cli.runs.lock import locked
from automl_cli.runs.seal import describe_test_rows, record_test_scores
from automl_cli.spec.search import SearchSpec

if TYPE_CHECKING:
    import keras
    from numpy.typing import NDArray

    from automl_cli.data.problem import Problem
    from automl_cli.export.interface import Interface
    from automl_cli.export.parity import Parity, Verifier
    from automl_cli.search.budget import Clock
    from automl_cli.search.resumption import Changes
    from automl_cli.training.folds import EncodedFold
    from automl_cli.training.task import TaskSetup


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything that trials are trained with, and the seconds that its encoding took."""

    problem: Problem
    folds: Sequence[EncodedFold]
    setup: TaskSetup
    encoding_seconds: float


@dataclass(frozen=True, slots=True)
class Tested:
    """What the sealed rows said.

    Attributes:
        scores: The winner's, the search's metric first.
        predictions: Probabilities `(test rows, classes)`, or values `(test rows, 1)`.
        verdict: One sentence for people.
    """

    scores: tuple[Score, ...]
    predictions: NDArray[Any]
    verdict: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a search came to.

    Attributes:
        run: Its folder.
        ranked: Trials, best first.
        metric: What they are ranked by.
        tested: What the sealed rows said.
        maximum_difference: Between the trained and the exported model's predictions.
        model_megabytes: Size of the exported model.
        run_megabytes: Size of the whole run folder.
        seconds: Wall time of the command.
        reason: Why the search ended.
        interrupted: Whether the user ended it.
    """

    run: RunFolder
    ranked: Sequence[TrialResult]
    metric: str
    tested: Tested
    maximum_difference: float
    model_megabytes: float
    run_megabytes: float
    seconds: float
    reason: str
    interrupted: bool


@dataclass(frozen=True, slots=True)
class Sitting:
    """One command's work on a run: the first, or one that goes on.

    Attributes:
        run: The run's folder, locked.
        plan: The resolved settings.
        clock: Of the budget.
        tell: Hears of every event; the journal first.
        watch: Hears of what is not for the journal.
        known: Results of earlier sittings, by number.
    """

    run: RunFolder
    plan: SearchSpec
    clock: Clock
    tell: Listener
    watch: Listener
    known: Mapping[int, TrialResult] = field(default_factory=dict)


def search(
    described: Described,
    plan: SearchSpec,
    *,
    home: Path,
    name: str | None,
    started: float,
    listeners: Sequence[Listener],
) -> Outcome:
    """Searches, tests and exports: the main job.

    Args:
        described: The data.
        plan: The resolved settings.
        home: Folder in which run folders gather.
        name: Of the run; the file's name when None.
        started: `time.monotonic()` of the command's start, the zero of the time budget.
        listeners: Hear of everything, after the journal.

    Raises:
        DataError: Too little is left to learn from.
        SearchError: No trial could be trained.
        RunError: The run folder cannot be written.
        ExportError: The exported model does not predict what the trained one does.
    """
    from automl_cli.data.problem import prepare
    from automl_cli.search.budget import Clock

    problem = prepare(described, seed=plan.seed)
    run = create_run(home, name or name_of_run(described.source.name))
    with locked(run):
        dataset = located(problem.dataset, run.path)
        data = fingerprint_of(described)
        record_inputs(run, dataset, plan=plan, split=problem.split, findings=problem.findings, data=data)
        tell = broadcast([Journal(run.journal), *listeners])
        tell(_search_started(run, problem, plan))
        clock = Clock(plan.time, started=started)
        return carry_out(Sitting(run, plan, clock, tell, broadcast(listeners)), problem)


def resume(run: RunFolder, changes: Changes, *, started: float, listeners: Sequence[Listener]) -> Outcome:
    """Goes on with a run that was cut short, or that gets more time, as if it had never stopped.

    Args:
        run: Its folder.
        changes: More time, more trials.
        started: `time.monotonic()` of the command's start.
        listeners: Hear of what is new, after the journal.

    Raises:
        UsageError: The run is finished and was given nothing more.
        RunError: Another search holds the folder, or the data or a spec has changed.
    """
    from automl_cli.data.problem import prepare
    from automl_cli.search.budget import Clock
    from automl_cli.search.resumption import reopen

    with locked(run):
        reopened = reopen(run, changes)
        problem = prepare(reopened.described, seed=reopened.plan.seed)
        require_same_split(run, problem.split)
        tell = broadcast([Journal(run.journal), *listeners])
        tell(SearchResumed(_search_started(run, problem, reopened.plan), reopened.used_seconds))
        watch = broadcast(listeners)
        for result in reopened.known.values():
            watch(TrialEnded(result))
        clock = Clock(reopened.plan.time, started=started - reopened.used_seconds)
        return carry_out(Sitting(run, reopened.plan, clock, tell, watch, reopened.known), problem)


def carry_out(sitting: Sitting, problem: Problem) -> Outcome:
    """Trains what is to be trained, and makes of the winner what the user came for."""
    from automl_cli.export.parity import Verifier
    from automl_cli.search.executors.preload import preload
    from automl_cli.search.guess import guess
    from automl_cli.search.signals import graceful_interrupts
    from automl_cli.training.task import TaskSetup

    run, plan, clock, tell = sitting.run, sitting.plan, sitting.clock, sitting.tell
    with graceful_interrupts(clock, notice=lambda text: sitting.watch(Notice(text))):
        if plan.workers != 0:
            preload()
        setup = TaskSetup(problem.dataset.task, len(problem.target.classes), plan.metric, plan.seed)
        known = sitting.known or guess(run, problem, setup=setup, tell=tell)
        tell(StageStarted("encoding"))
        try:
            bench = encode(problem, sitting, setup=setup)
            clock.reserve(bench.encoding_seconds)  # export and test go the same way again
            ranked, reason = train(sitting, bench, known=known)
        finally:
            shutil.rmtree(run.encoded, ignore_errors=True)
        tell(StageStarted("exporting"))
        with Verifier() as verifier:  # imports TensorFlow on a core of its own
            interface = export(run, bench, best=ranked[0])
            tell(StageStarted("testing"))
            tested = test(run, bench, ranked=ranked, plan=plan)
            parity = prove(run, problem, interface=interface, tested=tested, verifier=verifier)
        report(run, problem, ranked=ranked, plan=plan, tested=tested, reason=reason)
    tell(SearchEnded(ranked[0].trial.number, ranked[0].score, tested.scores[0], clock.elapsed_seconds, reason))
    return Outcome(
        run=run,
        ranked=ranked,
        metric=plan.metric,
        tested=tested,
        maximum_difference=parity.maximum_difference,
        model_megabytes=megabytes(run.model),
        run_megabytes=megabytes(run.path),
        seconds=clock.elapsed_seconds,
        reason=reason,
        interrupted=clock.interrupted,
    )


def encode(problem: Problem, sitting: Sitting, *, setup: TaskSetup) -> Bench:
    """Fits the preprocessing of every fold on its training rows and encodes its rows, once for all trials."""
    from automl_cli.data.dataset import input_columns
    from automl_cli.training.folds import LabelledTable, encode_folds
    from automl_cli.training.runtime import prepare_tensorflow

    prepare_tensorflow()
    started, dataset = time.monotonic(), problem.dataset
    labelled = LabelledTable(problem.table, input_columns(dataset), problem.target.values, dataset.task)
    folds = encode_folds(problem.split.folds, labelled, seed=sitting.plan.seed, folder=sitting.run.encoded)
    return Bench(problem, folds, setup, time.monotonic() - started)


def train(sitting: Sitting, bench: Bench, *, known: Mapping[int, TrialResult]) -> tuple[list[TrialResult], str]:
    """Runs trials until the budget is spent; returns them best first, and why there were no more.

    Raises:
        SearchError: No trial could be trained.
    """
    from automl_cli.evaluation.metrics import METRICS
    from automl_cli.search.executors.make import make_executor
    from automl_cli.search.families import baseline_trials, resolve_families
    from automl_cli.search.leaderboard import rank
    from automl_cli.search.limits import trial_limit
    from automl_cli.search.loop import Search, run_search
    from automl_cli.search.pruning import Pruning
    from automl_cli.search.strategies.make import make_strategy

    run, plan = sitting.run, sitting.plan
    rows, task = len(bench.problem.split.train), bench.setup.task
    families = resolve_families(plan, task=task, rows=rows)
    greater_is_better = METRICS[plan.metric].greater_is_better
    results, reason = run_search(
        Search(
            baselines=baseline_trials(task=task, rows=rows),
            strategy=make_strategy(plan.strategy, families, greater_is_better=greater_is_better, seed=plan.seed),
            executor=make_executor(run, bench.setup, workers=plan.workers, hear=sitting.watch),
            folds=len(bench.folds),
            clock=sitting.clock,
            limit=trial_limit(plan, rows),
            lag=plan.lookahead,
            tell=broadcast([sitting.tell, Pruning(run, plan, known=known.values(), watch=sitting.watch)]),
            known=known,
        )
    )
    return rank(results, metric=plan.metric), reason


def export(run: RunFolder, bench: Bench, *, best: TrialResult) -> Interface:
    """Writes the winner as one SavedModel from raw rows to predictions: the mean of its fold models."""
    from automl_cli.data.sampling import INFERRED_ROWS, sample_rows
    from automl_cli.ensemble.average import Member, combine
    from automl_cli.export.interface import Interface, describe_inputs
    from automl_cli.export.saved_model import write_saved_model

    problem = bench.problem
    models = _members(run, bench, best.trial)
    members = [Member(fold.preprocessing.model, model) for fold, model in zip(bench.folds, models, strict=True)]
    training_rows = problem.table.take(sample_rows(problem.split.train, INFERRED_ROWS, seed=0))
    interface = Interface(
        inputs=describe_inputs(training_rows, problem.dataset.columns),
        target=problem.dataset.target,
        task=problem.dataset.task,
        classes=problem.target.classes,
    )
    about = {"trial": best.trial, "members": len(members)}
    with replacing(run.model):  # a run that goes on has one already
        write_saved_model(combine(members), run.model, interface=interface, about=about)
    return interface


def test(run: RunFolder, bench: Bench, *, ranked: Sequence[TrialResult], plan: SearchSpec) -> Tested:
    """Opens the seal: scores the winner, and the baselines beside it, on the test rows."""
    from automl_cli.evaluation.intervals import bootstrap_interval
    from automl_cli.evaluation.metrics import METRICS, metrics_for
    from automl_cli.evaluation.verdict import verdict
    from automl_cli.preprocessing.encoding import encode as encode_rows
    from automl_cli.training.members import predict_members

    split, metric = bench.problem.split, METRICS[plan.metric]
    rows, truth = bench.problem.table.take(split.test), bench.problem.target.values[split.test]
    groups = [encode_rows(fold.preprocessing, rows) for fold in bench.folds]
    best = {result.trial.family: result.trial for result in reversed(ranked) if result.score is not None}

    @cache  # a baseline may be the winner
    def predict(family: str) -> NDArray[Any]:
        return predict_members(_members(run, bench, best[family]), groups)

    predictions, constant = predict(ranked[0].trial.family), predict("constant")
    linear = predict("linear") if "linear" in best else None
    sentence = verdict(truth, predictions, metric=metric, constant=constant, linear=linear, seed=plan.seed)
    order = sorted(metrics_for(bench.setup.task), key=lambda known: known is not metric)
    measured_on = describe_test_rows(run, len(truth))
    scores = [bootstrap_interval(truth, predictions, metric=m, measured_on=measured_on, seed=plan.seed) for m in order]
    record_test_scores(run, scores, verdict=sentence)
    return Tested(tuple(scores), predictions, sentence)


def prove(run: RunFolder, problem: Problem, *, interface: Interface, tested: Tested, verifier: Verifier) -> Parity:
    """Lets TensorFlow alone predict the test rows with the exported model; an ExportError if it differs."""
    from automl_cli.export.parity import prove_parity

    rows = problem.table.take(problem.split.test)
    parity = prove_parity(run.model, rows, interface=interface, expected=tested.predictions, verifier=verifier)
    write_json(run.path / "parity.json", parity)
    return parity


def report(
    run: RunFolder,
    problem: Problem,
    *,
    ranked: Sequence[TrialResult],
    plan: SearchSpec,
    tested: Tested,
    reason: str,
) -> None:
    """Writes the page for people."""
    from automl_cli.report.page import Contents, render_report

    contents = Contents(
        run=run.name,
        verdict=tested.verdict,
        dataset=problem.dataset,
        plan=plan,
        split=problem.split,
        findings=problem.findings,
        ranked=ranked,
        curves=[Curves(**curves) for curves in read_json(run.trial(ranked[0].trial.number) / "curves.json")],
        scores=tested.scores,
        truth=problem.target.values[problem.split.test],
        predictions=tested.predictions,
        classes=problem.target.classes,
        environment=describe_environment(),
        ending=f"The search ended because {reason}.",
    )
    write_text(run.report, render_report(contents))


def _search_started(run: RunFolder, problem: Problem, plan: SearchSpec) -> SearchStarted:
    return SearchStarted(
        run=run.name,
        target=problem.dataset.target,
        task=problem.dataset.task,
        metric=plan.metric,
        train_rows=len(problem.split.train),
        test_rows=len(problem.split.test),
        folds=len(problem.split.folds),
        strategy=plan.strategy,
        budget_seconds=plan.time,
        max_trials=plan.trials,
        findings=problem.findings,
    )


def _members(run: RunFolder, bench: Bench, trial: Trial) -> list[keras.Model]:
    from automl_cli.training.members import load_members

    layouts = [fold.data.layout for fold in bench.folds]
    return load_members(run.trial(trial.number), trial, layouts=layouts, setup=bench.setup)
