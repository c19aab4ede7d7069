"""Where tables come from: paths, packings, folders, pipes, examples; and what is said when they do not come."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from automl_cli.data.examples import example_names
from automl_cli.data.read import iterate_tables, read_table
from automl_cli.data.sources import fingerprint
from automl_cli.errors import ReadError
from automl_cli.spec.dataset import ReadSpec

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CONTENT = b"a,b\n" + b"".join(b"%d,x\n" % i for i in range(2000))
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstd.compress,
}


def failure(source: Path | str) -> ReadError:
    with pytest.raises(ReadError) as raised:
        read_table(str(source))
    return raised.value


@pytest.mark.parametrize("packing", PACKERS)
def test_packed_files_whatever_their_name(tmp_path: Path, packing: str) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(PACKERS[packing](CONTENT))

    assert read_table(str(path)).table.rows == 2000


@pytest.mark.parametrize("packing", PACKERS)
def test_truncated_files_are_not_read_in_part(tmp_path: Path, packing: str) -> None:
    path = tmp_path / f"data.csv.{packing}"
    path.write_bytes(PACKERS[packing](CONTENT)[:-20])

    assert failure(path).message.startswith(f"data.csv.{packing} is damaged or cut short")


def test_zip_archives(tmp_path: Path) -> None:
    one, two = tmp_path / "one.zip", tmp_path / "two.zip"
    with zipfile.ZipFile(one, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.csv", CONTENT)
        archive.writestr("__MACOSX/._data.csv", b"\x00")
    with zipfile.ZipFile(two, "w") as archive:
        archive.writestr("train.csv", CONTENT)
        archive.writestr("test.csv", CONTENT)

    assert read_table(str(one)).table.rows == 2000
    assert failure(two).message == "two.zip holds 2 files (train.csv, test.csv); one was expected."
    one.write_bytes(one.read_bytes()[:-30])
    assert "damaged" in failure(one).message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (bytes(range(256)) * 20, "data.csv is a binary file of an unknown kind."),
        (b"%PDF-1.7\n" + bytes(100), "data.csv is a PDF document."),
        (b"\xd0\xcf\x11\xe0" + bytes(100), "data.csv is an old Excel file (.xls)."),
        (b"<!DOCTYPE html>\n<html><body>404", "data.csv is a web page or XML, not a table."),
        (b"% about\n@relation x\n@attribute a numeric\n@data\n1\n", "data.csv is an ARFF file (Weka, OpenML)."),
    ],
)
def test_files_that_are_no_tables(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(content)

    assert failure(path).message == message
    assert failure(path).hint


def test_missing_files_suggest_close_names(tmp_path: Path) -> None:
    (tmp_path / "titanic.csv").write_bytes(CONTENT)

    assert failure(tmp_path / "titanik.csv").hint == f"did you mean {tmp_path / 'titanic.csv'}?"
    assert failure(tmp_path / "titanic.parquet").hint == f"did you mean {tmp_path / 'titanic.csv'}?"
    assert failure(tmp_path / "weather").hint is None
    assert f"there is no folder {tmp_path / 'nowhere'}" in failure(tmp_path / "nowhere" / "data.csv").message
    assert failure("https://example.org/data.csv").hint


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_files_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(CONTENT)
    path.chmod(0)

    assert failure(path).message == f"There is no permission to read {path}."
    path.chmod(0o600)
    tmp_path.chmod(0o400)
    try:
        assert "no permission to look at" in failure(path).message
    finally:
        tmp_path.chmod(0o700)


def test_a_folder_is_a_table_in_parts(tmp_path: Path) -> None:
    (tmp_path / "part-0.csv").write_text("a,b\n1,x\n2,y\n")
    (tmp_path / "part-1.csv").write_text("b;a\nz;3\nw;4\n")
    (tmp_path / "_SUCCESS").write_text("")
    (tmp_path / "notes.md").write_text("about")
    result = read_table(str(tmp_path))

    assert result.table["a"].tolist() == ["1", "2", "3", "4"]
    assert result.table["b"].tolist() == ["x", "y", "z", "w"]
    assert result.notes == ("Read 2 parts, part-0.csv to part-1.csv.",)
    assert read_table(str(tmp_path / "part-*.csv")).table.rows == 4


def test_pieces_of_one_file_have_one_header(tmp_path: Path) -> None:
    (tmp_path / "piece.aa.csv").write_text("a,b\n1,x\n2,y\n")
    (tmp_path / "piece.ab.csv").write_text("3,x\n4,y\n")

    assert read_table(str(tmp_path)).table["a"].tolist() == ["1", "2", "3", "4"]


def test_parts_of_different_tables_are_refused(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text("a,b\n1,x\n2,y\n")
    (tmp_path / "2.csv").write_text("a,c\n1,x\n2,y\n")

    assert failure(tmp_path).message == "2.csv lacks 'b', which the first part of the table has."


def test_folders_and_globs_without_tables(tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(b"")

    assert failure(tmp_path).message == f"The folder {tmp_path} holds no table (found: cat.png)."
    assert failure(tmp_path / "*.csv").message == f"No file matches {tmp_path / '*.csv'}."


def test_standard_input_is_read_more_than_once() -> None:
    script = (
        "from automl_cli.data.read import read_table; from automl_cli.data.sources import fingerprint;"
        "print(read_table('-').table.rows, fingerprint('-'), read_table('-').table.names)"
    )
    done = subprocess.run([sys.executable, "-c", script], input=gzip.compress(CONTENT), capture_output=True, check=True)
    assert done.stdout.split()[0] == b"2000"
    assert done.stdout.endswith(b"('a', 'b')\n")


def test_examples_by_name() -> None:
    assert len(example_names()) >= 3
    for name in example_names():
        assert read_table(f"example:{name}").table.rows > 100
    wrong = failure("example:" + example_names()[0][:-1])
    assert f"did you mean '{example_names()[0]}'?" in wrong.message


def test_the_fingerprint_is_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(CONTENT)
    before = fingerprint(str(path))
    other = tmp_path / "other.csv"
    other.write_bytes(CONTENT)

    assert fingerprint(str(other)) == before
    path.write_bytes(CONTENT[:-2] + b"y\n")
    assert fingerprint(str(path)) != before
    with pytest.raises(ReadError):
        fingerprint(str(tmp_path / "absent.csv"))


def test_batches_hold_the_rows_of_the_table_in_order(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(b"Report\n\n" + CONTENT + b"\nTotal,2000\n")
    whole = read_table(str(path))
    batches = list(iterate_tables(str(path), whole.read, batch_rows=300))

    assert max(batch.rows for batch in batches) <= 325
    assert [cell for batch in batches for cell in batch["a"]] == whole.table["a"].tolist()


@pytest.mark.parametrize("content", ["a;b\n1,5;x\n2,5;y\n", "a,b\n1,x\n2,y\n", "About this\n\n\n\na\tb\n1\tx\n2\ty\n"])
def test_a_new_file_may_be_written_in_another_way(tmp_path: Path, content: str) -> None:
    path = tmp_path / "new.csv"
    path.write_text(content)
    trained = ReadSpec(delimiter="|", skip_rows=3, footer_rows=2)
    (batch,) = iterate_tables(str(path), trained, needed=["A", "b "])

    assert batch.names == ("a", "b")
    assert batch["b"].tolist() == ["x", "y"]


def test_batches_of_a_file_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_text("a,b\n")
    with pytest.raises(ReadError, match="no rows"):
        list(iterate_tables(str(path), ReadSpec()))
