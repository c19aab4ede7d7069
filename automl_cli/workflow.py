"""The story: from a described table to a tested, exported model; each package is called once, in order.

Everything heavy is imported by the step that needs it: a first answer does not wait for TensorFlow.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from automl_cli.data.described import Described, fingerprint_of, located
from automl_cli.events import (
    Diagnosed,
    Listener,
    ModelChosen,
    Notice,
    SearchEnded,
    SearchResumed,
    StageStarted,
    TrialEnded,
    broadcast,
)
from automl_cli.records import TrialResult, curves_from_json, to_json
from automl_cli.runs.artifacts import megabytes, read_json, replacing, write_json, write_text
from automl_cli.runs.environment import describe_environment
from automl_cli.runs.folder import RunFolder, create_run, name_of_run, range_test_of
from automl_cli.runs.inputs import record_inputs, require_same_split
from automl_cli.runs.journal import Journal, read_diagnosis
from automl_cli.runs.lock import locked
from automl_cli.spec.search import SearchSpec

if TYPE_CHECKING:
    from automl_cli.data.problem import Problem
    from automl_cli.ensemble.choice import Choice
    from automl_cli.ensemble.testing import Tested
    from automl_cli.ensemble.trained import TrainedModel
    from automl_cli.export.interface import Interface
    from automl_cli.export.parity import Parity, Verifier
    from automl_cli.search.budget import Clock
    from automl_cli.search.resumption import Changes
    from automl_cli.spec.dataset import DatasetSpec
    from automl_cli.training.folds import EncodedFold, LabelledTable
    from automl_cli.training.kept import KeptModel
    from automl_cli.training.task import TaskSetup


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything that trials are trained with, how many models may follow each, and the seconds of the encoding."""

    problem: Problem
    labelled: LabelledTable
    folds: Sequence[EncodedFold]
    setup: TaskSetup
    further: int
    encoding_seconds: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a search came to.

    Attributes:
        run: Its folder.
        dataset: What its columns are.
        ranked: Trials, best first.
        choice: Which of them make up the model.
        tested: What the sealed rows said.
        maximum_difference: Between the trained and the exported model's predictions.
        model_megabytes: Size of the exported model.
        run_megabytes: Size of the whole run folder.
        seconds: Wall time of the command.
        reason: Why the search ended.
        interrupted: Whether the user ended it.
    """

    run: RunFolder
    dataset: DatasetSpec
    ranked: Sequence[TrialResult]
    choice: Choice
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
    from automl_cli.search.plan import search_started
    from automl_cli.search.transfer import choose_start, write_start

    problem = prepare(described, seed=plan.seed, folds=plan.folds)
    data = fingerprint_of(described)
    start = choose_start(plan, problem, data=data, home=home)
    run = create_run(home, name or name_of_run(described.source.name))
    with locked(run):
        dataset = located(problem.dataset, run.path)
        record_inputs(run, dataset, plan=plan, split=problem.split, findings=problem.findings, data=data)
        write_start(run, start)
        tell = broadcast([Journal(run.journal), *listeners])
        tell(search_started(run, problem, plan=plan))
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
    from automl_cli.search.plan import search_started
    from automl_cli.search.resumption import reopen

    with locked(run):
        reopened = reopen(run, changes)
        problem = prepare(reopened.described, seed=reopened.plan.seed, folds=reopened.plan.folds)
        require_same_split(run, problem.split)
        tell = broadcast([Journal(run.journal), *listeners])
        tell(SearchResumed(search_started(run, problem, plan=reopened.plan), reopened.used_seconds))
        watch = broadcast(listeners)
        for result in reopened.known.values():
            watch(TrialEnded(result))
        clock = Clock(reopened.plan.time, started=started - reopened.used_seconds)
        return carry_out(Sitting(run, reopened.plan, clock, tell, watch, reopened.known), problem)


def carry_out(sitting: Sitting, problem: Problem) -> Outcome:
    """Trains what is to be trained, and makes of the winner what the user came for."""
    from automl_cli.export.parity import Verifier
    from automl_cli.search.executors.preload import preload
    from automl_cli.search.further import seconds_kept
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
            # Export and test go the same way again, a network at a time; the winner may have to be trained once more.
            clock.reserve_end(bench.encoding_seconds, folds=len(bench.folds) + bench.further, refits=plan.refit)
            with clock.keeping(seconds_kept(clock) if bench.further else 0.0):
                ranked, reason = train(sitting, bench, known=known)
            trained = choose(sitting, bench, ranked=ranked)
        finally:
            shutil.rmtree(run.encoded, ignore_errors=True)
        tell(StageStarted("exporting"))
        with Verifier() as verifier:  # imports TensorFlow on a core of its own
            interface = export(run, bench, trained=trained)
            tell(StageStarted("testing"))
            tested = test(run, bench, trained=trained, plan=plan)
            parity = prove(run, problem, interface=interface, tested=tested, verifier=verifier)
        report(sitting, problem, trained=trained, tested=tested, reason=reason)
    choice = trained.choice
    tell(SearchEnded(choice.best, choice.validation.value, tested.scores[0], clock.elapsed_seconds, reason))
    return Outcome(
        run=run,
        dataset=problem.dataset,
        ranked=ranked,
        choice=choice,
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
    from automl_cli.search.further import most_further
    from automl_cli.search.transfer import describe_encoding
    from automl_cli.training.folds import LabelledTable, encode_folds
    from automl_cli.training.runtime import prepare_tensorflow

    prepare_tensorflow()
    started, dataset = time.monotonic(), problem.dataset
    columns, plan = input_columns(dataset), sitting.plan
    labelled = LabelledTable(problem.table, columns, problem.target.values, dataset.task, crosses=plan.crosses)
    folds = encode_folds(problem.split.folds, labelled, seed=plan.seed, folder=sitting.run.encoded)
    write_json(sitting.run.encoding, describe_encoding(problem, folds))
    return Bench(problem, labelled, folds, setup, most_further(plan, problem.split), time.monotonic() - started)


def train(sitting: Sitting, bench: Bench, *, known: Mapping[int, TrialResult]) -> tuple[list[TrialResult], str]:
    """Runs trials until the budget is spent; returns them best first, and why there were no more.

    Raises:
        SearchError: No trial could be trained.
    """
    from automl_cli.ensemble.choice import Weighing
    from automl_cli.evaluation.metrics import METRICS
    from automl_cli.search.executors.make import make_executor
    from automl_cli.search.families import resolve_families
    from automl_cli.search.leaderboard import rank
    from automl_cli.search.limits import share_of_time, trial_limit
    from automl_cli.search.looking_back import look_back
    from automl_cli.search.loop import Search, run_search
    from automl_cli.search.planning import make_terms
    from automl_cli.search.pruning import Pruning
    from automl_cli.search.strategies.make import make_strategy
    from automl_cli.search.transfer import first_trials

    run, plan = sitting.run, sitting.plan
    rows, task, folds = len(bench.problem.split.train), bench.setup.task, [fold.data for fold in bench.folds]
    terms = make_terms(bench.problem, folds, setup=bench.setup, seconds=plan.horizon)
    families = resolve_families(plan, task=task, rows=rows, has_rare_class=terms.occasion.has_rare_class)
    strategy = make_strategy(
        plan.strategy,
        families,
        greater_is_better=METRICS[plan.metric].greater_is_better,
        seed=plan.seed,
        terms=terms,
        weigh=Weighing(run, folds, plan=plan, further=bench.further),
    )
    results, reason = run_search(
        Search(
            baselines=first_trials(run, plan, terms=terms),
            strategy=strategy,
            executor=make_executor(run, bench.setup, workers=plan.workers, hear=sitting.watch),
            folds=len(folds),
            clock=sitting.clock,
            limit=trial_limit(plan, rows),
            lag=plan.lookahead,
            share=share_of_time(plan.strategy),
            tell=broadcast([sitting.tell, Pruning(run, plan, known=known.values(), watch=sitting.watch)]),
            known=known,
        )
    )
    sitting.tell(Diagnosed(look_back(results, families, problem=bench.problem, folds=folds, metric=plan.metric)))
    return rank(results, metric=plan.metric), reason


def choose(sitting: Sitting, bench: Bench, *, ranked: Sequence[TrialResult]) -> TrainedModel:
    """Settles which trials make up the model, by what they predicted of rows that they had not learned from."""
    from automl_cli.ensemble.choice import choose_trials
    from automl_cli.ensemble.refit import refit
    from automl_cli.ensemble.trained import TrainedModel
    from automl_cli.search.families import keeping_directions
    from automl_cli.search.further import FurtherModels, Member

    run, plan, problem = sitting.run, sitting.plan, bench.problem
    choice = choose_trials(
        run,
        keeping_directions(ranked, problem.dataset),
        folds=[fold.data for fold in bench.folds],
        plan=plan,
        further=bench.further,
        test_rows=len(problem.split.test),
    )
    sitting.tell(ModelChosen(choice.weights, choice.validation))
    members = {result.trial.number: result for result in ranked if result.trial.number in choice.weights}
    further: Mapping[int, Sequence[KeptModel]] = {}
    if plan.refit:
        sitting.tell(StageStarted("training on all rows"))
        best, rows = members[choice.best], problem.split.train
        further = {choice.best: [refit(run, best, labelled=bench.labelled, rows=rows, setup=bench.setup)]}
    elif bench.further:
        sitting.tell(StageStarted("training what was chosen with other rows held out"))
        trains = FurtherModels(run, bench.setup, clock=sitting.clock, workers=plan.workers)
        chosen = [Member(result, choice.weights[n], most=choice.models[n] - 1) for n, result in members.items()]
        further = trains.train(chosen, problem.split, labelled=bench.labelled, encoding_seconds=bench.encoding_seconds)
    choice = choice.of_models({number: len(bench.folds) + len(further.get(number, ())) for number in members})
    write_json(run.ensemble, choice)
    return TrainedModel(run, bench.folds, setup=bench.setup, choice=choice, ranked=ranked, further=further)


def export(run: RunFolder, bench: Bench, *, trained: TrainedModel) -> Interface:
    """Writes the chosen trials as one SavedModel from raw rows to predictions."""
    from automl_cli.export.interface import interface_of
    from automl_cli.export.saved_model import write_saved_model

    interface = interface_of(bench.problem, factors=trained.choice.factors)
    about = {"trials": trained.trials, "folds": len(bench.folds), **to_json(trained.choice)}
    with replacing(run.model):  # a run that goes on has one already
        write_saved_model(trained.join(), run.model, interface=interface, about=about)
    return interface


def test(run: RunFolder, bench: Bench, *, trained: TrainedModel, plan: SearchSpec) -> Tested:
    """Opens the seal: scores the model, and the baselines beside it, on the test rows."""
    from automl_cli.ensemble.testing import score_test_rows

    split = bench.problem.split
    rows, truth = bench.problem.table.take(split.test), bench.problem.target.values[split.test]
    return score_test_rows(run, trained, rows=rows, truth=truth, plan=plan, classes=bench.problem.target.classes)


def prove(run: RunFolder, problem: Problem, *, interface: Interface, tested: Tested, verifier: Verifier) -> Parity:
    """Lets TensorFlow alone predict the test rows with the exported model; an ExportError if it differs."""
    from automl_cli.export.parity import prove_parity

    rows = problem.table.take(problem.split.test)
    parity = prove_parity(run.model, rows, interface=interface, expected=tested.predictions, verifier=verifier)
    write_json(run.path / "parity.json", parity)
    return parity


def report(sitting: Sitting, problem: Problem, *, trained: TrainedModel, tested: Tested, reason: str) -> None:
    """Writes the page for people."""
    from automl_cli.report.page import Contents, render_report
    from automl_cli.report.practices.record import record_practices

    run, choice = sitting.run, trained.choice
    contents = Contents(
        run=run.name,
        verdict=tested.verdict,
        dataset=problem.dataset,
        plan=sitting.plan,
        split=problem.split,
        findings=problem.findings,
        ranked=trained.ranked,
        weights=choice.weights,
        validation=choice.validation,
        curves=[curves_from_json(curves) for curves in read_json(run.trial(choice.best) / "curves.json")],
        range_test=range_test_of(run, [choice.best, *choice.weights]),
        scores=tested.scores,
        truth=problem.target.values[problem.split.test],
        predictions=tested.predictions,
        decided=tested.decided,
        by_class=tested.by_class,
        classes=problem.target.classes,
        environment=describe_environment(),
        practices=record_practices(run),
        diagnosis=read_diagnosis(run.journal),
        ending=f"The search ended because {reason}.",
    )
    write_text(run.report, render_report(contents))
