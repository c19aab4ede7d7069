"""Opens files as streams of plain bytes, whatever they are packed in.

The packing is told by the first bytes, never by the name: files are renamed more often than repacked.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from automl_cli.errors import ReadError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_BROKEN = (EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError, zipfile.BadZipFile, zstd.ZstdError)


@contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """Opens a file, unpacking gzip, bzip2, xz, zstandard and zip archives of one file on the way.

    Raises:
        ReadError: The file cannot be opened, or it turns out to be cut short or damaged while it is read.
    """
    try:
        with path.open("rb") as file, _unpacked(path, file) as stream:
            yield stream
    except _BROKEN as error:
        raise ReadError(
            f"{path.name} is damaged or cut short: {str(error).rstrip('.')}.",
            hint="download or copy it again",
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> ReadError:
    """Says why the operating system does not give a file."""
    if isinstance(error, PermissionError):
        return ReadError(f"There is no permission to read {path}.", hint=f"check it with: ls -l '{path}'")
    if isinstance(error, FileNotFoundError):
        return ReadError(f"{path} does not exist.")
    return ReadError(f"{path} cannot be read: {error.strerror or error}.")


def _unpacked(path: Path, file: BinaryIO) -> BinaryIO:
    magic = file.read(6)
    file.seek(0)
    if magic.startswith(b"\x1f\x8b"):
        return cast(BinaryIO, gzip.GzipFile(fileobj=file))
    if magic.startswith(b"BZh"):
        return cast(BinaryIO, bz2.BZ2File(file))
    if magic.startswith(b"\xfd7zXZ\x00"):
        return cast(BinaryIO, lzma.LZMAFile(file))
    if magic.startswith(b"\x28\xb5\x2f\xfd"):
        return cast(BinaryIO, zstd.ZstdFile(file))
    if magic.startswith(b"PK\x03\x04"):
        return _only_member(path, file)
    return cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, file)))


def _only_member(path: Path, file: BinaryIO) -> BinaryIO:
    archive = zipfile.ZipFile(file)
    # macOS adds a folder of its own to every archive.
    members = [item for item in archive.infolist() if not item.is_dir() and not item.filename.startswith("__MACOSX/")]
    if len(members) != 1:
        listed = ", ".join(item.filename for item in members[:5]) or "nothing"
        raise ReadError(
            f"{path.name} holds {len(members)} files ({listed}); one was expected.",
            hint="unpack it and name the file to read",
        )
    if members[0].flag_bits & 0x1:
        raise ReadError(f"{path.name} is protected by a password.", hint="unpack it first")
    return cast(BinaryIO, archive.open(members[0]))
