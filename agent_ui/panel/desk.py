"""The operator's desk as its rows tell it: seat, call, offer, the day's own figures. Read-only.

Nothing taxable is read here. What the browser gets before identity is confirmed is exactly this.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, and_, case, func, or_, select

from agent_ui.cases.reading import neutral_cautions
from agent_ui.cases.schemas import Caution
from agent_ui.context import PanelContext
from agent_ui.floor.board import ENGINE_SILENT
from agent_ui.labels import SEAT_STATES, PauseReason, pause_label
from agent_ui.panel import transfer_view
from agent_ui.panel.schemas import (
    CallCard,
    Confirmed,
    IdentityItem,
    MemberTab,
    PanelState,
    PreviewCard,
    PullView,
    RecallLine,
    SeatView,
    TodayFigures,
)
from agent_ui.panel.schemas import (
    PauseReason as PauseChoice,
)
from callflow import identity
from callflow.codes import Contact
from callflow.events import Wish
from callflow.states import Happening
from callflow.tables import CallTransition, Recall
from casefile.city import City, load_city
from casefile.clock import at_jst, jst_date
from casefile.person import Disclosure, PersonCard, PhoneLine, person_card
from casefile.phone_number import display
from casefile.tables import Attempt, ContactRecord, Promise, Taxpayer, UserAccount
from casefile.vocabulary import TaxpayerKind
from dialer.tables import Campaign, Floor, PullConsent, Seat

_RIGHT_PARTY = [contact.value for contact in Contact if contact.is_right_party]

_RECALLS_AHEAD = timedelta(hours=12)


def read(
    conn: Connection,
    context: PanelContext,
    municipality_id: int,
    operator_id: UUID,
    confirmed: Confirmed | None = None,
    members: list[MemberTab] | None = None,
) -> PanelState:
    """The whole desk of an operator as of now."""
    now = context.clock.now()
    seat = conn.execute(select(Seat).where(Seat.operator_id == operator_id)).one_or_none()
    city = load_city(conn, municipality_id)
    attempt_id = call_shown(seat)
    call = call_card(conn, city, attempt_id, operator_id, now) if attempt_id else None
    told = transfer_view.last_note(conn, attempt_id)
    here = confirmed if confirmed and confirmed.attempt_id == attempt_id else None
    return PanelState(
        now=now,
        seat=_seat_view(seat),
        pull=_pull(conn, seat, operator_id),
        call=call,
        preview=_preview(conn, city, seat, now) if seat and call is None else None,
        # A desk with a call shows neither, and has no time to lose.
        today=_today(conn, operator_id, now) if call is None else None,
        recalls=_recalls(conn, operator_id, now) if call is None else [],
        pause_reasons=[PauseChoice(code=reason.value, label=reason.label) for reason in PauseReason],
        engine_running=_engine_running(conn, seat, now),
        confirmed=here or transfer_view.handed_confirmation(operator_id, told),
        members=members or [],
        transfer=transfer_view.view(conn, operator_id, seat, told),
        listeners=transfer_view.listeners(conn, operator_id) if city.settings.listening_shown else [],
    )


def floor_of(conn: Connection, operator_id: UUID) -> UUID | None:
    """The floor this operator sits on, or the municipality's first."""
    seated = conn.scalar(select(Seat.floor_id).where(Seat.operator_id == operator_id))
    return seated or conn.scalar(select(Floor.floor_id).order_by(Floor.name, Floor.floor_id).limit(1))


