"""The floor as its rows tell it: operators, calls, abandonment, lists, messages, refusals, today's figures.

Read-only, a handful of set-based statements, so that it can be sent four times a second.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, case, distinct, func, literal_column, select, true

from agent_ui.floor import call_backs
from agent_ui.floor.schemas import (
    AbandonmentView,
    Alarm,
    CallCounts,
    CampaignLine,
    CampaignPacing,
    DayFigures,
    FloorView,
    HourCount,
    Listener,
    OperatorLine,
    ReasonCount,
    SmsQueue,
    StopView,
)
from agent_ui.floor.sentences import alarms, reason_sentence
from agent_ui.labels import CAMPAIGN_STATES, MODES, SEAT_STATES, STOP_KINDS, label_of, pause_label
from callflow.codes import CallResult, Contact
from callflow.tables import FollowUp, Recall
from casefile.clock import at_jst, jst_date
from casefile.tables import (
    Attempt,
    ContactRecord,
    ContactStop,
    District,
    GateDecision,
    ImportRun,
    Promise,
    UserAccount,
)
from casefile.vocabulary import Purpose
from dialer.pacing import DayBudget
from dialer.tables import Campaign, CampaignEntry, Floor, ListeningIn, PacingDay, Seat
from sms.tables import Message

ENGINE_SILENT = timedelta(seconds=15)
"""An engine that said nothing for this long is taken for stopped; it reports every five seconds."""
MAXIMUM_ABANDONMENT = 0.03
SHOWN_REFUSALS = 8

_NOT_A_CALL = [result.value for result in CallResult if not result.handed_to_network]
_CONTACTS = [contact.value for contact in Contact if contact.is_contact]
_RIGHT_PARTY = [contact.value for contact in Contact if contact.is_right_party]


def read(conn: Connection, municipality_id: int, now: datetime) -> FloorView:
    """The whole floor as of now. A municipality without a floor shows an empty one."""
    day = at_jst(jst_date(now))
    floor = conn.execute(select(Floor).order_by(Floor.name, Floor.floor_id).limit(1)).one_or_none()
    lines = campaigns(conn, now)
    sms = _sms(conn, day)
    view = FloorView(
        now=now,
        floor_id=floor.floor_id if floor else None,
        floor_name=floor.name if floor else "フロア未設定",
        engine_running=_running(floor, now),
        engine_seen_at=floor.engine_seen_at if floor else None,
        operators=_operators(conn, day),
        calls=_calls(conn),
        call_backs=call_backs.read(conn, day),
        abandonment=_abandonment(lines, conn, day, floor),
        today=_today(conn, day, sms),
        hours=_hours(conn, day),
        refusals=_refusals(conn, day),
        campaigns=lines,
        sms=sms,
        recalls_waiting=_recalls(conn, now),
        receipts_as_of=_receipts_as_of(conn),
        stops=stops(conn, municipality_id),
        alarms=[],
    )
    return view.model_copy(update={"alarms": [Alarm(level=found[0], sentence=found[1]) for found in alarms(view)]})


def stops(conn: Connection, municipality_id: int) -> list[StopView]:
    """The open stops, newest first."""
    rows = conn.execute(
        select(ContactStop, District.town, UserAccount.display_name)
        .outerjoin(
            District,
            and_(
                District.municipality_id == ContactStop.municipality_id,
                District.district_code == ContactStop.district_code,
            ),
        )
        .outerjoin(
            UserAccount,
            and_(
                UserAccount.municipality_id == ContactStop.municipality_id,
                UserAccount.user_id == ContactStop.started_by,
            ),
        )
        .where(ContactStop.municipality_id == municipality_id, ContactStop.ended_at.is_(None))
        .order_by(ContactStop.started_at.desc(), ContactStop.stop_id)
    ).all()
    return [
        StopView(
            stop_id=row.stop_id,
            district=row.town or row.district_code,
            kind=row.kind,
            kind_label=STOP_KINDS.get(row.kind, row.kind),
            reason=row.reason,
            started_at=row.started_at,
            by=row.display_name or "システム",
        )
        for row in rows
    ]


def _running(floor: Any, now: datetime) -> bool:
    return bool(floor and floor.engine_seen_at and now - floor.engine_seen_at < ENGINE_SILENT)


def _operators(conn: Connection, day: datetime) -> list[OperatorLine]:
    talks = {
        row.operator_id: row.talks
        for row in conn.execute(
            select(Attempt.operator_id, func.count().label("talks"))
            .where(Attempt.intended_at >= day, Attempt.connected_at.is_not(None))
            .group_by(Attempt.operator_id)
        )
    }
    promises = {
        row.registered_by: row
        for row in conn.execute(
            select(Promise.registered_by, func.count().label("promises"), func.sum(Promise.promised_yen).label("yen"))
            .where(Promise.made_at >= day)
            .group_by(Promise.registered_by)
        )
    }
    heard = _listeners(conn)
    rows = conn.execute(
        select(Seat.operator_id, Seat.state, Seat.since, Seat.pause_reason, UserAccount.display_name, Campaign.name)
        .join(
            UserAccount,
            and_(UserAccount.municipality_id == Seat.municipality_id, UserAccount.user_id == Seat.operator_id),
        )
        .outerjoin(
            Campaign,
            and_(Campaign.municipality_id == Seat.municipality_id, Campaign.campaign_id == Seat.campaign_id),
        )
        .order_by(UserAccount.display_name, Seat.operator_id)
    ).all()
    return [
        OperatorLine(
            operator_id=row.operator_id,
            name=row.display_name,
            state=row.state,
            state_label=SEAT_STATES.get(row.state, row.state),
            since=row.since,
            pause_label=pause_label(row.pause_reason),
            campaign=row.name,
            talks=talks.get(row.operator_id, 0),
            promises=promises[row.operator_id].promises if row.operator_id in promises else 0,
            promised_yen=int(promises[row.operator_id].yen) if row.operator_id in promises else 0,
            heard_by=heard.get(row.operator_id, []),
        )
        for row in rows
    ]


def _listeners(conn: Connection) -> dict[UUID, list[Listener]]:
    """Supervisors by the operator they hear."""
    rows = conn.execute(
        select(ListeningIn.operator_id, ListeningIn.supervisor_id, ListeningIn.how, UserAccount.display_name)
        .join(
            UserAccount,
            and_(
                UserAccount.municipality_id == ListeningIn.municipality_id,
                UserAccount.user_id == ListeningIn.supervisor_id,
            ),
        )
        .order_by(ListeningIn.since, ListeningIn.supervisor_id)
    )
    found: dict[UUID, list[Listener]] = {}
    for row in rows:
        one = Listener(supervisor_id=row.supervisor_id, name=row.display_name, how=row.how)
        found.setdefault(row.operator_id, []).append(one)
    return found


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))


def _calls(conn: Connection) -> CallCounts:
    on_line = and_(Attempt.live, Attempt.channel == "call")
    row = conn.execute(
        select(
            _count(Attempt.state == "intended").label("dialing"),
            _count(Attempt.state == "handed").label("ringing"),
            _count(and_(Attempt.state == "answered", Attempt.direction == "outbound")).label("waiting"),
            _count(Attempt.state == "joined").label("talking"),
            func.count().label("lines"),
        ).where(on_line)
    ).one()
    return CallCounts(
        dialing=row.dialing, ringing=row.ringing, waiting=row.waiting, talking=row.talking, lines_in_use=row.lines
    )


def _abandonment(lines: list[CampaignLine], conn: Connection, day: datetime, floor: Any) -> AbandonmentView:
    row = conn.execute(
        select(func.count().label("live"), _count(Attempt.abandoned.is_(True)).label("abandoned")).where(
            Attempt.intended_at >= day, Attempt.direction == "outbound", Attempt.person_answered
        )
    ).one()
    targets = sorted(line.target_abandonment for line in lines if line.state == "running")
    reasons: dict[str, str] = floor.pacer_reasons if floor else {}
    return AbandonmentView(
        live_answers=row.live,
        abandoned=row.abandoned,
        rate=row.abandoned / row.live if row.live else 0.0,
        target=targets[0] if targets else 0.01,
        maximum=MAXIMUM_ABANDONMENT,
        idle_reason=_idle_reason(lines),
        campaigns=[_pacing(line, reasons) for line in lines if line.state == "running"],
    )


def _pacing(line: CampaignLine, reasons: dict[str, str]) -> CampaignPacing:
    return CampaignPacing(
        campaign_id=line.campaign_id,
        name=line.name,
        mode_label=line.mode_label,
        live_answers=line.live_answers,
        abandoned=line.abandoned,
        rate=line.abandoned / line.live_answers if line.live_answers else 0.0,
        target=line.target_abandonment,
        spent=line.mode == "predictive" and DayBudget(line.target_abandonment, line.live_answers, line.abandoned).spent,
        reason=reasons.get(str(line.campaign_id), ""),
    )


def _idle_reason(lines: list[CampaignLine]) -> str:
    if any(line.state == "running" for line in lines):
        return "発信の判断はまだありません。"
    return "実施中のキャンペーンがないため、発信していません。"


def _today(conn: Connection, day: datetime, sms: SmsQueue) -> DayFigures:
    calls = conn.execute(
        select(
            func.count().label("calls"),
            _count(Attempt.person_answered.is_(True)).label("live"),
            _count(Attempt.connected_at.is_not(None)).label("talks"),
        ).where(
            Attempt.channel == "call",
            Attempt.direction == "outbound",
            Attempt.intended_at >= day,
            Attempt.handed_at.is_not(None),
            func.coalesce(Attempt.result, "").not_in(_NOT_A_CALL),
        )
    ).one()
    talks = conn.execute(
        select(
            func.count(distinct(case((ContactRecord.contact.in_(_CONTACTS), ContactRecord.attempt_id)))).label("any"),
            func.count(distinct(case((ContactRecord.contact.in_(_RIGHT_PARTY), ContactRecord.attempt_id)))).label(
                "right"
            ),
        ).where(ContactRecord.started_at >= day, ContactRecord.direction == "outbound")
    ).one()
    promised = conn.execute(
        select(func.count().label("promises"), func.coalesce(func.sum(Promise.promised_yen), 0).label("yen")).where(
            Promise.made_at >= day
        )
    ).one()
    return DayFigures(
        calls=calls.calls,
        live_answers=calls.live,
        talks=calls.talks,
        contacts=talks.any,
        right_party=talks.right,
        promises=promised.promises,
        promised_yen=int(promised.yen),
        sms_sent=sms.sent_today,
        sms_delivered=sms.delivered_today,
    )


def _hours(conn: Connection, day: datetime) -> list[HourCount]:
    hour = func.extract("hour", func.timezone(literal_column("'Asia/Tokyo'"), Attempt.intended_at))
    right = and_(
        ContactRecord.municipality_id == Attempt.municipality_id,
        ContactRecord.attempt_id == Attempt.attempt_id,
        ContactRecord.version == 1,
        ContactRecord.contact.in_(_RIGHT_PARTY),
    )
    rows = conn.execute(
        select(
            hour.label("hour"),
            # A call may have a record for each member of the household who was on the line.
            func.count(distinct(Attempt.attempt_id)).label("calls"),
            func.count(distinct(case((Attempt.person_answered.is_(True), Attempt.attempt_id)))).label("live"),
            func.count(distinct(ContactRecord.attempt_id)).label("right"),
        )
        .select_from(Attempt)
        .outerjoin(ContactRecord, right)
        .where(
            Attempt.channel == "call",
            Attempt.direction == "outbound",
            Attempt.intended_at >= day,
            Attempt.handed_at.is_not(None),
            func.coalesce(Attempt.result, "").not_in(_NOT_A_CALL),
        )
        .group_by(hour)
        .order_by(hour)
    ).all()
    return [
        HourCount(hour=int(row.hour), calls=row.calls, live_answers=row.live, right_party=row.right) for row in rows
    ]


def _refusals(conn: Connection, day: datetime) -> list[ReasonCount]:
    reason = func.jsonb_array_elements_text(GateDecision.reasons).table_valued("code").render_derived()
    rows = conn.execute(
        select(reason.c.code, func.count().label("count"))
        .select_from(GateDecision)
        .join(reason, true())
        .where(GateDecision.decided_at >= day, GateDecision.allowed.is_(False))
        .group_by(reason.c.code)
    ).all()
    counted = Counter({str(row[0]): int(row[1]) for row in rows})
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:SHOWN_REFUSALS]
    return [ReasonCount(code=code, sentence=reason_sentence(code), count=count) for code, count in ordered]


def campaigns(conn: Connection, now: datetime) -> list[CampaignLine]:
    entry = CampaignEntry
    due = and_(entry.state == "open", func.coalesce(entry.next_at, now) <= now)
    counts: dict[UUID, Any] = {
        row.campaign_id: row
        for row in conn.execute(
            select(
                entry.campaign_id,
                _count(entry.state == "open").label("open"),
                _count(due).label("due"),
                _count(entry.state == "reached").label("reached"),
                _count(entry.state == "unreachable").label("unreachable"),
                _count(entry.state == "closed").label("closed"),
            ).group_by(entry.campaign_id)
        )
    }
    today: date = jst_date(now)
    rows = conn.execute(
        select(Campaign, PacingDay.live_answers, PacingDay.abandoned)
        .outerjoin(
            PacingDay,
            and_(
                PacingDay.municipality_id == Campaign.municipality_id,
                PacingDay.campaign_id == Campaign.campaign_id,
                PacingDay.day == today,
            ),
        )
        .order_by(Campaign.created_at.desc(), Campaign.campaign_id)
        .limit(50)
    ).all()
    return [_campaign_line(row, counts.get(row.campaign_id)) for row in rows]


def _campaign_line(row: Any, counts: Any) -> CampaignLine:
    return CampaignLine(
        campaign_id=row.campaign_id,
        name=row.name,
        purpose_label=label_of(Purpose, row.purpose),
        mode=row.mode,
        mode_label=MODES.get(row.mode, row.mode),
        state=row.state,
        state_label=CAMPAIGN_STATES.get(row.state, row.state),
        persons=row.frozen_persons or 0,
        yen=row.frozen_yen or 0,
        open=counts.open if counts else 0,
        due_now=counts.due if counts else 0,
        reached=counts.reached if counts else 0,
        unreachable=counts.unreachable if counts else 0,
        closed=counts.closed if counts else 0,
        live_answers=row.live_answers or 0,
        abandoned=row.abandoned or 0,
        target_abandonment=float(row.target_abandonment),
    )


def _sms(conn: Connection, day: datetime) -> SmsQueue:
    waiting = conn.execute(
        select(func.count()).where(FollowUp.channel == "sms", FollowUp.state == "waiting")
    ).scalar_one()
    today = Message.changed_at >= day
    row = conn.execute(
        select(
            _count(Message.state.in_(("accepted", "scheduled"))).label("scheduled"),
            _count(Message.state == "sending").label("sending"),
            _count(Message.state == "unknown").label("unknown"),
            _count(and_(Message.sent_at >= day)).label("sent"),
            _count(and_(Message.delivered_at >= day)).label("delivered"),
            _count(and_(Message.state == "failed", today)).label("failed"),
            _count(and_(Message.state == "suppressed", today)).label("suppressed"),
        )
    ).one()
    return SmsQueue(
        waiting=waiting,
        scheduled=row.scheduled,
        sending=row.sending,
        unknown=row.unknown,
        sent_today=row.sent,
        delivered_today=row.delivered,
        failed_today=row.failed,
        suppressed_today=row.suppressed,
    )


def _recalls(conn: Connection, now: datetime) -> int:
    return conn.execute(select(func.count()).where(Recall.state == "booked", Recall.call_at <= now)).scalar_one()


def _receipts_as_of(conn: Connection) -> str | None:
    newest = conn.execute(
        select(func.max(ImportRun.as_of)).where(ImportRun.file_kind == "receipts")
    ).scalar_one_or_none()
    return newest.isoformat() if newest else None
