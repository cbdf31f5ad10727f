"""依頼: what a talk asks another section to do, with a day by which it should be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, select, update

from casefile import holds
from casefile.city import City
from casefile.clock import jst_date
from casefile.ids import Ids
from casefile.problems import EntryRefused, Problem
from casefile.tables import ServiceRequest
from casefile.vocabulary import HoldKind, Labelled


class RequestKind(Labelled):
    """What is asked for."""

    SLIP_REISSUE = "slip_reissue", "納付書再発行"
    DIRECT_DEBIT = "direct_debit", "口座振替の案内・申込書送付"
    INSTALMENT = "instalment", "分納相談"
    RELIEF = "relief", "減免・猶予相談"
    HARDSHIP = "hardship", "生活困窮の相談(福祉案内)"
    ASSESSMENT = "assessment", "課税内容の照会"
    REFUND = "refund", "還付・過誤納の照会"
    PAYMENT_CHECK = "payment_check", "納付済(行き違い)の確認"
    MOVED = "moved", "転居・居所の確認"
    DECEASED = "deceased", "死亡の確認・相続人調査"
    LANGUAGE = "language", "外国語での対応"
    COMPLAINT = "complaint", "苦情への対応"
    CALL_BACK = "call_back", "折返し(職員から)"
    NUMBER_CHECK = "number_check", "電話番号の調査"


@dataclass(frozen=True, slots=True)
class _Handling:
    """Who deals with it, within how many 開庁日, and which hold waits for it.

    Once it is done the hold goes on for `rest_days`: a slip is in the post, an account has still to be registered.
    """

    section: str
    open_days: int
    hold: HoldKind | None = None
    rest_days: int = 0


_COLLECTION, _ASSESSMENT = "納税課", "課税課"
_HANDLING = {
    RequestKind.SLIP_REISSUE: _Handling(_COLLECTION, 2, HoldKind.SLIP_REISSUE, rest_days=10),
    RequestKind.DIRECT_DEBIT: _Handling(_COLLECTION, 3, HoldKind.DIRECT_DEBIT, rest_days=30),
    RequestKind.INSTALMENT: _Handling(_COLLECTION, 3, HoldKind.STAFF),
    RequestKind.RELIEF: _Handling(_COLLECTION, 3, HoldKind.STAFF),
    RequestKind.HARDSHIP: _Handling("福祉課", 3, HoldKind.STAFF),
    RequestKind.ASSESSMENT: _Handling(_ASSESSMENT, 3),
    RequestKind.REFUND: _Handling(_COLLECTION, 5),
    RequestKind.PAYMENT_CHECK: _Handling(_COLLECTION, 5, HoldKind.CLAIMED_PAID),
    RequestKind.MOVED: _Handling(_COLLECTION, 5),
    RequestKind.DECEASED: _Handling(_COLLECTION, 5),
    RequestKind.LANGUAGE: _Handling(_COLLECTION, 3),
    RequestKind.COMPLAINT: _Handling(_COLLECTION, 1),
    RequestKind.CALL_BACK: _Handling(_COLLECTION, 1),
    RequestKind.NUMBER_CHECK: _Handling(_COLLECTION, 10),
}


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A request as stored."""

    request_id: UUID
    addressee_no: str
    purpose: str
    claim_group: str
    kind: RequestKind
    section: str
    due_on: date
    state: str
    note: str
    record_id: UUID | None
    opened_at: datetime


def open_request(
    conn: Connection,
    city: City,
    *,
    addressee_no: str,
    purpose: str,
    claim_group: str,
    kind: RequestKind,
    note: str,
    record_id: UUID | None,
    now: datetime,
    ids: Ids,
) -> UUID:
    """Ask a section for something; its day is counted in 開庁日 from today."""
    handling = _HANDLING[kind]
    request_id = ids.new()
    conn.exec_driver_sql(
        _OPEN,
        {
            "city": city.id,
            "request": request_id,
            "person": addressee_no,
            "purpose": purpose,
            "group": claim_group,
            "kind": kind.value,
            "section": handling.section,
            "due_on": city.calendar.add_open_days(jst_date(now), handling.open_days),
            "note": note,
            "record": record_id,
            "now": now,
        },
    )
    return request_id


