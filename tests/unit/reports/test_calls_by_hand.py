"""架電状況表 on a week small enough to count on paper; every expected figure is worked out here, in the comments."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from casefile.clock import at_jst
from casefile.vocabulary import PromiseState
from reports.attribution import Payment, Touch
from reports.call_facts import CallFacts, call_facts
from reports.facts import CallFact, RecordFact, in_columns
from reports.figures import Table
from reports.forms.calls import sheets_of
from reports.measures import Measure, behind
from reports.reading.money import touches_of_records
from reports.request import Axis
from reports.seat_time import SeatState, seat_time
from tests.unit.reports.facts_by_hand import CITY, PERIOD, call, promise, record, request

THU, FRI, SAT, HOLIDAY, TUE = (date(2026, 7, day) for day in (16, 17, 18, 20, 21))

CALLS: list[CallFact] = [
    # Thursday 10時: A at home is busy; A again, and answers; the resident of B hangs up within 2 s.
    call("c1", "A", THU, 10, "02"),
    call("c2", "A", THU, 10, "01", nth=2, joined=True, talk=100, wrapup=30),
    call("c3", "B", THU, 10, "01", live=True, heard=1.5),
    # Friday 18時: C's spouse answers the mobile; D is abandoned; E's machine; F's number is dead.
    call("c4", "C", FRI, 18, "01", line="mobile", joined=True, talk=50, wrapup=20),
    call("c5", "D", FRI, 18, "13", line="mobile", abandoned=True, live=True, heard=4.0),
    call("c6", "E", FRI, 18, "04"),
    call("c7", "F", FRI, 18, "05"),
    # Saturday 10時: B again, a wrong person; G by FAX; H by congestion, which is no 架電.
    call("c8", "B", SAT, 10, "01", nth=3, joined=True, talk=10, wrapup=5, late=True),
    call("c9", "G", SAT, 10, "10"),
    call("c10", "H", SAT, 10, "12"),
    # Monday, 海の日, 10時: C himself promises; E nobody answers, for the fifth time.
    call("c11", "C", HOLIDAY, 10, "01", line="mobile", nth=2, joined=True, talk=200, wrapup=45),
    call("c12", "E", HOLIDAY, 10, "03", nth=5),
    # Tuesday 18時: I is silent for 3 s and not joined: not within 2 s, so 放棄呼 though nobody flagged it.
    call("c13", "I", TUE, 18, "01", household="H-A", live=True, heard=3.0),
]
RECORDS: list[RecordFact] = [
    record("r2", "A", "c2", THU, "self"),
    record("r4", "C", "c4", FRI, "spouse"),
    record("r8", "B", "c8", SAT, "wrong"),
    record("r11", "C", "c11", HOLIDAY, "self"),
]
PROMISES = [
    # A promised 30,000, judged: paid 20,000 in time, 一部履行. C promised 10,000, judged: paid 12,000, 履行.
    promise("p2", "A", "c2", THU, 30_000, PromiseState.PARTLY, 20_000),
    promise("p11", "C", "c11", HOLIDAY, 10_000, PromiseState.KEPT, 12_000),
    # C's spouse promised 5,000 on Friday, superseded on Monday: counted as made, never judged.
    promise("p4", "C", "c4", FRI, 5_000, PromiseState.CANCELLED, 0),
    # Promised at the counter: of no call.
    promise("p0", "A", None, FRI, 99_000, PromiseState.OPEN, 0),
]


def paid(number: str, person: str, day: date, yen: int, period: int = 1, *, by_debit: bool = False) -> Payment:
    return Payment(
        number, person, "compulsory", period, date(2026, 6, 30).toordinal(), day.toordinal(), yen, 0, by_debit
    )


PAYMENTS = [
    # A pays 20,000 in two periods after c2: 15,000 + 5,000.
    paid("y1", "A", TUE, 15_000, period=1),
    paid("y2", "A", TUE, 5_000, period=2),
    # C pays 12,000 after c4 and c11: the last touch is c11 (holiday); c4 has it for reference only.
    paid("y3", "C", date(2026, 7, 30), 12_000, period=3),
    # C paid 3,000 between the two: that is c4's.
    paid("y4", "C", SAT, 3_000, period=4),
    # 口座振替 is nobody's effect; B's wrong person was no touch.
    paid("y5", "A", TUE, 7_000, period=5, by_debit=True),
    paid("y6", "B", TUE, 4_000, period=6),
]
RECALLS = [("q1", "c8")]
FOLLOW_UPS = [("f1", "c12")]


def at(day: date, hour: int, minute: int = 0) -> float:
    return at_jst(day, hour, minute).timestamp()


SEATS = [
    # Thursday 9:30 ready, 10:00 talking, 10:20 wrap-up, 10:30 paused, 11:00 gone: 1 h of work, half an hour waiting.
    SeatState("s1", "op", at(THU, 9, 30), "ready"),
    SeatState("s2", "op", at(THU, 10), "talking"),
    SeatState("s3", "op", at(THU, 10, 20), "wrapup"),
    SeatState("s4", "op", at(THU, 10, 30), "paused"),
    SeatState("s5", "op", at(THU, 11), "offline"),
]


def everything() -> CallFacts:
    touches: list[Touch] = list(touches_of_records(RECORDS))
    facts = call_facts(in_columns(CALLS), RECORDS, PROMISES, touches, PAYMENTS, RECALLS, FOLLOW_UPS)
    facts.sets["seats"] = seat_time(SEATS, PERIOD, request().moment)
    return facts


def tables(axis: Axis = Axis.HOUR) -> dict[str, Table]:
    return {s.grouping.key: s.table() for s in sheets_of(everything().sets, CITY, request(axis=axis))}


def figures(table: Table, row: str, *keys: str) -> tuple[object, ...]:
    found = next(each for each in table.rows if each.key == row)
    return tuple(found.figures[key] for key in keys)


def test_calls_and_answers_by_hour() -> None:
    table = tables()["hour"]
    # 10時: c1 busy, c2 t, c3 e, c8 t, c9 FAX→その他, c11 t, c12 不応答 = 7; persons A B C E G = 5; H-A … 5 households.
    keys = ("calls", "persons_called", "households_called", "busy", "no_answer", "other", "live", "answer_rate")
    assert figures(table, "hour:10", *keys) == (7, 5, 5, 1, 1, 1, 4, Decimal("57.1"))
    # 18時: c4 t, c5 d, c6 留守電, c7 欠番, c13 d = 5; persons C D E F I = 5; I lives with A.
    keys = ("calls", "persons_called", "voicemail", "dead", "live", "conversations", "abandoned", "abandonment_rate")
    assert figures(table, "hour:18", *keys) == (5, 5, 1, 1, 3, 1, 2, Decimal("66.7"))
    # 計: 12 架電 (c10 is 網障害), 8 persons A–G and I, 7 households since I is of A's; live 7 = t 4 + d 2 + e 1.
    keys = (
        "calls",
        "persons_called",
        "households_called",
        "live",
        "conversations",
        "abandoned",
        "hung_up",
        "congestion",
    )
    assert figures(table, "hour:total", *keys) == (12, 8, 7, 7, 4, 2, 1, 1)
    # Hours of the law are printed even when empty, without a rate.
    assert figures(table, "hour:12", "calls", "answer_rate") == (0, None)


def test_contacts_and_right_parties() -> None:
    table = tables()["hour"]
    # 10時: c2 A self, c11 C self; c8 was a wrong person. 2 of 7 calls, 2 of 5 persons.
    keys = ("contacts", "contact_rate", "persons_contacted", "person_contact_rate", "right_party", "right_party_rate")
    assert figures(table, "hour:10", *keys) == (2, Decimal("28.6"), 2, Decimal("40.0"), 2, Decimal("28.6"))
    # 18時: the spouse is 接触, not 本人接触.
    assert figures(table, "hour:18", "contacts", "right_party", "right_party_rate") == (1, 0, Decimal("0.0"))
    # 計: C was reached at both hours and is one person.
    assert figures(table, "hour:total", "contacts", "persons_contacted", "right_party") == (3, 2, 2)
    assert figures(table, "hour:10", "recalls", "sms_follow_ups") == (1, 1)


def test_promises_and_their_keeping() -> None:
    table = tables()["hour"]
    # 10時: p2 and p11; judged 2, kept 1; honoured min(20,000, 30,000) + min(12,000, 10,000) = 30,000 of 40,000.
    keys = ("promises", "promised_yen", "promise_rate", "promises_judged", "promises_kept", "kept_rate")
    assert figures(table, "hour:10", *keys) == (2, 40_000, Decimal("100.0"), 2, 1, Decimal("50.0"))
    assert figures(table, "hour:10", "honoured_yen", "judged_yen", "kept_yen_rate") == (30_000, 40_000, Decimal("75.0"))
    # 18時: the spouse's promise counts, is not judged, and k ÷ r has no denominator.
    assert figures(table, "hour:18", "promises", "promise_rate", "kept_rate") == (1, None, None)


def test_payments_go_to_the_last_touch_and_once() -> None:
    table = tables()["hour"]
    # 10時: A 15,000 + 5,000 after c2, C 12,000 after c11 = 32,000 by 2 persons in 3 periods.
    assert figures(table, "hour:10", "payers", "periods_paid", "paid_yen") == (2, 3, 32_000)
    # 18時: only C's 3,000 after c4; for reference also the 12,000 that c11 has.
    assert figures(table, "hour:18", "payers", "paid_yen", "reference_yen") == (1, 3_000, 15_000)
    # 計: 35,000 by A and C; for reference each yen once as well.
    assert figures(table, "hour:total", "payers", "paid_yen", "reference_yen") == (2, 35_000, 35_000)


def test_work_of_calls_and_seats() -> None:
    table = tables()["hour"]
    # 10時: talk 100 + 10 + 200 over 3, wrap-up 30 + 5 + 45 over 3, seats 10:00–10:30 none of it waiting.
    keys = ("talk_seconds", "mean_talk", "wrapup_seconds", "mean_wrapup", "seat_seconds", "waiting_seconds")
    assert figures(table, "hour:10", *keys) == (310, Decimal("103.3"), 80, Decimal("26.7"), 1800, 0)
    # 7 calls in half an hour of seat: 14 an hour; 2 right parties: 4 an hour.
    assert figures(table, "hour:10", "calls_per_hour", "right_party_per_hour") == (Decimal("14.0"), Decimal("4.0"))
    # 計: an hour of seat, half of it waiting.
    assert figures(table, "hour:total", "seat_seconds", "waiting_rate") == (3600, Decimal("50.0"))


def test_a_holiday_monday_stands_only_in_the_holiday_row_unless_folded() -> None:
    table = tables(Axis.WEEKDAY)["weekday"]
    assert [row.label for row in table.details] == ["月", "火", "水", "木", "金", "土", "日", "祝"]
    assert figures(table, "weekday:1", "calls") == (0,)
    assert figures(table, "weekday:祝", "calls", "paid_yen") == (2, 12_000)
    assert figures(tables(Axis.WEEKDAY_FOLDED)["weekday-folded"], "weekday:1", "calls", "paid_yen") == (2, 12_000)


def test_cross_line_and_attempt_number() -> None:
    found = tables()
    assert figures(found["cell"], "cell:祝-10", "calls", "right_party") == (2, 1)
    assert figures(found["cell"], "cell:5-18", "calls", "live") == (4, 2)
    assert figures(found["line"], "line:mobile", "calls", "live", "right_party") == (3, 3, 1)
    # The fifth attempt stands with the fourth.
    assert figures(found["nth"], "nth:4", "calls", "no_answer") == (1, 1)
    assert figures(found["nth"], "nth:2", "calls", "paid_yen") == (2, 32_000)


def test_by_day_every_day_of_the_period_has_its_row() -> None:
    table = tables(Axis.DAY)["day"]
    assert [row.codes["日付"] for row in table.details] == [day.isoformat() for day in PERIOD.days]
    assert table.details[4].label == "7月20日(月・祝)"
    assert figures(table, "day:2026-07-17", "calls", "paid_yen") == (4, 3_000)


def test_behind_a_figure_stand_exactly_its_rows() -> None:
    sheet = sheets_of(everything().sets, CITY, request())[0]

    def ids(key: str, row: str) -> list[str]:
        measure = sheet.measure(key)
        assert isinstance(measure, Measure)
        return behind(measure, sheet.facts, sheet.places, sheet.number_of(row))

    assert ids("calls", "hour:18") == ["c4", "c5", "c6", "c7", "c13"]
    assert ids("abandoned", "hour:total") == ["c5", "c13"]
    assert ids("paid_yen", "hour:10") == ["y1", "y2", "y3"]
    assert ids("promises_kept", "hour:total") == ["p11"]
    assert ids("sms_follow_ups", "hour:10") == ["f1"]
