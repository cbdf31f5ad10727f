"""Records are never overwritten, and one timeline shows all channels."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import ProgrammingError

from casefile.city import City
from casefile.clock import at_jst
from casefile.gate import admit
from casefile.history import TimelineItem, TimelineKind
from casefile.problems import EntryRefused
from casefile.records import NewRecord, add_record, add_records, correct_record, history, latest_records, versions
from casefile.tables import Document, DocumentLot, Receipt
from tests.people import TAX, People, call, key, mobile

DAY = date(2026, 9, 8)
NOW = at_jst(DAY, 10)


@pytest.fixture
def people(passing: Connection, shared_city: City) -> People:
    found = People(passing, shared_city.id, DAY)
    found.city_data()
    found.debtor("A1", mobile(1))
    return found


RECORD = NewRecord(
    record_id=key("record"),
    addressee_no="A1",
    household_id="S-A1",
    purpose="dunning",
    claim_group="compulsory",
    direction="outbound",
    started_at=NOW,
    result="01",
    contact="self",
    outcome="informed",
    remarks="はじめ",
)


def add(people: People, **changes: Any) -> bool:
    record = replace(RECORD, **changes)
    return add_record(people.conn, people.municipality_id, record, recorded_at=record.started_at, recorded_by=None)


def correct(people: People, reason: str = "聞き違い", **changes: Any) -> int:
    return correct_record(
        people.conn,
        people.municipality_id,
        RECORD.record_id,
        changes,
        reason=reason,
        corrected_at=NOW + timedelta(hours=1),
        corrected_by=None,
    )


def test_the_same_record_is_inserted_once(people: People) -> None:
    assert add(people)
    assert not add(people, remarks="あと")
    assert [version["remarks"] for version in versions(people.conn, people.municipality_id, RECORD.record_id)] == [
        "はじめ"
    ]


def test_a_correction_is_a_new_version_with_its_reason(people: People) -> None:
    add(people)
    assert correct(people, outcome="cut_off", identity_items=("name",)) == 2
    assert correct(people, reason="再訂正", remarks="なおした") == 3
    newest, middle, first = versions(people.conn, people.municipality_id, RECORD.record_id)
    assert (first["outcome"], first["correction_reason"]) == ("informed", None)
    assert (middle["outcome"], middle["remarks"], middle["correction_reason"]) == ("cut_off", "はじめ", "聞き違い")
    assert (newest["outcome"], newest["remarks"], newest["identity_items"]) == ("cut_off", "なおした", ["name"])


def test_reports_see_the_newest_version_alone(people: People) -> None:
    add(people)
    add(people, record_id=key("other"))
    correct(people, outcome="cut_off")
    latest = latest_records(people.municipality_id)
    rows = people.conn.execute(select(latest.c.record_id, latest.c.version, latest.c.outcome)).all()
    assert {tuple(row) for row in rows} == {(RECORD.record_id, 2, "cut_off"), (key("other"), 1, "informed")}


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"outcome": "cut_off"}, " ", "correction_reason"),
        ({"addressee_no": "A2"}, "理由", "addressee_no"),
        ({"started_at": NOW}, "理由", "started_at"),
        ({"outcome": "informed"}, "理由", "changes"),
    ],
)
def test_corrections_that_are_none(people: People, changes: dict[str, Any], reason: str, field: str) -> None:
    add(people)
    with pytest.raises(EntryRefused) as refused:
        correct(people, reason, **changes)
    assert [problem.field for problem in refused.value.problems] == [field]


def test_an_unknown_record_is_not_corrected(people: People) -> None:
    with pytest.raises(EntryRefused):
        correct(people, outcome="cut_off")


@pytest.mark.parametrize("statement", ["UPDATE contact_record SET remarks = ''", "DELETE FROM contact_record"])
def test_the_application_can_neither_change_nor_delete_a_record(people: People, statement: str) -> None:
    add(people)
    with pytest.raises(ProgrammingError, match="permission denied"), people.conn.begin_nested():
        people.conn.exec_driver_sql(statement)


def test_many_records_go_in_at_once(people: People) -> None:
    records = [replace(RECORD, record_id=key("many", n)) for n in range(3)]
    again = [*records[:2], replace(RECORD, record_id=key("many", 9))]
    new = add_records(people.conn, people.municipality_id, records, recorded_at=NOW, recorded_by=None)
    assert new == {record.record_id for record in records}
    assert add_records(people.conn, people.municipality_id, again, recorded_at=NOW, recorded_by=None) == {
        key("many", 9)
    }


# -- the timeline -----------------------------------------------------------------------------------------------------


def timeline(people: People, **options: Any) -> list[TimelineItem]:
    case = {"purpose": "dunning", "claim_group": "compulsory"} | options
    return history(people.conn, people.municipality_id, "A1", **case)


def letter(people: People, lot: str, sent_on: date, **changes: Any) -> None:
    of_lot = {"municipality_id": people.municipality_id, "lot_no": lot}
    case = {"purpose": "dunning", "claim_group": "compulsory"}
    people.conn.execute(
        insert(DocumentLot).values(
            **of_lot, **case, kind="reminder", sent_on=sent_on, wording="定期", unit_cost_yen=90, as_of=DAY
        )
    )
    people.conn.execute(
        insert(Document).values(**of_lot, document_no="1", addressee_no="A1", target_yen=30_000, **changes)
    )


def receipt(people: People, number: str, received_on: date, yen: int, **changes: Any) -> None:
    arrears_id = people.conn.exec_driver_sql(
        "SELECT min(arrears_id) FROM arrears WHERE addressee_no = 'A1'"
    ).scalar_one()
    values = {
        "municipality_id": people.municipality_id,
        "receipt_no": number,
        "arrears_id": arrears_id,
        "addressee_no": "A1",
        "tax_code": TAX,
        "levy_year": 2026,
        "assessed_year": 2026,
        "period": 1,
        "notice_no": "",
        "received_on": received_on,
        "principal_yen": yen,
        "interest_yen": 0,
        "demand_fee_yen": 0,
        "stage": "final",
        "method": "コンビニ",
        "fiscal_year": 2026,
        "as_of": DAY,
        "loaded_at": NOW,
    }
    people.conn.execute(insert(Receipt).values(values | changes))


def test_all_channels_stand_in_one_line_newest_first(people: People, shared_city: City) -> None:
    letter(people, "L1", date(2026, 8, 3), returned_on=date(2026, 8, 6), return_reason="宛所不明")
    add(people, started_at=at_jst(date(2026, 9, 7), 14))
    people.promise("A1", date(2026, 9, 7), date(2026, 9, 15), date(2026, 9, 30))
    receipt(people, "R1", date(2026, 9, 1), 5_000)
    receipt(people, "R2", date(2026, 9, 1), 1_000, cancelled_on=DAY)
    wanted = call("A1", mobile(1))
    people.conn.exec_driver_sql("UPDATE promise SET state = 'cancelled'")
    assert admit(people.conn, shared_city, [wanted], NOW)[0].allowed
    found = timeline(people)
    assert [item.kind for item in found] == [
        TimelineKind.CALL,
        TimelineKind.RECORD,
        TimelineKind.PROMISE,
        TimelineKind.RECEIPT,
        TimelineKind.RETURNED,
        TimelineKind.LETTER,
    ]
    assert [item.yen for item in found] == [None, None, 10_000, 5_000, None, None]
    assert found == sorted(found, key=lambda item: item.at, reverse=True)


def test_a_corrected_record_says_so(people: People) -> None:
    add(people)
    correct(people, outcome="cut_off")
    (item,) = timeline(people)
    assert (item.version, item.outcome, item.detail) == (2, "cut_off", "訂正1回: 聞き違い")


def test_the_timeline_pages_back(people: People) -> None:
    for hour in range(3):
        add(people, record_id=key("page", hour), started_at=at_jst(DAY, 9 + hour))
    first = timeline(people, limit=2)
    assert [item.at for item in first] == [at_jst(DAY, 11), at_jst(DAY, 10)]
    assert [item.at for item in timeline(people, before=first[-1].at)] == [at_jst(DAY, 9)]


def test_neither_wall_is_crossed(people: People) -> None:
    add(people)
    add(people, record_id=key("fee"), claim_group="ordinary")
    add(people, record_id=key("health"), purpose="health_check", claim_group="none")
    receipt(people, "R1", date(2026, 9, 1), 5_000)
    assert {item.record_id for item in timeline(people)} == {RECORD.record_id, None}
    assert {item.record_id for item in timeline(people, claim_group="ordinary")} == {key("fee")}
    health = timeline(people, purpose="health_check", claim_group="none")
    assert [(item.kind, item.record_id) for item in health] == [(TimelineKind.RECORD, key("health"))]
