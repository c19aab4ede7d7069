"""What a model family is, what its networks are fed, and how families are found and built.

A family is two files of one name: `mlp.yaml` lists the hyperparameters, `mlp.py` has a builder that takes them as
plain values. Listing families reads the YAML only; Keras is imported when the first network is built.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Self

from search_spaces.document import Document, read_document
from search_spaces.grammar import Space, Task, Value
from search_spaces.reading import read_space

FamilyKind = Literal["gradient", "fitted"]

# Input of a network whose layers look at labels in training: `(batch, 1)`, class indices or standardised numbers.
TARGET = "target"

_ROOT = Path(__file__).parent
# In the order in which they are worth a first look: cheap and telling ones first.
_FILES = {
    "constant": "tabular/constant",
    "linear": "tabular/linear",
    "boosted_trees": "tabular/boosted_trees",
    "extra_trees": "tabular/extra_trees",
    "additive_trees": "tabular/additive_trees",
    "tabm": "tabular/tabm",
    "realmlp": "tabular/realmlp",
    "modern_nca": "tabular/modern_nca",
    "mlp": "tabular/mlp",
    "residual_mlp": "tabular/residual_mlp",
    "wide_and_deep": "tabular/wide_and_deep",
    "ft_transformer": "tabular/ft_transformer",
    "autokeras_structured": "autokeras/structured",
}
# What of the recipe of networks holds for whatever is fitted.
_OF_FITTED = ("target_transform",)
_KEYS = ("family", "summary", "kind", "builder", "can_be_monotone", "parameters", "recipe")


@dataclass(frozen=True, slots=True)
class Layout:
    """Widths of the groups of encoded columns that a core network may read.

    Attributes:
        numbers: Robust-scaled, smoothly clipped numbers; missing cells hold 0.
        quantiles: The same columns, in the same order, mapped to a normal distribution by rank.
        indicators: 1 where a number was missing.
        one_hot: Categories of few levels; missing and unseen are levels of their own.
        cardinalities: Size of each column of `codes`; code 0 is unseen or rare, 1 is missing.
        statistics: Target statistics and counts of categories of many levels.
        text: Reduced n-gram TF-IDF of text columns.
        values: The columns of `numbers` once more for trees: scaled, neither clipped nor filled; NaN where missing.
        crosses: Arithmetic on pairs of numbers and target statistics of pairs of categories; NaN where missing.
        monotone: For each of the first columns of `values` 1 if the prediction may only rise with it, -1 if it may only
            fall, 0 if it is free, as are the columns behind them. Crosses are made of free columns alone.
    """

    numbers: int = 0
    quantiles: int = 0
    indicators: int = 0
    one_hot: int = 0
    cardinalities: tuple[int, ...] = ()
    statistics: int = 0
    text: int = 0
    values: int = 0
    crosses: int = 0
    monotone: tuple[int, ...] = ()

    @property
    def widths(self) -> dict[str, int]:
        """Width of every group that has columns, by the name of the input that carries it."""
        widths = {
            "numbers": self.numbers,
            "quantiles": self.quantiles,
            "indicators": self.indicators,
            "one_hot": self.one_hot,
            "codes": len(self.cardinalities),
            "statistics": self.statistics,
            "text": self.text,
            "values": self.values,
            "crosses": self.crosses,
        }
        return {group: width for group, width in widths.items() if width}


@dataclass(frozen=True, slots=True)
class Validation:
    """What a fit that goes on in rounds is measured by, to find the best round.

    Attributes:
        arrays: Encoded groups `(rows, width)` of rows that are not fitted.
        target: Of these rows, as the fitted ones have it.
        metric: Name of the search's metric.
        should_stop: Whether the fit has to end with the rounds that it has.
    """

    arrays: Mapping[str, Any]
    target: Any
    metric: str
    should_stop: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of model, its hyperparameters and its builder.

    Attributes:
        name: What users and the journal call it.
        summary: When it wins, in a sentence or two.
        kind: "gradient" families give a network to train; "fitted" ones give the solution itself.
        space: Hyperparameters of the builder.
        recipe: Hyperparameters of the training, with the family's own defaults; fitted families have those of the
            target alone.
        module: Dotted name of the module that holds the builder.
        can_be_monotone: Whether what it fits keeps the directions that a layout declares.
    """

    name: str
    summary: str
    kind: FamilyKind
    space: Space
    recipe: Space
    module: str
    can_be_monotone: bool = False

    @property
    def full_space(self) -> Space:
        """All that a search may vary: the builder's hyperparameters, then the training's."""
        return self.space.join(self.recipe)

    @property
    def build(self) -> Callable[..., Any]:
        """Builder of a gradient family.

        `build(inputs, *, layout, outputs, <hyperparameters>)` takes a mapping of group names to symbolic tensors
        `(batch, width)` and returns raw outputs `(batch, outputs)`; a network that holds several models in one
        returns theirs, `(batch, models, outputs)`: each is trained for itself, and predictions are averaged.
        """
        return self._function("build")

    @property
    def adapt(self) -> Callable[..., None] | None:
        """What makes the initial weights of a gradient family depend on the training rows; None for most.

        `adapt(model, arrays, *, seed)` takes a model of `core_model` with its initial weights and encoded groups
        `(rows, width)` of some training rows, by the names of its inputs, and changes its weights.
        """
        function: Callable[..., None] | None = getattr(import_module(self.module), "adapt", None)
        return function

    @property
    def fit(self) -> Callable[..., Mapping[str, Any]]:
        """Fitter of a fitted family; needs no Keras, nor does `predict`.

        `fit(arrays, target, *, layout, task, classes, seed, validation, <hyperparameters>)` takes encoded groups
        `(rows, width)`, class indices or numbers `(rows,)`, and a `Validation` or None; it returns the solution,
        named NumPy arrays. Without a validation it fits as many rounds as its hyperparameters say.
        """
        return self._function("fit")

    @property
    def predict(self) -> Callable[..., Any]:
        """What a solution of a fitted family says of rows.

        `predict(solution, arrays, *, layout)` returns raw outputs: logits `(rows, classes)`, one logit `(rows, 1)`
        for a binary task, or a number `(rows, 1)` in the unit of the target; one row for all where they are equal.
        """
        return self._function("predict")

    @property
    def restore(self) -> Callable[..., Any]:
        """The same as `predict`, as a part of an exported model.

        `restore(solution, *, layout)` returns a `keras.Model` with the inputs of a core and the same raw outputs.
        """
        return self._function("restore")

    @property
    def work(self) -> Callable[[Mapping[str, Any]], float]:
        """About how many multiplications of a matrix product take as long as a row, by a solution of a fitted family.

        `work(solution)`; families that do not say have a matrix of all their numbers.
        """
        return getattr(import_module(self.module), "work", _numbers_of)

    def for_table(self, *, task: Task, rows: int, has_rare_class: bool = False) -> Self:
        """Returns the family with what matters for a task, and the defaults for so many training rows."""
        return replace(
            self,
            space=self.space.for_table(task=task, rows=rows, has_rare_class=has_rare_class),
            recipe=self.recipe.for_table(task=task, rows=rows, has_rare_class=has_rare_class),
        )

    def with_pins(self, pins: Mapping[str, Value]) -> Self:
        """Fixes hyperparameters of the builder or of the training; see `Parameter.pinned`.

        Raises:
            ValueError: A name is unknown to both, or a value cannot be had.
        """
        self.full_space.with_pins(pins)
        own = {name: value for name, value in pins.items() if name in self.space.names}
        rest = {name: value for name, value in pins.items() if name not in own}
        return replace(self, space=self.space.with_pins(own), recipe=self.recipe.with_pins(rest))

    def arguments(self, hyperparameters: Mapping[str, Value]) -> dict[str, Value]:
        """Returns the builder's arguments: its hyperparameters, with defaults for those that are absent.

        Hyperparameters of the training may be among those given; they are left out.
        """
        return {p.name: hyperparameters.get(p.name, p.default) for p in self.space.parameters}

    def _function(self, name: str) -> Callable[..., Any]:
        function: Callable[..., Any] = getattr(import_module(self.module), name)
        return function


