"""「なぜ架電されなかったか」: the answer in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, text

from casefile import stops
from casefile.city import City
from casefile.clock import VirtualClock, at_jst
from casefile.db import Database
from casefile.errors import TsunagaruError
from casefile.gate import Reason, admit, decide, explain
from casefile.ids import TimeOrderedIds
from tests.people import People, call, landline, mobile
from tsunagaru.cli import main

NOW = at_jst(date(2026, 9, 1), 10)
IDS = TimeOrderedIds(VirtualClock(NOW).now)


@pytest.fixture
def conn(database: Database, municipality: int) -> Iterator[Connection]:
    with database.transaction(municipality) as connection:
        yield connection


@pytest.fixture
def people(conn: Connection, municipality: int) -> People:
    people = People(conn, municipality, date(2026, 8, 31))
    people.city_data()
    return people


def test_every_number_channel_and_purpose_is_answered(people: People, conn: Connection, city: City) -> None:
    people.debtor("A", mobile(1))
    people.phone("A", landline(2), ng_reason="番号違い")
    people.owes("A", tax_code="91", claim_group="ordinary", demand_notice_date=None)
    explanation = explain(conn, city, "A", NOW)
    # Two numbers × call and SMS × 催告 on both sides of the wall and three other purposes.
    assert len(explanation.lines) == 2 * 2 * 5
    shown = explanation.text()
    assert "■ 催告(地方税・強制徴収公債権)を電話で\n  090-****-**01: 連絡できます。" in shown
    assert "・この電話番号は使えない番号として記録されています(番号違い)。" in shown
    assert "・督促状がまだ発付されていません(納期限 2026-06-30)。" in shown
    assert "・SMSを受け取れるのは携帯電話の番号だけです。" in shown
    assert "最近、実際に断った記録\n  ありません。" in shown
    assert "0000001" not in shown


def test_what_was_refused_is_told_from_the_stored_decisions(people: People, conn: Connection, city: City) -> None:
    people.debtor("A", mobile(1))
    people.hold("A", "claimed_paid", NOW - timedelta(days=1), until=at_jst(date(2026, 9, 14)))
    admit(conn, city, [call("A", mobile(1))], NOW)
    shown = explain(conn, city, "A", NOW + timedelta(hours=1)).text()
    assert (
        "2026-09-01 10:00 電話 090-****-**01\n"
        "    ・納付済(行き違い)の申出があり、確認中です(2026-09-14 00:00まで)。" in shown
    )


def test_a_person_without_a_number_and_one_nobody_knows(people: People, conn: Connection, city: City) -> None:
    people.person("A")
    assert "電話番号なし: 連絡できません。" in explain(conn, city, "A", NOW).text()
    with pytest.raises(TsunagaruError, match="「X」の人は登録されていません"):
        explain(conn, city, "X", NOW)


def test_the_switch_works_from_the_next_decision_on(
    people: People, conn: Connection, city: City, municipality: int
) -> None:
    here, there = people.debtor("A", mobile(1)), people.debtor("B", mobile(2))
    conn.execute(text("UPDATE taxpayer SET district_code = 'D2' WHERE addressee_no = 'B'"))

    def answers() -> list[tuple[Reason, ...]]:
        return [answer.reasons for answer in decide(conn, city, [here, there], NOW)]

    stop = stops.stop_contacts(
        conn, municipality, stops.StopKind.WRONG_DATA, "取込データの誤り", NOW, IDS, None, district_code="D2"
    )
    assert answers() == [(), (Reason.STOPPED_DISTRICT,)]
    with pytest.raises(TsunagaruError, match="すでに停止"):
        stops.stop_contacts(conn, municipality, stops.StopKind.OTHER, "もう一度", NOW, IDS, None, district_code="D2")
    whole = stops.stop_contacts(conn, municipality, stops.StopKind.DISASTER, "地震", NOW, IDS, None)
    assert answers() == [(Reason.STOPPED_CITY,), (Reason.STOPPED_DISTRICT, Reason.STOPPED_CITY)]
    assert "・市全体の架電・SMSを停止しています(2026-09-01 10:00から、地震)。" in explain(conn, city, "A", NOW).text()
    assert {row.stop_id for row in stops.open_stops(conn, municipality)} == {stop, whole}
    assert stops.resume_contacts(conn, municipality, whole, NOW, IDS, None)
    assert stops.resume_contacts(conn, municipality, stop, NOW, IDS, None)
    assert not stops.resume_contacts(conn, municipality, stop, NOW, IDS, None)
    assert answers() == [(), ()]
    actions = conn.execute(text("SELECT action FROM audit_entry WHERE action LIKE 'contacts.%'")).scalars().all()
    assert sorted(actions) == ["contacts.resumed"] * 2 + ["contacts.stopped"] * 2


def test_a_stop_says_why_and_where(people: People, conn: Connection, municipality: int) -> None:
    with pytest.raises(TsunagaruError, match="理由"):
        stops.stop_contacts(conn, municipality, stops.StopKind.OTHER, "  ", NOW, IDS, None)
    with pytest.raises(TsunagaruError, match="地区コード「ZZ」"):
        stops.stop_contacts(conn, municipality, stops.StopKind.OTHER, "理由", NOW, IDS, None, district_code="ZZ")


def test_the_command_line_tells_it(
    database: Database,
    database_url: str,
    municipality: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with database.transaction(municipality) as conn:
        people = People(conn, municipality, date(2026, 8, 31))
        people.city_data()
        people.debtor("A", mobile(1))
    monkeypatch.setenv("DATABASE_URL", database_url)
    assert main(["explain", "A", "--at", "2026-09-01T20:30"]) == 0
    shown = capsys.readouterr().out
    assert "宛名番号 A(2026-09-01 20:30 現在)" in shown
    assert "・市の連絡時間の外です(今日は 09:00〜20:00)。" in shown
    assert main(["explain", "NOBODY"]) == 2
    assert "「NOBODY」の人は登録されていません" in capsys.readouterr().err