def call_card(conn: Connection, city: City, attempt_id: UUID, operator_id: UUID, now: datetime) -> CallCard | None:
    """The neutral card of a call: who it should be, what to say, what to mind, how to know it is they."""
    attempt = conn.execute(select(Attempt).where(Attempt.attempt_id == attempt_id)).one_or_none()
    if attempt is None:
        return None
    person = _person(conn, city, attempt, now)
    phone = _phone_of(person, attempt.phone_id)
    operator = conn.scalar(select(UserAccount.display_name).where(UserAccount.user_id == operator_id)) or ""
    kind = person.kind if person else TaxpayerKind.PERSON
    return CallCard(
        attempt_id=attempt.attempt_id,
        direction=attempt.direction,
        state=attempt.state,
        live=attempt.live,
        answered_at=attempt.answered_at,
        connected_at=attempt.connected_at,
        ended_at=attempt.ended_at,
        result=attempt.result,
        addressee_no=attempt.addressee_no,
        name=person.name if person else "発信者不明",
        name_kana=person.name_kana if person else "",
        kind=kind.value,
        language=person.language if person else "ja",
        birth_date=person.birth_date if person else None,
        address=person.address if person else "",
        contact_person=_contact_person(person),
        phone_display=phone.number if phone else display(attempt.e164) if attempt.e164 else "番号非通知",
        phone_place=phone.place_label if phone else "",
        phone_holder=phone.holder_label if phone else "",
        # Whoever calls us says their name; we do not read one out.
        greeting=_greeting(city, operator, None if attempt.direction == "inbound" else person),
        family_script=_family_script(city),
        simple_script=_simple_script(city, operator, None if attempt.direction == "inbound" else person),
        cautions=_neutral(person),
        recall_note=_recall_note(conn, attempt.recall_id),
        wish=_wish(conn, attempt_id) if attempt.direction == "inbound" else "",
        best_hours=person.best_hours if person else "",
        identity_options=[IdentityItem(code=item.value, label=item.label) for item in _items(kind)],
        identity_rule=_RULES[kind],
        recorded=is_recorded(conn, attempt_id, attempt.addressee_no, operator_id),
    )


def member_card(
    conn: Connection, city: City, attempt_id: UUID, addressee_no: str, operator_id: UUID, now: datetime
) -> CallCard | None:
    """The neutral card of another member of the household who is on the line of this call.

    The name is asked for and not read out, and a member speaks for himself alone: no agent, no heir.
    """
    attempt = conn.execute(select(Attempt).where(Attempt.attempt_id == attempt_id)).one_or_none()
    if attempt is None:
        return None
    person = person_card(conn, city, addressee_no, purpose=attempt.purpose, disclosure=Disclosure.NEUTRAL, now=now)
    return CallCard(
        attempt_id=attempt.attempt_id,
        direction=attempt.direction,
        state=attempt.state,
        live=attempt.live,
        answered_at=attempt.answered_at,
        connected_at=attempt.connected_at,
        ended_at=attempt.ended_at,
        result=attempt.result,
        addressee_no=addressee_no,
        name=person.name,
        name_kana=person.name_kana,
        kind=person.kind.value,
        language=person.language,
        birth_date=person.birth_date,
        address=person.address,
        contact_person="",
        phone_display=display(attempt.e164) if attempt.e164 else "番号非通知",
        phone_place="",
        phone_holder="",
        greeting=_MEMBER_WORDS,
        family_script=_family_script(city),
        simple_script=_MEMBER_SIMPLE_WORDS,
        cautions=_neutral(person),
        recall_note=None,
        wish="",
        best_hours="",
        identity_options=[IdentityItem(code=one.value, label=one.label) for one in _SAID_BY_MEMBER],
        identity_rule=_RULES[TaxpayerKind.PERSON],
        recorded=is_recorded(conn, attempt_id, addressee_no, operator_id),
    )


def is_recorded(conn: Connection, attempt_id: UUID, addressee_no: str | None, operator_id: UUID) -> bool:
    """Whether this operator saved what was said with this person in this call; whoever else talked has a record of theirs."""
    found = conn.scalar(
        select(func.count()).where(
            ContactRecord.attempt_id == attempt_id,
            ContactRecord.addressee_no == addressee_no,
            ContactRecord.recorded_by == operator_id,
        )
    )
    return bool(found)


def _person(conn: Connection, city: City, attempt: Any, now: datetime) -> PersonCard | None:
    if attempt.addressee_no is None:
        return None
    return person_card(
        conn, city, attempt.addressee_no, purpose=attempt.purpose, disclosure=Disclosure.NEUTRAL, now=now
    )


def _phone_of(person: PersonCard | None, phone_id: UUID | None) -> PhoneLine | None:
    return next((line for line in person.phones if line.phone_id == phone_id), None) if person else None


def _neutral(person: PersonCard | None) -> list[Caution]:
    return neutral_cautions(person.cautions) if person else []


def _contact_person(person: PersonCard | None) -> str:
    if person is None:
        return ""
    return f"{person.contact_person_post} {person.contact_person_name}".strip()


# -- what is said (DOMAIN.md §2.7: no word of tax to whoever takes the call) ---------------------------------------

_RULES = {
    TaxpayerKind.PERSON: "氏名と、生年月日か住所のどちらかを、相手から言っていただきます。こちらから読み上げません。",
    TaxpayerKind.COMPANY: "所在地と、担当者の氏名・役職を、相手から言っていただきます。こちらから読み上げません。",
}


