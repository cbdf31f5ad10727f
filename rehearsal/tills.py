"""Money on its way into the case file: 速報 each morning, 確報 three open days later, arrears anew once a week.

A payment is known to the room only when its file was imported; until then a call may reach somebody who has paid
(納付済・行き違い), as in life.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from rehearsal.city.files import Layout, WrittenFile, write_rows
from rehearsal.city.model import Debt, Letter, Lot, SyntheticCity
from rehearsal.city.rows import Row, arrears_row, debt_keys, lot_rows
from rehearsal.city.taxes import add_open_days, fiscal_year
from rehearsal.people import Payment, People

_DAYS_TO_FINAL = 3
_ONE_DAY = timedelta(days=1)


@dataclass(slots=True)
class _Booked:
    receipt_no: str
    payment: Payment
    flashed: bool = False
    posted_on: date | None = None


class Tills:
    """Everything that is paid, and the files about it. `folder` keeps them, `layout` says how they are written."""

    def __init__(self, city: SyntheticCity, people: People, folder: Path, layout: Layout = Layout.STANDARD) -> None:
        self._city = city
        self._people = people
        self._folder = folder
        self._layout = layout
        self._debts: Mapping[str, Debt] = {debt.key: debt for owed in city.debts.values() for debt in owed}
        self._open: list[_Booked] = []
        self._paid_until: dict[str, int] = {}
        self._count = 0
        self._closed_until = city.as_of
        self.imported: dict[str, int] = {}
        """Receipt number → yen of all payments whose 速報 was written to a file."""
        self.yen_by_day: dict[date, int] = {}

    def close_until(self, day: date) -> None:
        """Count the tills of every day up to and including `day`."""
        while self._closed_until < day:
            self._closed_until += _ONE_DAY
            for payment in self._people.pay_day(self._closed_until):
                self._count += 1
                self._open.append(_Booked(f"P{self._count:08d}", payment))
                self.yen_by_day[payment.day] = self.yen_by_day.get(payment.day, 0) + payment.yen

    def receipts_file(self, as_of: date) -> WrittenFile:
        """差分 as of a day: what is new as 速報, what has become sure as 確報."""
        rows = list(self._receipt_rows(as_of))
        self._open = [booked for booked in self._open if booked.posted_on is None]
        return write_rows("receipts", rows, as_of, self._folder, self._layout)

    def _receipt_rows(self, as_of: date) -> Iterator[Row]:
        for booked in self._open:
            payment = booked.payment
            if payment.day > as_of:
                continue
            if not booked.flashed:
                booked.flashed = True
                self.imported[booked.receipt_no] = payment.yen
                yield self._row(booked, "速報")
            elif add_open_days(payment.day, _DAYS_TO_FINAL) <= as_of:
                booked.posted_on = as_of
                self._paid_until[payment.key] = self._paid_until.get(payment.key, 0) + payment.yen
                yield self._row(booked, "確報")

    def _row(self, booked: _Booked, stage: str) -> Row:
        payment = booked.payment
        debt = self._debts[payment.key]
        return {
            "receipt_no": booked.receipt_no,
            "addressee_no": debt.addressee_no,
            **debt_keys(debt),
            "received_on": payment.day,
            "posted_on": booked.posted_on,
            "principal_yen": payment.yen,
            "interest_yen": 0,
            "demand_fee_yen": 0,
            "stage": stage,
            "method": payment.method,
            "fiscal_year": fiscal_year(payment.day),
        }

    def arrears_file(self, as_of: date) -> WrittenFile:
        """全件 as of a day: with 督促状 sent since, without what is posted as paid; the fully paid are absent."""
        return write_rows("arrears", self._arrears_rows(as_of), as_of, self._folder, self._layout)

    def _arrears_rows(self, as_of: date) -> Iterator[Row]:
        for owed in self._city.debts.values():
            for debt in owed:
                left = debt.unpaid_yen - self._paid_until.get(debt.key, 0)
                if left > 0:
                    yield arrears_row(debt if left == debt.unpaid_yen else replace(debt, unpaid_yen=left), as_of)

    def lot_file(self, lot: Lot, as_of: date) -> WrittenFile:
        """差分: the letters of one lot."""
        return write_rows("dispatches", lot_rows(lot), as_of, self._folder, self._layout)

    def reminder_lot(self, number: int, sent_on: date) -> Lot:
        """催告書 to every third of those who still owe something by the city's own books."""
        letters: list[Letter] = []
        for position, (no, owed) in enumerate(sorted(self._city.debts.items())):
            left = sum(
                debt.unpaid_yen - self._paid_until.get(debt.key, 0)
                for debt in owed
                if debt.claim_group.value == "compulsory" and debt.demand_date < sent_on
            )
            if left > 0 and position % 3 == number % 3:
                letters.append(Letter(f"{len(letters) + 1:06d}", no, left, None, None, None))
        template = next(lot for lot in reversed(self._city.lots) if lot.wording.startswith("一斉催告書"))
        return replace(
            template,
            lot_no=f"R{sent_on:%y%m%d}{number}",
            sent_on=sent_on,
            wording="催告書(予行)",
            letters=tuple(letters),
        )
