"""The table: named columns of equal length, the one shape that every kind of data takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from automl_cli.data.phrases import listing
from automl_cli.errors import ColumnError
from automl_cli.records import Rows

Column = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Table:
    """Columns by name, in the order of the file.

    Attributes:
        columns: Each of shape `(rows,)`: an object array of `str` in which '' means missing, or float32 or
            float64 in which NaN means missing, or int64.
    """

    columns: Mapping[str, Column]

    def __post_init__(self) -> None:
        lengths = {len(column) for column in self.columns.values()}
        if len(lengths) > 1:
            raise ValueError(f"columns of one table have one length, not {sorted(lengths)}")

    @property
    def rows(self) -> int:
        """Number of rows; 0 for a table without columns."""
        return next((len(column) for column in self.columns.values()), 0)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(self.columns)

    def __getitem__(self, name: str) -> Column:
        """Returns the cells of one column, shape `(rows,)`."""
        return self.columns[name]

    def take(self, rows: Rows) -> Table:
        """Returns the table of these row numbers, in their order."""
        return Table({name: column[rows] for name, column in self.columns.items()})

    def select(self, names: Iterable[str]) -> Table:
        """Returns the table of these columns, in their order.

        Raises:
            KeyError: A name is not in the table.
        """
        return Table({name: self.columns[name] for name in names})


def match_column(names: Sequence[str], wanted: str) -> str | None:
    """Finds the column that a person means: by name, by name without care for blanks and case, by position.

    Args:
        names: The columns there are.
        wanted: What was typed: `Classes  `, ` region`, or `14` for the fifteenth column (-1 for the last).

    Returns:
        The column's name, or None when nothing or more than one column fits.
    """
    if wanted in names:
        return wanted
    folded = " ".join(wanted.split()).casefold()
    fitting = [name for name in names if " ".join(name.split()).casefold() == folded]
    if len(fitting) == 1:
        return fitting[0]
    try:
        return names[int(wanted)]
    except (ValueError, IndexError):
        return None


def require_column(names: Sequence[str], wanted: str) -> str:
    """Finds a column as `match_column` does.

    Raises:
        ColumnError: Nothing or more than one column fits.
    """
    name = match_column(names, wanted)
    if name is None:
        raise ColumnError(f"There is no column '{wanted}'.", hint=f"the columns are {listing(names, 12)}")
    return name
