"""How many folds validate a search: eight or five where rows are few, one hold-out where they are many.

Folds serve twice: every row is predicted by a model that has not seen it, which is what trials are chosen and weighed
by; and the mean of the fold models errs 4 to 8 % less than one model (Holzmüller et al., 2024, table B.3). But they
share the time of a network among them. On a hold-out all are trained to their end, more of them are tried, and the mean
of several models comes afterwards, of those that were chosen: see `search.further`.
"""

from __future__ import annotations

from automl_cli.records import Task

# Folds by preference. Each model of eight learns from 88 % of the rows, of five from 80 %.
_FOLDS = (8, 5)
# Of fewer rows, a hold-out tells mostly chance: folds are worth twice the time then, at least three of them, of which
# each model learns from 67 %.
_FEWEST_ROWS_TO_HOLD_OUT, _TIMES_WORTH, _FEWEST_FOLDS = 3_000, 2.0, 3
# With fewer rows than that in a fold, what it tells is mostly chance.
_FEWEST_ROWS_OF_A_FOLD = 10
# Rows of training, all folds but one counted, in a search of so many seconds; they grow by the fourth root of time, for
# more time is better spent on longer trainings and other candidates. In one minute and in five, tables of 6,000 rows
# and few columns were predicted as well or better by folds, larger and wider ones by a hold-out: by 2 to 15 %.
_ROWS, _SECONDS, _POWER = 29_000.0, 40.0, 0.25
# Reading, encoding, export and report.
_OTHER_SECONDS = 20.0
# Of more columns than that, networks take longer in proportion.
_COLUMNS = 15
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
    usable = max(seconds - _OTHER_SECONDS, 0.2 * seconds)
    affordable = _ROWS * (usable / _SECONDS) ** (_POWER if usable > _SECONDS else 1.0)
    affordable /= max(1.0, columns / _COLUMNS) * min(max(1.0, classes / _MOST_CLASSES), _MOST_TIMES_LONGER)
    may_hold_out = rows >= _FEWEST_ROWS_TO_HOLD_OUT
    affordable *= 1.0 if may_hold_out else _TIMES_WORTH
    for folds in _FOLDS:
        if rows >= _FEWEST_ROWS_OF_A_FOLD * folds and rows * (folds - 1) <= affordable:
            return folds
    return 1 if may_hold_out else _FEWEST_FOLDS
