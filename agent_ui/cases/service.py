"""Searching, the person page and why a person is not called."""

from __future__ import annotations

from sqlalchemy import Connection, select

from agent_ui.cases import reading
from agent_ui.cases.schemas import (
    CaseView,
    ExplainedWay,
    ExplainView,
    Hit,
    Hits,
    PastRefusalView,
    PersonPage,
    PersonView,
)
from agent_ui.context import PanelContext
from agent_ui.errors import Forbidden
from agent_ui.identity import SignedIn, note
from agent_ui.labels import label_of
from casefile import gate, person
from casefile.city import City, load_city
from casefile.clock import jst_date
from casefile.gate import Reason, Refusal
from casefile.person import Disclosure
from casefile.person.cautions import is_protected
from casefile.phone_number import display, mask
from casefile.roles import Right
from casefile.tables import Arrears
from casefile.vocabulary import Channel, ClaimGroup, Purpose

LIMIT = 50


def search(context: PanelContext, user: SignedIn, query: str) -> Hits:
    """People by 宛名番号, reading, name or number; nothing taxable is in a hit. The search is noted, not its words."""
    user.require(Right.EXPLAIN)
    now = context.clock.now()
    with context.database.transaction(user.municipality_id) as conn:
        city = load_city(conn, user.municipality_id)
        found = person.search(conn, city, query, now, limit=LIMIT + 1)
        note(conn, context, user, "case.search", detail={"hits": len(found[:LIMIT])})
    return Hits(hits=[Hit.model_validate(one) for one in found[:LIMIT]], more=len(found) > LIMIT)


def person_page(context: PanelContext, user: SignedIn, addressee_no: str) -> PersonPage:
    """Who it is; the cases too for those who may see tax outside a call (徴税吏員, supervisors)."""
    user.require(Right.EXPLAIN)
    now = context.clock.now()
    with context.database.transaction(user.municipality_id) as conn:
        city = load_city(conn, user.municipality_id)
        card = person.person_card(
            conn, city, addressee_no, purpose=own_purpose(user), disclosure=Disclosure.NEUTRAL, now=now
        )
        cases = _cases(conn, context, city, addressee_no) if _sees_tax_outside_calls(user) else []
        view = PersonView.model_validate(card)
        if not cases:
            view = view.model_copy(update={"cautions": reading.neutral_cautions(card.cautions)})
        note(conn, context, user, "case.view" if cases else "person.view", addressee_no)
    return PersonPage(person=view, cases=cases, may_dial=user.may(Right.PANEL))


def explain(context: PanelContext, user: SignedIn, addressee_no: str) -> ExplainView:
    """What the gate answers now for every number, and what it refused before.

    Those who may not see tax outside a call get the answer without the reasons that tell of tax. A protected person's
    numbers are masked, as everywhere (DOMAIN.md §2.7).
    """
    user.require(Right.EXPLAIN)
    now = context.clock.now()
    with context.database.transaction(user.municipality_id) as conn:
        city = load_city(conn, user.municipality_id)
        found = gate.explain(conn, city, addressee_no, now)
        shown = mask if is_protected(conn, city.id, addressee_no, jst_date(now)) else display
        note(conn, context, user, "case.explain", addressee_no)
    whole = _sees_tax_outside_calls(user)
    ways = [
        ExplainedWay(
            number=shown(line.e164) if line.e164 else "番号なし",
            channel_label=label_of(Channel, line.channel),
            purpose_label=label_of(Purpose, line.purpose),
            claim_group_label=label_of(ClaimGroup, line.claim_group),
            allowed=line.answer.allowed,
            sentences=_told(line.answer.refusals, whole=whole),
        )
        for line in found.lines
        if line.purpose in user.user.purposes
    ]
    past = [
        PastRefusalView(
            decided_at=refusal.decided_at,
            number=shown(refusal.e164) if refusal.e164 else "番号なし",
            channel_label=label_of(Channel, refusal.channel),
            purpose_label=label_of(Purpose, refusal.purpose),
            sentences=list(refusal.sentences),
        )
        for refusal in found.past
        if whole and refusal.purpose in user.user.purposes
    ]
    return ExplainView(addressee_no=addressee_no, at=found.at, summary=_summary(ways), ways=ways, past=past)


_ABOUT_TAX = frozenset(
    {
        Reason.NOTHING_OWED,
        Reason.NOT_DUE,
        Reason.NO_DEMAND_NOTICE,
        Reason.DEMAND_NOTICE_RECENT,
        Reason.LIMITATION_PASSED,
        Reason.PLAN_KEPT,
        Reason.PROMISE_OPEN,
        Reason.CLAIMED_PAID,
        Reason.SLIP_REISSUE,
        Reason.DIRECT_DEBIT,
        Reason.FLAG_REFUSES,
        Reason.FLAG_STAFF,
    }
)
"""Reasons that tell of a person's debts or circumstances, and so wait for the identity (DOMAIN.md §2.7)."""
_WITHHELD = "個別の事情により連絡しません。理由は本人確認の後か、職員の画面で確かめてください。"


def _told(refusals: tuple[Refusal, ...], *, whole: bool) -> list[str]:
    if whole:
        return [refusal.sentence for refusal in refusals]
    return list(dict.fromkeys(_WITHHELD if one.reason in _ABOUT_TAX else one.sentence for one in refusals))


def _summary(ways: list[ExplainedWay]) -> str:
    calls = [way for way in ways if way.channel_label == Channel.CALL.label]
    open_ways = [way for way in calls if way.allowed]
    if not calls:
        return "電話できる番号がありません。"
    if open_ways:
        numbers = "、".join(dict.fromkeys(way.number for way in open_ways))
        return f"いま電話できる番号があります({numbers})。"
    common = set(calls[0].sentences).intersection(*(way.sentences for way in calls[1:]))
    first = next((sentence for sentence in calls[0].sentences if sentence in common), None)
    return (
        f"いまはどの番号にも電話しません。{first}"
        if first
        else "いまはどの番号にも電話しません。理由は番号ごとに異なります。"
    )


def _sees_tax_outside_calls(user: SignedIn) -> bool:
    return user.may(Right.TAX_DATA) and (user.may(Right.COLLECTOR_CASES) or user.may(Right.FLOOR))


def own_purpose(user: SignedIn) -> str:
    """The purpose whose cautions are shown: 催告 where this person works in it, otherwise the first of the own ones."""
    if not user.user.purposes:
        raise Forbidden("個人の情報を見る業務が割り当てられていません。必要な場合は管理者に依頼してください。")
    return Purpose.DUNNING if Purpose.DUNNING in user.user.purposes else sorted(user.user.purposes)[0]


def _cases(conn: Connection, context: PanelContext, city: City, addressee_no: str) -> list[CaseView]:
    groups = conn.scalars(
        select(Arrears.claim_group).where(Arrears.addressee_no == addressee_no).distinct().order_by(Arrears.claim_group)
    ).all()
    return [
        reading.case_view(
            conn,
            city,
            addressee_no,
            purpose=Purpose.DUNNING,
            claim_group=group,
            disclosure=Disclosure.CONFIRMED,
            now=context.clock.now(),
        )
        for group in groups or [ClaimGroup.COMPULSORY.value]
    ]
