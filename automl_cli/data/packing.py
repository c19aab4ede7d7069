"""Puts the batches of a table below each other, and packs them where there are so many that text would not fit.

A cell of text costs 60 bytes, a number 4 and one more mention of a level 8. So in tables of more than 200,000 rows,
columns of plain numbers are kept as numbers, and the cells of all others share one string per level. What a column
of numbers says stays the same, up to the way that numbers with fractions are written ('0.50' is '0.5' then):

- Whole numbers are packed only where they are written as `str(int)` writes them: '007' and '1.0' may be codes.
- Words among them count as missing by the same rule as in inference, and are remembered.
- Where the rows below disprove a column, all is read again, and that column stays text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl_cli.data.levels import Levels, text_cells
from automl_cli.data.missing import stand_for_missing
from automl_cli.data.numbers import plain_numbers
from automl_cli.data.parts import join_tables
from automl_cli.data.sampling import MOST_ROWS_OF_TEXT
from automl_cli.data.table import Column, Table

# Levels of a column that are shared; more of them and looking them up costs more than it saves.
_MOST_SHARED = 50_000
_MOST_WORDS = 1_000
# From here on float64 does not hold every whole number.
_INEXACT_WHOLE = 2**53
_FIRST_LOOK = 1_000
# Whole numbers that are not written as `str` writes them, in lines: fractions, words, '007', '1-2', '-', '-0'.
_ODD_WHOLE = re.compile(r"[^0-9\n-]|^-?0[0-9]|[0-9-]-|-$|^-0$", re.MULTILINE)


class DisprovedError(Exception):
    """Columns that were packed as numbers hold something else further down.

    Args:
        names: Of the columns.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        super().__init__(", ".join(self.names))


class Stack:
    """A table that grows batch by batch.

    Args:
        as_written: Columns that stay text whatever they hold.
    """

    def __init__(self, as_written: Iterable[str] = ()) -> None:
        self._as_written = frozenset(as_written)
        self._waiting: list[Table] = []
        self._rows = 0
        self._columns: dict[str, _Numbers | _Texts] | None = None
        self._disproved: set[str] = set()

    def add(self, table: Table) -> None:
        """Puts a table below the others."""
        self._rows += table.rows
        if self._columns is None:
            self._waiting.append(table)
            if self._rows <= MOST_ROWS_OF_TEXT:
                return
            table, self._waiting, self._columns = join_tables(self._waiting), [], {}
        for name in dict.fromkeys([*self._columns, *table.names]):
            self._extend(name, table.columns.get(name), rows=table.rows)

    def finish(self) -> tuple[Table, Mapping[str, tuple[str, ...]]]:
        """Returns the table, and for packed columns the words that are missing cells in it.

        Raises:
            DisprovedError: Below numbers there are codes, or more words than missing cells could be.
        """
        if self._columns is None:
            return join_tables(self._waiting), {}
        numbers = {name: column for name, column in self._columns.items() if isinstance(column, _Numbers)}
        self._disproved |= {name for name, column in numbers.items() if not column.is_sound}
        if self._disproved:
            raise DisprovedError(self._disproved)
        words = {name: tuple(column.words) for name, column in numbers.items() if column.words}
        return Table({name: column.cells.take() for name, column in self._columns.items()}), words

    def _extend(self, name: str, cells: Column | None, *, rows: int) -> None:
        assert self._columns is not None
        cells = np.full(rows, "", dtype=object) if cells is None else cells
        if name not in self._columns:
            if len(cells) < self._rows:  # a column that appears late
                cells = np.concatenate([np.full(self._rows - len(cells), "", dtype=object), text_cells(cells)])
            self._columns[name] = self._packed(name, cells) or _Texts(cells)
            return
        column = self._columns[name]
        if name in self._disproved or column.extend(cells):
            return
        if isinstance(column, _Numbers):
            self._disproved.add(name)
        else:  # so many levels: fractions, perhaps, that come below a long row of zeros
            self._columns[name] = self._packed(name, column.cells.take()) or column

    def _packed(self, name: str, cells: Column) -> _Numbers | None:
        """Returns the column as numbers, if that is what it holds."""
        if name in self._as_written:
            return None
        filled = cells if cells.dtype != object else cells[cells != ""]
        glance, column = _Numbers(), _Numbers()
        is_hopeless = not (glance.extend(filled[:_FIRST_LOOK]) and glance.are_words_missing)
        return column if not is_hopeless and column.extend(cells) and column.is_sound else None


