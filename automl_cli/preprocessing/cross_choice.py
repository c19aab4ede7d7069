"""Which crosses a table is worth: those that quick boosted trees gain from, on rows that they have not seen.

Many candidates are ranked by their gain beside the columns that there are, and the best are kept if rows held back are
predicted better with them; so does OpenFE (Zhang et al., 2023, arXiv 2211.12507), with more of both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from automl_cli.preprocessing.cross_trees import (
    KEPT,
    Candidate,
    CrossTrees,
    Judgement,
    Kind,
    Material,
    pairs_of,
    subsets,
)
from automl_cli.preprocessing.crosses import Pair
from automl_cli.preprocessing.statistics import target_columns

# Fewer rows cannot tell a cross that helps from one that happens to fit.
_MIN_ROWS = 300
# Statistics of pairs of levels fit noise more easily than arithmetic does: they need more rows and more evidence. With
# one for each of several classes, some rare, they did more harm than good.
_MIN_ROWS_OF_CODES = 1_000
# Rows that are learned from and rows that judge, where there are more; of wide tables not so many are learned from, and
# half as many where a round is a tree for each class.
_MOST_LEARNED, _MOST_JUDGING = 7_500, 5_000
_LEAST_LEARNED, _MOST_CELLS = 1_000, 1_500_000  # cells: rows x columns
# Of so few cells (times classes), all rows judge in turn: a fourth of them would judge too coarsely.
_FEW_CELLS, _TURNS = 50_000, 3
# By how many standard errors the loss of the rows that judge must fall.
_EVIDENCE = {"numbers": 1.0, "codes": 2.0}


@dataclass(frozen=True, slots=True)
class Chosen:
    """The crosses that are worth it.

    Attributes:
        numbers: For each operation its pairs of numbers.
        codes: Pairs of categories.
    """

    numbers: Mapping[str, Sequence[Pair]] = field(default_factory=dict)
    codes: Sequence[Pair] = ()


def choose_crosses(material: Material, *, seed: int) -> Chosen:
    """Chooses crosses of numbers and, unless there are several classes, of categories, if they prove themselves.

    Takes 1 to 1.5 seconds for 10,000 rows and 20 columns on one thread, and hardly more for more rows.

    Args:
        material: Training rows: of a fold those alone, so that its validation rows have no say.
        seed: Of the rows that judge, of noise columns and of the trees.
    """
    kinds = _kinds(material)
    if not kinds:
        return Chosen()
    if material.task == "regression":
        # LightGBM holds targets in float32: the mean is taken off before digits are lost.
        material = replace(material, target=target_columns(material.target, material.task)[:, 0])
    classes = material.classes
    judgements = [
        CrossTrees(material.take(learned), material.take(judging), classes=classes, seed=seed).judge(kinds)
        for learned, judging in _divide(material, np.random.default_rng(seed))
    ]
    kept = {kind: _best(judgements, kind) for kind in _proven(judgements, kinds)}
    return Chosen(
        pairs_of(kept.get("numbers", [])), tuple((first, second) for _, first, second in kept.get("codes", []))
    )


def _kinds(material: Material) -> list[Kind]:
    """Returns the kinds of crosses that these rows can tell anything of."""
    rows = len(material.target)
    kinds: list[Kind] = []
    if rows >= _MIN_ROWS and material.numbers.shape[1] > 1:
        kinds.append("numbers")
    if rows >= _MIN_ROWS_OF_CODES and material.codes.shape[1] > 1 and material.task != "multiclass":
        kinds.append("codes")
    return kinds


def _divide(material: Material, generator: np.random.Generator) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yields row numbers to learn from and others to judge by."""
    rows = generator.permutation(len(material.target))
    if len(rows) * material.width * material.classes <= _FEW_CELLS:
        for turn in range(_TURNS):
            yield np.delete(rows, slice(turn, None, _TURNS)), rows[turn::_TURNS]
        return
    judging = min(len(rows) // 4, _MOST_JUDGING)
    learned = min(_MOST_LEARNED, max(_LEAST_LEARNED, _MOST_CELLS // material.width))
    learned = learned // 2 if material.task == "multiclass" else learned
    yield rows[judging : judging + learned], rows[:judging]


def _proven(judgements: Sequence[Judgement], kinds: Sequence[Kind]) -> frozenset[Kind]:
    """Returns the kinds by which the loss falls: first the surest, then one that helps beside it."""
    falls = {
        together: np.concatenate([judgement.falls[together] for judgement in judgements]) for together in subsets(kinds)
    }
    kept: frozenset[Kind] = frozenset()
    for kind in sorted(kinds, key=lambda kind: -_evidence(falls[frozenset({kind})])):
        if _evidence(falls[kept | {kind}] - falls[kept]) > _EVIDENCE[kind]:
            kept |= {kind}
    return kept


def _evidence(falls: NDArray[np.float64]) -> float:
    """Returns a mean in standard errors, 0 where all are 0."""
    error = falls.std() / np.sqrt(len(falls))
    return float(falls.mean() / error) if error > 0 else 0.0


def _best(judgements: Sequence[Judgement], kind: Kind) -> list[Candidate]:
    """Returns the candidates of the largest gains over all judgements, the largest first."""
    gains: dict[Candidate, float] = {}
    for judgement in judgements:
        for candidate, gain in judgement.gains[kind].items():
            gains[candidate] = gains.get(candidate, 0.0) + gain
    return sorted(gains, key=lambda candidate: (-gains[candidate], candidate))[: KEPT[kind]]
