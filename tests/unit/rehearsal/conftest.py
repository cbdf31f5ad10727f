"""One small synthetic city for all tests of this folder; nobody changes it."""

from __future__ import annotations

import pytest

from rehearsal.city import CityPlan, SyntheticCity, build_city


@pytest.fixture(scope="session")
def truth() -> SyntheticCity:
    return build_city(CityPlan(seed=3, households=400))
