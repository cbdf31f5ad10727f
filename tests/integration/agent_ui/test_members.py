"""Another member of the household on the line: verified first, a case and a record of its own, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from casefile import ledger
from casefile.db import Database
from casefile.tables import Attempt, AuditEntry, ContactRecord, Promise
from dialer.tables import Seat
from tests.integration.agent_ui.conftest import DAY, NOW, Visitor
from tests.integration.agent_ui.on_the_line import put_on_the_line
from tests.people import FEE, People, key, landline

LINE = landline(7)
SAID = {"items": ["name", "birth_date"]}
_TAXABLE = ("市県民税", "12,345", "12345", "outstanding", "arrears", "claim", "未納", "滞納", "tax_")


@dataclass
class Desk:
    """An operator talking on a household's line; the call is for the husband, H1."""

    person: Visitor
    database: Database
    municipality: int
    attempt_id: UUID
    calls: str

    def members(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.person.get(f"{self.calls}/members").get_json()["members"]
        return found

    def confirm(self, member: str = "H2", said: Any = SAID) -> Any:
        return self.person.post(f"{self.calls}/members/{member}/identity", said)

    def save(self, member: str | None, form: str = "f", **typed: Any) -> Any:
        body = {"form_id": str(key(form)), "result": "01", "contact": "self", "outcome": "informed"} | typed
        place = f"{self.calls}/members/{member}/form" if member else f"{self.calls}/form"
        return self.person.post(place, body)

    def records(self) -> list[Any]:
        query = select(ContactRecord).where(ContactRecord.attempt_id == self.attempt_id)
        with self.database.transaction(self.municipality) as conn:
            return list(conn.execute(query.order_by(ContactRecord.addressee_no)))

    def hang_up(self) -> None:
        with self.database.transaction(self.municipality) as conn:
            ledger.end(conn, self.attempt_id, NOW, result="01", cause="16")
            conn.execute(update(Seat).values(state="wrapup"))

    def write(self, what: Callable[[People], None]) -> None:
        with self.database.transaction(self.municipality) as conn:
            what(People(conn, self.municipality, DAY))


@pytest.fixture
def desk(database: Database, municipality: int, visitor: Callable[[str], Visitor]) -> Desk:
    person = visitor("operator")
    with database.transaction(municipality) as conn:
        people = People(conn, municipality, DAY)
        people.household("H", "resident")
        people.person("H1", "H", relation_to_head="世帯主", name="試験 太郎")
        people.phone("H1", LINE)
        people.owes("H1")
        people.person("H2", "H", relation_to_head="妻", name="試験 花子", birth_date=date(1980, 1, 2))
        people.phone("H2", LINE)
        people.owes("H2", 12345)
        people.owes("H2", 777, tax_code=FEE, claim_group="ordinary")
    attempt_id, _ = put_on_the_line(database, municipality, "H1", LINE)
    return Desk(person, database, municipality, attempt_id, f"/api/panel/calls/{attempt_id}")


def test_before_the_member_is_verified_nothing_of_the_case_is_told(desk: Desk) -> None:
    listed = desk.person.get(f"{desk.calls}/members")
    card = desk.person.get(f"{desk.calls}/members/H2")
    assert listed.get_json()["members"] == [
        {"addressee_no": "H2", "relation": "妻", "age": 46, "confirmed": False, "recorded": False}
    ]
    assert card.get_json()["name"] == "試験 花子"
    for answer in (listed, card):
        assert not [word for word in _TAXABLE if word in answer.get_data(as_text=True)]
    assert desk.person.get(f"{desk.calls}/members/H2/case").status_code == 403
    assert desk.save("H2").status_code == 403
    assert desk.confirm(said={"items": ["name"]}).status_code == 403
    assert desk.confirm(said={"items": ["birth_date", "address"]}).status_code == 403
    assert desk.records() == []


def test_the_husbands_identity_opens_nothing_of_the_wife(desk: Desk) -> None:
    opened = desk.person.post(f"{desk.calls}/identity", {"contact": "self", "items": ["name", "address"]})
    assert opened.status_code == 200
    assert "12345" not in opened.get_data(as_text=True)
    assert desk.person.get(f"{desk.calls}/members/H2/case").status_code == 403
    assert desk.save("H2").status_code == 403


def test_a_verified_member_has_a_case_and_a_second_record(desk: Desk) -> None:
    opened = desk.confirm()
    assert opened.status_code == 200
    case = opened.get_json()["opened"]["case"]
    # The claims of the call and no others: 私債権 stay behind their wall (I35).
    assert (opened.get_json()["relation"], case["outstanding_yen"]) == ("妻", 12345)
    # What the person called owes stays closed to the wife.
    assert "30000" not in opened.get_data(as_text=True)
    promise = [{"due_on": str(DAY + timedelta(days=7)), "yen": 12345}]
    first = desk.save("H2", outcome="promise", promise=promise, method="slip")
    assert first.status_code == 200
    again = desk.save("H2", outcome="promise", promise=promise, method="slip")
    assert again.get_json()["record_id"] == first.get_json()["record_id"]
    desk.hang_up()
    assert desk.save(None, contact="spouse", outcome="message").status_code == 200
    husband, wife = desk.records()
    assert (husband.addressee_no, husband.contact, husband.identity_items) == ("H1", "spouse", [])
    assert (wife.addressee_no, wife.contact, sorted(wife.identity_items)) == ("H2", "self", ["birth_date", "name"])
    assert (wife.claim_group, wife.purpose, wife.outcome) == ("compulsory", "dunning", "promise")
    with desk.database.transaction(desk.municipality) as conn:
        promises = conn.execute(select(Promise.addressee_no, Promise.promised_yen)).all()
        noted = conn.execute(select(AuditEntry.action).where(AuditEntry.addressee_no == "H2")).scalars().all()
    assert [tuple(row) for row in promises] == [("H2", 12345)]
    assert {"call.identity", "case.view", "record.add"} <= set(noted)


def test_one_form_number_for_two_people_makes_two_records(desk: Desk) -> None:
    desk.confirm()
    desk.hang_up()
    assert desk.save("H2", form="same").status_code == 200
    assert desk.save(None, form="same", contact="spouse", outcome="message").status_code == 200
    assert [record.addressee_no for record in desk.records()] == ["H1", "H2"]


def test_the_desk_goes_on_only_when_both_are_recorded(desk: Desk) -> None:
    desk.confirm()
    desk.hang_up()
    assert desk.save("H2").status_code == 200
    # The member's record is not the call's.
    shown = desk.person.get("/api/panel").get_json()
    assert shown["call"]["recorded"] is False
    assert shown["members"] == [{"addressee_no": "H2", "relation": "妻", "recorded": True}]
    assert "結果がまだ" in desk.person.post(f"{desk.calls}/wrapup-done").get_json()["message"]
    assert desk.save(None, form="g", contact="spouse", outcome="message").status_code == 200
    assert desk.person.post(f"{desk.calls}/wrapup-done").status_code == 200


def test_a_member_whose_case_was_opened_needs_a_record_too(desk: Desk) -> None:
    desk.confirm()
    desk.hang_up()
    assert desk.save(None, contact="spouse", outcome="message").status_code == 200
    refused = desk.person.post(f"{desk.calls}/wrapup-done")
    assert refused.status_code == 409
    assert "妻" in refused.get_json()["message"]
    assert desk.save("H2").status_code == 200
    assert desk.person.post(f"{desk.calls}/wrapup-done").status_code == 200


@pytest.mark.parametrize("stranger", ["A1", "H1", "nobody"])
def test_nobody_of_another_household_and_not_the_person_called(desk: Desk, stranger: str) -> None:
    assert desk.person.get(f"{desk.calls}/members/{stranger}").status_code == 404
    assert desk.confirm(stranger).status_code == 404
    assert desk.person.get(f"{desk.calls}/members/{stranger}/case").status_code == 403
    assert desk.save(stranger).status_code == 403


@pytest.mark.parametrize("protected", ["H1", "H2"])
def test_a_household_under_protection_shows_nothing(desk: Desk, protected: str) -> None:
    desk.write(lambda people: people.flag(protected, "dv_support"))
    assert desk.members() == []
    assert desk.person.get(f"{desk.calls}/members/H2").status_code == 404
    assert desk.confirm().status_code == 404


def test_protection_that_comes_during_the_call_closes_the_case(desk: Desk) -> None:
    assert desk.confirm().status_code == 200
    desk.write(lambda people: people.flag("H2", "dv_support"))
    assert desk.person.get(f"{desk.calls}/members/H2/case").status_code == 404
    assert desk.save("H2").status_code == 404


def test_after_the_call_nobody_is_verified(desk: Desk) -> None:
    desk.hang_up()
    assert desk.person.get(f"{desk.calls}/members/H2").status_code == 409
    assert desk.confirm().status_code == 409
    with desk.database.transaction(desk.municipality) as conn:
        conn.execute(update(Seat).values(state="ready", attempt_id=None))
    assert desk.person.get(f"{desk.calls}/members").status_code == 409


def test_what_was_confirmed_counts_for_this_call_only(desk: Desk) -> None:
    assert desk.confirm().status_code == 200
    with desk.database.transaction(desk.municipality) as conn:
        other = UUID(int=77)
        ledger.end(conn, desk.attempt_id, NOW, result="01", cause="16")
        row = conn.execute(select(Attempt).where(Attempt.attempt_id == desk.attempt_id)).one()
        ledger.take_inbound(
            conn,
            desk.municipality,
            other,
            NOW,
            e164=LINE,
            purpose=row.purpose,
            claim_group=row.claim_group,
            addressee_no="H1",
            household_id="H",
        )
        ledger.joined(conn, other, NOW, row.operator_id)
        conn.execute(update(Seat).values(attempt_id=other))
    again = f"/api/panel/calls/{other}/members/H2"
    assert desk.person.get(f"{again}/case").status_code == 403
    assert desk.person.get("/api/panel").get_json()["members"] == []


def test_another_operator_has_no_part_in_it(desk: Desk, visitor: Callable[[str], Visitor]) -> None:
    assert visitor("collector").get(f"{desk.calls}/members/H2").status_code == 404
