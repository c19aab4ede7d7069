"""Which characters the bytes of a text file mean.

Unicode is told by its marks and by its own grammar, which other encodings hardly ever satisfy by chance. What is not
Unicode is Western European when few of its letters are beyond ASCII; only where most are is a guess by language
(charset-normalizer) worth more than this rule, and on short Western texts it is worth less.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import BinaryIO

from automl_cli.data.phrases import count_of

_CHUNK_BYTES = 1 << 20
_SAMPLE_BYTES = 1 << 16
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BY_LANGUAGE = ["cp1251", "koi8_r", "cp1253", "cp1255", "cp1256", "cp874"]
_BY_LANGUAGE += ["cp932", "euc_jp", "gb18030", "big5", "cp949"]
# A file with this share of broken characters among those beyond ASCII is damaged UTF-8, not another encoding.
_DAMAGED_SHARE = 0.05
_FOREIGN_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the bytes are decoded.

    Attributes:
        name: As Python knows it.
        note: What a person should know about the choice, in one sentence, if anything.
    """

    name: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class _Census:
    """What one pass over all bytes counted."""

    characters: int  # beyond ASCII, when read as UTF-8
    broken: int
    sample: bytes  # lines with bytes beyond ASCII


def detect_encoding(stream: BinaryIO, declared: str | None = None) -> Encoding:
    """Reads the whole stream once; the last line may be the first that is not ASCII.

    Args:
        stream: At its beginning.
        declared: What the spec says. It wins, except over bytes that prove it wrong.
    """
    first = stream.read(_CHUNK_BYTES)
    for mark, name in _MARKS:
        if first.startswith(mark):
            return Encoding(name, None if name == "utf-8" else f"The file is encoded in {name.upper()}.")
    if utf_16 := unmarked_utf_16(first):
        return Encoding(utf_16, f"The file is encoded in {utf_16.upper()}.")
    census = _count(first, stream)
    legacy = declared if declared and codecs.lookup(declared).name != "utf-8" else None
    if not census.broken and (census.characters or not legacy):
        return Encoding("utf-8", f"The file is UTF-8, not {legacy} as expected." if legacy else None)
    if legacy:
        return Encoding(legacy)
    if census.broken <= _DAMAGED_SHARE * census.characters:
        return Encoding("utf-8", f"Replaced {count_of(census.broken, 'character')} that cannot be decoded as UTF-8.")
    return _legacy(census.sample)


def python_codec(name: str) -> str:
    """Returns the codec to open a file with: a byte order mark never becomes part of the first name."""
    return "utf-8-sig" if codecs.lookup(name).name == "utf-8" else name


def unmarked_utf_16(head: bytes) -> str | None:
    """Tells UTF-16 without its mark by the zeros: text of the Latin alphabet has one in every second byte."""
    half = len(head[:4096]) // 2
    even, odd = head[0:4096:2].count(0), head[1:4096:2].count(0)
    if odd > 0.3 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.3 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _count(first: bytes, stream: BinaryIO) -> _Census:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    characters = broken = 0
    sample = bytearray()
    chunk = first
    while chunk:
        text = decoder.decode(chunk)
        if not text.isascii():
            replaced = max(text.count("\ufffd") - chunk.count(b"\xef\xbf\xbd"), 0)
            broken += replaced
            characters += len(text) - len(text.encode("ascii", "ignore")) - replaced
            if len(sample) < _SAMPLE_BYTES:
                sample += b"\n".join(line for line in chunk.splitlines() if not line.isascii()) + b"\n"
        chunk = stream.read(_CHUNK_BYTES)
    return _Census(characters, broken, bytes(sample[:_SAMPLE_BYTES]))


def _legacy(sample: bytes) -> Encoding:
    high = sum(byte > 0x7F for byte in sample)
    letters = high + sum(byte in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" for byte in sample)
    if high > _FOREIGN_SHARE * letters:
        import charset_normalizer

        best = charset_normalizer.from_bytes(sample, cp_isolation=_BY_LANGUAGE).best()
        if best is not None:
            return Encoding(best.encoding, f"The file is not UTF-8; its letters look like {best.encoding}.")
    try:
        sample.decode("cp1252")
    except UnicodeDecodeError:
        return Encoding("latin-1", "The file is not UTF-8; it was read as latin-1, which accepts every byte.")
    return Encoding("cp1252", "The file is not UTF-8; it was read as cp1252 (Windows, Western European).")
