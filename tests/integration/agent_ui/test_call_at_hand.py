"""The call at hand: silence on tax until identity, nobody else's call, one result for one call."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from flask_socketio import SocketIO
from sqlalchemy import func, select, update

from agent_ui.context import PanelContext
from agent_ui.floor import live as floor_live
from agent_ui.panel import live as panel_live
from casefile.db import Database
from casefile.ids import TimeOrderedIds
from casefile.tables import ContactRecord, Promise
from dialer.floor_commands import open_commands
from dialer.tables import FloorCommand, Seat
from tests.integration.agent_ui.conftest import DAY, NOW, Visitor
from tests.integration.agent_ui.on_the_line import FLOOR, put_on_the_line
from tests.integration.agent_ui.test_hostile import ODD, told
from tests.people import People, key, mobile

LINE = mobile(1)
SAID = {"contact": "self", "items": ["name", "birth_date"]}
TAXABLE = ("市県民税", "30,000", "30000", "outstanding", "arrears", "未納", "滞納", "tax_code", "延滞")


@dataclass
class Call:
    """An operator talks with A1, who owes 30,000 yen."""

    person: Visitor
    database: Database
    municipality: int
    attempt_id: UUID
    operator_id: UUID

    @property
    def path(self) -> str:
        return f"/api/panel/calls/{self.attempt_id}"

    def confirm(self) -> Any:
        return self.person.post(f"{self.path}/identity", SAID)

    def save(self, form: str = "f", **typed: Any) -> Any:
        return self.person.post(f"{self.path}/form", self.typed(form, **typed))

    def typed(self, form: str = "f", **typed: Any) -> dict[str, Any]:
        return {"form_id": str(key(form)), "result": "01", "contact": "self", "outcome": "informed"} | typed

    def count(self, table: Any) -> int:
        with self.database.transaction(self.municipality) as conn:
            return conn.execute(select(func.count()).select_from(table)).scalar_one()

    def seat_moves_on(self, attempt_id: UUID | None = None) -> None:
        with self.database.transaction(self.municipality) as conn:
            state = "ready" if attempt_id is None else "talking"
            conn.execute(update(Seat).values(attempt_id=attempt_id, state=state))


@pytest.fixture
def at_hand(database: Database, municipality: int, visitor: Callable[[str], Visitor]) -> Call:
    return Call(visitor("operator"), database, municipality, *put_on_the_line(database, municipality, "A1", LINE))


def test_nothing_taxable_leaves_before_identity(
    at_hand: Call, app: Any, context: PanelContext, ids: TimeOrderedIds
) -> None:
    socket: SocketIO = app.extensions["socketio"]
    screen = socket.test_client(app, flask_test_client=at_hand.person.client)
    panel_live.send_desk(context, socket, at_hand.municipality, at_hand.operator_id)
    floor_live.send_floor(context, socket, at_hand.municipality)
    pushed = screen.get_received()
    assert {event["name"] for event in pushed} == {"stops", "desk"}
    answers = [
        at_hand.person.get(path).get_data(as_text=True)
        for path in (
            "/api/panel",
            "/api/cases/A1",
            "/api/cases/A1/explain",
            f"{at_hand.path}/speech",
            f"{at_hand.path}/case",
        )
    ]
    answers.append(at_hand.person.post("/api/cases/search", {"query": "A1"}).get_data(as_text=True))
    answers.append(
        at_hand.person.post(f"{at_hand.path}/form/check", at_hand.typed(outcome="promise")).get_data(as_text=True)
    )
    answers.append(json.dumps(pushed, ensure_ascii=False, default=str))
    for answer in answers:
        assert [word for word in TAXABLE if word in answer] == [], answer[:500]
    for form in ("calls", "districts", "documents"):
        assert at_hand.person.get(f"/api/reports/{form}").status_code == 403
    assert at_hand.confirm().get_json()["case"]["outstanding_yen"] == 30000


@pytest.mark.parametrize("items", [[], ["name"], ["birth_date", "address"], ["delegation"], ["name", "name"]])
def test_one_item_is_no_identity(at_hand: Call, items: list[str]) -> None:
    answer = at_hand.person.post(f"{at_hand.path}/identity", {"contact": "self", "items": items})
    assert answer.status_code == 403
    assert at_hand.person.get(f"{at_hand.path}/case").status_code == 403


@pytest.mark.parametrize("contact", ["spouse", "family", "third_party", "workplace", "nobody", ""])
def test_nobody_else_is_the_person(at_hand: Call, contact: str) -> None:
    answer = at_hand.person.post(f"{at_hand.path}/identity", SAID | {"contact": contact})
    assert answer.status_code in {403, 422}


def test_a_call_that_has_left_the_desk_opens_no_case(at_hand: Call) -> None:
    """Otherwise whoever once spoke with somebody could read the case for ever."""
    assert at_hand.confirm().status_code == 200
    at_hand.seat_moves_on()
    assert at_hand.person.get(f"{at_hand.path}/case").status_code == 409
    assert at_hand.confirm().status_code == 409


def test_a_call_nobody_has_answered_opens_no_case(
    database: Database, municipality: int, visitor: Callable[[str], Visitor]
) -> None:
    ringing = Call(
        visitor("operator"),
        database,
        municipality,
        *put_on_the_line(database, municipality, "A1", LINE, answered=False),
    )
    answer = ringing.confirm()
    assert answer.status_code == 409
    assert "応答" in answer.get_json()["message"]


def test_anothers_call_is_nobodys_business(at_hand: Call, visitor: Callable[[str], Visitor]) -> None:
    thief = visitor("collector")
    assert thief.post(f"{at_hand.path}/identity", SAID).status_code == 404
    assert thief.get(f"{at_hand.path}/case").status_code == 404 or thief.get(f"{at_hand.path}/case").status_code == 403
    assert thief.get(f"{at_hand.path}/speech").status_code == 404
    assert thief.post(f"{at_hand.path}/form", at_hand.typed()).status_code == 404
    assert at_hand.count(ContactRecord) == 0


def test_anothers_call_is_not_hung_up(at_hand: Call, visitor: Callable[[str], Visitor]) -> None:
    """The command is the thief's own: it can only ever act on the thief's own seat."""
    thief = visitor("collector")
    thief.post(f"{at_hand.path}/hang-up")
    with at_hand.database.transaction(at_hand.municipality) as conn:
        given = conn.scalars(select(FloorCommand.operator_id)).all()
    assert at_hand.operator_id not in given


def test_two_results_for_one_call_are_one(at_hand: Call) -> None:
    at_hand.confirm()
    assert at_hand.save("one").status_code == 200
    assert at_hand.save("one").status_code == 200
    again = at_hand.save("two")
    assert again.status_code >= 400
    assert again.get_json()["message"]
    assert at_hand.count(ContactRecord) == 1


def test_a_promise_needs_identity_and_sense(at_hand: Call) -> None:
    late = [{"due_on": "2026-09-30", "yen": 10_000}]
    assert at_hand.save(outcome="promise", promise=late).status_code == 422
    at_hand.confirm()
    for nonsense in (
        [],
        [{"due_on": "2026-09-30", "yen": 0}],
        [{"due_on": "2026-09-30", "yen": -1}],
        [{"due_on": "2026-09-07", "yen": 10_000}],
        [{"due_on": "2999-09-07", "yen": 10_000}],
        [{"due_on": "9999-12-31", "yen": 10_000}],
        [*late, *late],
    ):
        answer = at_hand.save(outcome="promise", promise=nonsense)
        assert answer.status_code == 422, nonsense
        assert answer.get_json()["message"]
    assert at_hand.count(Promise) == 0
    assert at_hand.count(ContactRecord) == 0
    assert at_hand.save(outcome="promise", promise=late).status_code == 200
    assert at_hand.count(Promise) == 1


def test_odd_values_in_the_form_of_a_real_call(at_hand: Call) -> None:
    at_hand.confirm()
    fields = [
        *(
            "form_id",
            "result",
            "contact",
            "outcome",
            "reason",
            "method",
            "promise",
            "recall_at",
            "recall_mine",
            "recall_note",
        ),
        *("remarks", "complaint", "refuses_calls", "refuses_sms", "learned_phone", "learned_place", "learned_holder"),
        *("whereabouts", "language"),
    ]
    odd_here = [
        *ODD,
        "2026-09-09T10:00:00",
        "2026-09-09T10:00:00+09:00",
        "110",
        "+81110",
        "119",
        "0120-000-000",
        "184-090",
    ]
    for field in fields:
        for odd in odd_here:
            told(at_hand.person.post(f"{at_hand.path}/form/check", at_hand.typed(**{field: odd})), (field, odd))
    parts = [{"due_on": odd, "yen": 1} for odd in ODD] + [{"due_on": "2026-09-30", "yen": odd} for odd in ODD]
    for part in parts:
        told(at_hand.person.post(f"{at_hand.path}/form/check", at_hand.typed(outcome="promise", promise=[part])), part)


@pytest.mark.parametrize("note", ["8月分の税金の件", "滞納について", "5万円払う話", "30,000円", "￥3000", "差押の前に"])
def test_a_note_shown_before_identity_speaks_of_no_tax(at_hand: Call, note: str) -> None:
    at_hand.confirm()
    wish = {"outcome": "recall", "recall_at": "2026-09-09T10:00:00+09:00"}
    answer = at_hand.save(**wish, recall_note=note)
    assert answer.status_code == 422
    assert "メモ" in str(answer.get_json()["problems"])
    assert at_hand.save(**wish, recall_note="夕方は不在。9時以降").status_code == 200


def test_a_call_booked_for_a_later_day_is_seen_by_whoever_booked_it(
    at_hand: Call, visitor: Callable[[str], Visitor]
) -> None:
    at_hand.confirm()
    at_hand.save(outcome="recall", recall_at="2026-09-15T11:00:00+09:00")
    assert at_hand.person.get("/api/panel").get_json()["recalls"] == []  # a desk with a call has no list
    with at_hand.database.transaction(at_hand.municipality) as conn:
        conn.execute(update(Seat).values(attempt_id=None, state="paused"))
    (line,) = at_hand.person.get("/api/panel").get_json()["recalls"]
    # Anybody may make the call; it is not kept for the one who booked it.
    assert (line["addressee_no"], line["own"]) == ("A1", False)
    assert visitor("collector").get("/api/panel").get_json()["recalls"] == []


def test_a_protected_persons_number_is_masked_everywhere(at_hand: Call, visitor: Callable[[str], Visitor]) -> None:
    with at_hand.database.transaction(at_hand.municipality) as conn:
        people = People(conn, at_hand.municipality, DAY)
        people.flag("A1", "dv_support")
    shown = "090-0000-0001"
    for login in ("operator", "supervisor", "collector"):
        person = visitor(login) if login != "operator" else at_hand.person
        answers = [
            person.get("/api/panel").get_data(as_text=True),
            person.get("/api/cases/A1").get_data(as_text=True),
            person.get("/api/cases/A1/explain").get_data(as_text=True),
            person.get("/api/floor").get_data(as_text=True),
            person.post("/api/cases/search", {"query": "A1"}).get_data(as_text=True),
            person.post("/api/cases/search", {"query": shown}).get_data(as_text=True),
        ]
        for answer in answers:
            assert shown not in answer
            assert LINE not in answer
            assert "本町" not in answer


def test_a_number_clicked_on_reaches_the_engine_as_somebody_to_dial(at_hand: Call) -> None:
    phone = key("phone", "A1", LINE)
    at_hand.person.post("/api/panel/dial", {"addressee_no": "A1", "phone_id": str(phone)})
    with at_hand.database.transaction(at_hand.municipality) as conn:
        said, _ = open_commands(conn, at_hand.municipality, FLOOR, NOW, ())
    (wanted,) = [command.candidate for command in said if command.kind == "manual_dial"]
    assert wanted is not None
    assert (wanted.e164, wanted.purpose, wanted.claim_group) == (LINE, "dunning", "compulsory")


@pytest.mark.parametrize(("no", "phone"), [("A1", UUID(int=5)), ("Z9", key("phone", "A1", LINE))])
def test_a_number_that_is_not_on_file_is_nobody_to_dial(at_hand: Call, no: str, phone: UUID) -> None:
    at_hand.person.post("/api/panel/dial", {"addressee_no": no, "phone_id": str(phone)})
    with at_hand.database.transaction(at_hand.municipality) as conn:
        said, _ = open_commands(conn, at_hand.municipality, FLOOR, NOW, ())
    assert [command.candidate for command in said if command.kind == "manual_dial"] == [None]
