"""Quick trees that say which crosses they gain from, and whether they predict better with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from automl_cli.preprocessing.crosses import CrossNumbers, Pair, fit_cross_codes
from automl_cli.preprocessing.statistics import fit_statistics, target_columns
from automl_cli.records import Task

if TYPE_CHECKING:
    import lightgbm

Kind = Literal["numbers", "codes"]
# What is done, and with which two columns.
Candidate = tuple[str, int, int]

# The columns that most is gained from are crossed with each other: about 250 candidates.
_CROSSED: Mapping[Kind, int] = {"numbers": 12, "codes": 8}
# A cross of codes is two columns, an average and a count. More did not help where any did.
KEPT: Mapping[Kind, int] = {"numbers": 20, "codes": 5}
# A cross of codes has a table of its two sizes multiplied.
_MOST_PAIRS_OF_LEVELS = 250_000
# Columns of noise among the candidates: what gains no more than the best of them may gain by chance.
_NOISE_COLUMNS = 20
_LEAST_SHARE = 0.0005  # of all gain
_RANKING_ROUNDS, _JUDGED_ROUNDS, _PATIENCE = 40, 150, 20
# Of two candidates that say nearly the same, each has a chance to be seen.
_RANKING = {"feature_fraction": 0.5}
_TREES = {
    "num_threads": 1,
    "verbosity": -1,
    "deterministic": True,
    "force_row_wise": True,
    "learning_rate": 0.1,
    "max_bin": 63,
    "bin_construct_sample_cnt": 2_000,  # sorting more rows takes longer than growing trees on them
}
_OBJECTIVES: Mapping[Task, str] = {"regression": "l2", "binary": "binary", "multiclass": "multiclass"}
# Sets of more levels fit noise; trees know such columns by their statistics alone.
_MOST_LEVELS = 100
_LEAST_PROBABILITY = 1e-15


@dataclass(frozen=True, slots=True)
class Material:
    """Rows as crosses are made of them, and as trees see them without.

    Attributes:
        numbers: Measured features as they were read, NaN where missing, `(rows, numbers)` in float64.
        others: Further columns that trees see and that are not crossed, `(rows, others)`.
        codes: Codes of categories, `(rows, categories)`.
        sizes: Number of codes of each category.
        target: Class indices or numbers, `(rows,)`.
        task: What is predicted.
    """

    numbers: NDArray[np.float64]
    others: NDArray[np.float32]
    codes: NDArray[np.int32]
    sizes: Sequence[int]
    target: NDArray[Any]
    task: Task

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.numbers.shape[1] + self.others.shape[1] + self.codes.shape[1])

    @property
    def classes(self) -> int:
        """Number of classes of a multiclass task, otherwise 1."""
        return int(self.target.max()) + 1 if self.task == "multiclass" else 1

    def take(self, rows: NDArray[np.intp]) -> Material:
        """Returns these rows."""
        parts = {name: getattr(self, name)[rows] for name in ("numbers", "others", "codes", "target")}
        return replace(self, **parts)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What trees say of crosses.

    Attributes:
        gains: Of the best candidates of each kind, each one's share of all gain.
        falls: For kinds taken together, by how much the loss of each judging row falls with their best candidates,
            `(rows,)`; all 0 for no kind.
    """

    gains: Mapping[Kind, Mapping[Candidate, float]]
    falls: Mapping[frozenset[Kind], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class _Columns:
    """Columns of trees: of the rows that are learned from, and of those that judge.

    Attributes:
        learned: `(rows, columns)`.
        judging: `(rows, columns)`.
        coded: For each column whether it holds codes of a category.
    """

    learned: NDArray[Any]
    judging: NDArray[Any]
    coded: NDArray[np.bool_]

    def pick(self, columns: NDArray[Any]) -> Self:
        """Returns some of the columns."""
        return replace(
            self, learned=self.learned[:, columns], judging=self.judging[:, columns], coded=self.coded[columns]
        )

    def beside(self, *others: Self) -> Self:
        """Returns these columns and behind them others."""
        alike = (self, *others)
        return replace(
            self,
            learned=np.hstack([columns.learned for columns in alike]),
            judging=np.hstack([columns.judging for columns in alike]),
            coded=np.concatenate([columns.coded for columns in alike]),
        )


class CrossTrees:
    """Trees that learn from some rows and are judged by others, with crosses and without.

    Args:
        learned: Rows to learn from.
        judging: Rows to judge by.
        classes: Of a multiclass task; otherwise 1.
        seed: Of inner folds, noise columns and trees.
    """

    def __init__(self, learned: Material, judging: Material, *, classes: int, seed: int) -> None:
        self._learned, self._judging, self._seed = learned, judging, seed
        self._averaged = target_columns(learned.target, learned.task)
        counted = {"num_class": classes} if learned.task == "multiclass" else {}
        self._options = {**_TREES, **counted, "objective": _OBJECTIVES[learned.task], "seed": seed % 2**31}
        # A round of many classes is many trees.
        self._pace = max(1.0, classes / 2)

    def judge(self, kinds: Sequence[Kind]) -> Judgement:
        """Ranks the candidates of these kinds, and judges the best of each kind and of all kinds."""
        single = self._single_columns()
        trees = self._grow_until_best(single)
        losses = self._losses(trees, single)
        gains = trees.feature_importance("gain", iteration=-1)
        single = single.pick(gains > 0)  # trees are the same without the others, but quicker
        best = self._rank(single, {kind: self._candidates(kind, gains) for kind in kinds})
        crosses = {kind: self._made(kind, list(known)) for kind, known in best.items() if known}
        falls = {}
        for together in subsets(kinds):
            columns = [crosses[kind] for kind in kinds if kind in together and kind in crosses]
            beside = single.beside(*columns)
            falls[together] = losses - (self._losses(self._grow_until_best(beside), beside) if columns else losses)
        return Judgement(best, falls)

    def _single_columns(self) -> _Columns:
        """Returns what trees see without crosses: numbers, others, statistics of each category, codes."""
        parts = [
            _plain(self._learned.numbers, self._judging.numbers),
            _plain(self._learned.others, self._judging.others),
        ]
        sizes = self._learned.sizes
        if sizes:
            parts.append(self._statistics(self._learned.codes, self._judging.codes, sizes=sizes, counted=False))
            codes = _plain(self._learned.codes, self._judging.codes)
            parts.append(replace(codes, coded=np.array(sizes) <= _MOST_LEVELS))
        return parts[0].beside(*parts[1:])

    def _statistics(
        self, learned: NDArray[np.int32], judging: NDArray[np.int32], *, sizes: Sequence[int], counted: bool
    ) -> _Columns:
        """Returns what is known of codes; to the judging rows as to any other rows that the trees have not seen."""
        columns = range(len(sizes))
        layer, known = fit_statistics(learned, columns, sizes=sizes, averaged=self._averaged, seed=self._seed)
        figures = np.arange(known.shape[1]) % layer.figures
        kept = (figures < layer.figures - 1) | counted  # the count is the last of the figures of a column
        return _plain(known, np.asarray(layer(tf.convert_to_tensor(judging)))).pick(kept)

    def _candidates(self, kind: Kind, gains: NDArray[np.float64]) -> list[Candidate]:
        """Returns pairs of the columns that most is gained from, and what can be made of each."""
        first = self._learned.numbers.shape[1]
        if kind == "numbers":
            top = _largest(gains[:first], _CROSSED[kind])
            return _number_candidates(self._learned.numbers, top)
        sizes, averages = self._learned.sizes, self._averaged.shape[1]
        first += self._learned.others.shape[1]
        of_statistics, of_codes = np.split(gains[first:], [len(sizes) * averages])
        top = _largest(of_statistics.reshape(len(sizes), averages).sum(axis=1) + of_codes, _CROSSED[kind])
        pairs = combinations(sorted(top), 2)
        return [("pair", one, other) for one, other in pairs if sizes[one] * sizes[other] <= _MOST_PAIRS_OF_LEVELS]

    def _made(self, kind: Kind, candidates: Sequence[Candidate]) -> _Columns:
        """Makes crosses by the layers that the model will have; of codes each gives all its figures."""
        if kind == "numbers":
            layer = CrossNumbers(pairs_of(candidates))
            sides = (self._learned.numbers, self._judging.numbers)
            return _plain(*(np.asarray(layer([tf.convert_to_tensor(numbers)])) for numbers in sides))
        pairs = [(first, second) for _, first, second in candidates]
        crossing, sizes = fit_cross_codes(self._learned.codes, pairs, sizes=self._learned.sizes)
        learned, judging = (np.asarray(crossing(rows.codes)) for rows in (self._learned, self._judging))
        return self._statistics(learned, judging, sizes=sizes, counted=True)

    def _rank(
        self, single: _Columns, candidates: Mapping[Kind, Sequence[Candidate]]
    ) -> dict[Kind, dict[Candidate, float]]:
        """Returns the shares in all gain of the best candidates of each kind, the largest first.

        Candidates stand among the single columns and columns of noise: candidates whose rows were shuffled.
        """
        if not any(candidates.values()):
            return {kind: {} for kind in candidates}
        parts = [self._made(kind, known) for kind, known in candidates.items() if known]
        crosses = parts[0].beside(*parts[1:])
        generator = np.random.default_rng(self._seed)
        drawn = crosses.pick(generator.permutation(len(crosses.coded))[:_NOISE_COLUMNS])
        noise = replace(drawn, learned=generator.permutation(drawn.learned))
        columns = single.beside(crosses, noise)
        rounds = max(1, round(_RANKING_ROUNDS / self._pace))
        gains = self._grow(columns, rounds=rounds, options=_RANKING).feature_importance("gain")
        ends = np.cumsum([len(part.coded) for part in (single, *parts)])
        _, *of_kinds, of_noise = np.split(gains / max(gains.sum(), 1e-300), ends)
        least = max(_LEAST_SHARE, of_noise.max())
        best: dict[Kind, dict[Candidate, float]] = {kind: {} for kind in candidates}
        ranked = [(kind, known) for kind, known in candidates.items() if known]
        for (kind, known), shares in zip(ranked, of_kinds, strict=True):
            # Of several figures of one cross, the most telling must do better than noise.
            figures = shares.reshape(len(known), -1)
            order = np.argsort(-figures.sum(axis=1), kind="stable")
            better = [place for place in order if figures[place].max() > least][: KEPT[kind]]
            best[kind] = {known[place]: float(figures[place].sum()) for place in better}
        return best

    def _grow_until_best(self, columns: _Columns) -> lightgbm.Booster:
        """Grows trees until the judging rows are predicted no better."""
        import lightgbm

        stop = lightgbm.early_stopping(_PATIENCE, verbose=False)
        return self._grow(columns, rounds=max(1, round(_JUDGED_ROUNDS / self._pace)), options={}, stop=stop)

    def _grow(
        self, columns: _Columns, *, rounds: int, options: Mapping[str, Any], stop: Any = None
    ) -> lightgbm.Booster:
        import lightgbm

        options = {**self._options, **options}
        learned = lightgbm.Dataset(
            columns.learned,
            self._learned.target,
            params=options,
            categorical_feature=np.flatnonzero(columns.coded).tolist(),
        )
        if stop is None:
            return lightgbm.train(options, learned, rounds)
        judging = learned.create_valid(columns.judging, self._judging.target)
        return lightgbm.train(options, learned, rounds, valid_sets=[judging], callbacks=[stop])

    def _losses(self, trees: lightgbm.Booster, columns: _Columns) -> NDArray[np.float64]:
        """Returns squared errors or cross-entropies of the judging rows, `(rows,)`."""
        predicted, target = np.asarray(trees.predict(columns.judging)), self._judging.target
        if self._learned.task == "regression":
            return np.asarray((predicted - target) ** 2)
        if self._learned.task == "binary":
            predicted = np.stack([1 - predicted, predicted], axis=1)
        likelihoods = np.take_along_axis(predicted, target[:, None].astype(np.int64), axis=1)[:, 0]
        return np.asarray(-np.log(np.maximum(likelihoods, _LEAST_PROBABILITY)))


def subsets(kinds: Sequence[Kind]) -> list[frozenset[Kind]]:
    """Returns the sets of kinds that are judged: none, each, all."""
    return [frozenset(some) for size in range(len(kinds) + 1) for some in combinations(kinds, size)]


def pairs_of(candidates: Sequence[Candidate]) -> dict[str, list[Pair]]:
    """Returns the pairs of each operation, in the order of the candidates."""
    pairs: dict[str, list[Pair]] = {}
    for operation, first, second in candidates:
        pairs.setdefault(operation, []).append((first, second))
    return pairs


def _plain(learned: NDArray[Any], judging: NDArray[Any]) -> _Columns:
    return _Columns(learned, judging, np.zeros(learned.shape[1], bool))


def _largest(gains: NDArray[np.float64], most: int) -> list[int]:
    """Returns the numbers of the columns of the largest gains that are not 0, in rising order."""
    return sorted(int(column) for column in np.argsort(-gains, kind="stable")[:most] if gains[column] > 0)


def _number_candidates(numbers: NDArray[np.float64], columns: Sequence[int]) -> list[Candidate]:
    """Returns what can be made of pairs of columns, by operation in the order in which the layer makes it.

    One ratio a pair is enough: to a tree, a ratio and its inverse say the same where both are of one sign. The divisor
    is the column that stays away from 0.
    """
    clear = {column: _distance_from_zero(numbers[:, column]) for column in columns}
    pairs = list(combinations(columns, 2))
    ratios = [pair if clear[pair[1]] >= clear[pair[0]] else pair[::-1] for pair in pairs]
    made = {"sum": pairs, "difference": pairs, "product": pairs, "ratio": ratios}
    return [(operation, *pair) for operation, made_pairs in made.items() for pair in made_pairs]


def _distance_from_zero(column: NDArray[np.float64]) -> tuple[bool, float]:
    """Returns whether the numbers of a column are of one sign, and the share of those that are not 0."""
    known = column[~np.isnan(column)]
    return bool(len(known)) and bool(known.min() > 0 or known.max() < 0), float(np.mean(known != 0))
