"""The forms on real rows: what is read, as of when, by whom, and that everything adds up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update

from casefile.city import City
from casefile.clock import at_jst
from casefile.db import Database
from casefile.errors import TsunagaruError
from casefile.tables import Arrears, Attempt, Receipt
from casefile.vocabulary import ClaimGroup, Purpose
from dialer.tables import ReachPick
from reports import Axis, Form, FormName, ask, build, drilldown, invariants, period_of
from reports.exports import Format, export
from reports.reading.gather import known_by
from reports.status import CaseStatus, active_cases, count_statuses, status_of
from tests.integration.reports.rows import SmallCity

JULY = period_of(date(2026, 7, 1), date(2026, 7, 31))
AS_OF = date(2026, 8, 31)
NOW = at_jst(date(2026, 9, 15), 10)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return at_jst(date(2026, 7, day), hour, minute)


@pytest.fixture
def conn(database: Database, municipality: int) -> Iterator[Connection]:
    with database.transaction(municipality) as connection:
        yield connection


@pytest.fixture
def small(conn: Connection, municipality: int) -> SmallCity:
    """A, B (A's child, 東), C (outside), D (no district), E (grace), F (reached by nobody)."""
    small = SmallCity(conn, municipality)
    small.taxes_and_districts()
    small.person("A", 30_000)
    small.person("B", 20_000, district="03", household="H-A")
    small.person("C", 10_000, district=None, outside=True)
    small.person("D", 40_000, district=None)
    small.person("E", 50_000, district="02")
    small.person("F", 60_000, district="02")
    small.grace("E", date(2026, 6, 1))
    small.lot(
        "L1",
        date(2026, 7, 2),
        {"A": {}, "D": {"returned_on": date(2026, 7, 9)}, "F": {"withdrawn_on": date(2026, 7, 1)}},
    )
    # A is busy, then promises 30,000 by the 20th and pays it on the 18th.
    small.call("A", at(6, 10), "02")
    made = small.call("A", at(6, 10, 30), "01", talk=120, nth=2)
    small.record("A", at(6, 10, 30), "self", made)
    small.promise("A", at(6, 10, 32), 30_000, date(2026, 7, 20), date(2026, 8, 3), made)
    small.receipt("R1", "A", date(2026, 7, 18), 30_000, interest_yen=700)
    # B: his mother answers, later a text arrives, and he pays half after it.
    spoken = small.call("B", at(7, 18), "01", talk=40)
    record_id = small.record("B", at(7, 18), "parent", spoken)
    small.recall("B", at(7, 18, 5), record_id)
    small.delivered_text("B", at(10, 11))
    small.receipt("R2", "B", date(2026, 7, 15), 10_000)
    # C promises, and does not pay; D never answers and goes to SMS; E pays by 口座振替.
    promised = small.call("C", at(20, 9), "01", talk=60)
    small.record("C", at(20, 9), "self", promised)
    small.promise("C", at(20, 9, 1), 10_000, date(2026, 7, 31), date(2026, 8, 17), promised)
    tried = small.call("D", at(21, 19), "03", line="landline", nth=3)
    small.follow_up("D", at(21, 19, 1), tried)
    small.receipt("R3", "E", date(2026, 7, 20), 5_000, method="direct_debit")
    # What is no 架電: congestion; and 13, which is.
    small.call("F", at(22, 12), "12")
    small.call("F", at(22, 13), "13", live=True, abandoned=True)
    return small


def form(
    conn: Connection, city: City, name: FormName = FormName.CALLS, axis: Axis | None = None, **more: object
) -> Form:
    asked = ask(name, axis or name.axes[0], JULY, NOW, "検証", as_of=more.pop("as_of", AS_OF), **more)  # type: ignore[arg-type]
    return build(conn, city, asked)


def total(found: Form, *keys: str) -> tuple[object, ...]:
    return tuple(found.main.total.figures[key] for key in keys)


def figures(found: Form, row: str, *keys: str) -> tuple[object, ...]:
    return tuple(found.row(row)[1].figures[key] for key in keys)


def test_calls_of_a_month(small: SmallCity, conn: Connection, city: City) -> None:
    found = form(conn, city)
    keys = ("calls", "persons_called", "households_called", "live", "conversations", "abandoned", "congestion")
    assert total(found, *keys) == (6, 5, 4, 4, 3, 1, 1)
    assert total(found, "contacts", "right_party", "recalls", "sms_follow_ups") == (3, 2, 1, 1)
    # Both promises are judged by 31 August: A kept his, C broke his.
    of_promises = ("promises", "promised_yen", "promises_judged", "promises_kept", "kept_rate", "kept_yen_rate")
    assert total(found, *of_promises) == (2, 40_000, 2, 1, Decimal("50.0"), Decimal("75.0"))
    # A's 30,000 is the call's; B's 10,000 is the text's, for reference only the call's.
    assert total(found, "paid_yen", "payers", "reference_yen") == (30_000, 1, 40_000)
    assert figures(found, "hour:10", "calls", "busy", "talk_seconds", "wrapup_seconds") == (2, 1, 120, 30)


def test_hours_are_recommended_and_held_against_what_was_expected(
    small: SmallCity, conn: Connection, city: City
) -> None:
    for attempt_id, p_right_party, by_chance in zip(
        conn.scalars(select(Attempt.attempt_id).order_by(Attempt.handed_at, Attempt.attempt_id)),
        (0.2, 0.35, 0.1, 0.4, 0.25, 0.3, 0.3),
        (False, False, True, False, False, False, False),
        strict=False,
    ):
        small.add(
            ReachPick,
            attempt_id=attempt_id,
            p_live=p_right_party + 0.1,
            p_right_party=p_right_party,
            propensity=0.005 if by_chance else 0.955,
            eligible=10,
            by_chance=by_chance,
        )
    found = form(conn, city, FormName.BEST_HOURS)
    # 海の日 holds C's call; the text of B was no call.
    assert figures(found, "slot:0-10", "calls", "right_party", "foreseen") == (2, 1, 2)
    assert figures(found, "slot:2-09", "calls", "right_party") == (1, 1)
    assert figures(found, "right_bin:3", "foreseen", "foreseen_right") == (2, 1)
    assert found.table("week").total.figures["picks"] == total(found, "foreseen")[0]
    assert any(said.startswith("架電の順の効き目: まだ分からない") for said in found.findings)
    assert "対数損失の表は示さない" in "".join(found.notes)
    behind = drilldown(conn, found, "right_bin:3", "expected_right_rate")
    assert [len(part.ids) for part in behind] == [2, 2]
    for written in (Format.CSV, Format.HTML, Format.JSON, Format.XLSX):
        assert export(found, written)


def test_every_yen_of_the_file_is_accounted_for(small: SmallCity, conn: Connection, city: City) -> None:
    found = form(conn, city).reconciliation
    assert found is not None
    lines = {label: (count, principal, extras) for label, count, principal, extras in found.lines if count}
    assert lines == {
        "架電(この表の納付額)": (1, 30_000, 700),
        "SMS到達(この表の外)": (1, 10_000, 0),
        "口座振替・差押・充当(効果に含めない)": (1, 5_000, 0),
    }
    assert (found.receipts, found.principal_yen, found.extras_yen) == (3, 45_000, 700)


def test_districts_with_outside_and_unknown(small: SmallCity, conn: Connection, city: City) -> None:
    found = form(conn, city, FormName.DISTRICTS, Axis.AREA)
    keys = ("debtors", "owed_yen", "calls", "paid_yen", "untouched", "untouched_yen")
    # 中央: A (paid all), E and F (50,000 − 5,000 and 60,000 left, never reached).
    assert figures(found, "area:本庁/中央", *keys) == (3, 140_000, 3, 30_000, 2, 105_000)
    assert figures(found, "area:東/東", *keys) == (1, 20_000, 1, 0, 0, 0)
    assert figures(found, "district:outside", *keys) == (1, 10_000, 1, 0, 0, 0)
    assert figures(found, "district:unknown", *keys) == (1, 40_000, 1, 0, 1, 40_000)
    assert total(found, "debtors", "debtor_households", "owed_yen", "returned") == (6, 5, 210_000, 1)
    assert figures(form(conn, city, FormName.DISTRICTS, Axis.TOWN), "town:02", "debtors", "calls") == (2, 1)
    assert found.notes[-1] == "町丁目の名と位置の出典: 試験"


def test_documents_of_a_month(small: SmallCity, conn: Connection, city: City) -> None:
    found = form(conn, city, FormName.DOCUMENTS)
    keys = ("drawn", "withdrawn", "sent", "returned", "arrived", "reacted", "promises", "postage_yen")
    assert figures(found, "lot:L1", *keys) == (3, 1, 2, 1, 1, 1, 1, 220)
    # The call came after the letter and has the payment; the letter has it for reference, on its 16th day.
    assert figures(found, "lot:L1", "paid_yen", "reference_yen", "days_15_30", "followed") == (0, 30_000, 30_000, 1)
    assert "'" not in found.row("lot:L1")[1].codes["版"]
    assert b"'=A\xe6\xa1\x88" in export(found, Format.CSV)


def test_all_invariants_hold(small: SmallCity, conn: Connection, city: City) -> None:
    found = invariants.check(conn, city, JULY, AS_OF, NOW)
    assert [invariant for invariant in found if not invariant.holds] == []
    assert set(invariants.as_booleans(found)) >= {
        "reports_rows_add_up_to_total",
        "reports_same_total_by_every_axis",
        "reports_results_partition_calls",
        "reports_live_answers_partition",
        "reports_rates_recomputable",
        "reports_statuses_partition_active_cases",
        "reports_every_yen_attributed_once",
        "reports_levy_equals_file_11",
        "reports_same_request_same_bytes",
    }


def test_what_becomes_known_later_changes_nothing(small: SmallCity, conn: Connection, city: City) -> None:
    """Corrections, receipts, cancellations, calls and a newer arrears file after the as-of day: the same bytes."""
    every = [(name, axis) for name in FormName for axis in name.axes]
    before = {axis: export(form(conn, city, name, axis), Format.JSON) for name, axis in every}
    later = at_jst(date(2026, 9, 5), 10)
    call = small.call("D", later, "01", talk=30)
    record_id = small.record("D", later, "self", call)
    small.promise("D", later, 5_000, date(2026, 9, 20), date(2026, 10, 4), call)
    small.recall("D", later, record_id)
    first = small.record("F", at(22, 13), "self", None, direction="inbound", recorded_at=later)
    small.record("F", at(22, 13), "self", None, record_id=first, version=2, direction="inbound", recorded_at=later)
    small.receipt(
        "R9", "F", date(2026, 7, 29), 60_000, loaded_at=later, as_of=date(2026, 9, 4), posted_on=date(2026, 9, 4)
    )
    small.receipt("R8", "D", date(2026, 7, 25), 1_000, stage="flash")
    conn.execute(update(Receipt).where(Receipt.receipt_no == "R1").values(cancelled_on=date(2026, 9, 2)))
    # The file of 10 September contains F's payment.
    conn.execute(update(Arrears).where(Arrears.addressee_no == "F").values(unpaid_yen=0, as_of=date(2026, 9, 10)))
    after = {axis: export(form(conn, city, name, axis), Format.JSON) for name, axis in every}
    assert before == after
    # And as of a later day they do change something.
    newer = form(conn, city, as_of=date(2026, 9, 12))
    assert newer.reconciliation is not None
    assert newer.reconciliation.principal_yen == 45_000 + 60_000 - 30_000


def test_a_promise_is_judged_as_of_the_day_asked_for(small: SmallCity, conn: Connection, city: City) -> None:
    keys = ("promises", "promises_judged", "promises_kept")
    assert total(form(conn, city, as_of=date(2026, 8, 2)), *keys) == (2, 0, 0)
    assert total(form(conn, city, as_of=date(2026, 8, 3)), *keys) == (2, 1, 1)


def test_a_correction_counts_from_when_it_was_recorded(small: SmallCity, conn: Connection, city: City) -> None:
    call = small.call("D", at(23, 9), "01", talk=20)
    record_id = small.record("D", at(23, 9), "self", call)
    small.record(
        "D", at(23, 9), "wrong", call, record_id=record_id, version=2, recorded_at=at_jst(date(2026, 8, 10), 9)
    )
    assert total(form(conn, city, as_of=date(2026, 8, 9)), "right_party") == (3,)
    assert total(form(conn, city, as_of=date(2026, 8, 10)), "right_party") == (2,)


def test_calls_without_an_end_are_in_no_column_and_said(small: SmallCity, conn: Connection, city: City) -> None:
    calls = total(form(conn, city), "calls")
    small.call("D", at(24, 9), "03")
    assert total(form(conn, city), "calls") == (calls[0] + 1,)  # type: ignore[operator]
    asked = ask(FormName.CALLS, Axis.HOUR, JULY, at(24, 9) + timedelta(seconds=3), "検証")
    found = build(conn, city, asked)
    assert total(found, "calls") == calls
    assert any("結果が確定していない発信1件" in note for note in found.notes)


def test_other_purposes_and_the_other_side_of_the_claim_wall_see_nothing(
    small: SmallCity, conn: Connection, city: City
) -> None:
    health = form(conn, city, purpose=Purpose.HEALTH_CHECK)
    assert total(health, "calls", "paid_yen", "promises") == (0, 0, 0)
    assert health.reconciliation is None
    assert total(form(conn, city, FormName.DISTRICTS, purpose=Purpose.HEALTH_CHECK), "debtors", "owed_yen") == (0, 0)
    ordinary = form(conn, city, claim_group=ClaimGroup.ORDINARY)
    assert total(ordinary, "calls", "paid_yen") == (0, 0)
    assert "債権区分: 非強制徴収公債権・私債権" in ordinary.header.conditions


def test_statuses_of_cases(small: SmallCity, conn: Connection, city: City) -> None:
    known = known_by(city, ask(FormName.CALLS, Axis.HOUR, JULY, NOW, "検証", as_of=AS_OF))
    cases = active_cases(conn, city, known)
    # A has paid, E stands outside under grace; C broke his promise; B's mother was no 本人; D and F were not reached.
    assert {case.addressee_no: status_of(case) for case in cases} == {
        "B": CaseStatus.NOT_NEGOTIATED,
        "C": CaseStatus.BROKEN,
        "D": CaseStatus.NOT_NEGOTIATED,
        "F": CaseStatus.NOT_NEGOTIATED,
    }
    assert count_statuses(cases)[CaseStatus.NOT_NEGOTIATED].unpaid_yen == 10_000 + 40_000 + 60_000


def test_drill_down_gives_the_rows_of_a_cell(small: SmallCity, conn: Connection, city: City) -> None:
    found = form(conn, city)
    (calls,) = drilldown(conn, found, "hour:10", "calls")
    assert (calls.table, len(calls.ids)) == ("attempt", 2)
    kept, judged = drilldown(conn, found, "hour:total", "kept_rate")
    assert (len(kept.ids), len(judged.ids)) == (1, 2)
    (paid,) = drilldown(conn, found, "hour:total", "paid_yen")
    assert paid.ids == ("R1",)
    districts = form(conn, city, FormName.DISTRICTS, Axis.AREA)
    (untouched,) = drilldown(conn, districts, "area:本庁/中央", "untouched")
    assert untouched.ids == ("E", "F")
    with pytest.raises(TsunagaruError, match="行「hour:99」はありません"):
        drilldown(conn, found, "hour:99", "calls")
    with pytest.raises(TsunagaruError, match="列「nothing」はありません"):
        drilldown(conn, found, "hour:10", "nothing")


def test_a_city_without_any_fact_has_empty_forms(conn: Connection, city: City) -> None:
    for name in FormName:
        for axis in name.axes:
            found = form(conn, city, name, axis)
            assert found.main.total.figures.get("paid_yen", 0) == 0
            assert not any(figure for row in found.main.rows for figure in row.figures.values())
            for fmt in (Format.JSON, Format.CSV, Format.HTML, Format.XLSX):
                assert export(found, fmt)
    assert all(invariant.holds for invariant in invariants.check(conn, city, JULY, AS_OF, NOW))


def test_no_other_municipality_is_seen(
    small: SmallCity, conn: Connection, database: Database, municipality: int
) -> None:
    """Row-level security and the condition both say so."""
    conn.commit()
    with database.transaction(119999) as other:
        assert other.execute(Attempt.__table__.select()).all() == []


@pytest.mark.debian
def test_pdf_pages_are_written_and_repeatable(small: SmallCity, conn: Connection, city: City, tmp_path: Path) -> None:
    found = form(conn, city)
    first = export(found, Format.PDF)
    assert first.startswith(b"%PDF-")
    assert export(found, Format.PDF) == first


def test_json_is_json(small: SmallCity, conn: Connection, city: City) -> None:
    found = json.loads(export(form(conn, city), Format.JSON))
    assert found["header"]["as_of"] == "2026-08-31"
    assert found["header"]["made_at"] == "2026-09-01T00:00:00+09:00"
