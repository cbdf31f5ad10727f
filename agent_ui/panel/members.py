"""Another member of the household on the same line: a case of its own after an identity check of its own (DOMAIN.md §2.6).

The call stays one for the person it was made to. Whoever else speaks is asked for two items as anybody is; what opens is
that member's case in the claims and the purpose of this very call, and its result is a second record on it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from flask.sessions import SessionMixin
from sqlalchemy import Connection, select

from agent_ui.cases import reading
from agent_ui.context import PanelContext
from agent_ui.errors import Forbidden, Invalid, NotFound, Refused
from agent_ui.identity import SignedIn, note
from agent_ui.panel import calls, desk, identities
from agent_ui.panel.schemas import (
    CallCard,
    ConfirmedMembers,
    MemberChoice,
    MemberChoices,
    MemberTab,
    MemberTicks,
    OpenedCase,
    OpenedMember,
)
from callflow.codes import Contact
from callflow.identity import IdentityItem, identity_confirmed
from casefile.city import City, load_city
from casefile.clock import jst_date
from casefile.person import Disclosure, age_on, household_members
from casefile.roles import Right
from casefile.tables import Taxpayer
from casefile.vocabulary import Purpose, TaxpayerKind

_NOT_YET = "この方の本人確認がまだ済んでいません。"
_NOBODY = "この方の案件は、この通話では開けません。世帯の一覧から選び直してください。"


def choices(context: PanelContext, person: SignedIn, attempt_id: UUID, session: SessionMixin) -> MemberChoices:
    """Who else may be on this line, by relation and age. Empty where the household is not shown (支援措置, companies)."""
    confirmed = identities.members_in(session, attempt_id)
    done = set(confirmed.items) if confirmed else set()
    with context.database.transaction(person.municipality_id) as conn:
        attempt = _call_at_hand(conn, person, attempt_id)
        relations = _relations(conn, context, attempt)
        ages = _ages(conn, context, relations)
        listed = [
            MemberChoice(
                addressee_no=addressee_no,
                relation=relation,
                age=ages.get(addressee_no),
                confirmed=addressee_no in done,
                recorded=desk.is_recorded(conn, attempt_id, addressee_no, person.user.user_id),
            )
            for addressee_no, relation in relations.items()
        ]
    return MemberChoices(members=listed)


def card(context: PanelContext, person: SignedIn, attempt_id: UUID, addressee_no: str) -> CallCard:
    """What there is to compare with what the member says: nothing taxable. The look is noted."""
    with context.database.transaction(person.municipality_id) as conn:
        attempt = _call_at_hand(conn, person, attempt_id)
        _require_member(conn, context, attempt, addressee_no)
        if not attempt.live:
            raise Refused("通話が終わっているため、世帯の別の方の本人確認はできません。")
        found = _card(conn, context, person, attempt_id, addressee_no)
        note(conn, context, person, "call.member", addressee_no, {"attempt": str(attempt_id)})
    return found


def confirm(
    context: PanelContext,
    person: SignedIn,
    attempt_id: UUID,
    addressee_no: str,
    ticks: MemberTicks,
    session: SessionMixin,
) -> OpenedMember:
    """Open this member's case if enough was said by the member. Raises Forbidden while it is not enough."""
    try:
        items = [IdentityItem(item) for item in ticks.items]
    except ValueError as error:
        raise Invalid("本人確認の項目を読み取れません。画面を再読み込みしてください。") from error
    codes = sorted({item.value for item in items})
    with context.database.transaction(person.municipality_id) as conn:
        attempt = _call_at_hand(conn, person, attempt_id)
        _require_member(conn, context, attempt, addressee_no)
        if not attempt.live:
            raise Refused("通話が終わっているため、世帯の別の方の本人確認はできません。")
        found = _card(conn, context, person, attempt_id, addressee_no)
        if not identity_confirmed(TaxpayerKind.PERSON, Contact.SELF, items):
            raise Forbidden(_NOT_YET + found.identity_rule)
        note(conn, context, person, "call.identity", addressee_no, {"attempt": str(attempt_id), "items": codes})
    identities.keep_member(session, attempt_id, addressee_no, codes)
    return case_of(context, person, attempt_id, addressee_no, session)


