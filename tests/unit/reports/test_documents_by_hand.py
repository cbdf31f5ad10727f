"""文書効果状況表 on two small lots, counted on paper."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from casefile.vocabulary import PromiseState
from reports.attribution import Payment, Touch, TouchKind, attribute
from reports.document_facts import document_facts
from reports.document_measures import DOCUMENT_COLUMNS
from reports.figures import Table
from reports.forms.documents import grouping_of
from reports.reading.documents import Envelope, Lot, Outreach
from reports.sheet import Sheet
from tests.unit.reports.facts_by_hand import promise, record

FIRST, SECOND = date(2026, 7, 1), date(2026, 7, 15)
LOTS = [
    Lot("L1", "reminder", FIRST, "A案", "compulsory", 110),
    Lot("L2", "warning", SECOND, "", "compulsory", 200),
]
ENVELOPES = [
    # L1: drawn A B C D E; E withdrawn, D comes back.
    *(Envelope("L1", f"1-{person}", person, 10_000, person == "E", person == "D") for person in "ABCDE"),
    # L2: A again (two sheets), and F.
    Envelope("L2", "2-A", "A", 10_000, False, False),
    Envelope("L2", "3-A", "A", 5_000, False, False),
    Envelope("L2", "2-F", "F", 20_000, False, False),
]
RECORDS = [
    # A calls back on day 3, B comes to the counter on day 30, C calls back on day 31: too late. D's letter came back.
    record("b1", "A", None, FIRST + timedelta(days=3), "self", direction="inbound"),
    record("b2", "B", None, FIRST + timedelta(days=30), None, direction="counter"),
    record("b3", "C", None, FIRST + timedelta(days=31), "self", direction="inbound"),
    record("b4", "D", None, FIRST + timedelta(days=2), "self", direction="inbound"),
]
# A promises on 16 July: within 30 days of both letters. For L1 his call-back was first, for L2 the promise is.
PROMISES = [promise("p1", "A", "c1", date(2026, 7, 16), 8_000, PromiseState.OPEN, 0)]
# C is called on 10 July, F is texted on the day of the letter, which is no follow-up yet.
OUTREACH = [Outreach("C", "compulsory", date(2026, 7, 10).toordinal()), Outreach("F", "compulsory", SECOND.toordinal())]


def paid(number: str, person: str, day: date, yen: int) -> Payment:
    due = date(2026, 5, 31).toordinal()
    return Payment(number, person, "compulsory", 1, due, day.toordinal(), yen, 0, excluded_method=False)


PAYMENTS = [
    paid("y1", "A", date(2026, 7, 8), 1_000),  # 7 days after L1
    paid("y2", "A", date(2026, 7, 20), 2_000),  # 5 days after L2, 19 after L1: L2's
    paid("y3", "B", date(2026, 7, 31), 3_000),  # 30 days after L1
    paid("y4", "B", date(2026, 8, 1), 4_000),  # 31 days: nobody's, but in the band 31–60
    paid("y5", "C", date(2026, 7, 12), 5_000),  # after the letter, and 2 days after the call
    paid("y6", "D", date(2026, 7, 9), 6_000),  # the letter never reached D
]
LETTERS = [
    Touch(TouchKind.DOCUMENT, f"{each.lot_no}:{each.document_no}", each.addressee_no, "compulsory",
          (FIRST if each.lot_no == "L1" else SECOND).toordinal(), 0.0)
    for each in ENVELOPES
    if not each.withdrawn and not each.returned
]  # fmt: skip


def table() -> Table:
    sets = document_facts(LOTS, ENVELOPES, RECORDS, PROMISES, OUTREACH, LETTERS, PAYMENTS, attribute(LETTERS, PAYMENTS))
    places = {name: facts.numbers["lot"] for name, facts in sets.items()}
    return Sheet(grouping_of(LOTS), DOCUMENT_COLUMNS, sets, places).table()


def figures(row: str, *keys: str) -> tuple[object, ...]:
    found = next(each for each in table().rows if each.key == row)
    return tuple(found.figures[key] for key in keys)


def test_sent_returned_arrived() -> None:
    keys = ("drawn", "withdrawn", "sent", "target_yen", "returned", "return_rate", "arrived", "postage_yen")
    assert figures("lot:L1", *keys) == (5, 1, 4, 40_000, 1, Decimal("25.0"), 3, 440)
    # Two sheets to A are one person, and two postages.
    assert figures("lot:L2", *keys) == (2, 0, 2, 35_000, 0, Decimal("0.0"), 2, 600)
    # 計: A was reached by both lots and is one person: B C D A F sent.
    assert figures("lot:total", "drawn", "sent", "arrived", "postage_yen") == (6, 5, 4, 1_040)


def test_reactions_within_thirty_days_by_the_first_of_them() -> None:
    # L1: A (call-back), B (counter on day 30); C a day too late, D never reached. 2 of 3.
    keys = ("reacted", "reaction_rate", "called_back", "call_back_rate", "promises", "promised_yen")
    assert figures("lot:L1", *keys) == (2, Decimal("66.7"), 1, Decimal("33.3"), 1, 8_000)
    assert figures("lot:L2", *keys) == (1, Decimal("50.0"), 0, Decimal("0.0"), 1, 8_000)
    # 計: the promise after two letters is one promise.
    assert figures("lot:total", "reacted", "promises", "promised_yen") == (2, 1, 8_000)


def test_payments_once_and_for_reference() -> None:
    # L1's own: y1, y3, y5 = 9,000 by A B C; for reference also y2.
    keys = ("payers", "payer_rate", "paid_yen", "paid_rate", "return_on_cost", "reference_yen")
    assert figures("lot:L1", *keys) == (3, Decimal("100.0"), 9_000, Decimal("22.5"), Decimal("20.5"), 11_000)
    assert figures("lot:L2", *keys) == (1, Decimal("50.0"), 2_000, Decimal("5.7"), Decimal("3.3"), 2_000)
    assert figures("lot:total", "payers", "paid_yen", "reference_yen") == (3, 11_000, 11_000)


def test_payments_by_days_since_the_letter() -> None:
    keys = ("days_0_7", "days_8_14", "days_15_30", "days_31_60")
    assert figures("lot:L1", *keys) == (1_000, 5_000, 2_000 + 3_000, 4_000)
    assert figures("lot:L2", *keys) == (2_000, 0, 0, 0)


def test_follow_up_after_the_letter() -> None:
    # C was called after the letter and paid 5,000 two days later; a text on the day of the letter is none.
    assert figures("lot:L1", "followed", "followed_payers", "followed_yen") == (1, 1, 5_000)
    assert figures("lot:L2", "followed", "followed_payers", "followed_yen") == (0, 0, 0)
