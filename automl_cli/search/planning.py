"""How long a network is to be trained, settled before its first step: schedules of the learning rate need an end.

What is planned depends on sizes alone, not on the speed of the machine or on what trials took: the same seed then gives
the same trials. A machine that is slower than what was measured here ends them early.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from automl_cli.data.problem import Problem
from automl_cli.data.rare_class import has_rare_class
from automl_cli.training.target_scale import suits_log
from automl_cli.training.task import FoldData, TaskSetup
from search_spaces.family import Family, Layout
from search_spaces.grammar import Value
from search_spaces.portfolio import Occasion

# Multiplications of training a second, one thread; a row is multiplied three times: forward, and twice backward.
_MULTIPLICATIONS_A_SECOND = 5e10
_PASSES = 3
# Of a step, beside its products.
_SECONDS_A_STEP = 8e-4
# Reading, imports, encoding, export and report.
_OTHER_SECONDS = 20.0
# Units of a hidden block of ModernNCA.
_NEIGHBOURS_HIDDEN = 512
# Two trials at a time, on any machine: more of them should make a search faster, not another one.
_WORKERS = 2
# Networks that a minute, and that five minutes should have room for, beside trees; in proportion to the logarithm.
_NETWORKS_IN_A_MINUTE, _NETWORKS_IN_FIVE = 3.0, 8.0
_SHARE_OF_NETWORKS = 0.75
# Fewer epochs are no training; so many are mostly enough for one that ends early.
_FEWEST_EPOCHS, _ENOUGH_EPOCHS = 12, 30
# What a network of several models on embedded numbers has less of before it has too few epochs, the first one first.
_GIVEN_UP = ("members", "embedding_width")


@dataclass(frozen=True, slots=True)
class Terms:
    """Of a search: what is known of it before the first trial.

    Attributes:
        occasion: The task, and how much there is of rows and time.
        layout: What networks may read.
        folds: Trainings of a trial.
        outputs: Width of a raw output.
    """

    occasion: Occasion
    layout: Layout
    folds: int
    outputs: int

    @property
    def rows(self) -> float:
        """Rows of one training."""
        return self.occasion.rows * (1 - 1 / self.folds if self.folds > 1 else 0.9)


def make_terms(problem: Problem, folds: Sequence[FoldData], *, setup: TaskSetup, seconds: float) -> Terms:
    """Says what is known of a search before its first trial.

    Args:
        problem: Its rows.
        folds: As they were encoded.
        setup: Its task.
        seconds: That trials are planned for.
    """
    layout, rows = folds[0].layout, problem.split.train
    occasion = Occasion(
        setup.task,
        len(rows),
        seconds=seconds,
        levels=max(layout.cardinalities, default=0),
        is_skewed=setup.task == "regression" and suits_log(problem.target.values[rows]),
        has_rare_class=has_rare_class(problem.target.values[rows], classes=len(problem.target.classes)),
    )
    return Terms(occasion, layout, folds=len(folds), outputs=setup.outputs)


def fitted_to_time(family: Family, values: Mapping[str, Value], *, terms: Terms) -> dict[str, Value]:
    """Returns hyperparameters of a network with as many epochs as fit into its share of the time, at most those given.

    Where that is too few, a network that holds several models gets fewer of them, and then shorter vectors for numbers.

    Args:
        family: A gradient family.
        values: Of all its active hyperparameters.
        terms: Of the search.
    """
    fitted = dict(values)
    room = _room(fitted, terms)
    for name in _GIVEN_UP if "bins" in fitted else ():
        parameter = family.space[name]
        while room < _ENOUGH_EPOCHS and not parameter.fixed and parameter.allows(int(fitted[name]) // 2):
            fitted[name] = int(fitted[name]) // 2
            room = _room(fitted, terms)
    if not family.recipe["epochs"].fixed:
        most = int(fitted["epochs"])
        fitted["epochs"] = max(min(most, _FEWEST_EPOCHS), min(most, int(room)))
    return fitted


def _room(values: Mapping[str, Value], terms: Terms) -> float:
    """Returns how many epochs of all folds fit into the share of a network."""
    return _seconds_of_a_network(terms.occasion.seconds) / (terms.folds * seconds_per_epoch(values, terms))


def seconds_per_epoch(values: Mapping[str, Value], terms: Terms) -> float:
    """Returns about how long one epoch of one fold takes, in seconds."""
    steps = math.ceil(terms.rows / int(values["batch_size"]))
    products = _PASSES * multiplications(values, terms) / _MULTIPLICATIONS_A_SECOND
    return steps * _SECONDS_A_STEP + terms.rows * products


def multiplications(values: Mapping[str, Value], terms: Terms) -> float:
    """Returns about how often a row is multiplied on its way through a network, from sizes that families have alike."""
    layout, width = terms.layout, int(values.get("width", 128))
    if "heads" in values:  # every column is a token; weights of attention and of feed-forward parts are much alike
        tokens = 1 + layout.numbers + layout.indicators + layout.statistics + layout.text + len(layout.cardinalities)
        return float(int(values["blocks"]) * tokens * (8 * width**2 + 2 * tokens * width))
    if "capacity" in values:  # neighbours: the hidden block, and the distances to all rows of a batch
        block = int(values["hidden_blocks"]) * 2 * width * _NEIGHBOURS_HIDDEN
        return float(
            layout.numbers * int(values.get("number_width", 4)) * width + block + width * int(values["batch_size"])
        )
    numbers = layout.numbers * int(values.get("embedding_width" if "bins" in values else "number_width", 2))
    levels = layout.one_hot + int(values.get("embedding_width", 8)) * len(layout.cardinalities)
    inputs = numbers + levels + layout.indicators + layout.statistics + layout.text
    hidden = int(values.get("depth", values.get("blocks", values.get("num_layers", 2))))
    products = inputs * width + (hidden - 1) * width**2 + width * terms.outputs
    return float(products * int(values.get("members", 1)))


def _seconds_of_a_network(seconds: float) -> float:
    """Returns the share of one network in the time of all workers."""
    usable = _WORKERS * max(seconds - _OTHER_SECONDS, 0.4 * seconds)
    growth = (_NETWORKS_IN_FIVE - _NETWORKS_IN_A_MINUTE) / math.log(5)
    networks = max(2.0, _NETWORKS_IN_A_MINUTE + growth * math.log(seconds / 60))
    return _SHARE_OF_NETWORKS * usable / networks
