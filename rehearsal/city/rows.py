"""The city as rows of the eleven files (DOMAIN.md §3), by the column names of `casefile.intake.kinds`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from casefile.vocabulary import TaxpayerKind
from rehearsal.city.levy import calendar_month
from rehearsal.city.model import Debt, Lot, SyntheticCity, Temper
from rehearsal.city.taxes import TAX_BY_CODE

Cell = str | int | float | date | None
Row = dict[str, Cell]


def districts(city: SyntheticCity) -> Iterator[Row]:
    for town in city.towns:
        yield {
            "district_code": town.code,
            "branch": town.branch,
            "area": town.area,
            "town": town.name,
            "latitude": town.latitude,
            "longitude": town.longitude,
            "source": city.district_source,
        }


def taxes(city: SyntheticCity) -> Iterator[Row]:
    for period in city.periods:
        tax = TAX_BY_CODE[period.tax_code]
        yield {
            "tax_code": tax.code,
            "tax_name": tax.name,
            "tax_short_name": tax.short_name,
            "claim_class": tax.claim_class.label,
            "limitation_years": tax.limitation_years,
            "interest_rule": "local_tax",
            "interest_terms": tax.interest_terms,
            "levy_year": period.levy_year,
            "period": period.period,
            "period_name": period.name,
            "due_date": period.due_date,
        }


def addressees(city: SyntheticCity) -> Iterator[Row]:
    gone = _came_back(city)
    for no in sorted(city.residents):
        resident = city.residents[no]
        agent = resident.representative
        yield {
            "addressee_no": no,
            "kind": (TaxpayerKind.COMPANY if resident.is_company else TaxpayerKind.PERSON).label,
            "name": resident.name,
            "name_kana": resident.kana,
            "birth_date": resident.birth_date,
            "postal_code": resident.postal_code,
            "address": resident.address,
            "district_code": resident.town.code if resident.town else None,
            "outside_city": 0,
            "delivery_name": resident.delivery_name,
            "delivery_postal_code": resident.delivery_postal_code,
            "delivery_address": resident.delivery_address,
            "household_no": None if resident.is_company else resident.household_id,
            "relation_to_head": resident.relation,
            "contact_person_name": resident.contact_name,
            "contact_person_post": resident.contact_post,
            "language": resident.language,
            "whereabouts": "returned" if no in gone else "known",
            "representative_kind": agent.kind if agent else None,
            "representative_name": agent.name if agent else None,
            "representative_kana": agent.kana if agent else None,
            "representative_address": agent.address if agent else None,
            "representative_phone": None,
            "delegation_confirmed": int(bool(agent and agent.delegation_confirmed)),
        }


def _came_back(city: SyntheticCity) -> frozenset[str]:
    """Those who moved away and whose letters came back."""
    returned = {letter.addressee_no for lot in city.lots for letter in lot.letters if letter.returned_on}
    return frozenset(no for no in returned if city.residents[no].temper is Temper.MOVED_AWAY)


def households(city: SyntheticCity) -> Iterator[Row]:
    for household in city.households.values():
        if household.kind != "resident":
            continue
        for no in household.members:
            yield {
                "household_no": household.household_id,
                "addressee_no": no,
                "relation_to_head": city.residents[no].relation,
                "head_addressee_no": household.head_no,
            }


def phones(city: SyntheticCity) -> Iterator[Row]:
    for no in sorted(city.residents):
        for phone in city.residents[no].phones:
            yield {
                "addressee_no": no,
                "phone": phone.raw,
                "position": phone.position,
                "place": phone.place.label,
                "holder": phone.holder.label,
            }


def arrears(city: SyntheticCity) -> Iterator[Row]:
    for no in sorted(city.debts):
        for debt in city.debts[no]:
            yield arrears_row(debt, city.as_of)


def arrears_row(debt: Debt, as_of: date) -> Row:
    """One 期別 as the core system shows it on a day: a 督促状 not sent yet is not there."""
    return {
        "addressee_no": debt.addressee_no,
        **debt_keys(debt),
        "category": debt.category.label,
        "assessed_yen": debt.assessed_yen,
        "unpaid_yen": debt.unpaid_yen,
        "demand_fee_yen": debt.demand_fee_yen,
        "interest_yen": debt.interest_yen,
        "interest_base_yen": debt.unpaid_yen,
        "due_date": debt.due_date,
        "demand_notice_date": debt.demand_date if debt.demand_date <= as_of else None,
        "limitation_date": debt.limitation_date,
    }


def debt_keys(debt: Debt) -> Row:
    """What names a 期別 in every file."""
    return {
        "tax_code": debt.tax_code,
        "levy_year": debt.levy_year,
        "assessed_year": debt.levy_year,
        "period": debt.period,
        "notice_no": debt.notice_no,
    }


def receipts(city: SyntheticCity) -> Iterator[Row]:
    by_key = {debt.key: debt for owed in city.debts.values() for debt in owed}
    for receipt in city.receipts:
        debt = by_key[receipt.debt_key]
        yield {
            "receipt_no": receipt.receipt_no,
            "addressee_no": debt.addressee_no,
            **debt_keys(debt),
            "received_on": receipt.received_on,
            "posted_on": receipt.posted_on,
            "principal_yen": receipt.principal_yen,
            "interest_yen": 0,
            "demand_fee_yen": 0,
            "stage": "確報",
            "method": receipt.method,
            "fiscal_year": receipt.fiscal_year,
        }


def promises(city: SyntheticCity) -> Iterator[Row]:
    by_key = {debt.key: debt for owed in city.debts.values() for debt in owed}
    for plan in city.plans:
        head: Row = {
            "agreement_no": plan.plan_no,
            "addressee_no": plan.addressee_no,
            "claim_group": plan.claim_group.label,
        }
        for number, part in enumerate(plan.parts, start=1):
            yield head | {
                "record_type": "分納",
                "made_on": plan.pledged_on,
                "state": "履行中" if plan.state == "kept" else "不履行",
                "part_no": number,
                "due_on": part.due_on,
                "part_yen": part.part_yen,
                "paid_yen": part.paid_yen,
            }
        for key in plan.debt_keys:
            yield head | {"record_type": "分納対象", **debt_keys(by_key[key])}


def dispatches(city: SyntheticCity) -> Iterator[Row]:
    for lot in city.lots:
        yield from lot_rows(lot)


def lot_rows(lot: Lot) -> Iterator[Row]:
    for letter in lot.letters:
        yield {
            "lot_no": lot.lot_no,
            "document_no": letter.document_no,
            "addressee_no": letter.addressee_no,
            "kind": lot.kind.label,
            "sent_on": lot.sent_on,
            "wording": lot.wording,
            "purpose": "催告",
            "claim_group": lot.claim_group.label,
            "unit_cost_yen": lot.unit_cost_yen,
            "target_yen": letter.target_yen,
            "withdrawn_on": letter.withdrawn_on,
            "returned_on": letter.returned_on,
            "return_reason": letter.return_reason,
        }


def flags(city: SyntheticCity) -> Iterator[Row]:
    for flag in city.flags:
        yield {
            "addressee_no": flag.addressee_no,
            "flag_code": flag.code,
            "valid_from": flag.valid_from,
            "valid_to": flag.valid_to,
            "note": flag.note,
        }


def totals(city: SyntheticCity) -> Iterator[Row]:
    for month in city.levy:
        yield {
            "fiscal_year": month.fiscal_year,
            "tax_code": month.tax_code,
            "period": month.period,
            "category": month.category.label,
            "month": calendar_month(month.month),
            "levied_yen": month.levied_yen,
            "received_yen": month.received_yen,
            "refund_due_yen": month.refund_due_yen,
            "written_off_yen": month.written_off_yen,
        }


ROWS: dict[str, Callable[[SyntheticCity], Iterator[Row]]] = {
    "districts": districts,
    "taxes": taxes,
    "addressees": addressees,
    "households": households,
    "phones": phones,
    "arrears": arrears,
    "receipts": receipts,
    "promises": promises,
    "dispatches": dispatches,
    "flags": flags,
    "totals": totals,
}
"""The eleven files by the codes of `casefile.intake.kinds.KINDS`."""
