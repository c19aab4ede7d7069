"""Starting from an earlier run or a Keras model: what is taken from it, and whether it may be."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.data.problem import Problem
from automl_cli.errors import ColumnError, RunError
from automl_cli.records import Trial, TrialResult, Value
from automl_cli.runs.artifacts import read_json, write_json
from automl_cli.runs.folder import RunFolder, find_run
from automl_cli.runs.inputs import read_plan
from automl_cli.runs.journal import read_results
from automl_cli.runs.summary import model_weights
from automl_cli.search.families import baseline_trials
from automl_cli.search.leaderboard import rank
from automl_cli.search.planning import Terms, fitted_to_time
from automl_cli.spec.files import load_dataset
from automl_cli.spec.search import SearchSpec
from automl_cli.training.archive import weights_path, write_arrays
from automl_cli.training.backbone import ABOUT, ENCODING, LAYERS, Encoding, encoding_from_json
from automl_cli.training.folds import EncodedFold
from automl_cli.training.stages import TRANSFER
from search_spaces.family import load_families


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a run is going to start from.

    Attributes:
        origin: Where it came from, in words.
        family: Name of its family.
        hyperparameters: Of the builder.
        folds: For each fold of the new run, the fold of the earlier one that it starts from.
        files: To be copied, by the name that they get.
        layers: Weights of the layers of a Keras model, by `LAYER/PLACE`.
    """

    origin: str
    family: str
    hyperparameters: Mapping[str, Value]
    folds: Sequence[int]
    files: Mapping[str, Path]
    layers: Mapping[str, NDArray[Any]]


def find_start(text: str, home: Path) -> Path:
    """Returns the run folder or the Keras model that a user named: a run, its `model/`, or a `.keras` file or folder.

    Raises:
        RunError: There is no such thing.
    """
    path = Path(text)
    if path.suffix == ".keras":
        if not path.exists():
            raise RunError(f"There is no file '{text}'.", hint="--from takes a run or a .keras file")
        return path.absolute()
    if (path / "automl.json").is_file() and (path.parent / "journal.jsonl").is_file():
        return path.parent.absolute()
    if (path / "saved_model.pb").is_file():
        raise RunError(
            f"'{text}' is a SavedModel without its run: it holds a graph, and no layers to start from.",
            hint="name the whole run folder, or save the Keras model as a .keras file",
        )
    return find_run(text, home).path.absolute()


def choose_start(plan: SearchSpec, problem: Problem, *, data: str, home: Path) -> Chosen | None:
    """Chooses what a search starts from, and makes sure that it may; None where nothing was asked for.

    Of a run, that is the network with the largest weight in its ensemble, else the best that is still there.

    Args:
        plan: Of the new search.
        problem: Its rows.
        data: Fingerprint of its data.
        home: Folder in which run folders gather.

    Raises:
        RunError: There is no such run, it has no network, was made by an earlier version, or has learned from rows that
            measure here.
        ColumnError: It has no column in common with this table.
    """
    if plan.start_from is None:
        return None
    path = find_start(plan.start_from, home)
    if path.suffix == ".keras":
        return _keras_model(path, folds=len(problem.split.folds))
    run = RunFolder(path)
    result = _best_network(run, load_dataset(run.dataset).task)
    encoding = _encoding_of(run)
    common = set.intersection(*(positions.columns for positions in encoding.positions)) & set(problem.table.columns)
    if not common:
        raise ColumnError(
            f"The run '{run.name}' and this table have no column in common.",
            hint="columns are matched by name: rename them, or search from scratch",
        )
    folds = _unspoilt_folds(run, problem, is_same_data=read_json(run.fingerprints).get("data") == data)
    trial = result.trial
    names = load_families([trial.family])[trial.family].space.names
    weights = {path.name: path for path in (weights_path(run.trial(trial.number), fold) for fold in sorted(set(folds)))}
    return Chosen(
        origin=f"from {run.name}, trial {trial.number}",
        family=trial.family,
        hyperparameters={name: value for name, value in trial.hyperparameters.items() if name in names},
        folds=folds,
        files={ENCODING: run.encoding, **weights},
        layers={},
    )


def write_start(run: RunFolder, chosen: Chosen | None) -> None:
    """Copies what is started from into the folder of a new run, which then needs the earlier one no more.

    Raises:
        RunError: The folder cannot be written.
    """
    if chosen is None:
        return
    about = {name: getattr(chosen, name) for name in ("origin", "family", "hyperparameters", "folds")}
    write_json(run.backbone / ABOUT, about)
    if chosen.layers:
        write_arrays(run.backbone / LAYERS, chosen.layers)
    for name, path in chosen.files.items():
        try:
            shutil.copyfile(path, run.backbone / name)
        except OSError as error:
            raise RunError(f"'{path}' cannot be copied: {error.strerror}.") from error