def family_names() -> tuple[str, ...]:
    """Returns the names of all families, cheap and telling ones first."""
    return tuple(_FILES)


def load_families(names: Iterable[str] | None = None) -> dict[str, Family]:
    """Returns families by name, all of them by default, in the order of `family_names`.

    Raises:
        ValueError: A name is unknown.
    """
    wanted = family_names() if names is None else tuple(names)
    for name in wanted:
        _require_known(name)
    return {name: _load(name) for name in family_names() if name in wanted}


def space_text(name: str) -> str:
    """Returns the YAML of a family as it ships, to be copied and changed; `load_space` reads the copy.

    Raises:
        ValueError: The name is unknown.
    """
    return (_ROOT / f"{_FILES[_require_known(name)]}.yaml").read_text(encoding="utf-8")


def load_space(path: Path) -> Family:
    """Returns a family whose space a user has changed.

    The file is a copy of the family's own YAML, or only the part that differs: what it leaves out stays as it is.

    Raises:
        ValueError: Names the file and the line of the first mistake.
    """
    document = read_document(path)
    _refuse_unknown_keys(document)
    try:
        family = _load(_require_known(document.values.get("family")))
    except ValueError as error:
        raise document.error(("family",), str(error)) from None
    return replace(
        family,
        space=read_space(document, base=family.space),
        recipe=read_space(document, "recipe", base=family.recipe),
    )


