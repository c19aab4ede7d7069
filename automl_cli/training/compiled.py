"""What is compiled for a shape of network: an epoch of training, and the validation.

Both are functions of tensors to tensors and remember nothing: weights, the optimizer's memory, learning rates and all
other hyperparameters come in as arguments. So whatever has the same shape uses the same graph: the folds of a trial,
and later trials with other rates, other decay, other dropout.
"""

from __future__ import annotations

import dataclasses
import json
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from automl_cli.training.averaging import AVERAGE, averages_weights
from automl_cli.training.correction import unfocused
from automl_cli.training.flat import FlatWeights, by_variable
from automl_cli.training.heads import apply_head, average_models
from automl_cli.training.losses import LOSS_VALUES, VALIDATION_VALUES, Objective, make_loss
from automl_cli.training.mixup import mix_groups, mix_losses
from automl_cli.training.optimizers import (
    RULES,
    Memory,
    Rule,
    apply_rule,
    clip,
    clip_values,
    names_of_values,
    rule_name,
    with_average,
)
from automl_cli.training.penalties import limit_incoming, penalty_gradient
from automl_cli.training.remembering import Remembering, groups_of, remembering_layer
from automl_cli.training.stacked import StackedCall
from automl_cli.training.target_scale import TargetScale
from search_spaces.family import TARGET
from search_spaces.grammar import Value
from search_spaces.layers.dropout import Dropout

# A graph takes some megabytes; of wide networks, several.
_KEPT = 8
_cache: OrderedDict[tuple[Any, ...], Compiled] = OrderedDict()


class State(NamedTuple):
    """All that training changes, as tensors.

    Attributes:
        weights: Trainable weights `(members, parameters)`.
        memory: What the optimizer remembers, by name.
        fixed: Non-trainable variables `(members, *shape)`: statistics, rates of dropout, states of generators.
    """

    weights: Any
    memory: Memory
    fixed: tuple[Any, ...]


