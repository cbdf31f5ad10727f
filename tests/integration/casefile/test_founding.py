"""A founded municipality has what the rules need, and nobody else sees it."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from casefile.city import City, CitySettings, load_city
from casefile.db import Database
from casefile.errors import TsunagaruError
from casefile.flags import default_rules
from casefile.interest import published_rates
from casefile.roles import DEFAULT_ROLES
from casefile.tables import FlagRule, Role


def test_founding_writes_rules_roles_and_settings(database: Database, municipality: int, city: City) -> None:
    assert city.name == "試験市"
    assert city.settings == CitySettings()
    assert {rule: tuple(rates) for rule, rates in city.interest_rates.items()} == published_rates()
    with database.transaction(municipality) as conn:
        assert conn.scalar(select(func.count()).select_from(FlagRule)) == len(list(default_rules()))
        assert conn.scalars(select(Role.role_code).order_by(Role.role_code)).all() == sorted(
            role.role_code for role in DEFAULT_ROLES
        )


def test_another_municipality_sees_none_of_it(database: Database, municipality: int) -> None:
    with database.transaction(municipality + 1) as conn:
        assert conn.scalar(select(func.count()).select_from(FlagRule)) == 0


def test_an_unknown_municipality_is_told_in_a_sentence(database: Database, municipality: int) -> None:
    with database.transaction(1) as conn, pytest.raises(TsunagaruError, match="000001 の自治体は登録されていません"):
        load_city(conn, 1)
