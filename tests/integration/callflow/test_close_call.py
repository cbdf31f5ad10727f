"""What a call without conversation leaves behind."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, func, insert, select

from callflow.codes import CallResult
from callflow.follow_up import AttemptClose, Closed, UnreachedRule, close_call, close_calls, queue_sms_if_unreached
from callflow.tables import FollowUp
from casefile import ledger
from casefile.city import City
from casefile.clock import VirtualClock, at_jst
from casefile.gate import admit
from casefile.ids import TimeOrderedIds
from casefile.records import NewRecord, add_record
from casefile.tables import ContactRecord, Document, DocumentLot, Phone
from tests.people import People, call, key, landline, mobile

HOME, MOBILE = landline(1), mobile(1)
DAY = date(2026, 9, 7)
CAMPAIGN = key("campaign")
RULE = UnreachedRule()


@dataclass
class Room:
    """A person with a landline and a mobile of his own, called in vain."""

    conn: Connection
    city: City
    people: People
    ids: TimeOrderedIds

    def ring(self, at: datetime, result: CallResult, e164: str = HOME, *, rule: UnreachedRule | None = RULE) -> Closed:
        """One call in vain, admitted by the gate and ended in the ledger."""
        close = self.ended(at, result, e164)
        return close_call(self.conn, self.city, replace(close, rule=rule), close.ended_at, self.ids)

    def ended(self, at: datetime, result: CallResult, e164: str = HOME) -> AttemptClose:
        wanted = call("A1", e164, request_id=key("request", at, e164), campaign_id=CAMPAIGN)
        self.people.receipts(at.date())
        admission = admit(self.conn, self.city, [wanted], at)[0]
        assert admission.attempt_id is not None, admission.sentences
        ledger.hand(self.conn, admission.attempt_id, at)
        over = at + timedelta(seconds=25)
        counted = result.handed_to_network
        ledger.end(self.conn, admission.attempt_id, over, result=result.value, cause="480", counted=counted)
        return AttemptClose(
            attempt_id=admission.attempt_id,
            addressee_no="A1",
            household_id="S-A1",
            phone_id=wanted.phone_id,
            e164=e164,
            purpose="dunning",
            claim_group="compulsory",
            campaign_id=CAMPAIGN,
            result=result,
            started_at=at,
            ended_at=over,
            counted=counted,
        )

    def waiting(self) -> list[Any]:
        return list(self.conn.execute(select(*FollowUp.__table__.columns).order_by(FollowUp.due_at)))


@pytest.fixture
def room(passing: Connection, shared_city: City) -> Room:
    people = People(passing, shared_city.id, DAY)
    people.city_data(DAY - timedelta(days=1))
    people.person("A1")
    people.phone("A1", HOME)
    people.phone("A1", MOBILE)
    people.owes("A1")
    return Room(passing, shared_city, people, TimeOrderedIds(VirtualClock(at_jst(DAY, 9)).now, random.Random(1)))


def at(day: int, hour: int) -> datetime:
    return at_jst(DAY + timedelta(days=day), hour)


def in_vain(room: Room) -> Closed:
    room.ring(at(0, 9), CallResult.NO_ANSWER)
    room.ring(at(1, 9), CallResult.NO_ANSWER)
    return room.ring(at(2, 18), CallResult.VOICEMAIL)


def test_each_call_leaves_one_record(room: Room) -> None:
    close = room.ended(at(0, 9), CallResult.NO_ANSWER)
    first = close_call(room.conn, room.city, close, close.ended_at, room.ids)
    again = close_call(room.conn, room.city, close, close.ended_at, room.ids)
    assert first.record_id == again.record_id
    record = room.conn.execute(select(*ContactRecord.__table__.columns)).one()
    assert (record.attempt_id, record.direction, record.result) == (close.attempt_id, "outbound", "03")
    assert (record.contact, record.outcome, record.campaign_id) == (None, None, CAMPAIGN)


def test_a_dead_number_is_marked_and_another_is_not(room: Room) -> None:
    assert room.ring(at(0, 9), CallResult.NOT_IN_SERVICE).number_dead
    assert not room.ring(at(1, 9), CallResult.NO_ANSWER, MOBILE).number_dead
    marked = room.conn.execute(select(Phone.e164, Phone.ng_reason).order_by(Phone.position)).all()
    assert [tuple(row) for row in marked] == [(HOME, "現在使われていない"), (MOBILE, None)]


def test_the_third_call_in_vain_in_a_second_band_queues_one_text(room: Room) -> None:
    closed = in_vain(room)
    (queued,) = room.waiting()
    assert closed.follow_up_id == queued.follow_up_id
    assert (queued.channel, queued.trigger, queued.state) == ("sms", "unreached", "waiting")
    assert queued.due_at == at_jst(date(2026, 9, 16), 10)
    assert queued.attempt_id == closed.attempt_id


def test_two_calls_or_one_band_queue_none(room: Room) -> None:
    room.ring(at(0, 9), CallResult.NO_ANSWER)
    room.ring(at(1, 9), CallResult.NO_ANSWER)
    room.ring(at(2, 9), CallResult.NO_ANSWER)
    assert not room.waiting()


def test_a_later_call_in_vain_moves_the_waiting_text_on(room: Room) -> None:
    in_vain(room)
    room.ring(at(3, 13), CallResult.NO_ANSWER)
    (queued,) = room.waiting()
    assert queued.due_at == at_jst(date(2026, 9, 17), 10)


def test_a_text_that_went_out_is_not_queued_again_in_the_campaign(room: Room) -> None:
    in_vain(room)
    room.conn.exec_driver_sql("UPDATE follow_up SET state = 'done'")
    assert room.ring(at(3, 13), CallResult.NO_ANSWER).follow_up_id is None
    assert [row.state for row in room.waiting()] == ["done"]


def test_network_trouble_and_abandoned_calls_do_not_count(room: Room) -> None:
    room.ring(at(0, 9), CallResult.CONGESTION)
    room.ring(at(1, 9), CallResult.NO_ANSWER)
    room.ring(at(2, 18), CallResult.NO_ANSWER)
    assert not room.waiting()


def test_no_text_without_a_mobile_of_ones_own(room: Room) -> None:
    room.conn.exec_driver_sql("UPDATE phone SET holder = 'family' WHERE e164 = %s", (MOBILE,))
    in_vain(room)
    assert not room.waiting()


def test_a_contact_starts_the_count_anew(room: Room) -> None:
    room.ring(at(0, 9), CallResult.NO_ANSWER)
    room.ring(at(1, 9), CallResult.NO_ANSWER)
    spoke = NewRecord(
        record_id=key("spoke"),
        addressee_no="A1",
        household_id="S-A1",
        purpose="dunning",
        claim_group="compulsory",
        direction="inbound",
        started_at=at(1, 15),
        contact="spouse",
    )
    add_record(room.conn, room.city.id, spoke, recorded_at=at(1, 15), recorded_by=None)
    room.ring(at(2, 18), CallResult.NO_ANSWER)
    assert not room.waiting()


def test_a_document_on_its_way_puts_the_text_off(room: Room) -> None:
    lot = {"municipality_id": room.city.id, "lot_no": "L1"}
    room.conn.execute(
        insert(DocumentLot).values(
            **lot,
            kind="reminder",
            sent_on=date(2026, 9, 11),
            wording="定期催告",
            purpose="dunning",
            claim_group="compulsory",
            unit_cost_yen=90,
            as_of=DAY,
        )
    )
    room.conn.execute(insert(Document).values(**lot, document_no="1", addressee_no="A1", target_yen=30000))
    in_vain(room)
    (queued,) = room.waiting()
    assert queued.due_at == at_jst(date(2026, 9, 18), 10)


def test_a_campaign_without_follow_up_queues_none(room: Room) -> None:
    room.ring(at(0, 9), CallResult.NO_ANSWER)
    room.ring(at(1, 9), CallResult.NO_ANSWER)
    assert room.ring(at(2, 18), CallResult.NO_ANSWER, rule=None).follow_up_id is None
    close = room.ended(at(3, 13), CallResult.NO_ANSWER)
    assert queue_sms_if_unreached(room.conn, room.city, close, UnreachedRule(), close.ended_at, room.ids) is not None


def test_many_closes_at_once_write_the_same(room: Room) -> None:
    room.people.person("B1")
    closes = [
        room.ended(at(0, 9), CallResult.NOT_IN_SERVICE),
        replace(room.ended(at(1, 9), CallResult.NO_ANSWER, MOBILE), attempt_no=1),
    ]
    written = close_calls(room.conn, room.city, closes, at(1, 10), room.ids)
    assert [closed.attempt_id for closed in written] == [close.attempt_id for close in closes]
    assert [closed.number_dead for closed in written] == [True, False]
    assert room.conn.execute(select(func.count()).select_from(ContactRecord)).scalar_one() == 2
    assert isinstance(written[0].record_id, UUID)