class Compiled:
    """The compiled functions of one shape of network.

    Attributes:
        network: Tells the shape; its own weights are not used.
        layout: How its weights are laid out.
        rule: The optimizer.
        members: How many networks are trained side by side.
        objective: As given.
        given: As below.

    Args:
        network: From a dict of groups `(batch, width)` to raw outputs `(batch, outputs)`.
        rule: The optimizer.
        objective: What is predicted and what an epoch minimises; penalties of the network's layers are added.
        values: Names of the hyperparameters that are given with each call.
        members: How many networks; above 1, the network must satisfy `can_stack`.
        given: What is given with each call besides. "mixture": rows are mixed, see `training.mixup`. "pace": a value
            `(members, parameters)` by which what a step moves a weight is multiplied.
    """

    def __init__(
        self,
        network: keras.Model,
        *,
        rule: Rule,
        objective: Objective,
        values: Sequence[str],
        members: int = 1,
        given: frozenset[str] = frozenset(),
    ) -> None:
        self.network = network
        self.layout = FlatWeights(network)
        self.rule = rule
        self.members = members
        self.given = given
        self.value_names = tuple(values)
        self.objective = objective
        self._loss, self._validation_loss = make_loss(objective), make_loss(objective.of_validation)
        self._task = objective.task
        self._remembering = Remembering(network) if remembering_layer(network) else None
        epoch, measured, validate = self._signatures(values)
        self.epoch: Any = _compile(self._epoch, epoch)
        self.epoch_by_xla: Any = _compile(self._epoch, epoch, jit_compile=True)
        self.measured: Any = _compile(self._measured, measured)
        self.validate: Any = _compile(self._validate, validate)

    @property
    def averages(self) -> bool:
        """Whether an average of the weights is kept."""
        return AVERAGE in self.rule.matrices

    @property
    def remembers(self) -> bool:
        """Whether the network remembers training rows."""
        return self._remembering is not None

    def _signatures(self, names: Sequence[str]) -> tuple[list[Any], list[Any], list[Any]]:
        """Returns the shapes of all arguments. Those of batches are open: another size is not another trace."""
        members, parameters = self.members, self.layout.parameters
        matrix, column = tf.TensorSpec((members, parameters)), tf.TensorSpec((members, 1))
        memory = dict.fromkeys(self.rule.matrices, matrix) | dict.fromkeys(self.rule.columns, column)
        fixed = tuple(tf.TensorSpec((members, *v.shape), v.dtype) for v in self.network.non_trainable_variables)
        read = [tensor for tensor in self.network.inputs if tensor.name in groups_of(self.network)]
        groups = {t.name: tf.TensorSpec((members, None, *t.shape[1:]), t.dtype) for t in read}
        target = tf.TensorSpec((members, None))
        order, steps = tf.TensorSpec((None, members, None), tf.int32), tf.TensorSpec((None, members, 1))
        course = {"rate": steps} | ({"share": steps} if self.averages else {})
        course |= {"mixture": tf.TensorSpec((None, members, None, 2))} if "mixture" in self.given else {}
        values = dict.fromkeys(names, column) | ({"pace": matrix} if "pace" in self.given else {})
        known = {n: column for n in names if n in VALIDATION_VALUES}
        fields, outputs = len(dataclasses.fields(TargetScale)), self.network.output.shape[-1]
        rest = (known, tf.TensorSpec((fields, members, 1, 1)), tf.TensorSpec((members, 1, outputs)))
        values |= {name: tf.TensorSpec((members, width)) for name, width in self.objective.vectors.items()}
        return (
            [State(matrix, memory, fixed), (groups, target), order, course, values],
            [State(matrix, memory, fixed), (groups, target), order],
            [(matrix, fixed), groups, target, tf.TensorSpec((members,), tf.int32), rest],
        )

    def _epoch(self, state: State, rows: Any, order: Any, course: Any, values: Any) -> Any:
        """Takes all steps of an epoch, or of a part of it.

        Args:
            state: Before the first step.
            rows: Groups `(members, rows, width)` by name, and the target `(members, rows)`.
            order: Rows of each batch `(steps, members, batch)`.
            course: What each step has of its own: `rate`, the learning rate `(steps, members, 1)`; `share`, that of the
                new weights in their average, likewise; `mixture`, of the rows `(steps, members, batch, 2)`.
            values: Hyperparameters `(members, 1)` of optimizer and loss, and vectors of the objective, by name.

        Returns:
            The state after the last step, the sum over the batches of their mean losses `(members,)`, and the length
            of the last step's gradient in every layer `(members, layers)`, before it is clipped.
        """
        if "weight_decay" in values:
            values = values | {"decay": values["weight_decay"] * self.layout.decays}

        draw = self._drawing(rows, order)

        def _take_step(step: Any, state: State, total: Any, _: Any) -> tuple[Any, State, Any, Any]:
            batch, target = draw(step)
            now = {name: steps[step] for name, steps in course.items()}
            state, loss, gradient = self._step(state, batch, target, now=now, values=values)
            return step + 1, state, total + loss, gradient

        steps = tf.shape(order)[0]
        # The loop hands the gradient on as it is: to measure it in every step would take as long as a small step does.
        _, state, total, gradient = tf.while_loop(
            lambda step, *_: step < steps,
            _take_step,
            (tf.constant(0), state, tf.zeros(self.members), tf.zeros_like(state.weights)),
            parallel_iterations=1,
        )
        return self._remembered(state, rows, order), total, self.layout.norms(gradient)

    def _drawing(self, rows: Any, order: Any) -> Callable[[Any], tuple[dict[str, Any], Any]]:
        """Returns what gives groups and target of the batch of a step."""
        groups, target = rows
        offsets = tf.range(self.members)[:, None] * tf.shape(target)[1]
        # Rows of all members below one another: a lookup in one long array is faster than one for each member.
        groups = {name: tf.reshape(group, (-1, group.shape[2])) for name, group in groups.items()}
        target = tf.reshape(target, (-1,))

        def _draw(step: Any) -> tuple[dict[str, Any], Any]:
            drawn = order[step] + offsets
            return {name: tf.gather(group, drawn) for name, group in groups.items()}, tf.gather(target, drawn)

        return _draw

    def _measured(self, state: State, rows: Any, order: Any) -> State:
        """Returns the state with the figures of training rows that go with its weights.

        The averages of weights of many steps have statistics of their own: those of batch normalisation are taken
        anew, with the weights as they are and layers as in training, each batch forgetting the ones before it as fast
        as the layers say (Izmailov et al. 2018, arXiv 1803.05407, have a plain mean). A memory of rows is made anew.

        Args:
            state: Its weights are those that are measured.
            rows: As for an epoch.
            order: Rows of each batch `(steps, members, batch)`.
        """
        draw, places = self._drawing(rows, order), self.layout.statistics
        if not places:
            return self._remembered(state, rows, order)
        none = tuple(tf.zeros_like(v) if place in places else v for place, v in enumerate(state.fixed))

        def _see(step: Any, fixed: Any) -> tuple[Any, Any]:
            _, changed, _ = self._apply(state.weights, fixed, draw(step)[0], training=True)
            return step + 1, changed

        steps = tf.shape(order)[0]
        _, seen = tf.while_loop(lambda step, *_: step < steps, _see, (tf.constant(0), none), parallel_iterations=1)
        count = tf.cast(steps, tf.float32)
        fixed = tuple(
            value / (1 - tf.pow(places[place], count)) if place in places else value for place, value in enumerate(seen)
        )
        return self._remembered(state._replace(fixed=fixed), rows, order)

    def _remembered(self, state: State, rows: Any, order: Any) -> State:
        """Returns the state with a memory of these rows, if the network remembers any; it then is the only member."""
        if self._remembering is None:
            return state
        network = self.network
        groups, target = rows
        rows = {name: group[0] for name, group in groups.items()}, target[0]
        values = by_variable(network.trainable_variables, [w[0] for w in self.layout.split(state.weights)])
        values |= by_variable(network.non_trainable_variables, [value[0] for value in state.fixed])
        values |= self._remembering.refreshed(values, rows, order=order[:, 0])
        return state._replace(fixed=tuple(values[id(v)][None] for v in network.non_trainable_variables))

    def _step(self, state: State, batch: Any, target: Any, *, now: Any, values: Any) -> tuple[State, Any, Any]:
        if "mixture" in now:
            batch = mix_groups(batch, now["mixture"])
        with tf.GradientTape() as tape:
            tape.watch(state.weights)
            if self._remembering:
                batch = {**batch, TARGET: target[:, :, None]}
            outputs, fixed, penalties = self._apply(state.weights, state.fixed, batch, training=True)
            of_rows = self._loss(target, outputs, values)
            if "mixture" in now:
                others = self._loss(tf.roll(target, shift=1, axis=1), outputs, values)
                of_rows = mix_losses(of_rows, others, mixture=now["mixture"])
            losses = tf.reduce_mean(of_rows, axis=1)  # (members,)
            # The sum keeps members apart: the gradient of each is that of its own loss.
            objective = tf.reduce_sum(losses + penalties)
        gradient = tape.gradient(objective, state.weights)
        weights, memory = self._moved(state, gradient, now=now, values=values)
        return State(weights, memory, fixed), losses, gradient

    def _moved(self, state: State, gradient: Any, *, now: Any, values: Any) -> tuple[Any, Memory]:
        """Returns new weights and new memory."""
        if "l1" in values or "l2" in values:
            gradient += penalty_gradient(state.weights, decays=self.layout.decays, values=values)
        if "gradient_clip_value" in values:
            gradient = clip_values(gradient, values["gradient_clip_value"])
        if "gradient_clip_norm" in values:
            gradient = clip(gradient, values["gradient_clip_norm"])
        weights, memory = apply_rule(
            self.rule, state.weights, gradient=gradient, memory=state.memory, rate=now["rate"], values=values
        )
        if "max_norm" in values:
            weights = limit_incoming(weights, layout=self.layout, norm=values["max_norm"])
        if "pace" in values:  # a pace of 0 leaves a weight exactly as it was
            weights = state.weights + (weights - state.weights) * values["pace"]
        if self.averages:
            average = state.memory[AVERAGE]
            memory = {**memory, AVERAGE: average + (weights - average) * now["share"]}
        return weights, memory

    def _validate(self, state: Any, groups: Any, target: Any, counts: Any, rest: Any) -> Any:
        """Measures and predicts.

        Args:
            state: Weights and fixed variables, as in a `State`.
            groups: Groups `(members, rows, width)` by name.
            target: `(members, rows)`.
            counts: How many of the rows are real; those behind only fill up, `(members,)`.
            rest: Values of the loss `(members, 1)` by name, scales of the target `(fields, members, 1, 1)`, and what
                corrects raw outputs `(members, 1, outputs)`.

        Returns:
            Sums of the losses of the real rows `(members,)`, and predictions `(members, rows, classes or 1)`.
        """
        values, scales, offsets = rest
        weights, fixed = state
        if self._remembering:
            groups = {**groups, TARGET: tf.zeros_like(target)[:, :, None]}
        outputs, _, _ = self._apply(weights, fixed, groups, training=False)
        if len(outputs.shape) == 4:  # (members, rows, models, outputs)
            outputs = average_models(outputs, task=self._task)
        if self.objective.balancing == "focal":
            outputs = unfocused(outputs, values["focal_gamma"][..., None], task=self._task)
        outputs += offsets
        losses = self._validation_loss(target, outputs, values)
        is_real = tf.range(tf.shape(target)[1])[None] < counts[:, None]
        predictions = apply_head(outputs, TargetScale(*tf.unstack(scales)), task=self._task)
        return tf.reduce_sum(tf.where(is_real, losses, 0.0), axis=1), predictions

    def _apply(self, rows: Any, fixed: Any, groups: Mapping[str, Any], *, training: bool) -> tuple[Any, Any, Any]:
        """Returns raw outputs `(members, batch, outputs)`, new fixed variables and penalties `(members,)`."""
        network, weights = self.network, self.layout.split(rows)
        if self.members == 1:
            outputs, changed, losses = network.stateless_call(
                [weight[0] for weight in weights],
                [value[0] for value in fixed],
                {name: group[0] for name, group in groups.items()},
                training=training,
                return_losses=True,
            )
            kept = tuple(value[None] for value in changed)
            return tf.cast(outputs, tf.float32)[None], kept, tf.add_n(losses) if losses else 0.0
        values = by_variable(network.trainable_variables, weights)
        values |= by_variable(network.non_trainable_variables, fixed)
        call = StackedCall(network, values, training=training)
        outputs = tf.cast(call(groups), tf.float32)
        kept = tuple(call.changed.get(id(v), values[id(v)]) for v in network.non_trainable_variables)
        return outputs, kept, call.penalties()

    def trace(self, *, by_xla: bool) -> bool:
        """Makes the graphs now and says whether they could be made."""
        try:
            (self.epoch_by_xla if by_xla else self.epoch).get_concrete_function()
            self.validate.get_concrete_function()
        except (tf.errors.OpError, AttributeError, NotImplementedError, RuntimeError, TypeError, ValueError):
            return False
        return True


