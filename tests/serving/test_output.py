"""Where predictions go."""

from __future__ import annotations

from pathlib import Path

import pytest

from automl_cli.errors import UsageError
from automl_cli.serving.output import open_output


def test_a_file_appears_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with open_output(path) as stream:
        stream.write("größe\n")
        assert not path.exists()
    assert path.read_bytes() == "größe\n".encode()
    assert list(tmp_path.iterdir()) == [path]


def test_an_existing_file_is_kept_unless_told_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("mine")
    with pytest.raises(UsageError, match="exists already"), open_output(path):
        pass
    assert path.read_text() == "mine"
    with open_output(path, overwrite=True) as stream:
        stream.write("new")
    assert path.read_text() == "new"


def write_and_fail(path: Path) -> None:
    with open_output(path) as stream:
        stream.write("half")
        raise RuntimeError


def test_nothing_is_left_when_writing_fails(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        write_and_fail(tmp_path / "out.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_an_error_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"), open_output(tmp_path / "no" / "out.csv"):
        pass


def test_without_a_path_it_goes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    with open_output(None) as stream:
        stream.write("prediction\n")
    assert capsys.readouterr().out == "prediction\n"
