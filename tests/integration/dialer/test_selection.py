"""Every condition of a rule on real rows (I15), the wall between claim groups, and a campaign's life."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from casefile.city import Caps, City
from casefile.clock import at_jst
from casefile.db import Database
from casefile.errors import TsunagaruError
from casefile.hours import every_day
from casefile.tables import ContactRecord, Document, DocumentLot, Receipt
from casefile.vocabulary import ArrearsCategory, ClaimGroup, Purpose, TaxpayerKind
from dialer import campaigns, selection
from dialer.campaigns import Draft
from dialer.rule import Rule
from dialer.rule_sql import found_by
from dialer.tables import Campaign, CampaignEntry
from tests.integration.dialer.room import DAY, FLOOR, OPENING, OWNER, Room
from tests.people import FEE, TAX, People, key, landline, mobile


@dataclass
class Selecting:
    """A transaction with a small city in it."""

    conn: Any
    city: City
    people: People
    room: Room

    def find(self, claim_group: ClaimGroup = ClaimGroup.COMPULSORY, **conditions: Any) -> list[str]:
        """Who is found, by number; the same statement counts and freezes."""
        purpose = conditions.pop("purpose", Purpose.DUNNING)
        rule = Rule.from_json(Rule(purpose, claim_group, **conditions).to_json())
        found = found_by(rule, self.city.id, OPENING)
        rows = self.conn.exec_driver_sql(found.sql, found.values).all()
        count = selection.count_and_yen(self.conn, self.city, rule, OPENING)
        assert (count.persons, count.yen) == (len(rows), sum(row.yen for row in rows))
        return sorted(row.addressee_no for row in rows)

    def record(self, no: str, days_ago: int, **changes: Any) -> None:
        at = OPENING - timedelta(days=days_ago)
        values = {
            "record_id": key("record", no, days_ago),
            "version": 1,
            "household_id": f"S-{no}",
            "purpose": "dunning",
            "claim_group": "compulsory",
            "direction": "outbound",
            "started_at": at,
            "result": "01",
            "contact": "self",
            "identity_items": [],
            "remarks": "",
            "complaint": False,
            "recorded_at": at,
        }
        self.conn.execute(
            insert(ContactRecord).values(municipality_id=self.city.id, addressee_no=no, **(values | changes))
        )

    def lot(self, lot_no: str, sent_on: date, *numbers: str, **changes: Any) -> None:
        lot = {
            "lot_no": lot_no,
            "kind": "reminder",
            "sent_on": sent_on,
            "wording": "A",
            "purpose": "dunning",
            "claim_group": "compulsory",
            "unit_cost_yen": 84,
            "as_of": DAY,
        }
        self.conn.execute(insert(DocumentLot).values(municipality_id=self.city.id, **lot))
        for no in numbers:
            self.conn.execute(
                insert(Document).values(
                    municipality_id=self.city.id,
                    lot_no=lot_no,
                    document_no=no,
                    addressee_no=no,
                    target_yen=1000,
                    **changes,
                )
            )

    def paid(self, no: str, on: date) -> None:
        values = {
            "receipt_no": f"R-{no}",
            "tax_code": TAX,
            "levy_year": 2026,
            "assessed_year": 2026,
            "period": 1,
            "notice_no": "",
            "received_on": on,
            "principal_yen": 1000,
            "interest_yen": 0,
            "demand_fee_yen": 0,
            "stage": "flash",
            "method": "counter",
            "fiscal_year": 2026,
            "as_of": on,
            "loaded_at": OPENING,
        }
        self.conn.execute(insert(Receipt).values(municipality_id=self.city.id, addressee_no=no, **values))


@pytest.fixture
def city_of_three(database: Database, municipality: int) -> Iterator[Selecting]:
    """A: one period, mobile. B: three periods, landline, older. C: a company with a private claim only."""
    room = Room(database, municipality)
    with room.transaction() as conn:
        people = People(conn, municipality, DAY)
        people.city_data()
        people.person("A", birth_date=date(1990, 5, 1), district_code="D1")
        people.phone("A", mobile(1))
        people.owes("A", 30_000)
        people.person("B", birth_date=date(1950, 5, 1), district_code="D2", outside_city=True, language="en")
        people.phone("B", landline(2))
        for due in (date(2024, 6, 30), date(2025, 6, 30), date(2026, 6, 30)):
            people.owes("B", 50_000, due_date=due, category="carried" if due.year < 2026 else "current")
        people.person("C", kind="company", birth_date=None)
        people.owes("C", 9_000, tax_code=FEE, claim_group="ordinary")
        room._users(conn, 0)
        campaigns.open_floor(conn, municipality, FLOOR, "1階")
        yield Selecting(conn, room.city, people, room)


def test_no_selection_crosses_the_wall(city_of_three: Selecting) -> None:
    assert city_of_three.find() == ["A", "B"]
    assert city_of_three.find(ClaimGroup.ORDINARY) == ["C"]
    assert city_of_three.find(tax_codes=(FEE,)) == []


def test_debts(city_of_three: Selecting) -> None:
    find = city_of_three.find
    assert find(yen_min=30_001) == ["B"]
    assert find(yen_max=30_000) == ["A"]
    assert find(periods_min=2) == ["B"]
    assert find(periods_max=1) == ["A"]
    assert find(delinquent_days_min=365) == ["B"]
    assert find(delinquent_days_max=365) == ["A"]
    assert find(tax_codes=(TAX,), categories=(ArrearsCategory.CARRIED,)) == ["B"]
    assert find(categories=(ArrearsCategory.CARRIED,), yen_min=100_001) == []  # counted within the rule


def test_persons_and_phones(city_of_three: Selecting) -> None:
    find = city_of_three.find
    assert find(districts=("D2",)) == ["B"]
    assert find(outside_city=False) == ["A"]
    assert find(age_min=65) == ["B"]
    assert find(age_max=64) == ["A"]
    assert find(age_min=36, age_max=36) == ["A"]
    assert find(languages=("en",)) == ["B"]
    assert find(ClaimGroup.ORDINARY, kind=TaxpayerKind.PERSON) == []
    assert find(has_mobile=True) == ["A"]
    assert find(has_landline=False) == ["A"]
    assert find(addressee_nos=("B",)) == ["B"]
    assert find(ClaimGroup.NONE, purpose=Purpose.SURVEY) == ["A", "B", "C"]


def test_contacts(city_of_three: Selecting) -> None:
    city_of_three.record("A", days_ago=40, outcome="refused")
    city_of_three.record("A", days_ago=200, outcome="informed")
    city_of_three.record("B", days_ago=10, contact="wrong", outcome=None)
    find = city_of_three.find
    assert find(months_without_contact=1) == ["A", "B"]
    assert find(months_without_contact=2) == ["B"]
    assert find(last_outcomes=("refused",)) == ["A"]
    assert find(last_outcomes=("informed",)) == []
    # A correction is a new version, and only that one counts.
    city_of_three.record("A", days_ago=40, version=2, outcome="claimed_paid", contact="wrong")
    assert find(last_outcomes=("refused",)) == []
    assert find(months_without_contact=2) == ["A", "B"]


def test_broken_promises(city_of_three: Selecting) -> None:
    people, find = city_of_three.people, city_of_three.find
    people.promise("A", date(2026, 8, 1), date(2026, 8, 31), date(2026, 9, 14), state="broken")
    assert find(promise_broken=True) == ["A"]
    assert find(promise_broken=False) == ["B"]
    people.promise("A", date(2026, 9, 20), date(2026, 10, 31), date(2026, 11, 14))
    assert find(promise_broken=True) == []


def test_a_lot_without_response(city_of_three: Selecting) -> None:
    find = city_of_three.find
    city_of_three.lot("L-1", date(2026, 9, 20), "A", "B")
    assert find(lot_no="L-1", lot_days=15) == ["A", "B"]
    assert find(lot_no="L-1", lot_days=16) == []
    city_of_three.paid("A", date(2026, 9, 25))
    assert find(lot_no="L-1", lot_days=7) == ["B"]
    city_of_three.record("B", days_ago=3, direction="inbound", contact="unknown")
    assert find(lot_no="L-1", lot_days=7) == []


def test_returned_mail_and_flags(city_of_three: Selecting) -> None:
    find = city_of_three.find
    city_of_three.lot("L-2", date(2026, 9, 1), "B", returned_on=date(2026, 9, 5))
    assert find(mail_returned=True) == ["B"]
    assert find(mail_returned=False) == ["A"]
    city_of_three.people.flag("A", "large")
    city_of_three.people.flag("B", "large", valid_to=date(2026, 10, 4))
    assert find(with_flags=("large",)) == ["A"]
    assert find(without_flags=("large",)) == ["B"]


def test_a_campaign_from_draft_to_end(city_of_three: Selecting) -> None:
    conn, city, room = city_of_three.conn, city_of_three.city, city_of_three.room
    rule = Rule(Purpose.DUNNING, ClaimGroup.COMPULSORY)
    campaign_id = campaigns.create(conn, city, Draft("秋", rule, OWNER, FLOOR), OPENING, room.ids)
    with pytest.raises(TsunagaruError, match="名簿がまだ確定していません"):
        campaigns.start(conn, city.id, campaign_id, OPENING)
    count = selection.freeze(conn, city, campaign_id, OPENING)
    assert (count.persons, count.households, count.yen, count.with_phone) == (2, 2, 180_000, 2)
    entries = conn.execute(select(CampaignEntry).order_by(CampaignEntry.seq)).all()
    assert [(entry.addressee_no, entry.frozen_yen, entry.household_id) for entry in entries] == [
        ("B", 150_000, "S-B"),
        ("A", 30_000, "S-A"),
    ]
    with pytest.raises(TsunagaruError, match="もう確定しています"):
        selection.freeze(conn, city, campaign_id, OPENING)
    campaigns.start(conn, city.id, campaign_id, OPENING)
    campaigns.pause(conn, city.id, campaign_id, OPENING)
    campaigns.start(conn, city.id, campaign_id, OPENING)
    (row,) = campaigns.campaigns(conn, city.id, FLOOR)
    assert (row.state, row.entries_open, row.frozen_yen) == ("running", 2, 180_000)
    assert campaigns.finish(conn, city.id, OPENING) == []
    conn.execute(update(CampaignEntry).values(state="reached"))
    assert campaigns.finish(conn, city.id, OPENING) == [campaign_id]
    with pytest.raises(TsunagaruError, match="「完了」なので「中止」にできません"):
        campaigns.stop(conn, city.id, campaign_id, OPENING)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": " "}, "名前を入力"),
        ({"owner_id": None}, "責任者を選んでください"),
        ({"owner_id": key("nobody")}, "責任者に選ばれた利用者がいない"),
        ({"floor_id": key("nowhere")}, "フロアはありません"),
        ({"target_abandonment": Decimal("0.031")}, "3%以下"),
        ({"ring_seconds": 10}, "呼出時間は15〜60秒"),
        ({"hours": every_day(time(9), time(20))}, "土曜の時間帯"),
        ({"caps": Caps(number_day=3)}, "厳しくすることしかできません"),
        ({"caps": Caps(number_gap_minutes=60)}, "厳しくすることしかできません"),
    ],
)
def test_a_draft_that_may_not_be(city_of_three: Selecting, changes: dict[str, Any], sentence: str) -> None:
    draft = replace(Draft("秋", Rule(Purpose.DUNNING, ClaimGroup.COMPULSORY), OWNER, FLOOR), **changes)
    with pytest.raises(TsunagaruError, match=sentence):
        campaigns.create(city_of_three.conn, city_of_three.city, draft, OPENING, city_of_three.room.ids)
    assert city_of_three.conn.execute(select(Campaign.campaign_id)).all() == []


def test_rules_are_saved_under_a_name(city_of_three: Selecting) -> None:
    conn, city, ids = city_of_three.conn, city_of_three.city, city_of_three.room.ids
    first = Rule(Purpose.DUNNING, ClaimGroup.COMPULSORY, yen_min=1)
    second = replace(first, yen_min=2)
    selection.save(conn, city, "少額", first, OWNER, OPENING, ids)
    kept = selection.save(conn, city, " 少額 ", second, OWNER, at_jst(DAY, 11), ids)
    (saved,) = selection.saved(conn, city.id, "dunning")
    assert (saved.selection_id, saved.rule) == (kept, second)
    selection.forget(conn, city.id, kept)
    assert selection.saved(conn, city.id) == []
