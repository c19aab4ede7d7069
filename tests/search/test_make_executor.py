from __future__ import annotations

import pytest

from automl_cli.search.executors.make import choose_workers


@pytest.mark.parametrize(
    ("usable", "data", "cores", "expected"),
    [
        (20e9, 1e6, 2, 2),  # as many as cores
        (20e9, 1e6, 64, 28),  # as many as memory bears
        (1.7e9, 2e9, 8, 1),  # of much data, pieces are read
        (0.1e9, 1e6, 2, 1),  # one is always tried
    ],
)
def test_as_many_workers_as_there_are_cores_and_room(usable: float, data: float, cores: int, expected: int) -> None:
    assert choose_workers(usable, data_bytes=data, cores=cores) == expected