_SAID_BY_MEMBER = (identity.IdentityItem.NAME, identity.IdentityItem.BIRTH_DATE, identity.IdentityItem.ADDRESS)
_MEMBER_WORDS = "お電話ありがとうございます。恐れ入りますが、お名前と、生年月日かご住所をおっしゃっていただけますか。"
_MEMBER_SIMPLE_WORDS = "あなたの名前と、誕生日か住所を、教えてください。"


def _items(kind: TaxpayerKind) -> tuple[identity.IdentityItem, ...]:
    item = identity.IdentityItem
    if kind is TaxpayerKind.COMPANY:
        return (item.LOCATION, item.CONTACT_PERSON, item.DELEGATION)
    return (item.NAME, item.BIRTH_DATE, item.ADDRESS, item.DELEGATION)


def _office(city: City) -> str:
    return f"{city.name}役所{city.section_name}" if city.section_name_may_be_spoken else f"{city.name}役所"


def _greeting(city: City, operator: str, person: PersonCard | None) -> str:
    name = operator.split("　")[0].split(" ")[0]
    if person is None:
        return f"{_office(city)}の{name}です。お電話ありがとうございます。お名前をお願いいたします。"
    if person.kind is TaxpayerKind.COMPANY:
        return f"{_office(city)}の{name}です。{person.name}様でしょうか。ご担当の方はいらっしゃいますか。"
    return f"{_office(city)}の{name}です。{person.name}様はご在宅でしょうか。"


_WISHES = {Wish.REISSUE: "納付書の再発行", Wish.PAID: "納付済みの連絡", Wish.CONSULT: "納付の相談"}


def _wish(conn: Connection, attempt_id: UUID) -> str:
    """What the caller chose by a key while waiting, the last time counting; empty where nothing was pressed."""
    chosen = conn.scalar(
        select(CallTransition.detail["wish"].astext)
        .where(CallTransition.attempt_id == attempt_id, CallTransition.event == Happening.WISHED.value)
        .order_by(CallTransition.seq.desc())
        .limit(1)
    )
    return _WISHES[Wish(chosen)] if chosen else ""


def _family_script(city: City) -> str:
    return (
        f"{_office(city)}です。ご本人様にお伝えしたいことがございます。"
        f"お戻りになりましたら、{display(city.caller_number)} までお電話くださいますようお伝えください。失礼いたします。"
    )


def _simple_script(city: City, operator: str, person: PersonCard | None) -> str:
    name = operator.split("　")[0].split(" ")[0]
    wanted = f"{person.name}さんは、いますか。" if person else "あなたの名前を、教えてください。"
    return f"わたしは、{city.name}役所の{name}です。{wanted}"


# -- seat, offer, figures ---------------------------------------------------------------------------------------------


_PARTS = {
    ("reserved", "called_in"): "取次の呼出",
    ("talking", "called_in"): "取次",
    ("talking", "three_way"): "三者通話",
}
"""What a seat does in another's call."""


def _seat_view(seat: Any) -> SeatView:
    if seat is None:
        return SeatView(
            state="offline",
            state_label=SEAT_STATES["offline"],
            since=None,
            pause_reason=None,
            pause_label=None,
            attempt_id=None,
            pausing_label=None,
            put_off=None,
        )
    return SeatView(
        state=seat.state,
        state_label=_PARTS.get((seat.state, seat.part), SEAT_STATES[seat.state]),
        since=seat.since,
        pause_reason=seat.pause_reason,
        pause_label=pause_label(seat.pause_reason),
        attempt_id=seat.attempt_id,
        pausing_label=pause_label(seat.pausing),
        put_off=seat.put_off_attempt_id,
    )


def shown_to(conn: Connection, operator_id: UUID) -> UUID | None:
    """The call in front of this operator."""
    return call_shown(conn.execute(select(Seat).where(Seat.operator_id == operator_id)).one_or_none())


def call_shown(seat: Any) -> UUID | None:
    """The call at hand; while none is, and no case is on offer, the one whose wrap-up was put off."""
    if seat is None or seat.attempt_id is not None or seat.offered_addressee_no is not None:
        return seat.attempt_id if seat else None
    put_off: UUID | None = seat.put_off_attempt_id
    return put_off


