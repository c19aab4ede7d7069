"""What kind of file this is, told by its content; names lie, and standard input has none."""

from __future__ import annotations

import codecs
import re
import zipfile
from pathlib import Path

from automl_cli.data.compression import open_bytes
from automl_cli.data.encoding import unmarked_utf_16
from automl_cli.errors import ReadError
from automl_cli.spec.dataset import FileFormat

_HEAD_BYTES = 1 << 14
_KINDS: tuple[tuple[bytes, FileFormat], ...] = (
    (b"PAR1", "parquet"),
    (b"ARROW1", "arrow"),
    (b"FEA1", "arrow"),
    (b"\xff\xff\xff\xff", "arrow"),  # the stream format of Arrow, which has no name at its start
)
_STRANGERS: tuple[tuple[bytes, str, str], ...] = (
    (b"\xd0\xcf\x11\xe0", "an old Excel file (.xls)", "save it as .xlsx or CSV"),
    (b"%PDF", "a PDF document", "export the table as CSV"),
    (b"\x89PNG", "an image", "a table is expected here"),
    (b"\xff\xd8\xff", "an image", "a table is expected here"),
    (b"GIF8", "an image", "a table is expected here"),
    (b"SQLite format 3", "an SQLite database", "export one table: sqlite3 -header -csv FILE 'select * from TABLE'"),
    (b"\x89HDF", "an HDF5 file", "export it as Parquet or CSV"),
    (b"\x93NUMPY", "a NumPy array", "save it as CSV with column names"),
    (b"\x80\x04\x95", "a Python pickle, which can run code when it is opened", "save it as Parquet or CSV"),
    (b"\x80\x05\x95", "a Python pickle, which can run code when it is opened", "save it as Parquet or CSV"),
    (b"Obj\x01", "an Avro file", "convert it to Parquet or CSV"),
    (b"ORC", "an ORC file", "convert it to Parquet or CSV"),
    (b"\x7fELF", "a program", "a table is expected here"),
)
_WEB_PAGE = re.compile(rb"\s*(<!doctype html|<html|<\?xml|<svg)", re.IGNORECASE)


def detect_format(path: Path) -> FileFormat:
    """Tells the format of a file.

    Raises:
        ReadError: It is of a kind that is not read here, or it cannot be opened.
    """
    office = _office_format(path)
    if office:
        return office
    with open_bytes(path) as stream:
        head = stream.read(_HEAD_BYTES)
    for magic, kind in _KINDS:
        if head.startswith(magic):
            return _unpacked_only(path, magic, kind)
    for magic, name, hint in _STRANGERS:
        if head.startswith(magic):
            raise ReadError(f"{path.name} is {name}.", hint=hint)
    if head[257:262] == b"ustar":
        raise ReadError(f"{path.name} is a tar archive.", hint="unpack it and name the file to read")
    if _WEB_PAGE.match(head):
        raise ReadError(
            f"{path.name} is a web page or XML, not a table.", hint="look for a download link of the raw file"
        )
    if re.match(rb"(\s*%[^\n]*\n|\s)*@relation\b", head, re.IGNORECASE):
        raise ReadError(f"{path.name} is an ARFF file (Weka, OpenML).", hint="export it as CSV or Parquet")
    if _is_binary(head):
        raise ReadError(f"{path.name} is a binary file of an unknown kind.", hint="export the table as CSV or Parquet")
    # A byte order mark may stand before the bracket, and in UTF-16 there are zeros between the characters.
    start = head.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")
    return "json" if _is_json(start) else "csv"


def _office_format(path: Path) -> FileFormat | None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = set(archive.namelist())
    except (zipfile.BadZipFile, OSError):
        # No archive, or one that cannot be opened: `open_bytes` says so.
        return None
    if "xl/workbook.xml" in members:
        return "excel"
    if "word/document.xml" in members or "content.xml" in members or "xl/workbook.bin" in members:
        raise ReadError(f"{path.name} is an office document that is not read here.", hint="save it as .xlsx or CSV")
    return None


def _unpacked_only(path: Path, magic: bytes, kind: FileFormat) -> FileFormat:
    with path.open("rb") as file:
        if file.read(len(magic)) == magic:
            return kind
    raise ReadError(
        f"{path.name} is a packed {kind.capitalize()} file.", hint="unpack it; such files are small by nature"
    )


def _is_binary(head: bytes) -> bool:
    """Whether there are many bytes that no text holds; byte 1 is a delimiter in some."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or unmarked_utf_16(head):
        return False
    return sum(head.count(byte) for byte in range(8) if byte != 1) > max(3, 0.01 * len(head))


def _is_json(start: bytes) -> bool:
    """Whether text begins like JSON; a CSV may begin with a bracket, but not with one and what follows it here."""
    compact = start.replace(b"\x00", b"")
    return re.match(rb"\{\s*(\"|\}|$)|\[\s*(\{|\[|\"|-?\d|\]|$)", compact) is not None