class _Growing:
    """An array that is made longer in place, so that no second copy is ever needed."""

    def __init__(self) -> None:
        self._cells = np.empty(0, dtype=np.float32)
        self._length = 0

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the cells."""
        return self._cells.dtype

    def extend(self, cells: Column) -> None:
        """Appends cells; the type becomes one that holds all."""
        together = np.promote_types(self._cells.dtype, cells.dtype) if self._length else cells.dtype
        if together != self._cells.dtype:
            self._cells = self._cells.astype(together)
        stop = self._length + len(cells)
        if stop > len(self._cells):
            self._cells.resize(stop + stop // 2, refcheck=False)
        self._cells[self._length : stop] = cells
        self._length = stop

    def take(self) -> Column:
        """Returns what there is."""
        self._cells.resize(self._length, refcheck=False)
        return self._cells


class _Texts:
    """A column of text whose cells share one string per level, as long as there are not too many.

    Args:
        cells: Its first cells.
    """

    def __init__(self, cells: Column) -> None:
        self._pool: dict[str, str] | None = {}
        self.cells = _Growing()
        self.cells.extend(self._shared(cells))

    def extend(self, cells: Column) -> bool:
        """Appends cells; says False, once, when there come to be too many levels to share."""
        sharing = self._pool is not None
        self.cells.extend(self._shared(cells))
        return not sharing or self._pool is not None

    def _shared(self, cells: Column) -> Column:
        texts = text_cells(cells)
        if self._pool is None:
            return texts
        listed = texts.tolist()
        shared = np.array(list(map(self._pool.setdefault, listed, listed)), dtype=object)
        if len(self._pool) > _MOST_SHARED:
            self._pool = None
        return shared


class _Numbers:
    """A column of plain numbers.

    Attributes:
        cells: float32 where that holds every whole number, else float64, or int64 from typed files.
        words: Cells that are no numbers, and so are missing, with their number.
    """

    def __init__(self) -> None:
        self.cells = _Growing()
        self.words = Counter[str]()
        self._present = 0
        self._has_fractions = False
        self._has_odd_wholes = False

    @property
    def are_words_missing(self) -> bool:
        """Whether there are numbers, and the words are so few that they mean missing cells."""
        counts = np.array(list(self.words.values()), dtype=np.int64)
        words = Levels(tuple(self.words), counts, 0)
        return stand_for_missing(words, self._present) if self.words else self._present > 0

    @property
    def is_sound(self) -> bool:
        """Whether nothing is lost: whole numbers are written plainly, unless there are fractions."""
        return self.are_words_missing and (self._has_fractions or not self._has_odd_wholes)

    def extend(self, cells: Column) -> bool:
        """Appends cells, or says False and does not."""
        numbers = self._read(cells.tolist()) if cells.dtype == object else cells
        if numbers is None:
            return False
        narrow = _narrowed(numbers)
        if self._present and narrow.dtype.kind != self.cells.dtype.kind and np.abs(numbers).max() >= _INEXACT_WHOLE:
            return False  # no type holds both
        self.cells.extend(narrow)
        self._present += int((~np.isnan(numbers)).sum())
        return True

    def _read(self, listed: list[str]) -> NDArray[np.float64] | None:
        if self.words:
            self.words.update(cell for cell in listed if cell in self.words)
            listed = ["" if cell in self.words else cell for cell in listed]
        numbers = plain_numbers(listed)
        missing = np.isnan(numbers)
        if missing.any():
            fresh = Counter(cell for cell, is_missing in zip(listed, missing.tolist(), strict=True) if is_missing)
            del fresh[""]
            self.words.update(fresh)
            listed = ["" if cell in fresh else cell for cell in listed] if fresh else listed
        whole = numbers == np.round(numbers)
        self._has_fractions |= not (whole | missing).all()
        wholes = [listed[place] for place in np.flatnonzero(whole)]
        if not self._has_fractions and wholes:
            is_odd = _ODD_WHOLE.search("\n".join(wholes)) is not None
            self._has_odd_wholes |= is_odd or np.abs(numbers[whole]).max() >= _INEXACT_WHOLE
        is_code = any(cell[0] == "0" and len(cell) > 1 and cell.isdecimal() for cell in wholes)
        return None if is_code or len(self.words) > _MOST_WORDS else numbers


def _narrowed(numbers: Column) -> Column:
    """Returns float32 where that holds every whole number; of fractions a model keeps no more digits either."""
    with np.errstate(over="ignore"):
        narrow = numbers.astype(np.float32)
    is_whole = numbers == np.round(numbers)
    return narrow if np.all((narrow == numbers) | ~is_whole) else numbers
