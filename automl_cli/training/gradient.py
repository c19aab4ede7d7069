"""Training the networks of a gradient family: all folds side by side, or one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from automl_cli.errors import RunError
from automl_cli.evaluation.metrics import METRICS
from automl_cli.events import EpochEnded
from automl_cli.records import Curves, Trial
from automl_cli.runs.artifacts import write_json
from automl_cli.runs.folder import RANGE_TEST_FILE
from automl_cli.training import seeds
from automl_cli.training.backbone import ABOUT, load_backbone
from automl_cli.training.by_batch import KerasEngine
from automl_cli.training.checkpoint import TrialFiles, load_progress, load_weights
from automl_cli.training.choice import are_alike, expected_epochs, pays_to_compile, pays_to_stack
from automl_cli.training.compiled import Compiled, compile_once, draws_alike_by_xla, is_compilable
from automl_cli.training.correction import Balance
from automl_cli.training.curriculum import make_order
from automl_cli.training.dead_units import share_of_dead_units
from automl_cli.training.engine import Engine
from automl_cli.training.flat import dropouts, gates, initial_weights
from automl_cli.training.heads import models_in, with_head
from automl_cli.training.imbalance import GAPPED, balance
from automl_cli.training.loop import Course, Member, Surroundings, Trained, Trains, run_epochs
from automl_cli.training.losses import make_objective
from automl_cli.training.plan import batches, make_criterion, make_plan
from automl_cli.training.progress import Arrays, Memory, Progress
from automl_cli.training.range_test import run_range_test
from automl_cli.training.remembering import groups_of, refuse_recipe, remembering_layer, without_target
from automl_cli.training.rows import Rows, Source
from automl_cli.training.runtime import training_precision
from automl_cli.training.stacked import can_stack
from automl_cli.training.stages import TRANSFER, is_paced
from automl_cli.training.target_scale import TargetScale, fit_scale
from automl_cli.training.task import FoldData, FoldOutcome, Groups, TaskSetup, TrialFailure, Watch
from automl_cli.training.transfer import Inherited, inherit, transferred_weights
from search_spaces.family import Family, Layout, core_model, seeded
from search_spaces.grammar import Value

# Rows that data-dependent initial weights are taken from; quantiles of more are hardly different.
_ADAPTED_TO = 10_000
# What a remembered row takes of a prediction beside the product of its distance: several passes over all distances.
_WORK_OF_A_MEMORY = 250.0


@dataclass(frozen=True, slots=True)
class _Shape:
    """Of a training: rows of a fold, folds of the trial, how many of them train side by side, and if XLA may help."""

    rows: int
    folds: int
    members: int
    by_xla: bool = True


class GradientTrainer:
    """Trains the folds of one trial.

    Args:
        trial: What to train.
        family: Its family.
        setup: The task.
        watch: Who listens and who may stop it.
        files: Where its progress is kept; the parent's folder lies beside it.
    """

    def __init__(self, trial: Trial, family: Family, setup: TaskSetup, *, watch: Watch, files: TrialFiles) -> None:
        self._trial = trial
        self._family = family
        self._setup = setup
        self._watch = watch
        self._files = files
        self._networks: dict[Layout, keras.Model] = {}
        self._balances: Sequence[Balance] = ()
        self._tested_rate: float | None = None

    def train(self, folds: Sequence[FoldData]) -> list[FoldOutcome]:
        """Trains all folds and writes weights and progress of each.

        Raises:
            TrialFailure: A loss is no number any more, the parent's files cannot be read, or the trial is asked to
                stop before every fold had an epoch.
            RunError: Files cannot be written.
        """
        recipe = self._recipe(rows=max(len(fold.train_target) for fold in folds))
        folds = self._balanced(folds, recipe)
        outcomes: list[FoldOutcome] = []
        for team in self._teams(folds, recipe):
            if reason := self._watch.should_stop(team[-1]):
                raise TrialFailure(f"{reason}; {len(outcomes)} of {len(folds)} folds were trained")
            outcomes += self._train_team(team, folds, recipe)
        return outcomes

    def _balanced(self, folds: Sequence[FoldData], recipe: dict[str, Value]) -> list[FoldData]:
        """Returns folds with the rows to learn from, and remembers how their classes count."""
        pairs = []
        for number, fold in enumerate(folds):
            # The first model of a curriculum reads others than the network; no model of numbers reads gaps.
            read = groups_of(self._network(fold.layout))
            groups = [g for g in fold.train if g not in GAPPED] if is_paced(recipe) else read
            pairs.append(balance(fold, recipe, setup=self._setup, groups=groups, number=number))
        self._balances = [own for _, own in pairs]
        return [fold for fold, _ in pairs]

    def _teams(self, folds: Sequence[FoldData], recipe: dict[str, Value]) -> list[list[int]]:
        """Returns the numbers of the folds that train side by side."""
        layout, rows = folds[0].layout, [len(fold.train_target) for fold in folds]
        if len(folds) > 1 and are_alike(rows) and all(fold.layout == layout for fold in folds):
            network = self._network(layout)
            _, batch = batches(max(rows), at_most=int(recipe["batch_size"]))
            pays = can_stack(network) and pays_to_stack(
                parameters=_parameters(network), batch=batch * models_in(network)
            )
            shape = _Shape(rows=max(rows), folds=len(folds), members=len(folds))
            if pays and self._compiled(network, recipe, shape):
                return [list(range(len(folds)))]
        return [[number] for number in range(len(folds))]

    def _train_team(self, team: list[int], folds: Sequence[FoldData], recipe: dict[str, Value]) -> list[FoldOutcome]:
        taking = [folds[number] for number in team]
        network = self._network(taking[0].layout)
        transform, loss = str(recipe.get("target_transform", "none")), str(recipe.get("loss", "mse"))
        scales = [fit_scale(fold.train_target, self._setup.task, transform=transform, loss=loss) for fold in taking]
        balances = [self._balances[number] for number in team]
        train = _rows(network, [(f.train, f.train_target) for f in folds], team=team, scales=scales)
        validation = _rows(network, [(f.validation, f.validation_target) for f in folds], team=team, scales=scales)
        refuse_recipe(network, recipe, rows=train.length)
        shape = _Shape(rows=train.length, folds=len(folds), members=len(team))
        inherited = [self._inherited(number, fold, network) for number, fold in zip(team, taking, strict=True)]
        if recipe.get("rate_from") == "range_test":
            if self._tested_rate is None:  # the first team has the first fold
                once = replace(shape, by_xla=False)  # it pays for many epochs of one shape only
                plain = self._engine(network, recipe, shape=once, scales=scales, inherited=inherited, balances=balances)
                weights = self._initial(0, taking[0], network, inherited[0])
                self._tested_rate = self._test_rates(plain, weights, train, recipe)
            recipe = {**recipe, "learning_rate": self._tested_rate}
        engine = self._engine(network, recipe, shape=shape, scales=scales, inherited=inherited, balances=balances)
        starts = [
            self._start(number, fold, network=network, memory=engine.fresh_memory, inherited=own)
            for number, fold, own in zip(team, taking, inherited, strict=True)
        ]
        members = [
            self._member(number, fold, network=network, start=start, recipe=recipe)
            for number, fold, start in zip(team, taking, starts, strict=True)
        ]
        trained = run_epochs(
            engine,
            members,
            train=train,
            validation=validation,
            surroundings=Surroundings(
                should_stop=lambda: self._watch.should_stop(team[-1]),
                keep=lambda read: self._files.keep(team, read),
            ),
        )
        for number, own, scale, known in zip(team, trained, scales, balances, strict=True):
            self._files.finish(number, own.progress, scale=scale, correction=known.correction)
        self._files.forget()
        outcomes = [_outcome(number, own, network) for number, own in zip(team, trained, strict=True)]
        if team[0] == 0:  # one fold speaks for all
            outcomes[0] = _with_dead_units(outcomes[0], network, progress=trained[0].progress, groups=taking[0].train)
        return outcomes

    def _engine(
        self,
        network: keras.Model,
        recipe: dict[str, Value],
        *,
        shape: _Shape,
        scales: Sequence[TargetScale],
        inherited: Sequence[Inherited | None],
        balances: Sequence[Balance],
    ) -> Trains:
        backbone = transferred_weights(network, inherited)
        if chosen := self._compiled(network, recipe, shape):
            compiled, by_xla = chosen
            values = [{n: float(recipe[n]) for n in compiled.value_names} | own.values for own in balances]
            rates = [float(layer.rate.value) for layer in dropouts(network)]
            return Engine(compiled, values=values, scales=scales, rates=rates, by_xla=by_xla, backbone=backbone)
        objective = make_objective(self._setup, recipe)
        return KerasEngine(
            network, recipe, objective=objective, scale=scales[0], backbone=backbone, balance=balances[0]
        )

    def _compiled(self, network: keras.Model, recipe: dict[str, Value], shape: _Shape) -> tuple[Compiled, bool] | None:
        """Returns what is compiled for a shape and whether XLA does it; None where the network cannot be traced."""
        if not is_compilable(network):
            return None
        compiled = compile_once(
            network,
            recipe,
            objective=make_objective(self._setup, recipe),
            members=shape.members,
            paced=recipe.get("start") == TRANSFER,
        )
        steps, batch = batches(shape.rows, at_most=int(recipe["batch_size"]))
        # To the end of the recipe, not of this trial: one that is promoted goes on in the same way.
        longest = max(self._trial.epochs, int(recipe["epochs"]))
        epochs = expected_epochs(longest, patience=int(recipe["patience"]))
        by_xla = (
            shape.by_xla
            and not is_paced(recipe)  # rows that join in make epochs of many lengths, and XLA compiles each anew
            and draws_alike_by_xla(network)
            and pays_to_compile(
                parameters=shape.members * compiled.layout.parameters,
                units=shape.members * _units(network),
                batch=batch * models_in(network),
                steps=steps * epochs * shape.folds / shape.members,
            )
        )
        return (compiled, by_xla) if compiled.trace(by_xla=by_xla) else None

    def _inherited(self, number: int, fold: FoldData, network: keras.Model) -> Inherited | None:
        """Returns what a fold takes over from an earlier network; None where it starts from scratch."""
        if self._trial.hyperparameters.get("start") != TRANSFER:
            return None
        folder = Path(self._setup.backbone or "")
        if not (folder / ABOUT).exists():
            raise TrialFailure("there is no earlier network to start from; --from names one")
        backbone = load_backbone(folder)
        return inherit(network, backbone, layout=fold.layout, positions=fold.positions, fold=number)

    def _start(
        self, number: int, fold: FoldData, *, network: keras.Model, memory: Memory, inherited: Inherited | None
    ) -> Progress:
        """Returns where a fold stands: where it was interrupted, where the parent ended, or at the beginning."""
        if found := self._files.found(number):
            return found
        parent = self._trial.parent
        if parent is not None:
            try:
                return load_progress(self._files.folder.parent / f"{parent:04d}", number)
            except RunError as error:
                raise TrialFailure(f"trial {parent} left nothing to go on from: {error.message}") from error
        initial = self._initial(number, fold, network, inherited)
        return Progress(Curves(), initial, memory, initial)

    def _initial(self, number: int, fold: FoldData, network: keras.Model, inherited: Inherited | None) -> Arrays:
        with seeded(seeds.integer(self._setup.seed, "weights", number)):
            initial = initial_weights(network)
        if (adapt := self._family.adapt) is not None:
            network.set_weights(initial)
            adapt(network, _sample(network, fold), seed=seeds.integer(self._setup.seed, "adapt", number))
            initial = list(network.get_weights())
        return initial if inherited is None else inherited.over(initial)

    def _test_rates(self, engine: Trains, weights: Arrays, rows: Rows, recipe: dict[str, Value]) -> float:
        """Returns the learning rate that a test on the first fold proposes, and leaves the test in the folder."""
        _, batch = batches(rows.length, at_most=int(recipe["batch_size"]))
        whole = np.ones(len(rows.counts))
        found = run_range_test(
            engine,
            weights,
            rows=rows,
            course=Course(np.zeros((1, 1)), batch, whole, backbone=whole, mixup=float(recipe["mixup_alpha"])),
            given=float(recipe["learning_rate"]),
            seeds=lambda step: seeds.stream(self._setup.seed, "range test", step),
        )
        write_json(self._files.folder / RANGE_TEST_FILE, found)
        return found.proposal

    def _member(
        self, number: int, fold: FoldData, *, network: keras.Model, start: Progress, recipe: dict[str, Value]
    ) -> Member:
        setup, trial, watch = self._setup, self._trial, self._watch
        metric = METRICS[setup.metric]
        criterion = make_criterion(metric, loss=str(recipe.get("loss")))

        def announce(curves: Curves) -> None:
            watch.on_epoch(
                EpochEnded(
                    number=trial.number,
                    fold=number,
                    epoch=len(curves.loss),
                    epochs=trial.epochs,
                    loss=curves.loss[-1],
                    validation_loss=curves.validation_loss[-1],
                    learning_rate=curves.learning_rate[-1],
                )
            )

        return Member(
            plan=make_plan(recipe, epochs=trial.epochs, metric=metric, gates=len(gates(network))),
            start=start,
            seeds=lambda epoch: seeds.stream(setup.seed, "epoch", number, epoch),
            metric=lambda predictions: metric.function(fold.validation_target, predictions),
            # Of equals, the last epoch is kept.
            criterion=criterion if setup.keep == "best" else lambda loss, value: 0.0,
            on_epoch=announce,
            order=make_order(fold, recipe, setup=setup, number=number),
        )

    def _recipe(self, rows: int) -> dict[str, Value]:
        space = self._family.recipe.for_table(task=self._setup.task, rows=rows)
        known = {name: value for name, value in self._trial.hyperparameters.items() if name in space.names}
        return space.active({"epochs": self._trial.epochs, **known})

    def _network(self, layout: Layout) -> keras.Model:
        if layout not in self._networks:
            with training_precision():
                self._networks[layout] = core_model(
                    self._family,
                    layout,
                    outputs=self._setup.outputs,
                    hyperparameters=self._trial.hyperparameters,
                    seed=seeds.integer(self._setup.seed, "weights", 0),
                )
        return self._networks[layout]


def load_gradient_member(
    folder: Path, trial: Trial, *, family: Family, fold: int, layout: Layout, setup: TaskSetup
) -> keras.Model:
    """Builds the network of a fold again, with its best weights and its head; see `load_member`."""
    weights, scale, correction = load_weights(folder, fold)
    core = core_model(family, layout, outputs=setup.outputs, hyperparameters=trial.hyperparameters, seed=0)
    core.set_weights(weights)
    return with_head(without_target(core), scale, task=setup.task, correction=correction)


def _rows(
    network: keras.Model,
    folds: Sequence[tuple[Groups, NDArray[Any]]],
    *,
    team: Sequence[int],
    scales: Sequence[TargetScale],
) -> Rows:
    """Returns the rows of a team, as long as those of the longest fold where folds are alike."""
    lengths = [len(target) for _, target in folds]
    length = max(lengths) if are_alike(lengths) else max(lengths[number] for number in team)
    read = groups_of(network)
    sources = [
        Source({name: folds[number][0][name] for name in read}, scale.standardise(folds[number][1]))
        for number, scale in zip(team, scales, strict=True)
    ]
    return Rows(sources, length)


def _outcome(number: int, trained: Trained, network: keras.Model) -> FoldOutcome:
    if not np.isfinite(trained.predictions).all():
        raise TrialFailure(
            f"fold {number + 1} predicts values that are no numbers", curves=(trained.progress.curves,), diverged=True
        )
    return FoldOutcome(
        curves=trained.progress.curves,
        best_epoch=trained.progress.best_epoch,
        predictions=trained.predictions,
        parameters=_parameters(network),
        work=_work(network),
        stopped=trained.stopped,
    )


def _with_dead_units(outcome: FoldOutcome, network: keras.Model, *, progress: Progress, groups: Groups) -> FoldOutcome:
    """Adds what is measured once, with the weights that were kept."""
    network.set_weights(progress.best_weights)
    share = share_of_dead_units(network, {name: groups[name] for name in groups_of(network)})
    return replace(outcome, curves=replace(outcome.curves, dead_units=share))


def _sample(network: keras.Model, fold: FoldData) -> dict[str, NDArray[Any]]:
    """Returns training rows, evenly spread, of what the network reads."""
    step = -(-len(fold.train_target) // _ADAPTED_TO)
    return {name: np.asarray(fold.train[name][::step]) for name in groups_of(network)}


def _units(network: keras.Model) -> int:
    """Returns how many outputs dense layers have, all together."""
    kernels = [v for v in network.trainable_variables if len(v.shape) == 2 and v.name == "kernel"]
    return sum(int(kernel.shape[1]) for kernel in kernels)


def _work(network: keras.Model) -> float:
    """Returns how many multiplications a row takes: every weight of a kernel once for each model; tables are free.

    A row is compared with all that are remembered, in numbers of twice the length.
    """
    kernels = [v for v in network.trainable_variables if len(v.shape) >= 2 and v.name != "embeddings"]
    work = float(models_in(network) * sum(np.prod(kernel.shape) for kernel in kernels))
    if (layer := remembering_layer(network)) is not None:
        rows, width = layer.memory.shape
        work += rows * (2 * width + _WORK_OF_A_MEMORY)
    return work


def _parameters(network: keras.Model) -> int:
    return sum(int(np.prod(variable.shape)) for variable in network.trainable_variables)
