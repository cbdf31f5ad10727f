"""Calls in the middle of a wrap-up: consent is the operator's own, and what was put off is written up in its turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, text, update

from casefile.db import Database
from dialer.tables import Campaign, FloorCommand, PullConsent, Seat
from tests.integration.agent_ui.conftest import DAY, NOW, Visitor
from tests.integration.agent_ui.on_the_line import FLOOR, put_on_the_line, talk_with
from tests.people import People, key, mobile

SAID = {"contact": "self", "items": ["name", "birth_date"]}


class Desk:
    """An operator who writes up A1's call, while A2 is given to the desk."""

    def __init__(self, person: Visitor, database: Database, municipality: int) -> None:
        self.person, self.database, self.municipality = person, database, municipality
        self.first, self.operator_id = put_on_the_line(database, municipality, "A1", mobile(1))
        with database.transaction(municipality) as conn:
            People(conn, municipality, DAY).debtor("A2", mobile(2))

    def confirm(self, attempt_id: UUID) -> Any:
        return self.person.post(f"/api/panel/calls/{attempt_id}/identity", SAID)

    def save(self, attempt_id: UUID, **typed: Any) -> Any:
        body = {"form_id": str(key("form", str(attempt_id))), "result": "01", "contact": "self", "outcome": "informed"}
        return self.person.post(f"/api/panel/calls/{attempt_id}/form", body | typed)

    def seat(self, **values: Any) -> None:
        with self.database.transaction(self.municipality) as conn:
            conn.execute(update(Seat).values(**values))

    def pulled(self) -> UUID:
        """A2 has answered and nobody else was free."""
        second, _ = talk_with(self.database, self.municipality, "A2", mobile(2))
        self.seat(attempt_id=second, put_off_attempt_id=self.first)
        return second

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.person.get("/api/panel").get_json()
        return found

    def commands(self) -> list[tuple[str, UUID | None]]:
        with self.database.transaction(self.municipality) as conn:
            rows = conn.execute(select(FloorCommand.kind, FloorCommand.attempt_id).order_by(FloorCommand.command_no))
            return [(row.kind, row.attempt_id) for row in rows]


@pytest.fixture
def at_desk(database: Database, municipality: int, visitor: Callable[[str], Visitor]) -> Desk:
    return Desk(visitor("operator"), database, municipality)


def test_consent_is_asked_where_a_campaign_dials_ahead(at_desk: Desk) -> None:
    assert at_desk.state()["pull"] == {"asked": False, "agreed": False}
    with at_desk.database.transaction(at_desk.municipality) as conn:
        conn.execute(insert(Campaign), predictive(at_desk))
    assert at_desk.state()["pull"] == {"asked": True, "agreed": False}


def predictive(at_desk: Desk) -> dict[str, Any]:
    return {
        "municipality_id": at_desk.municipality,
        "campaign_id": key("campaign"),
        "name": "秋の催告",
        "purpose": "dunning",
        "claim_group": "compulsory",
        "rule": {},
        "mode": "predictive",
        "hours": {},
        "caps": {},
        "follow_up": {},
        "ring_seconds": 25,
        "wrapup_seconds": 60,
        "detection": "none",
        "target_abandonment": 0.01,
        "owner_id": at_desk.operator_id,
        "floor_id": FLOOR,
        "state": "running",
        "created_at": NOW,
        "changed_at": NOW,
    }


def test_consent_is_given_and_taken_back_and_both_are_on_record(at_desk: Desk) -> None:
    for agreed in (True, True, False, False):
        assert at_desk.person.post("/api/panel/pull", {"agreed": agreed}).status_code == 200
        assert at_desk.state()["pull"]["agreed"] is agreed
    assert at_desk.commands() == [("reload", None), ("reload", None)], (
        "the engine is told of each change, and of no other"
    )
    with at_desk.database.transaction(at_desk.municipality) as conn:
        assert conn.execute(select(PullConsent.operator_id)).all() == []
        said = conn.scalars(text("SELECT action FROM audit_entry WHERE action LIKE 'pull.%' ORDER BY audit_id")).all()
    assert said == ["pull.agree", "pull.withdraw"]


def test_nobody_agrees_for_somebody_else(at_desk: Desk, visitor: Callable[[str], Visitor]) -> None:
    visitor("collector").post("/api/panel/pull", {"agreed": True})
    assert not at_desk.state()["pull"]["agreed"]
    assert visitor("auditor").post("/api/panel/pull", {"agreed": True}).status_code == 403


def test_while_another_call_is_there_the_put_off_case_is_closed(at_desk: Desk) -> None:
    assert at_desk.confirm(at_desk.first).status_code == 200
    second = at_desk.pulled()
    state = at_desk.state()
    assert (state["call"]["attempt_id"], state["seat"]["put_off"]) == (str(second), str(at_desk.first))
    assert at_desk.person.get(f"/api/panel/calls/{at_desk.first}/case").status_code == 409


def test_what_was_confirmed_before_the_call_between_still_holds_after_it(at_desk: Desk) -> None:
    at_desk.confirm(at_desk.first)
    second = at_desk.pulled()
    assert at_desk.confirm(second).status_code == 200
    assert at_desk.save(second).status_code == 200
    at_desk.seat(state="wrapup", attempt_id=at_desk.first, put_off_attempt_id=None)
    assert at_desk.state()["confirmed"]["attempt_id"] == str(at_desk.first)
    promised = [{"due_on": "2026-09-30", "yen": 10_000}]
    assert at_desk.save(at_desk.first, outcome="promise", promise=promised).status_code == 200


def test_what_a_timed_wrapup_left_is_in_front_until_a_call_comes(at_desk: Desk) -> None:
    at_desk.confirm(at_desk.first)
    at_desk.seat(state="ready", attempt_id=None, put_off_attempt_id=at_desk.first)
    assert at_desk.state()["call"]["attempt_id"] == str(at_desk.first)
    done = f"/api/panel/calls/{at_desk.first}/wrapup-done"
    refused = at_desk.person.post(done)
    assert refused.status_code == 409
    assert "結果がまだ登録されていません" in refused.get_json()["message"]
    assert at_desk.save(at_desk.first).status_code == 200
    assert at_desk.person.post(done).status_code == 200
    assert at_desk.commands() == [("wrapup_done", at_desk.first)]
