"""Excel workbooks: one sheet, laid out as people lay out sheets, with numbers that stay numbers."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from automl_cli.data.cells import to_column, to_text
from automl_cli.data.column_names import name_columns
from automl_cli.data.layout import MARGIN_ROWS, count_footers, layout_of
from automl_cli.data.phrases import listing
from automl_cli.data.reading import Account, Reading, slices
from automl_cli.data.table import Table
from automl_cli.errors import ReadError
from automl_cli.spec.dataset import ReadSpec

_SAMPLE_ROWS = 1000


def open_excel(path: Path, read: ReadSpec | None, *, footer_rows: int | None = None) -> Reading:
    """Reads one sheet of a workbook whole; formulas count with the value that was last saved.

    Args:
        path: An .xlsx or .xlsm file.
        read: Which sheet, and the lines around the data, if known.
        footer_rows: Lines below the data; found by their looks when None.

    Raises:
        ReadError: It is damaged, has no such sheet, or all its sheets are empty.
    """
    account = Account()
    sheet, rows = _find_sheet(path, read.sheet if read else None, account)
    sample = [[to_text(cell) for cell in row] for row in rows[:_SAMPLE_ROWS]]
    layout = layout_of(sample, read)
    names, notes = name_columns(sample, layout)
    account.sentences.extend(notes)
    body = rows[layout.skip_rows + layout.header_rows :]
    tail = [[to_text(cell) for cell in row] for row in body[-MARGIN_ROWS:]]
    account.footer_rows = count_footers(tail, layout) if footer_rows is None else footer_rows
    body = body[: len(body) - account.footer_rows]
    filled = [row for row in body if any(cell is not None for cell in row)]
    account.blank_rows = len(body) - len(filled)
    columns = [to_column([row[position] for row in filled]) for position in range(len(names))]
    spec = ReadSpec(format="excel", sheet=sheet, skip_rows=layout.skip_rows, header_rows=layout.header_rows)
    return Reading(names, spec, slices(Table(dict(zip(names, columns, strict=True)))), account)


def _find_sheet(path: Path, wanted: str | None, account: Account) -> tuple[str | None, list[list[object]]]:
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise ReadError(
            f"{path.name} is a damaged workbook: {error}.", hint="open it in Excel and save it again"
        ) from error
    try:
        sheets = [sheet.title for sheet in book.worksheets]
        if wanted is not None and wanted not in sheets:
            raise ReadError(f"{path.name} has no sheet '{wanted}'.", hint=f"it has: {', '.join(sheets)}")
        for title in [wanted] if wanted is not None else sheets:
            rows = _rows(book[title].iter_rows(values_only=True))
            if len(rows) > 1:
                if len(sheets) > 1 and wanted is None:
                    others = listing([other for other in sheets if other != title])
                    account.sentences.append(f"Read the sheet '{title}'; the workbook also has {others}.")
                # A new file of the same kind may well call its only sheet something else.
                return title if len(sheets) > 1 else None, rows
    finally:
        book.close()
    raise ReadError(f"{path.name} has no sheet with rows.", hint=f"it has: {', '.join(sheets)}")


def _rows(sheet: Iterable[Sequence[object]]) -> list[list[object]]:
    """Cuts the empty margin to the left and to the right of the cells that are filled."""
    rows = [[None if cell == "" else cell for cell in row] for row in sheet]
    filled = [position for row in rows for position, cell in enumerate(row) if cell is not None]
    if not filled:
        return []
    left, right = min(filled), max(filled) + 1
    return [row[left:right] + [None] * (right - max(left, len(row))) for row in rows]