def _compile(function: Callable[..., Any], signature: list[Any], *, jit_compile: bool = False) -> Any:
    return tf.function(function, input_signature=signature, autograph=False, jit_compile=jit_compile or None)


def is_compilable(network: keras.Model) -> bool:
    """False for a network that says itself how it takes a step."""
    return type(network).train_step is keras.Model.train_step


def draws_alike_by_xla(network: keras.Model) -> bool:
    """False where layers of Keras draw at random: compiled by XLA, that takes ten times as long as in a plain graph."""
    generators = FlatWeights(network).generators
    ours = [layer for layer in network._flatten_layers(include_self=False) if isinstance(layer, Dropout)]
    return len(generators) == len(ours)


def compile_once(
    network: keras.Model, recipe: Mapping[str, Value], *, objective: Objective, members: int = 1, paced: bool = False
) -> Compiled:
    """Returns the compiled functions of a shape: those of an earlier call where there are any.

    Args:
        network: Of the shape.
        recipe: Names the optimizer, and the hyperparameters that each call of the functions will be given.
        objective: What is predicted and what an epoch minimises.
        members: How many networks are trained side by side.
        paced: Whether a `pace` is given with each call, see `Compiled`.
    """
    values = (*names_of_values(recipe), *(n for n in LOSS_VALUES if n in recipe))
    name, averages = rule_name(recipe), averages_weights(recipe)
    mixes = float(recipe.get("mixup_alpha", 0.0)) > 0
    given = frozenset(n for n, is_given in (("pace", paced), ("mixture", mixes)) if is_given)
    key = (_fingerprint(network), name, objective, values, members, averages, given)
    if key in _cache:
        _cache.move_to_end(key)
    else:
        rule = with_average(RULES[name]) if averages else RULES[name]
        _cache[key] = Compiled(network, rule=rule, objective=objective, values=values, members=members, given=given)
        while len(_cache) > _KEPT:
            _cache.popitem(last=False)
    return _cache[key]


def _fingerprint(network: keras.Model) -> str:
    """Returns what tells networks of different graphs apart: all of the configuration but the rates of dropout."""
    config = network.get_config()
    config.pop("name", None)
    plain: dict[str, str] = {}
    for layer in config["layers"]:
        if layer.get("registered_name") == "automl>Dropout":
            del layer["config"]["rate"]
        plain[layer["name"]] = f"layer {len(plain)}"
    # Names of unnamed layers are counted up from network to network.
    return json.dumps(_renamed(config, plain), default=repr, sort_keys=True)


def _renamed(config: Any, names: Mapping[str, str]) -> Any:
    if isinstance(config, Mapping):
        return {str(key): _renamed(value, names) for key, value in config.items()}
    if isinstance(config, (list, tuple)):
        return [_renamed(value, names) for value in config]
    return names.get(config, config) if isinstance(config, str) else config