def _pull(conn: Connection, seat: Any, operator_id: UUID) -> PullView:
    agreed = conn.scalar(select(PullConsent.given_at).where(PullConsent.operator_id == operator_id)) is not None
    ahead = select(Campaign.campaign_id).where(Campaign.state == "running", Campaign.mode == "predictive")
    if seat is not None:
        ahead = ahead.where(Campaign.floor_id == seat.floor_id)
    return PullView(asked=conn.scalar(ahead.limit(1)) is not None, agreed=agreed)


def _preview(conn: Connection, city: City, seat: Any, now: datetime) -> PreviewCard | None:
    if seat.offered_addressee_no is None or seat.offered_phone_id is None:
        return None
    purpose = "dunning"
    person = person_card(conn, city, seat.offered_addressee_no, purpose=purpose, disclosure=Disclosure.NEUTRAL, now=now)
    phone = _phone_of(person, seat.offered_phone_id)
    return PreviewCard(
        addressee_no=person.addressee_no,
        phone_id=seat.offered_phone_id,
        name=person.name,
        name_kana=person.name_kana,
        kind_label=person.kind_label,
        phone_display=phone.number if phone else "",
        phone_place=phone.place_label if phone else "",
        cautions=_neutral(person),
        recall_note=_recall_note(conn, seat.offered_recall_id),
        best_hours=person.best_hours,
    )


def _recall_note(conn: Connection, recall_id: UUID | None) -> str | None:
    return conn.scalar(select(Recall.note).where(Recall.recall_id == recall_id)) if recall_id else None


def _today(conn: Connection, operator_id: UUID, now: datetime) -> TodayFigures:
    day = at_jst(jst_date(now))
    seconds = func.extract("epoch", Attempt.ended_at - Attempt.connected_at)
    talks = conn.execute(
        select(func.count().label("talks"), func.coalesce(func.sum(seconds), 0).label("seconds")).where(
            Attempt.operator_id == operator_id, Attempt.intended_at >= day, Attempt.connected_at.is_not(None)
        )
    ).one()
    right = conn.scalar(
        select(func.count(case((ContactRecord.contact.in_(_RIGHT_PARTY), 1)))).where(
            ContactRecord.operator_id == operator_id, ContactRecord.started_at >= day, ContactRecord.version == 1
        )
    )
    promised = conn.execute(
        select(func.count().label("promises"), func.coalesce(func.sum(Promise.promised_yen), 0).label("yen")).where(
            Promise.registered_by == operator_id, Promise.made_at >= day
        )
    ).one()
    return TodayFigures(
        talks=talks.talks,
        right_party=right or 0,
        promises=promised.promises,
        promised_yen=int(promised.yen),
        talk_seconds=int(talks.seconds),
    )


def _recalls(conn: Connection, operator_id: UUID, now: datetime) -> list[RecallLine]:
    """What comes next, and of later days what this operator booked: a booking just made is seen to be there."""
    rows = conn.execute(
        select(Recall.recall_id, Recall.call_at, Recall.addressee_no, Recall.note, Recall.operator_id, Taxpayer.name)
        .join(
            Taxpayer,
            and_(Taxpayer.municipality_id == Recall.municipality_id, Taxpayer.addressee_no == Recall.addressee_no),
        )
        .outerjoin(
            ContactRecord,
            and_(
                ContactRecord.municipality_id == Recall.municipality_id,
                ContactRecord.record_id == Recall.record_id,
                ContactRecord.version == 1,
            ),
        )
        .where(
            Recall.state == "booked",
            or_(Recall.operator_id == operator_id, Recall.operator_id.is_(None)),
            or_(
                Recall.call_at <= now + _RECALLS_AHEAD,
                Recall.operator_id == operator_id,
                ContactRecord.operator_id == operator_id,
            ),
        )
        .order_by(Recall.call_at, Recall.recall_id)
        .limit(20)
    ).all()
    return [
        RecallLine(
            recall_id=row.recall_id,
            call_at=row.call_at,
            addressee_no=row.addressee_no,
            name=row.name,
            note=row.note,
            own=row.operator_id == operator_id,
        )
        for row in rows
    ]


def _engine_running(conn: Connection, seat: Any, now: datetime) -> bool:
    query = select(Floor.engine_seen_at)
    query = query.where(Floor.floor_id == seat.floor_id) if seat else query.order_by(Floor.name).limit(1)
    seen = conn.scalar(query)
    return seen is not None and now - seen < ENGINE_SILENT
