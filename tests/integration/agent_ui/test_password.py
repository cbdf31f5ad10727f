"""A password that has run out, and one a person wants to change, are changed at the door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from apiflask import APIFlask
from sqlalchemy import select

from casefile.accounts import PasswordPolicy
from casefile.clock import VirtualClock
from casefile.db import Database
from casefile.tables import AuditEntry
from tests.integration.agent_ui.conftest import PASSWORD, Visitor

NEW = "Atarashii-2027-kagi"  # of a database that lives for seconds
HALF_A_YEAR = timedelta(days=PasswordPolicy().max_age_days, seconds=1).total_seconds()


def change(person: Visitor, login: str = "operator", **changes: Any) -> Any:
    body = {"municipality_id": None, "login": login, "password": PASSWORD, "new_password": NEW} | changes
    answer = person.post("/api/session/password", body)
    if answer.status_code == 200:
        person.token = answer.get_json()["csrf_token"]
    return answer


def test_an_expired_password_opens_nothing_but_the_way_to_a_new_one(stranger: Visitor, clock: VirtualClock) -> None:
    clock.advance(HALF_A_YEAR)
    refused = stranger.sign_in("operator")
    assert refused.status_code == 403
    assert [problem["field"] for problem in refused.get_json()["problems"]] == ["new_password"]
    assert stranger.get("/api/panel").status_code == 401
    assert stranger.sign_in("operator", password="wrong").status_code == 422
    assert change(stranger).status_code == 200
    assert stranger.get("/api/panel").status_code == 200
    assert stranger.sign_in("operator", password=NEW).status_code == 200


def test_a_weak_one_is_refused_by_sentences_and_the_old_one_stays(stranger: Visitor) -> None:
    for weak in ("short", "operator-2026-Xyz", "nur-kleine-buchstaben", PASSWORD):
        answer = change(stranger, new_password=weak)
        assert answer.status_code == 422
        problems = answer.get_json()["problems"]
        assert problems
        assert {problem["field"] for problem in problems} == {"new_password"}
    assert stranger.sign_in("operator").status_code == 200
    assert len(stranger.get("/api/session").get_json()["password_rules"]) == 3


def test_changing_ends_every_other_session_and_is_written_down(
    database: Database, municipality: int, visitor: Callable[[str], Visitor]
) -> None:
    here, elsewhere = visitor("operator"), visitor("operator")
    assert change(here).status_code == 200
    assert here.get("/api/panel").status_code == 200
    assert elsewhere.get("/api/panel").status_code == 401
    with database.transaction(municipality) as conn:
        rows = conn.execute(select(AuditEntry.action, AuditEntry.actor, AuditEntry.detail)).all()
    assert ("password.changed", "operator") in {(row.action, row.actor) for row in rows}
    assert NEW not in str(rows)


def test_guessing_the_present_one_makes_the_next_try_wait(stranger: Visitor, clock: VirtualClock) -> None:
    for _ in range(6):
        answer = change(stranger, password="wrong")
        assert answer.status_code == 422
        assert answer.get_json()["problems"][0]["field"] == "password"
    assert change(stranger).status_code == 422
    assert stranger.sign_in("operator").status_code == 422
    clock.advance(timedelta(hours=1, minutes=1).total_seconds())
    assert change(stranger).status_code == 200


def test_without_the_token_nothing_is_changed(app: APIFlask, stranger: Visitor) -> None:
    body = {"login": "operator", "password": PASSWORD, "new_password": NEW}
    assert app.test_client().post("/api/session/password", json=body).status_code == 400
    assert stranger.sign_in("operator").status_code == 200
