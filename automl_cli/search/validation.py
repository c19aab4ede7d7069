"""How many folds validate a search: as many as its time allows, for they serve twice.

Every row is predicted by a model that has not seen it, which is what trials are chosen and weighed by; and the mean of
the fold models errs 4 to 8 % less than one model (Holzmüller et al., 2024, table B.3).
"""

from __future__ import annotations

from automl_cli.records import Task

# Folds by preference. Each model of eight learns from 88 % of the rows, of five from 80 %, of three from 67 %.
_FOLDS = (8, 5, 3)
# With fewer rows than that in a fold, what it tells is mostly chance.
_FEWEST_ROWS_OF_A_FOLD = 10
# Rows of training, all folds counted, that two workers can bear for each second: trees, TabM and RealMLP together take
# about a millisecond for a row, epochs and all, and should leave a third of the time for others.
_ROWS_A_SECOND = 700.0
# Reading, encoding, export and report.
_OTHER_SECONDS = 20.0
# A table of so many columns is read that much slower than a narrow one.
_COLUMNS = 30
# Trees take longer for more classes, until they are so many that there are fewer rounds.
_MOST_CLASSES, _MOST_TIMES_LONGER = 4, 3.0
# What the search for crosses takes, for a fold; fewer rows cannot tell whether they help.
_SECONDS_TO_CROSS = 1.5
_FEWEST_ROWS_TO_CROSS = 1_000


def pays_to_cross(task: Task, *, rows: int, folds: int, seconds: float) -> bool:
    """Says whether crosses of columns are sought: for each fold anew, for trees.

    Arithmetic on pairs of numbers lowers the error of trees on half of the tables of numbers, and hardly on others;
    with several classes it has done harm.

    Args:
        task: What is predicted.
        rows: To learn from.
        folds: Of the validation.
        seconds: That the search may take.
    """
    return task != "multiclass" and rows >= _FEWEST_ROWS_TO_CROSS and folds * _SECONDS_TO_CROSS <= 0.05 * seconds


def choose_folds(*, rows: int, columns: int, classes: int, seconds: float) -> int:
    """Returns how many folds to validate by; 1 is a hold-out.

    Args:
        rows: To learn from.
        columns: That are read.
        classes: How many there are.
        seconds: That the search may take.
    """
    affordable = _ROWS_A_SECOND * max(seconds - _OTHER_SECONDS, 0.2 * seconds)
    affordable /= max(1.0, columns / _COLUMNS) * min(max(1.0, classes / _MOST_CLASSES), _MOST_TIMES_LONGER)
    for folds in _FOLDS:
        enough = rows >= _FEWEST_ROWS_OF_A_FOLD * folds or folds == _FOLDS[-1]
        if enough and rows * (folds - 1) <= affordable:
            return folds
    return 1
