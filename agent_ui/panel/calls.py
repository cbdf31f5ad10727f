"""The call at hand: identity first, then the case. Enforced here, not on the screen."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.sessions import SessionMixin
from sqlalchemy import Connection, or_, select

from agent_ui.cases import reading
from agent_ui.context import PanelContext
from agent_ui.errors import Forbidden, Invalid, NotFound, Refused
from agent_ui.identity import SignedIn, note
from agent_ui.panel import desk, identities, transfer_view
from agent_ui.panel.schemas import (
    CallCard,
    Confirmed,
    IdentityTicks,
    OpenedCase,
    SpeechLine,
    SpeechView,
)
from callflow.codes import Contact
from callflow.identity import IdentityItem, identity_confirmed
from casefile.city import load_city
from casefile.person import Disclosure
from casefile.roles import Right
from casefile.tables import Attempt
from casefile.vocabulary import Purpose, TaxpayerKind
from dialer.tables import Seat

_NOT_YET = "本人確認がまだ済んでいません。"


def own_attempt(conn: Connection, person: SignedIn, attempt_id: UUID) -> Any:
    """The attempt row, if this call is or was this operator's. Raises NotFound otherwise."""
    person.require(Right.PANEL)
    seated = select(Seat.attempt_id).where(Seat.operator_id == person.user.user_id)
    row = conn.execute(
        select(Attempt).where(
            Attempt.attempt_id == attempt_id,
            or_(Attempt.operator_id == person.user.user_id, Attempt.attempt_id.in_(seated)),
        )
    ).one_or_none()
    if row is None:
        raise NotFound("この通話はあなたの席のものではありません。画面を再読み込みしてください。")
    if row.purpose not in person.user.purposes:
        raise Forbidden("この通話の業務を担当する権限がありません。統括責任者に連絡してください。")
    return row


def call_at_hand(conn: Connection, person: SignedIn, attempt_id: UUID) -> Any:
    """The attempt row, while somebody has answered and it is on this operator's desk. Raises Refused otherwise.

    A case opens in a call and closes with it; who once spoke with somebody may not read on for ever.
    """
    attempt = own_attempt(conn, person, attempt_id)
    if desk.shown_to(conn, person.user.user_id) != attempt_id:
        raise Refused("この通話はもう席にありません。案件は通話中に本人確認をして開きます。")
    if attempt.answered_at is None:
        raise Refused("相手がまだ応答していません。応答を待ってから本人確認をしてください。")
    return attempt


def confirmed_for(context: PanelContext, person: SignedIn, attempt_id: UUID, session: SessionMixin) -> Confirmed | None:
    """Whose identity is confirmed in this call: at this desk, or at the desk that called this one in (取次)."""
    said = identities.person_in(session, attempt_id)
    if said is not None:
        return said
    with context.database.transaction(person.municipality_id) as conn:
        told = transfer_view.last_note(conn, attempt_id)
        return transfer_view.handed_confirmation(person.user.user_id, told)


def confirmed_addressee(attempt: Any, session: SessionMixin) -> list[str]:
    """The 宛名番号 of the person called, if that person was confirmed in this call; nobody otherwise."""
    return [attempt.addressee_no] if identities.person_in(session, attempt.attempt_id) else []


def confirm(
    context: PanelContext, person: SignedIn, attempt_id: UUID, ticks: IdentityTicks, session: SessionMixin
) -> OpenedCase:
    """Open the case if enough was said. Raises Forbidden while it is not enough."""
    with context.database.transaction(person.municipality_id) as conn:
        call_at_hand(conn, person, attempt_id)
        card = _card(conn, context, person, attempt_id)
        try:
            contact = Contact(ticks.contact)
            items = [IdentityItem(item) for item in ticks.items]
        except ValueError as error:
            raise Invalid("本人確認の項目を読み取れません。画面を再読み込みしてください。") from error
        if not identity_confirmed(TaxpayerKind(card.kind), contact, items):
            raise Forbidden(_NOT_YET + card.identity_rule)
        codes = sorted(item.value for item in items)
        note(conn, context, person, "call.identity", card.addressee_no, {"attempt": str(attempt_id), "items": codes})
    identities.keep_person(session, attempt_id, contact.value, codes)
    return case_of(context, person, attempt_id, session)


def case_of(context: PanelContext, person: SignedIn, attempt_id: UUID, session: SessionMixin) -> OpenedCase:
    """The case of the call. Raises Forbidden until identity was confirmed for this very call."""
    if confirmed_for(context, person, attempt_id, session) is None:
        raise Forbidden(_NOT_YET + "確認できた項目に印を付けてください。")
    members = identities.members_in(session, attempt_id)
    with context.database.transaction(person.municipality_id) as conn:
        attempt = call_at_hand(conn, person, attempt_id)
        if attempt.purpose != Purpose.HEALTH_CHECK:
            person.require(Right.TAX_DATA)
        card = _card(conn, context, person, attempt_id)
        city = load_city(conn, person.municipality_id)
        case = reading.case_view(
            conn,
            city,
            attempt.addressee_no,
            purpose=attempt.purpose,
            claim_group=attempt.claim_group,
            disclosure=Disclosure.CONFIRMED,
            now=context.clock.now(),
            verified=list(members.items) if members else [],
        )
        note(conn, context, person, "case.view", attempt.addressee_no, {"attempt": str(attempt_id)})
    return OpenedCase(call=card, case=case)


def speech(context: PanelContext, person: SignedIn, attempt_id: UUID) -> SpeechView:
    """What a rehearsed resident says; empty on a real line."""
    with context.database.transaction(person.municipality_id) as conn:
        own_attempt(conn, person, attempt_id)
        lines = context.speech_of(conn, person.municipality_id, attempt_id)
    return SpeechView(
        rehearsed=context.rehearsed,
        lines=[SpeechLine(second=line.second, speaker=line.speaker, text=line.text) for line in lines],
    )


def _card(conn: Connection, context: PanelContext, person: SignedIn, attempt_id: UUID) -> CallCard:
    own_attempt(conn, person, attempt_id)
    city = load_city(conn, person.municipality_id)
    card = desk.call_card(conn, city, attempt_id, person.user.user_id, context.clock.now())
    if card is None or card.addressee_no is None:
        raise NotFound("この通話の相手がまだ分かりません。検索して個人を選んでください。")
    return card