def first_trials(run: RunFolder, plan: SearchSpec, *, terms: Terms) -> list[Trial]:
    """Returns the trials that run first, whatever the strategy: the baselines, and what starts from an earlier network.

    That one has the builder's values of the earlier network. How it is trained is up to this run: its number of rows,
    its time, and what the user has fixed.

    Args:
        run: Holds its backbone.
        plan: Of the search.
        terms: Of the search.
    """
    task, rows = terms.occasion.task, terms.occasion.rows
    baselines = baseline_trials(task=task, rows=rows)
    if plan.start_from is None:
        return baselines
    about = read_json(run.backbone / ABOUT)
    family = load_families([about["family"]])[about["family"]].for_table(task=task, rows=rows)
    family = family.with_pins({n: v for n, v in plan.hyperparameters.items() if n in family.recipe.names})
    given = {name: value for name, value in about["hyperparameters"].items() if name in family.space.names}
    values = fitted_to_time(family, family.full_space.active({**given, "start": TRANSFER}), terms=terms)
    values |= given  # the network has to be the earlier one, however long that takes
    number = len(baselines) + 1
    return [*baselines, Trial(number, family.name, values, epochs=int(values["epochs"]), origin=about["origin"])]


def describe_encoding(problem: Problem, folds: Sequence[EncodedFold]) -> Encoding:
    """Says what the encoded columns of a run stand for, for runs that will start from it."""
    dataset = problem.dataset
    return Encoding(
        target=dataset.target,
        task=dataset.task,
        classes=tuple(str(name) for name in problem.target.classes),
        layouts=tuple(fold.data.layout for fold in folds),
        positions=tuple(fold.data.positions for fold in folds),
    )


def _keras_model(path: Path, *, folds: int) -> Chosen:
    from automl_cli.training.keras_layers import read_layers

    hyperparameters, layers = read_layers(path)
    return Chosen(f"from {path.name}", "mlp", hyperparameters, folds=[0] * folds, files={}, layers=layers)


def _best_network(run: RunFolder, task: str) -> TrialResult:
    weights = model_weights(run)
    results = [result for result in read_results(run.journal) if result.score is not None]
    try:
        families = load_families({result.trial.family for result in results})
    except ValueError as error:
        raise RunError(
            f"The run '{run.name}' learned from another kind of data: {error}.", hint="start from a run on a table"
        ) from error
    networks = [
        result
        for result in rank(results, metric=read_plan(run).metric)
        if families[result.trial.family].kind == "gradient" and weights_path(run.trial(result.trial.number), 0).exists()
    ]
    if not networks:
        raise RunError(
            f"The run '{run.name}' has no network whose weights were kept, to start a {task} task from.",
            hint="search it again with --families mlp,realmlp,tabm",
        )
    return max(networks, key=lambda result: weights.get(result.trial.number, 0.0))  # of equals, the best comes first


def _encoding_of(run: RunFolder) -> Encoding:
    if not run.encoding.exists():
        raise RunError(
            f"The run '{run.name}' does not say what its encoded columns are: it was made by an earlier version, or "
            "did not get that far.",
            hint="search its data again, then start from that run",
        )
    return encoding_from_json(read_json(run.encoding))


def _unspoilt_folds(run: RunFolder, problem: Problem, *, is_same_data: bool) -> list[int]:
    """Returns for each fold the earlier fold to start from, none of which has learned from rows that measure here.

    Raises:
        RunError: There is none: a score would not be honest.
    """
    earlier, split = read_json(run.split), problem.split
    count = len(earlier["folds"])
    if not is_same_data:
        return [fold % count for fold in range(len(split.folds))]
    hint = "use its --seed, --folds and --test, or search from scratch"
    if np.isin(split.test, earlier["train"]).any():
        raise RunError(
            f"The run '{run.name}' has learned from rows that are test rows here: the test would not be honest.", hint
        )
    learned = [np.asarray(fold["train"]) for fold in earlier["folds"]]
    found = []
    for number, fold in enumerate(split.folds):
        # The fold of the same number first, which has the same rows where the runs were divided alike.
        order = [*range(number, min(number + 1, count)), *range(count)]
        clean = [other for other in order if not np.isin(fold.validation, learned[other]).any()]
        if not clean:
            raise RunError(
                f"All networks of the run '{run.name}' have learned from rows that validate fold {number + 1} here: "
                "the scores would not be honest.",
                hint,
            )
        found.append(clean[0])
    return found
