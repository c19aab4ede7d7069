from __future__ import annotations

import pytest

from tests.contracts.strategy_contract import StrategyContract

pytestmark = pytest.mark.keras


class TestRandom(StrategyContract):
    name = "random"
