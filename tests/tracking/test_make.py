"""Trackers are made by name, and say which extra they need."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from automl_cli.errors import MissingExtraError, UsageError
from automl_cli.tracking.make import make_trackers


def test_nothing_is_tracked_unless_asked_for(tmp_path: Path) -> None:
    assert make_trackers(None, tmp_path) == []
    assert len(make_trackers("tensorboard, tensorboard", tmp_path)) == 1
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_tracker_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'tensorbord' is no tracker"):
        make_trackers("tensorbord", tmp_path)


@pytest.mark.parametrize("name", ["mlflow", "wandb"])
def test_a_missing_package_is_named_with_its_extra(tmp_path: Path, name: str) -> None:
    if find_spec(name) is not None:
        pytest.skip(f"{name} is installed here")
    with pytest.raises(MissingExtraError, match=name) as caught:
        make_trackers(name, tmp_path)
    assert caught.value.hint == f"pip install 'automl-cli[{name}]'"
    assert caught.value.exit_code == 7
