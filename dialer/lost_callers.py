"""Callers who were not served: in the case's history, and called back where the number is theirs alone (I4, B5).

A withheld or unknown number gets no call of ours, nor does a number several people share: nobody knows whom it would reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from callflow import recall
from callflow.codes import CallResult
from callflow.events import Missed
from callflow.follow_up import AttemptClose, close_calls
from casefile import ledger
from casefile.city import City
from casefile.ids import Ids
from casefile.vocabulary import ContactDirection
from dialer.aftermath import RECALL_AGAIN
from dialer.callers import take_up
from dialer.messages import Caller, Identify, StoreCallBackEnded

_LOST_NOTE = "返電がつながらないまま切れました"
_MISSED_NOTE = "受付時間外または受付できない間に返電がありました"
_MISSED_CAUSE = "missed"


def call_lost_callers_back(
    conn: Connection, city: City, lost: Sequence[StoreCallBackEnded], now: datetime, ids: Ids
) -> None:
    """Whoever gave up waiting for us is in the case's history, and gets a booked call within the city's hours."""
    for call in lost:
        _into_history(conn, city, call, now, ids)
        _book(conn, city, call.caller, _soon(city, now), _LOST_NOTE, now, ids)


def enter_missed(
    conn: Connection, city: City, missed: Missed, now: datetime, ids: Ids, floor_id: UUID, epoch: int, *, staffed: bool
) -> None:
    """Enter a caller nobody could take, as an attempt that is over. The same one twice is as good as once.

    `staffed`: somebody is at work, who calls back soon; else it is for the next opening.
    """
    asked = Identify(missed.attempt_id, missed.at, missed.e164)
    caller = take_up(conn, city, asked, now, floor_id, epoch, known=frozenset())
    if caller is None:
        return
    no_answer = CallResult.NO_ANSWER.value
    ledger.end(
        conn,
        missed.attempt_id,
        missed.ended_at,
        result=no_answer,
        cause=_MISSED_CAUSE,
        counted=False,
        person_answered=False,
    )
    over = StoreCallBackEnded(
        missed.attempt_id,
        caller,
        missed.ended_at,
        missed.at,
        no_answer,
        _MISSED_CAUSE,
        connected=False,
        operator_id=None,
    )
    _into_history(conn, city, over, now, ids)
    if missed.wanted:
        at = _soon(city, now) if staffed else city.settings.contact_hours.next_opening(now, city.calendar)
        _book(conn, city, caller, at, _MISSED_NOTE, now, ids)


def _soon(city: City, now: datetime) -> datetime | None:
    hours, soon = city.settings.contact_hours, now + RECALL_AGAIN
    return soon if hours.allow(soon, city.calendar) else hours.next_opening(now, city.calendar)


def _book(
    conn: Connection, city: City, caller: Caller, at: datetime | None, note: str, now: datetime, ids: Ids
) -> None:
    """A booking that is there already stands: it was agreed with them."""
    if at is None or caller.addressee_no is None or caller.phone_id is None:
        return
    if recall.of_person(conn, city.id, caller.addressee_no):
        return
    recall.book(
        conn,
        city.id,
        addressee_no=caller.addressee_no,
        purpose=caller.purpose,
        claim_group=caller.claim_group,
        wish=recall.RecallWish(at, caller.phone_id, caller.last_operator, note),
        now=now,
        ids=ids,
    )


def _into_history(conn: Connection, city: City, call: StoreCallBackEnded, now: datetime, ids: Ids) -> None:
    caller = call.caller
    if caller.addressee_no is None or caller.household_id is None:
        return
    close = AttemptClose(
        attempt_id=call.attempt_id,
        addressee_no=caller.addressee_no,
        household_id=caller.household_id,
        phone_id=caller.phone_id,
        e164=caller.e164 or "",
        purpose=caller.purpose,
        claim_group=caller.claim_group,
        campaign_id=None,
        result=CallResult(call.result),
        started_at=call.since,
        ended_at=call.at,
        counted=False,
        rule=None,
        direction=ContactDirection.INBOUND,
    )
    close_calls(conn, city, [close], now, ids)
