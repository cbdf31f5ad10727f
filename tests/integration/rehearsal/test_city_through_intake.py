"""The synthetic city goes through intake as a real one would, in both layouts, and nothing of it is lost."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from casefile.clock import VirtualClock, at_jst
from casefile.db import Database
from casefile.founding import found_municipality
from casefile.ids import TimeOrderedIds
from rehearsal.city import CityPlan, Layout, build_city, write_files
from rehearsal.city.rows import ROWS
from rehearsal.room import import_all, profile_of

_TRUTH = build_city(CityPlan(seed=6, households=80, towns="豊島区"))
_MORNING = at_jst(date(2026, 10, 5), 6)


@pytest.mark.parametrize("layout", list(Layout))
def test_a_city_enters_whole(database: Database, tmp_path: Path, layout: Layout) -> None:
    clock = VirtualClock(_MORNING)
    ids = TimeOrderedIds(clock.now, random.Random(1))
    with database.transaction(_TRUTH.code) as conn:
        found_municipality(conn, profile_of(_TRUTH), _MORNING, ids)
    written = {file.kind: file for file in write_files(_TRUTH, tmp_path, layout)}
    import_all(database, _TRUTH.code, list(written.values()), clock, ids)
    with database.transaction(_TRUTH.code) as conn:

        def one(statement: str) -> int:
            return int(conn.execute(text(statement)).scalar_one())

        owed = sum(
            debt.unpaid_yen
            for debts in _TRUTH.debts.values()
            for debt in debts
            if layout is Layout.STANDARD or debt.tax_code < "71"
        )
        assert one("SELECT sum(outstanding_yen) FROM arrears") == owed
        assert one("SELECT count(*) FROM arrears") == written["arrears"].rows
        assert one("SELECT count(*) FROM taxpayer") == len(_TRUTH.residents)
        assert one("SELECT count(*) FROM district") == 83
        assert one("SELECT count(*) FROM district WHERE source LIKE '%CC BY 4.0%'") == 83
        assert one("SELECT count(*) FROM document") == sum(len(lot.letters) for lot in _TRUTH.lots)
        months = [row for row in ROWS["totals"](_TRUTH) if layout is Layout.STANDARD or str(row["tax_code"]) < "71"]
        assert one("SELECT count(*) FROM levy_total") == len(months)
        assert one("SELECT count(*) FROM instalment_plan") == len(_TRUTH.plans)
        filed = {(no, phone.e164) for no, r in _TRUTH.residents.items() for phone in r.phones if phone.e164}
        stored = conn.execute(text("SELECT addressee_no, e164 FROM phone WHERE e164 IS NOT NULL")).all()
        assert {(no, number) for no, number in stored} == filed


def test_a_city_of_so_many_arrears_rows(tmp_path: Path) -> None:
    truth = build_city(CityPlan(seed=6).with_arrears_rows(2_000))
    arrears = next(file for file in write_files(truth, tmp_path, Layout.CITY_CP932) if file.kind == "arrears")
    assert arrears.rows >= 2_000
