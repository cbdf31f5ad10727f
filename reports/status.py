"""業務ステータス: every active case is exactly one of 未交渉, 未約束, 納付約束, 約束不履行 (REPORTS.md §6.4, I19)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, Date, Select, and_, cast, func, literal, or_, select

from callflow.codes import Contact
from casefile.city import City
from casefile.flags import FlagCode
from casefile.tables import Arrears, ContactRecord, InstalmentPlan, Receipt, TaxpayerFlag
from casefile.vocabulary import Labelled, PromiseState, Purpose
from reports.reading.consequences import read_promises
from reports.reading.known import Known
from reports.request import Period

_LONG_AGO_YEARS = 6


class CaseStatus(Labelled):
    """In the order in which the rule asks."""

    BROKEN = "broken", "約束不履行"
    PROMISED = "promised", "納付約束"
    NO_PROMISE = "no_promise", "未約束"
    NOT_NEGOTIATED = "not_negotiated", "未交渉"


class Case(NamedTuple):
    """One 宛名番号 on one side of the claim wall with unpaid 本税(料), and what decides its status.

    `latest`: the state of the latest promise or plan; `promised`: a promise is open or a plan in force.
    """

    addressee_no: str
    claim_group: str
    unpaid_yen: int
    latest: PromiseState | None
    promised: bool
    right_party_contacts: int


@dataclass(frozen=True, slots=True)
class StatusCount:
    cases: int
    unpaid_yen: int


_BROKEN_STATES = (PromiseState.BROKEN, PromiseState.PARTLY)


def status_of(case: Case) -> CaseStatus:
    """Exclusive, in this order: the latest promise (or 分納) was judged broken and nothing newer stands; a promise is open
    or a 分納 in force; somebody who may be told was reached; nobody was.
    """
    if case.latest in _BROKEN_STATES:
        return CaseStatus.BROKEN
    if case.promised:
        return CaseStatus.PROMISED
    return CaseStatus.NO_PROMISE if case.right_party_contacts else CaseStatus.NOT_NEGOTIATED


def count_statuses(cases: Iterable[Case]) -> dict[CaseStatus, StatusCount]:
    """Cases and unpaid yen of every status, also of empty ones."""
    found = {status: [0, 0] for status in CaseStatus}
    for case in cases:
        status = status_of(case)
        found[status][0] += 1
        found[status][1] += case.unpaid_yen
    return {status: StatusCount(cases, yen) for status, (cases, yen) in found.items()}


def active_cases(conn: Connection, city: City, known: Known) -> list[Case]:
    """Every case with unpaid 本税(料) past its due date at the end of the 収納基準日, in order of case.

    Persons under 徴収猶予, 換価猶予 or 執行停止 stand outside. The state of a 分納 is the one last imported.
    """
    agreements = _agreements(conn, city, known)
    contacts = _right_party_contacts(conn, known)
    cases = []
    for addressee_no, claim_group, unpaid in _unpaid(conn, known):
        made = agreements.get((addressee_no, claim_group), [])
        cases.append(
            Case(
                addressee_no,
                claim_group,
                unpaid,
                max(made, key=lambda each: each[0])[1] if made else None,
                any(state is PromiseState.OPEN for _, state in made),
                contacts.get((addressee_no, claim_group), 0),
            )
        )
    return cases


def total_active(conn: Connection, known: Known) -> StatusCount:
    """How many active cases there are and what they owe, summed by the database: what the statuses must add up to."""
    unpaid = _unpaid_query(known).subquery()
    query = select(func.count(), func.coalesce(func.sum(unpaid.c.unpaid), 0)).select_from(unpaid)
    cases, yen = conn.execute(query).one()
    return StatusCount(int(cases), int(yen))


def _unpaid(conn: Connection, known: Known) -> list[tuple[str, str, int]]:
    unpaid = _unpaid_query(known).subquery()
    query = select(unpaid).order_by(unpaid.c.addressee_no, unpaid.c.claim_group)
    return [(person, group, int(yen)) for person, group, yen in conn.execute(query).all()]


def _unpaid_query(known: Known) -> Select[tuple[str, str, int]]:
    by_row = (
        select(
            Arrears.addressee_no,
            Arrears.claim_group,
            known.unpaid_at_end_of(cast(literal(known.as_of), Date)).label("unpaid"),
        )
        .outerjoin(
            Receipt,
            and_(Receipt.municipality_id == Arrears.municipality_id, Receipt.arrears_id == Arrears.arrears_id),
        )
        .where(
            Arrears.municipality_id == known.municipality_id,
            known.of_claims(Arrears.claim_group),
            Arrears.due_date < known.as_of,
            or_(Arrears.closed_on.is_(None), Arrears.closed_on > known.as_of),
        )
        .group_by(Arrears.addressee_no, Arrears.claim_group, Arrears.arrears_id)
        .subquery()
    )
    outside = (
        select(TaxpayerFlag.addressee_no)
        .where(
            TaxpayerFlag.municipality_id == known.municipality_id,
            TaxpayerFlag.flag_code == FlagCode.GRACE.value,
            TaxpayerFlag.valid_from <= known.as_of,
            or_(TaxpayerFlag.valid_to.is_(None), TaxpayerFlag.valid_to >= known.as_of),
            TaxpayerFlag.set_at <= known.moment,
            TaxpayerFlag.addressee_no == by_row.c.addressee_no,
        )
        .exists()
    )
    return (
        select(by_row.c.addressee_no, by_row.c.claim_group, func.sum(by_row.c.unpaid).label("unpaid"))
        .where(~outside)
        .group_by(by_row.c.addressee_no, by_row.c.claim_group)
        .having(func.sum(by_row.c.unpaid) > 0)
    )


def _agreements(
    conn: Connection, city: City, known: Known
) -> Mapping[tuple[str, str], list[tuple[tuple[int, int], PromiseState]]]:
    """Promises and 分納 of each case by day; a promise of the same day counts as later than a plan."""
    found: dict[tuple[str, str], list[tuple[tuple[int, int], PromiseState]]] = {}
    period = Period(date(known.as_of.year - _LONG_AGO_YEARS, 1, 1), known.as_of)
    for number, promise in enumerate(read_promises(conn, known, city, period), start=1):
        if promise.state is not PromiseState.CANCELLED:
            made = ((promise.made_day, number), promise.state)
            found.setdefault((promise.addressee_no, promise.claim_group), []).append(made)
    plans = (
        select(InstalmentPlan.addressee_no, InstalmentPlan.claim_group, InstalmentPlan.pledged_on, InstalmentPlan.state)
        .where(
            InstalmentPlan.municipality_id == known.municipality_id,
            known.of_claims(InstalmentPlan.claim_group),
            InstalmentPlan.pledged_on <= known.as_of,
            InstalmentPlan.state.in_(["kept", "broken"]),
        )
        .order_by(InstalmentPlan.plan_no)
    )
    for addressee_no, claim_group, pledged_on, state in conn.execute(plans).all():
        standing = PromiseState.OPEN if state == "kept" else PromiseState.BROKEN
        found.setdefault((addressee_no, claim_group), []).append(((pledged_on.toordinal(), 0), standing))
    return found


def _right_party_contacts(conn: Connection, known: Known) -> dict[tuple[str, str], int]:
    query = (
        select(ContactRecord.addressee_no, ContactRecord.claim_group, func.count())
        .where(
            known.latest_record(),
            ContactRecord.purpose == Purpose.DUNNING.value,
            known.of_claims(ContactRecord.claim_group),
            ContactRecord.started_at <= known.moment,
            ContactRecord.contact.in_([contact.value for contact in Contact if contact.is_right_party]),
        )
        .group_by(ContactRecord.addressee_no, ContactRecord.claim_group)
        .order_by(ContactRecord.addressee_no, ContactRecord.claim_group)
    )
    return {(person, group): int(count) for person, group, count in conn.execute(query).all()}
