"""People do what their nature says: keep promises or not, pay once, call back; and the tills tell of it in time."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from callflow.codes import Contact, Outcome
from casefile.clock import at_jst
from rehearsal.city import SyntheticCity, WrittenFile
from rehearsal.city.model import LineFate, Temper
from rehearsal.city.taxes import add_open_days
from rehearsal.people import People
from rehearsal.tills import Tills

_TUESDAY = date(2026, 10, 6)
_NOW = at_jst(_TUESDAY, 10)


def _some(truth: SyntheticCity, temper: Temper) -> list[str]:
    return [no for no in truth.debts if truth.residents[no].temper is temper and not truth.residents[no].is_company]


def _rows(file: WrittenFile) -> Iterator[dict[str, str]]:
    lines = file.path.read_bytes().decode("utf-8-sig").split("\r\n")
    yield from csv.DictReader(lines[1:-2])


def test_nobody_pays_more_than_he_owes(truth: SyntheticCity) -> None:
    people = People(truth, 3)
    owed = {debt.key: debt.unpaid_yen for debts in truth.debts.values() for debt in debts}
    for no in truth.debts:
        keys = [debt.key for debt in truth.debts[no]]
        people.promised(no, [(_TUESDAY + timedelta(days=5), 10**9)], keys, _TUESDAY)
        people.promised(no, [(_TUESDAY + timedelta(days=6), 10**9)], keys, _TUESDAY)
    for ahead in range(40):
        for payment in people.pay_day(truth.as_of + timedelta(days=1 + ahead)):
            owed[payment.key] -= payment.yen
            assert payment.yen > 0
    assert min(owed.values()) == 0
    assert all(people.owed_by(no) == sum(owed[debt.key] for debt in truth.debts[no]) for no in truth.debts)


def test_the_forgetful_keep_their_promises_more_often_than_the_unwilling(truth: SyntheticCity) -> None:
    def kept(temper: Temper) -> float:
        people = People(truth, 3)
        chosen = _some(truth, temper)
        for no in chosen:
            people.promised(no, [(_TUESDAY + timedelta(days=5), 10**9)], [d.key for d in truth.debts[no]], _TUESDAY)
        for ahead in range(12):
            people.pay_day(truth.as_of + timedelta(days=1 + ahead))
        return sum(people.owed_by(no) == 0 for no in chosen) / len(chosen)

    assert kept(Temper.FORGETFUL) > 0.6
    assert kept(Temper.UNWILLING) < 0.45


def test_who_has_paid_says_so(truth: SyntheticCity) -> None:
    people = People(truth, 3)
    said = {people.calls_himself(no, _NOW).outcome for no in _some(truth, Temper.ALREADY_PAID)}
    assert said <= {Outcome.CLAIMED_PAID, Outcome.GENUINE_CHECK, Outcome.FOREIGN_LANGUAGE}
    assert Outcome.CLAIMED_PAID in said


def test_about_four_in_ten_right_party_talks_bring_a_promise(truth: SyntheticCity) -> None:
    people = People(truth, 3)
    outcomes = [people.calls_himself(no, _NOW).outcome for no in truth.debts]
    assert 0.25 < outcomes.count(Outcome.PROMISE) / len(outcomes) < 0.55


def test_a_wrong_number_is_a_stranger(truth: SyntheticCity) -> None:
    people = People(truth, 3)
    line = next(line for line in truth.lines.values() if line.fate is LineFate.WRONG)
    words = people.converse(line, next(iter(truth.debts)), _NOW)
    assert words.contact in (Contact.WRONG_PERSON, Contact.UNKNOWN)
    assert words.outcome is None


def test_a_family_member_is_never_told_more_than_to_pass_on_a_message(truth: SyntheticCity) -> None:
    people = People(truth, 3)
    seen = set()
    for household in truth.households.values():
        for line in truth.lines.values():
            if line.fate is LineFate.RIGHT and len(line.owners) > 1 and household.head_no in line.owners:
                words = people.converse(line, household.head_no, _NOW)
                if words.contact is not Contact.SELF:
                    seen.add(words.contact)
                    assert words.outcome in (Outcome.CALL_BACK_ASKED, Outcome.RECALL)
                    assert not any("税" in spoken for spoken in words.spoken)
    assert Contact.SPOUSE in seen


def test_call_backs_come_in_office_hours_and_in_order(truth: SyntheticCity) -> None:
    people = People(truth, 3)
    late = at_jst(date(2026, 10, 9), 19)
    for number in truth.lines:
        people.missed_call(number, late)
    calls = people.call_backs_until(at_jst(date(2026, 12, 1)))
    assert calls
    assert calls == sorted(calls)
    assert {call.at.astimezone().date() for call in calls}.isdisjoint({date(2026, 10, 10), date(2026, 10, 11)})
    assert people.next_call_back() is None


def test_a_payment_is_flashed_the_next_morning_and_final_three_open_days_later(
    truth: SyntheticCity, tmp_path: Path
) -> None:
    people = People(truth, 3)
    tills = Tills(truth, people, tmp_path)
    flashed: dict[str, date] = {}
    final: dict[str, date] = {}
    for ahead in range(3, 20):
        day = truth.as_of + timedelta(days=ahead)
        tills.close_until(day)
        for row in _rows(tills.receipts_file(day)):
            seen = flashed if row["速報確報区分"] == "速報" else final
            assert row["収納番号"] not in seen
            seen[row["収納番号"]] = day
            paid_on = date.fromisoformat(row["領収日"])
            if seen is final:
                assert day >= add_open_days(paid_on, 3)
                assert row["消込日"] == day.isoformat()
    assert final
    assert set(final) < set(flashed) == set(tills.imported)
    assert sum(tills.yen_by_day.values()) == sum(tills.imported.values())


def test_what_is_posted_leaves_the_arrears_file(truth: SyntheticCity, tmp_path: Path) -> None:
    people = People(truth, 3)
    tills = Tills(truth, people, tmp_path)
    before = sum(debt.unpaid_yen for debts in truth.debts.values() for debt in debts)
    for ahead in range(1, 15):
        day = truth.as_of + timedelta(days=ahead)
        tills.close_until(day)
        rows = list(_rows(tills.receipts_file(day)))
        before -= sum(int(row["本税額"]) for row in rows if row["速報確報区分"] == "確報")
    after = sum(int(row["未納額"]) for row in _rows(tills.arrears_file(truth.as_of + timedelta(days=14))))
    assert after == before


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_seed_the_same_days(truth: SyntheticCity, seed: int) -> None:
    def days() -> list[object]:
        people = People(truth, seed)
        return [people.pay_day(truth.as_of + timedelta(days=ahead)) for ahead in range(1, 8)]

    assert days() == days()
