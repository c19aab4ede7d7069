"""What every format gives back: names, batches of rows, and an account of what was done to the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from automl_cli.data.phrases import count_of
from automl_cli.data.table import Table
from automl_cli.spec.dataset import ReadSpec


@dataclass(slots=True)
class Account:
    """Counts what is repaired while rows go by; complete once the last batch was taken.

    Attributes:
        sentences: What was already known when the file was opened.
        short_rows: Rows that were filled up with missing cells.
        long_rows: Rows that lost cells because there are no columns for them.
        first_long_row: Number of the first of them, counted from 1.
        blank_rows: Rows without any cell filled.
        repeated_headers: Rows that are the header once more.
        footer_rows: Lines below the data.
        stray_quotes: Lines whose quote is never closed.
    """

    sentences: list[str] = field(default_factory=list)
    short_rows: int = 0
    long_rows: int = 0
    first_long_row: int = 0
    blank_rows: int = 0
    repeated_headers: int = 0
    footer_rows: int = 0
    stray_quotes: int = 0

    def notes(self) -> tuple[str, ...]:
        """Returns everything that was done, in short sentences."""
        found = list(self.sentences)
        if self.footer_rows:
            found.append(f"Dropped {count_of(self.footer_rows, 'line')} below the data.")
        if self.blank_rows:
            found.append(f"Dropped {count_of(self.blank_rows, 'blank row')}.")
        if self.repeated_headers:
            found.append(f"Dropped {count_of(self.repeated_headers, 'repetition')} of the header.")
        if self.short_rows:
            found.append(f"{count_of(self.short_rows, 'row')} had too few cells; the rest of the row is missing.")
        if self.long_rows:
            where = "" if self.long_rows == 1 else "first "
            found.append(
                f"{count_of(self.long_rows, 'row')} had more cells than there are columns ({where}row "
                f"{self.first_long_row:,}); the extra cells were dropped."
            )
        if self.stray_quotes:
            found.append(
                f"{count_of(self.stray_quotes, 'line')} opened a quote without closing it; the quote was dropped."
            )
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Reading:
    """An opened file whose rows have not been read yet.

    Attributes:
        names: Columns, in order.
        read: Reads another file of the same kind; its `footer_rows` are in the account until the last batch.
        batches: Given a number of rows, yields tables of about that size; starts from the top at each call.
        account: What was done to the file.
    """

    names: tuple[str, ...]
    read: ReadSpec
    batches: Callable[[int], Iterator[Table]]
    account: Account


def slices(table: Table) -> Callable[[int], Iterator[Table]]:
    """Returns batches of a table that is in memory already."""

    def batches(batch_rows: int) -> Iterator[Table]:
        for start in range(0, table.rows, batch_rows):
            yield table.take(np.arange(start, min(start + batch_rows, table.rows)))

    return batches