_OPEN = """
INSERT INTO service_request (municipality_id, request_id, addressee_no, purpose, claim_group, kind, section, due_on,
                             state, note, record_id, opened_at)
VALUES (%(city)s, %(request)s, %(person)s, %(purpose)s, %(group)s, %(kind)s, %(section)s, %(due_on)s, 'open', %(note)s,
        %(record)s, %(now)s)
"""


def finish_request(conn: Connection, municipality_id: int, request_id: UUID, now: datetime, by: UUID | None) -> None:
    """The section has done it; the hold that waited for it ends, after its rest. EntryRefused when it is not open."""
    closed = _close(conn, municipality_id, request_id, "done", now, by)
    handling = _HANDLING[RequestKind(closed.kind)]
    if handling.hold is None or closed.record_id is None:
        return
    if handling.rest_days:
        until = now + timedelta(days=handling.rest_days)
        holds.let_end(conn, municipality_id, closed.record_id, handling.hold, until)
    else:
        holds.release_of_record(conn, municipality_id, closed.record_id, handling.hold, now, "依頼が処理された")


def withdraw_request(conn: Connection, municipality_id: int, request_id: UUID, now: datetime, by: UUID | None) -> None:
    """It is no longer wanted; the hold that waited for it is lifted. Raises EntryRefused when it is not open."""
    closed = _close(conn, municipality_id, request_id, "withdrawn", now, by)
    hold = _HANDLING[RequestKind(closed.kind)].hold
    if hold is not None and closed.record_id is not None:
        holds.release_of_record(conn, municipality_id, closed.record_id, hold, now, "依頼が取り下げられた")


def requests_of(conn: Connection, municipality_id: int, addressee_no: str) -> list[OpenRequest]:
    """Every request of a person, newest first."""
    which = ServiceRequest.addressee_no == addressee_no
    return _read(conn, municipality_id, which, (ServiceRequest.opened_at.desc(), ServiceRequest.request_id))


def open_requests(conn: Connection, municipality_id: int, section: str | None = None) -> list[OpenRequest]:
    """Everything still to be done, by due day; of one section or of all."""
    which = ServiceRequest.state == "open"
    if section is not None:
        which &= ServiceRequest.section == section
    return _read(conn, municipality_id, which, (ServiceRequest.due_on, ServiceRequest.request_id))


def _close(
    conn: Connection, municipality_id: int, request_id: UUID, state: str, now: datetime, by: UUID | None
) -> Row[str, UUID | None]:
    closed = conn.execute(
        update(ServiceRequest)
        .where(
            ServiceRequest.municipality_id == municipality_id,
            ServiceRequest.request_id == request_id,
            ServiceRequest.state == "open",
        )
        .values(state=state, closed_at=now, closed_by=by)
        .returning(ServiceRequest.kind, ServiceRequest.record_id)
    ).one_or_none()
    if closed is None:
        raise EntryRefused([Problem("request", "この依頼はすでに処理されています。一覧を読み直してください。")])
    return closed


def _read(
    conn: Connection,
    municipality_id: int,
    which: ColumnElement[bool],
    order: tuple[Any, ...],
) -> list[OpenRequest]:
    rows = conn.execute(
        select(
            ServiceRequest.request_id,
            ServiceRequest.addressee_no,
            ServiceRequest.purpose,
            ServiceRequest.claim_group,
            ServiceRequest.kind,
            ServiceRequest.section,
            ServiceRequest.due_on,
            ServiceRequest.state,
            ServiceRequest.note,
            ServiceRequest.record_id,
            ServiceRequest.opened_at,
        )
        .where(ServiceRequest.municipality_id == municipality_id, which)
        .order_by(*order)
    )
    return [
        OpenRequest(
            request_id=row.request_id,
            addressee_no=row.addressee_no,
            purpose=row.purpose,
            claim_group=row.claim_group,
            kind=RequestKind(row.kind),
            section=row.section,
            due_on=row.due_on,
            state=row.state,
            note=row.note,
            record_id=row.record_id,
            opened_at=row.opened_at,
        )
        for row in rows
    ]