def case_of(
    context: PanelContext, person: SignedIn, attempt_id: UUID, addressee_no: str, session: SessionMixin
) -> OpenedMember:
    """The member's case. Raises Forbidden until this member was confirmed in this very call."""
    confirmed = identities.members_in(session, attempt_id)
    if confirmed is None or addressee_no not in confirmed.items:
        raise Forbidden(_NOT_YET + "確認できた項目に印を付けてください。")
    with context.database.transaction(person.municipality_id) as conn:
        attempt = _call_at_hand(conn, person, attempt_id)
        if attempt.purpose != Purpose.HEALTH_CHECK:
            person.require(Right.TAX_DATA)
        relation = _require_member(conn, context, attempt, addressee_no)
        case = reading.case_view(
            conn,
            load_city(conn, person.municipality_id),
            addressee_no,
            purpose=attempt.purpose,
            claim_group=attempt.claim_group,
            disclosure=Disclosure.CONFIRMED,
            now=context.clock.now(),
            verified=[*confirmed.items, *calls.confirmed_addressee(attempt, session)],
        )
        found = _card(conn, context, person, attempt_id, addressee_no)
        note(conn, context, person, "case.view", addressee_no, {"attempt": str(attempt_id)})
    return OpenedMember(relation=relation, opened=OpenedCase(call=found, case=case))


def require_confirmed(
    conn: Connection,
    context: PanelContext,
    attempt: Any,
    addressee_no: str,
    confirmed: ConfirmedMembers | None,
) -> list[str]:
    """The items this member said in this call. Raises Forbidden if none, NotFound if it is no member one may see."""
    if confirmed is None or confirmed.attempt_id != attempt.attempt_id or addressee_no not in confirmed.items:
        raise Forbidden(_NOT_YET + "本人確認をしてから結果を登録してください。")
    _require_member(conn, context, attempt, addressee_no)
    return confirmed.items[addressee_no]


def tabs(conn: Connection, confirmed: ConfirmedMembers | None, operator_id: UUID) -> list[MemberTab]:
    """The members whose cases were opened in this call, in that order; after a reload the screen opens them again."""
    if confirmed is None:
        return []
    return [
        MemberTab(
            addressee_no=one,
            relation=relation_of(conn, one),
            recorded=desk.is_recorded(conn, confirmed.attempt_id, one, operator_id),
        )
        for one in confirmed.items
    ]


def unrecorded(conn: Connection, confirmed: ConfirmedMembers | None, operator_id: UUID) -> list[str]:
    """Members whose case was opened in this call and of whom nothing is recorded yet."""
    if confirmed is None:
        return []
    return [one for one in confirmed.items if not desk.is_recorded(conn, confirmed.attempt_id, one, operator_id)]


def relation_of(conn: Connection, addressee_no: str) -> str:
    """続柄."""
    found = conn.scalar(select(Taxpayer.relation_to_head).where(Taxpayer.addressee_no == addressee_no))
    return found or "世帯員"


def _call_at_hand(conn: Connection, person: SignedIn, attempt_id: UUID) -> Any:
    """The attempt, while it is on this operator's desk: members are confirmed in a call, not afterwards."""
    attempt = calls.own_attempt(conn, person, attempt_id)
    if desk.shown_to(conn, person.user.user_id) != attempt_id:
        raise Refused("この通話はもう席にありません。世帯の別の方の案件は、通話中に本人確認をして開きます。")
    return attempt


def _relations(conn: Connection, context: PanelContext, attempt: Any) -> dict[str, str]:
    if attempt.addressee_no is None:
        return {}
    members = household_members(
        conn,
        attempt.municipality_id,
        attempt.addressee_no,
        claim_group=attempt.claim_group,
        now=context.clock.now(),
    )
    return {member.addressee_no: member.relation or "世帯員" for member in members}


def _ages(conn: Connection, context: PanelContext, members: Collection[str]) -> dict[str, int | None]:
    """Two children are told apart by their ages, since no name is shown."""
    today = jst_date(context.clock.now())
    born = conn.execute(select(Taxpayer.addressee_no, Taxpayer.birth_date).where(Taxpayer.addressee_no.in_(members)))
    return {row.addressee_no: age_on(row.birth_date, today) for row in born}


def _require_member(conn: Connection, context: PanelContext, attempt: Any, addressee_no: str) -> str:
    """The relation of a member who may be seen. One answer for strangers, other households and protected ones."""
    relation = _relations(conn, context, attempt).get(addressee_no)
    if relation is None:
        raise NotFound(_NOBODY)
    return relation


def _card(conn: Connection, context: PanelContext, person: SignedIn, attempt_id: UUID, addressee_no: str) -> CallCard:
    city: City = load_city(conn, person.municipality_id)
    found = desk.member_card(conn, city, attempt_id, addressee_no, person.user.user_id, context.clock.now())
    if found is None:
        raise NotFound(_NOBODY)
    return found
