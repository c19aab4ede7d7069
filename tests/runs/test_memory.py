from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from automl_cli.runs.memory import _VERSION_1, _VERSION_2, _free_in, free_memory_bytes


@pytest.mark.parametrize("names", [_VERSION_1, _VERSION_2])
def test_a_container_allows_what_it_does_not_hold_but_for_cached_files(
    tmp_path: Path, names: tuple[str, str, str]
) -> None:
    most, used, cached = names
    (tmp_path / most).write_text("4000\n")
    (tmp_path / used).write_text("1500\n")
    (tmp_path / "memory.stat").write_text(f"anything 12\n{cached} 700\n")
    assert list(_free_in(tmp_path, names)) == [3200]
    (tmp_path / most).write_text("max\n")
    assert list(_free_in(tmp_path, names)) == []


def test_no_more_is_free_than_the_machine_has() -> None:
    assert 0 < free_memory_bytes() <= psutil.virtual_memory().total
