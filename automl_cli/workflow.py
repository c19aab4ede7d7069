"""The story: from a described table to a tested, exported model; each package is called once, in order.

Everything heavy is imported by the step that needs it: a first answer does not wait for TensorFlow.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from automl_cli.data.described import Described, located
from automl_cli.events import Listener, Notice, SearchEnded, SearchStarted, StageStarted, broadcast
from automl_cli.records import Curves, Finding, Score, Split, Trial, TrialResult
from automl_cli.runs.artifacts import read_json, write_array, write_json, write_text
from automl_cli.runs.environment import describe_environment
from automl_cli.runs.folder import RunFolder, create_run
from automl_cli.runs.inputs import record_inputs
from automl_cli.runs.journal import Journal
from automl_cli.runs.seal import record_test_scores
from automl_cli.spec.dataset import DatasetSpec
from automl_cli.spec.search import SearchSpec

if TYPE_CHECKING:
    import keras
    from numpy.typing import NDArray

    from automl_cli.data.table import Table
    from automl_cli.data.target import Target
    from automl_cli.export.interface import Interface
    from automl_cli.export.parity import Parity, Verifier
    from automl_cli.search.budget import Clock
    from automl_cli.training.folds import EncodedFold
    from automl_cli.training.task import TaskSetup, TrialOutcome, Watch


@dataclass(frozen=True, slots=True)
class Problem:
    """A described table, ready to be learned from.

    Attributes:
        dataset: What the columns are.
        table: The model's input columns, of all rows.
        target: Values and classes of the same rows.
        split: Which of these rows serve what.
        findings: What the checks noticed.
    """

    dataset: DatasetSpec
    table: Table
    target: Target
    split: Split
    findings: tuple[Finding, ...]


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
        run: The run's folder.
        ranked: Trials, best first.
        metric: What they are ranked by.
        tested: What the sealed rows said.
        maximum_difference: Between the trained and the exported model's predictions.
        model_megabytes: Size of the exported model.
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
    seconds: float
    reason: str
    interrupted: bool


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
    from automl_cli.export.parity import Verifier
    from automl_cli.search.budget import Clock
    from automl_cli.search.signals import graceful_interrupts

    problem = prepare(described, plan)
    run = create_run(home, name or _run_name(described.source.name))
    record_inputs(run, located(problem.dataset, run.path), plan=plan, split=problem.split, findings=problem.findings)
    tell = broadcast([Journal(run.journal), *listeners])
    clock = Clock(plan.time, started=started)
    watchers = broadcast(listeners)
    with graceful_interrupts(clock, notice=lambda text: watchers(Notice(text))):
        tell(_search_started(run, problem, plan))
        tell(StageStarted("encoding"))
        bench = encode(problem, plan)
        clock.reserve(bench.encoding_seconds)  # export and test go the same way again
        with Verifier() as verifier:  # imports TensorFlow on a core of its own while networks train
            ranked, reason = train(run, bench, plan=plan, clock=clock, tell=tell)
            tell(StageStarted("exporting"))
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
        model_megabytes=sum(path.stat().st_size for path in run.model.rglob("*")) / 1e6,
        seconds=clock.elapsed_seconds,
        reason=reason,
        interrupted=clock.interrupted,
    )


def prepare(described: Described, plan: SearchSpec) -> Problem:
    """Types the cells, encodes the target, divides the rows and checks what was given.

    Raises:
        DataError: Too little is left to learn from.
    """
    from automl_cli.data.cast import type_table
    from automl_cli.data.checks import run_checks
    from automl_cli.data.dataset import input_columns
    from automl_cli.data.split import split_table
    from automl_cli.data.target import encode_target
    from automl_cli.data.test_file import join_test_file

    dataset = described.dataset
    raw, test_rows = join_test_file(described.source.result.table, dataset)
    target = encode_target(raw, dataset)
    split = split_table(raw, target, dataset=dataset, seed=plan.seed, test_rows=test_rows)
    table = type_table(raw, input_columns(dataset))
    findings = run_checks(raw, target, dataset=dataset, split=split)
    return Problem(dataset, table, target, split, findings)


def encode(problem: Problem, plan: SearchSpec) -> Bench:
    """Fits the preprocessing of every fold on its training rows and encodes its rows, once for all trials."""
    from automl_cli.data.dataset import input_columns
    from automl_cli.training.runtime import prepare_tensorflow

    prepare_tensorflow()
    from automl_cli.training.folds import encode_fold, share_layouts
    from automl_cli.training.task import TaskSetup

    started, task = time.monotonic(), problem.dataset.task
    folds = [
        encode_fold(
            fold,
            problem.table,
            columns=input_columns(problem.dataset),
            target=problem.target.values,
            task=task,
            seed=plan.seed,
        )
        for fold in problem.split.folds
    ]
    setup = TaskSetup(task, len(problem.target.classes), plan.metric, plan.seed)
    return Bench(problem, share_layouts(folds), setup, time.monotonic() - started)


def train(
    run: RunFolder, bench: Bench, *, plan: SearchSpec, clock: Clock, tell: Listener
) -> tuple[list[TrialResult], str]:
    """Runs trials until the budget is spent; returns them best first, and why there were no more.

    Raises:
        SearchError: No trial could be trained.
    """
    from automl_cli.evaluation.metrics import METRICS
    from automl_cli.search.families import baseline_trials, resolve_families
    from automl_cli.search.leaderboard import rank
    from automl_cli.search.limits import trial_limit
    from automl_cli.search.loop import Search, run_search
    from automl_cli.search.strategies.make import make_strategy
    from automl_cli.training.trial import run_trial

    def run_one(trial: Trial, watch: Watch) -> TrialResult:
        folder = run.trial(trial.number)
        folds = [fold.data for fold in bench.folds]
        outcome = run_trial(trial, task=bench.setup, folds=folds, folder=folder, watch=watch)
        _keep(folder, outcome)
        return outcome.result

    rows = len(bench.problem.split.train)
    families = resolve_families(plan, task=bench.setup.task, rows=rows)
    greater_is_better = METRICS[plan.metric].greater_is_better
    results, reason = run_search(
        Search(
            baselines=baseline_trials(task=bench.setup.task, rows=rows),
            strategy=make_strategy(plan.strategy, families, greater_is_better=greater_is_better, seed=plan.seed),
            run=run_one,
            folds=len(bench.folds),
            clock=clock,
            limit=trial_limit(plan, rows),
            tell=tell,
        )
    )
    return rank(results, metric=plan.metric), reason


def export(run: RunFolder, bench: Bench, *, best: TrialResult) -> Interface:
    """Writes the winner as one SavedModel from raw rows to predictions: the mean of its fold models."""
    from automl_cli.ensemble.average import Member, combine
    from automl_cli.export.interface import Interface, describe_inputs
    from automl_cli.export.saved_model import write_saved_model

    problem = bench.problem
    models = _members(run, bench, best.trial)
    members = [Member(fold.preprocessing.model, model) for fold, model in zip(bench.folds, models, strict=True)]
    training_rows = problem.table.take(problem.split.train)
    interface = Interface(
        inputs=describe_inputs(training_rows, problem.dataset.columns),
        target=problem.dataset.target,
        task=problem.dataset.task,
        classes=problem.target.classes,
    )
    about = {"trial": best.trial, "members": len(members)}
    write_saved_model(combine(members), run.model, interface=interface, about=about)
    return interface


def test(run: RunFolder, bench: Bench, *, ranked: Sequence[TrialResult], plan: SearchSpec) -> Tested:
    """Opens the seal: scores the winner, and the baselines beside it, on the test rows, once.

    Raises:
        RunError: The seal was opened before.
    """
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
    measured_on = f"{len(truth):,} test rows"
    scores = [bootstrap_interval(truth, predictions, metric=m, measured_on=measured_on, seed=plan.seed) for m in order]
    record_test_scores(run, scores, verdict=sentence)
    return Tested(tuple(scores), predictions, sentence)


def prove(run: RunFolder, problem: Problem, *, interface: Interface, tested: Tested, verifier: Verifier) -> Parity:
    """Lets TensorFlow alone predict the test rows with the exported model.

    Raises:
        ExportError: It predicts something else.
    """
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


def _run_name(source: str) -> str:
    """Returns the stem of a file, the name of an example, or "stdin"."""
    if source == "-":
        return "stdin"
    name = Path(source.removeprefix("example:")).name.split(".")[0]
    return re.sub(r"[*?\[\]]+", "", name) or "run"


def _keep(folder: Path, outcome: TrialOutcome) -> None:
    """Writes what is too large for the journal: curves, and out-of-fold predictions by fold."""
    write_json(folder / "curves.json", outcome.curves)
    for number, predictions in enumerate(outcome.predictions, start=1):
        write_array(folder / f"predictions-{number}.npy", predictions.astype(np.float32))


def _members(run: RunFolder, bench: Bench, trial: Trial) -> list[keras.Model]:
    from automl_cli.training.members import load_members

    layouts = [fold.data.layout for fold in bench.folds]
    return load_members(run.trial(trial.number), trial, layouts=layouts, setup=bench.setup)
