"""Everything the panel shows of a case at one level of disclosure, read in one go (I16, I17)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from casefile.city import City
from casefile.history import TimelineItem, history
from casefile.person.arrears import ArrearsLine, TaxTotal, arrears_lines, tax_totals
from casefile.person.card import Disclosure, PersonCard, person_card
from casefile.person.household import HouseholdMember, household_members
from casefile.person.papers import DocumentLine, ReceiptLine, documents, receipt_history
from casefile.person.promised import PlanLine, PromiseLine, plan_list, promise_list
from casefile.vocabulary import ClaimGroup


@dataclass(frozen=True, slots=True)
class CaseScreen:
    """Four panes and four tabs. With NEUTRAL everything but `card` is empty, because it was never read."""

    disclosure: Disclosure
    card: PersonCard
    outstanding_yen: int | None
    interest_estimate_yen: int | None
    totals: tuple[TaxTotal, ...]
    arrears: tuple[ArrearsLine, ...]
    household: tuple[HouseholdMember, ...]
    history: tuple[TimelineItem, ...]
    receipts: tuple[ReceiptLine, ...]
    promises: tuple[PromiseLine, ...]
    plans: tuple[PlanLine, ...]
    documents: tuple[DocumentLine, ...]


def case_screen(
    conn: Connection,
    city: City,
    addressee_no: str,
    *,
    purpose: str,
    claim_group: str,
    disclosure: Disclosure,
    now: datetime,
    verified: Collection[str] = (),
) -> CaseScreen:
    """One case, no more of it than `disclosure` allows. Raises TsunagaruError when the number is unknown.

    A purpose without claims (健診) shows no tax at any level. `verified`: members confirmed on the line.
    """
    card = person_card(conn, city, addressee_no, purpose=purpose, disclosure=disclosure, now=now)
    if not disclosure.shows_tax:
        return CaseScreen(disclosure, card, None, None, (), (), (), (), (), (), (), ())
    happened = tuple(history(conn, city.id, addressee_no, purpose=purpose, claim_group=claim_group))
    sent = documents(conn, city.id, addressee_no, purpose=purpose, claim_group=claim_group)
    hidden = card.protected and not disclosure.shows_protected
    members = (
        ()
        if hidden
        else household_members(conn, city.id, addressee_no, claim_group=claim_group, now=now, verified=verified)
    )
    if claim_group == ClaimGroup.NONE:
        return CaseScreen(disclosure, card, None, None, (), (), members, happened, (), (), (), sent)
    lines = arrears_lines(conn, city, addressee_no, claim_group, now, with_settled=True)
    return CaseScreen(
        disclosure=disclosure,
        card=card,
        outstanding_yen=sum(line.outstanding_yen for line in lines),
        interest_estimate_yen=sum(line.interest_estimate_yen or 0 for line in lines),
        totals=tax_totals(lines),
        arrears=lines,
        household=members,
        history=happened,
        receipts=receipt_history(conn, city.id, addressee_no, claim_group),
        promises=promise_list(conn, city.id, addressee_no, claim_group),
        plans=plan_list(conn, city.id, addressee_no, claim_group),
        documents=sent,
    )
