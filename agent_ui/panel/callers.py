"""返電 on the desk (I4): whose number it may be, and whose call it is once the caller has said so.

Names alone: what tells the people of one number apart. The identity check comes after it, as in every call.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection

from agent_ui.context import PanelContext
from agent_ui.errors import Invalid, Refused
from agent_ui.identity import SignedIn, note
from agent_ui.panel import calls, desk
from agent_ui.panel.schemas import CallCard, CallerChoice, CallerChoices
from callflow import caller
from casefile.city import City, load_city
from casefile.problems import EntryRefused
from casefile.vocabulary import PhoneHolder, PhonePlace, TaxpayerKind

_ONLY_CALL_BACKS = "この通話はこちらからかけた電話です。相手を選び直すことはできません。"


def choices(context: PanelContext, person: SignedIn, attempt_id: UUID) -> CallerChoices:
    """Who has the caller's number on file; empty for an unknown or withheld one."""
    with context.database.transaction(person.municipality_id) as conn:
        _call_back_at_hand(conn, person, attempt_id)
        city = load_city(conn, person.municipality_id)
        found = caller.on_file(conn, city, attempt_id)
    return CallerChoices(callers=[_choice(one) for one in found])


def match(context: PanelContext, person: SignedIn, attempt_id: UUID, addressee_no: str) -> CallCard:
    """The caller is this person: the neutral card to check that by. Noted in the audit log. Raises Invalid."""
    now = context.clock.now()
    with context.database.transaction(person.municipality_id) as conn:
        _call_back_at_hand(conn, person, attempt_id)
        city: City = load_city(conn, person.municipality_id)
        try:
            caller.match(conn, city, attempt_id, addressee_no)
        except EntryRefused as refused:
            raise Invalid(str(refused)) from refused
        note(conn, context, person, "call.match", addressee_no, {"attempt": str(attempt_id)})
        card = desk.call_card(conn, city, attempt_id, person.user.user_id, now)
    assert card is not None, "the call is at hand"
    return card


def _call_back_at_hand(conn: Connection, person: SignedIn, attempt_id: UUID) -> None:
    if calls.call_at_hand(conn, person, attempt_id).direction != "inbound":
        raise Refused(_ONLY_CALL_BACKS)


def _choice(one: caller.OnFile) -> CallerChoice:
    return CallerChoice(
        addressee_no=one.addressee_no,
        name=one.name,
        name_kana=one.name_kana,
        kind_label=TaxpayerKind(one.kind).label,
        phone_place=PhonePlace(one.place).label,
        phone_holder=PhoneHolder(one.holder).label,
    )
