"""What all tests share: a quiet TensorFlow, and the promise that unmarked tests are fast."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

# Read by TensorFlow when it is imported, here and in every process that a test starts.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
# What a developer has set for the tool must not reach the tests.
for name in [name for name in os.environ if name.startswith("AUTOML_")]:
    del os.environ[name]


@pytest.fixture(autouse=True)
def no_tensorflow_unless_marked(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test that imports TensorFlow without the marker `keras`: it would slow down the fast tests."""
    before = "tensorflow" in sys.modules
    yield
    if not before and "tensorflow" in sys.modules and request.node.get_closest_marker("keras") is None:
        pytest.fail("this test imports TensorFlow: mark it with pytest.mark.keras")
