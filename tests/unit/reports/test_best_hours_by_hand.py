"""架電推奨時間帯表 on facts written by hand: every figure can be counted on fingers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from reports.facts import CallFact, FactSet, Numbering, RecordFact, calls_of, in_columns
from reports.forms import best_hours
from reports.reach_facts import PickFact, with_expectations
from reports.reach_scores import proofs, scores_table
from reports.request import Axis, FormName, Period
from tests.unit.reports.facts_by_hand import CITY, PERIOD, call, record, request

THU, SAT, SUN, MARINE_DAY = date(2026, 7, 16), date(2026, 7, 18), date(2026, 7, 19), date(2026, 7, 20)
CALLS = (
    call("c1", "A", THU, 18, "01", live=True, joined=True, talk=60),
    call("c2", "B", THU, 18, "03"),
    call("c3", "C", THU, 10, "03"),
    call("c4", "D", SAT, 10, "01", live=True, joined=True, talk=60),
    call("c5", "E", SUN, 10, "01", live=True, joined=True, talk=60),
    call("c6", "F", MARINE_DAY, 10, "03"),
    call("c7", "G", THU, 10, "15"),
)
RECORDS = (
    record("r1", "A", "c1", THU, "self"),
    record("r4", "D", "c4", SAT, "spouse"),
    record("r5", "E", "c5", SUN, "self"),
)
ASKED = request(FormName.BEST_HOURS, Axis.SLOT)


def pick(attempt_id: str, p_live: float, p_right: float, *, eligible: int = 20, top: bool = True) -> PickFact:
    share = 0.05 / eligible
    return PickFact(attempt_id, p_live, p_right, share + (0.95 if top else 0.0), eligible, not top)


PICKS = {
    one.attempt_id: one
    for one in (
        pick("c1", 0.62, 0.4123),
        pick("c2", 0.55, 0.38),
        pick("c3", 0.2, 0.1),
        pick("c5", 0.35, 0.25, top=False),
        pick("c7", 0.9, 0.9),
    )
}


def table(number: int, picks: Mapping[str, PickFact] = PICKS) -> Mapping[str, Mapping[str, object]]:
    calls = with_expectations(calls_of(in_columns(CALLS), RECORDS, Numbering(), Numbering()), picks)
    sheet = best_hours.sheets_of({"calls": calls}, CITY, ASKED)[number]
    return {row.key: row.figures for row in sheet.table().rows}


def test_calls_stand_by_kind_of_day_and_hour() -> None:
    rows = table(0)
    evening = rows["slot:0-18"]
    assert (evening["calls"], evening["live"], evening["right_party"]) == (2, 1, 1)
    assert rows["slot:1-10"]["live"] == 1
    sunday_and_holiday = rows["slot:2-10"]
    assert (sunday_and_holiday["calls"], sunday_and_holiday["right_party"]) == (2, 1)
    assert rows["slot:total"]["calls"] == 6, "what was never placed is no call"


def test_what_was_expected_stands_beside_what_came() -> None:
    evening = table(0)["slot:0-18"]
    assert (evening["foreseen"], evening["expected_live"], evening["foreseen_live"]) == (2, Decimal("1.2"), 1)
    assert evening["expected_right"] == Decimal("0.8"), "0.4123 and 0.38, to one decimal"
    assert evening["expected_right_rate"] == Decimal("40.0"), "of what is printed"
    assert evening["foreseen_right_rate"] == Decimal("50.0")
    assert table(0)["slot:1-10"]["expected_right_rate"] is None, "nothing was expected there"


def test_calls_are_laid_into_bins_of_what_was_expected() -> None:
    right = table(1)
    assert {key: row["foreseen"] for key, row in right.items() if row["foreseen"]} == {
        "right_bin:1": 1,
        "right_bin:2": 1,
        "right_bin:3": 1,
        "right_bin:4": 1,
        "right_bin:total": 4,
    }
    assert right["right_bin:2"]["foreseen_right"] == 1
    assert table(2)["live_bin:6"]["foreseen_live"] == 1


def test_without_expectations_nothing_is_claimed() -> None:
    assert table(1, {})["right_bin:total"]["foreseen"] == 0
    weekly, verdict = proofs(with_expectations(calls_of(in_columns(CALLS), RECORDS, Numbering(), Numbering()), {}), {})
    assert weekly.total.figures["picks"] == 0
    assert verdict.startswith("まだ分からない")


def test_few_calls_recommend_no_hour_and_many_do_by_the_rate_behind_them() -> None:
    few = best_hours.sheets_of({"calls": counted(CALLS)}, CITY, ASKED)[0].table()
    assert best_hours.recommended(few) == [
        f"{kind}は架電が少なく、推奨する時間帯はまだ分からない。" for kind in ("平日", "土曜", "日曜・祝日")
    ]
    # 30 calls at 18 with 12 right parties, 300 at 10 with 30, 20 at 9 with 8: the last is drawn most towards the whole.
    many = [
        call(f"{hour}-{number}", f"P{hour}-{number}", THU, hour, "01" if number < reached else "03",
             live=number < reached, joined=number < reached)
        for hour, made, reached in ((18, 30, 12), (10, 300, 30), (9, 20, 8))
        for number in range(made)
    ]  # fmt: skip
    said = [
        record(f"r-{each.attempt_id}", each.addressee_no, each.attempt_id, THU, "self") for each in many if each.joined
    ]
    table_of_many = best_hours.sheets_of({"calls": counted(many, said)}, CITY, ASKED)[0].table()
    assert best_hours.recommended(table_of_many)[0] == (
        "平日の推奨時間帯: 18時台(40.0%、30回)、9時台(40.0%、20回)、10時台(10.0%、300回)。"
    )


def counted(calls: Sequence[CallFact], records: Sequence[RecordFact] = RECORDS) -> FactSet:
    return with_expectations(calls_of(in_columns(calls), records, Numbering(), Numbering()), {})


# -- how well it was foreseen, and what the order was worth ---------------------------------------------------------


def a_month(weeks: int = 4, people: int = 40) -> tuple[list[CallFact], list[RecordFact], dict[str, PickFact]]:
    """Half of the people answer at 18 and never at 10, the others the other way round; the model knows, and the order too."""
    calls: list[CallFact] = []
    records: list[RecordFact] = []
    picks: dict[str, PickFact] = {}
    for week in range(weeks):
        for number in range(people):
            evening = number % 2 == 0
            drawn = number % 10 < 2
            hour = (10 if evening else 18) if drawn and number % 10 == week % 2 else (18 if evening else 10)
            reached = hour == (18 if evening else 10)
            name = f"w{week}-{number:02}"
            day = date(2026, 7, 1 + 7 * week)
            calls.append(
                call(
                    name, f"P{number}", day, hour, "01" if reached else "03", live=reached, joined=reached, nth=week + 1
                )
            )
            if reached:
                records.append(record(f"r{name}", f"P{number}", name, day, "self"))
            picks[name] = pick(name, 0.9 if reached else 0.1, 0.9 if reached else 0.1, top=not drawn)
    calls.sort(key=lambda one: (one.day, one.hour, one.attempt_id))
    return calls, records, picks


def test_a_model_that_knows_loses_less_than_any_simple_guess() -> None:
    calls, records, picks = a_month()
    facts = calls_of(in_columns(calls), records, Numbering(), Numbering())
    found = scores_table(facts, picks, CITY.calendar)
    assert found is not None
    losses = {row.key: row.figures["log_loss"] for row in found.rows}
    assert losses["score:model"] == Decimal("105.4"), "-ln 0.9, in thousandths"
    assert all(loss > losses["score:model"] for key, loss in losses.items() if key != "score:model")  # type: ignore[operator]
    assert {row.figures["scored"] for row in found.rows} == {160}


def test_too_few_calls_have_no_scores() -> None:
    calls, records, picks = a_month(weeks=2)
    facts = calls_of(in_columns(calls), records, Numbering(), Numbering())
    assert scores_table(facts, picks, CITY.calendar) is None


def test_the_proof_is_told_week_by_week_and_for_the_period() -> None:
    calls, records, picks = a_month(people=200)
    facts = with_expectations(calls_of(in_columns(calls), records, Numbering(), Numbering()), picks)
    weekly, verdict = proofs(facts, picks)
    assert [row.label for row in weekly.details] == [
        "6月29日からの週",
        "7月6日からの週",
        "7月13日からの週",
        "7月20日からの週",
    ]
    total = weekly.total.figures
    assert (total["picks"], total["drawn"]) == (800, 160)
    assert total["ordered_rate"] == Decimal("100.0")
    assert total["random_rate"] == Decimal("50.5"), "80 of 160 drawn at weight 20, 640 of 640 ordered at 0.0525"
    assert "倍" in verdict


@pytest.mark.parametrize(("eligible", "top"), [(1, True), (20, True), (20, False), (2, False)])
def test_a_propensity_tells_whether_it_was_the_first_in_order(eligible: int, top: bool) -> None:
    assert pick("x", 0.5, 0.5, eligible=eligible, top=top).is_top is top


def test_the_form_is_asked_for_by_its_name() -> None:
    assert ASKED.form.title == "架電推奨時間帯表"
    assert replace(ASKED, period=Period(PERIOD.first, PERIOD.last)) == ASKED
