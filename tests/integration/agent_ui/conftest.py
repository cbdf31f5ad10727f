"""The web application on a real database, and people who sign in to it."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from apiflask import APIFlask
from argon2 import PasswordHasher
from flask.testing import FlaskClient

from agent_ui.app import create_app
from agent_ui.context import PanelContext
from casefile import accounts
from casefile.accounts import create_user
from casefile.clock import VirtualClock, at_jst
from casefile.db import Database
from casefile.ids import TimeOrderedIds
from tests.people import People, mobile

DAY = date(2026, 9, 8)
NOW = at_jst(DAY, 10)
PASSWORD = "Shiken-2026-shitsu"  # of a database that lives for seconds


class Visitor:
    """A browser without a screen: keeps its cookie and sends the token with every change."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.token = client.get("/api/session").get_json()["csrf_token"]

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def post(self, path: str, body: Any = None) -> Any:
        return self.client.post(path, json=body or {}, headers={"X-CSRFToken": self.token})

    def delete(self, path: str) -> Any:
        return self.client.delete(path, headers={"X-CSRFToken": self.token})

    def sign_in(self, login: str, municipality: int | None = None, password: str = PASSWORD) -> Any:
        answer = self.post("/api/session", {"municipality_id": municipality, "login": login, "password": password})
        if answer.status_code == 200:
            self.token = answer.get_json()["csrf_token"]
        return answer


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOW)


@pytest.fixture
def ids(clock: VirtualClock) -> TimeOrderedIds:
    return TimeOrderedIds(clock.now, random.Random(1))


@pytest.fixture
def context(
    database: Database,
    municipality: int,
    clock: VirtualClock,
    ids: TimeOrderedIds,
    monkeypatch: pytest.MonkeyPatch,
) -> PanelContext:
    """What the application is given: no listener, a person for every role, and one in arrears, A1."""
    # Six people a test: what makes a real hash slow is not what these tests are about.
    monkeypatch.setattr(accounts, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    with database.transaction(municipality) as conn:
        for login, role in (
            ("operator", "operator"),
            ("collector", "collector"),
            ("supervisor", "supervisor"),
            ("admin", "admin"),
            ("auditor", "auditor"),
            ("health", "health_clerk"),
        ):
            create_user(
                conn,
                municipality,
                login=login,
                display_name=f"試験 {login}",
                password=PASSWORD,
                roles=[role],
                now=NOW,
                ids=ids,
            )
        people = People(conn, municipality, DAY)
        people.city_data()
        people.debtor("A1", mobile(1))
    return PanelContext(
        database=database,
        clock=clock,
        ids=ids,
        secret_key="test",
        sign_in_rate="1000 per minute",
        answer_seconds=0.0,
        listening=False,
    )


@pytest.fixture
def app(context: PanelContext) -> APIFlask:
    """The application of `context`."""
    return create_app(context)


@pytest.fixture
def visitor(app: APIFlask) -> Callable[[str], Visitor]:
    """Somebody who is signed in."""

    def come(login: str) -> Visitor:
        person = Visitor(app.test_client())
        assert person.sign_in(login).status_code == 200
        return person

    return come


@pytest.fixture
def stranger(app: APIFlask) -> Visitor:
    return Visitor(app.test_client())
