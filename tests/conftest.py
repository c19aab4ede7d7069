"""What all tests share: a quiet TensorFlow, and the promise that unmarked tests are fast."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Read by TensorFlow when it is imported, here and in every process that a test starts.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
# What a developer has set for the tool must not reach the tests.
for name in [name for name in os.environ if name.startswith("AUTOML_")]:
    del os.environ[name]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves whole modules of slow tests unread by `-m "not keras"`: reading them imports TensorFlow already."""
    if config.option.markexpr != "not keras" or collection_path.suffix != ".py":
        return None
    marked = re.search(r"^pytestmark = .*\bkeras\b", collection_path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return True if marked else None


def pytest_collection_finish(session: pytest.Session) -> None:
    if session.config.option.markexpr == "not keras" and "tensorflow" in sys.modules:
        raise pytest.UsageError("a test module imports TensorFlow without `pytestmark = pytest.mark.keras`")


@pytest.fixture(autouse=True)
def no_tensorflow_unless_marked(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test that imports TensorFlow without the marker `keras`: it would slow down the fast tests."""
    before = "tensorflow" in sys.modules
    yield
    if not before and "tensorflow" in sys.modules and request.node.get_closest_marker("keras") is None:
        pytest.fail("this test imports TensorFlow: mark it with pytest.mark.keras")
