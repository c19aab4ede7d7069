"""How many folds validate a search: as many as its time allows, for they serve twice.

Every row is predicted by a model that has not seen it, which is what trials are chosen and weighed by; and the mean of
the fold models errs 4 to 8 % less than one model (Holzmüller et al., 2024, table B.3).
"""

from __future__ import annotations

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
_MOST_CLASSES = 4


def choose_folds(*, rows: int, columns: int, classes: int, seconds: float) -> int:
    """Returns how many folds to validate by; 1 is a hold-out.

    Args:
        rows: To learn from.
        columns: That are read.
        classes: How many there are; boosted trees take as long for each as for one.
        seconds: That the search may take.
    """
    affordable = _ROWS_A_SECOND * max(seconds - _OTHER_SECONDS, 0.2 * seconds)
    affordable /= max(1.0, columns / _COLUMNS) * max(1.0, classes / _MOST_CLASSES)
    for folds in _FOLDS:
        enough = rows >= _FEWEST_ROWS_OF_A_FOLD * folds or folds == _FOLDS[-1]
        if enough and rows * (folds - 1) <= affordable:
            return folds
    return 1