def core_model(family: Family, layout: Layout, *, outputs: int, hyperparameters: Mapping[str, Value], seed: int) -> Any:
    """Builds the network of a gradient family.

    Args:
        family: A family of kind "gradient".
        layout: What the network may read.
        outputs: Width of the output: 1 for binary and regression, the number of classes for multiclass.
        hyperparameters: Of the builder; those of the training may be among them, absent ones take their default.
        seed: Fixes the initial weights and the random streams of layers such as dropout.

    Returns:
        A `keras.Model` from a dict of those groups that it reads, each `(batch, width)`, to raw outputs
        `(batch, outputs)`, or those of several models in one, `(batch, models, outputs)`. Its inputs may include
        `target`, which counts in training only.

    Raises:
        ValueError: The layout is empty or a value cannot be built.
    """
    import keras

    if not layout.widths:
        raise ValueError("The layout is empty: there is no column to learn from.")
    inputs = GroupInputs(layout)
    with seeded(seed):
        logits = family.build(inputs, layout=layout, outputs=outputs, **family.arguments(hyperparameters))
    return keras.Model(dict(inputs), logits, name=family.name)


class GroupInputs(dict[str, Any]):
    """Creates the input of a group when it is first asked for, so that no network has idle inputs."""

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        self._widths = layout.widths | {TARGET: 1}

    def __missing__(self, group: str) -> Any:
        import keras

        dtype = "int32" if group == "codes" else "float32"
        self[group] = keras.Input((self._widths[group],), dtype=dtype, name=group)
        return self[group]


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seeds what Keras draws the seeds of initializers and dropout from, and leaves it as it was found."""
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)


@cache
def _load(name: str) -> Family:
    path = _ROOT / f"{_FILES[name]}.yaml"
    document = read_document(path)
    _refuse_unknown_keys(document)
    kind = document.values["kind"]
    builder = document.values.get("builder", _FILES[name])  # families may share one, under other defaults
    return Family(
        name=name,
        summary=" ".join(document.values["summary"].split()),
        kind=kind,
        space=read_space(document),
        recipe=read_space(document, "recipe", base=_recipe(kind)),
        module=f"search_spaces.{builder.replace('/', '.')}",
        can_be_monotone=document.values.get("can_be_monotone", False),
    )


@cache
def _recipe(kind: FamilyKind) -> Space:
    whole = read_space(read_document(_ROOT / "recipe.yaml"))
    return whole if kind == "gradient" else Space(tuple(whole[name] for name in _OF_FITTED))


def _numbers_of(solution: Mapping[str, Any]) -> float:
    return float(sum(array.size for array in solution.values() if array.dtype.kind == "f"))


def _require_known(name: object) -> str:
    if isinstance(name, str) and name in _FILES:
        return name
    close = get_close_matches(str(name), _FILES, n=1)
    meant = f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(_FILES)}"
    raise ValueError(f"There is no model family {name!r}{meant}")


def _refuse_unknown_keys(document: Document) -> None:
    for key in document.values:
        if key not in _KEYS:
            raise document.error((str(key),), f"unknown key {key!r}; known are {', '.join(_KEYS)}")
