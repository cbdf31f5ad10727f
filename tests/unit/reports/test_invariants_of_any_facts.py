"""REPORTS.md §6.8 on arbitrary facts: whatever happened, the tables add up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from callflow.codes import CallResult, Contact
from casefile.vocabulary import PromiseState
from reports import invariants
from reports.attribution import Payment, attribute
from reports.call_facts import CallFacts, call_facts
from reports.district_measures import DISTRICT_COLUMNS
from reports.facts import NOWHERE, CallFact, FactSet, PromiseFact, RecordFact, in_columns
from reports.figures import RowKind, Table
from reports.forms.calls import sheets_of
from reports.forms.districts import debtor_set, group_by_district, places_of_persons
from reports.measures import Measure, behind, key_of
from reports.reading.money import touches_of_records
from reports.reading.people import Debtor, DistrictName, Place
from reports.reconcile import reconcile
from reports.request import Axis, Period
from reports.seat_time import SeatState, seat_time
from reports.sheet import Sheet
from tests.unit.reports.facts_by_hand import CITY, PERIOD, call, promise, record, request

PERSONS = "ABCD"
days = st.sampled_from(PERIOD.days)
results = st.sampled_from([*(code.value for code in CallResult), None, "99"])


@st.composite
def calls_and_records(draw: st.DrawFn) -> tuple[list[CallFact], list[RecordFact]]:
    calls, records = [], []
    for number in range(draw(st.integers(0, 12))):
        person, day = draw(st.sampled_from(PERSONS)), draw(days)
        calls.append(
            call(
                f"c{number}",
                person,
                day,
                draw(st.integers(0, 23)),
                draw(results),  # type: ignore[arg-type]  # a result may be missing or unheard of
                line=draw(st.sampled_from(["landline", "mobile", "ip", "unknown"])),
                nth=draw(st.integers(0, 9)),
                live=draw(st.booleans()),
                joined=draw(st.booleans()),
                abandoned=draw(st.booleans()),
                heard=draw(st.floats(0, 10)),
                talk=draw(st.none() | st.integers(0, 500)),
                wrapup=draw(st.none() | st.integers(0, 500)),
            )
        )
        for copy in range(draw(st.integers(0, 2))):
            contact = draw(st.none() | st.sampled_from(Contact))
            records.append(record(f"r{number}-{copy}", draw(st.sampled_from(PERSONS)), f"c{number}", day, contact))
    return calls, records


promises = st.lists(
    st.builds(
        promise,
        st.uuids().map(str),
        st.sampled_from(PERSONS),
        st.none() | st.integers(0, 15).map("c{}".format),
        days,
        st.integers(1, 10**6),
        st.sampled_from(PromiseState),
        st.integers(0, 10**6),
    ),
    max_size=6,
)
payments = st.lists(
    st.builds(
        Payment,
        st.uuids().map(str),
        st.sampled_from(PERSONS),
        st.sampled_from(["compulsory", "ordinary", None]),
        st.none() | st.integers(1, 5),
        st.none() | st.sampled_from([(PERIOD.first - timedelta(days=n)).toordinal() for n in (-3, 0, 20)]),
        st.integers(PERIOD.first.toordinal(), PERIOD.first.toordinal() + 45),
        st.integers(0, 10**6),
        st.integers(0, 10**4),
        st.booleans(),
    ),
    max_size=8,
)
seats = st.lists(
    st.tuples(st.integers(-7200, 8 * 86400), st.sampled_from(["ready", "reserved", "talking", "wrapup", "paused"])),
    max_size=6,
)


def tied(
    found: tuple[list[CallFact], list[RecordFact]],
    made: list[PromiseFact],
    paid: list[Payment],
    sat: list[tuple[int, str]],
) -> CallFacts:
    calls, records = found
    facts = call_facts(in_columns(calls), records, made, list(touches_of_records(records)), paid)
    begin = PERIOD.begins.timestamp()
    changes = [SeatState(f"s{n}", "op", begin + at, state) for n, (at, state) in enumerate(sorted(sat))]
    facts.sets["seats"] = seat_time(changes, PERIOD, request().moment)
    return facts


def hold(*found: invariants.Invariant) -> None:
    wrong = [invariant for invariant in found if not invariant.holds]
    assert not wrong


@settings(max_examples=30)
@given(calls_and_records(), promises, payments, seats)
def test_tables_of_calls_add_up(found: Any, made: Any, paid: Any, sat: Any) -> None:
    facts = tied(found, made, paid, sat)
    by_hour = sheets_of(facts.sets, CITY, request())[0].table()
    for axis in (Axis.HOUR, Axis.WEEKDAY, Axis.WEEKDAY_FOLDED, Axis.DAY):
        for sheet in sheets_of(facts.sets, CITY, request(axis=axis)):
            table = sheet.table()
            hold(
                invariants.rows_add_up(table),
                invariants.axes_agree(by_hour, table, axis),
                invariants.results_partition(table),
                invariants.answers_partition(table),
                invariants.rates_recomputable(table),
                invariants.persons_within_bounds(table),
            )


@settings(max_examples=30)
@given(calls_and_records(), promises, payments)
def test_every_yen_is_in_one_line_and_the_forms_own_line_is_its_column(found: Any, made: Any, paid: Any) -> None:
    facts = tied(found, made, paid, [])
    window = Period(PERIOD.first, PERIOD.first + timedelta(days=45))
    total = reconcile(
        facts.payments, facts.touches, facts.attribution, window, "架電", lambda t: facts.touch_calls[t] != NOWHERE
    )
    assert total.receipts == len(paid)
    assert total.principal_yen == sum(payment.principal_yen for payment in paid)
    assert total.extras_yen == sum(payment.extras_yen for payment in paid)
    by_hour = sheets_of(facts.sets, CITY, request())[0].table()
    assert by_hour.total.figures["paid_yen"] == total.lines[0][2]
    assert by_hour.total.figures["reference_yen"] >= total.lines[0][2]  # type: ignore[operator]


@settings(max_examples=25)
@given(calls_and_records(), promises, payments)
def test_behind_every_count_stand_as_many_rows(found: Any, made: Any, paid: Any) -> None:
    sheet = sheets_of(tied(found, made, paid, []).sets, CITY, request())[0]
    table = sheet.table()
    for measure in (each for each in sheet.columns if isinstance(each, Measure)):
        for row in table.rows:
            rows = behind(measure, sheet.facts, sheet.places, sheet.number_of(row.key))
            figure = row.figures[key_of(measure)]
            assert isinstance(figure, int)
            if measure.add is None and measure.distinct is None:
                assert len(rows) == figure
            elif measure.add is None:
                assert len(rows) >= figure
                assert bool(rows) == bool(figure)


DISTRICTS = [DistrictName("01", "本庁", "中央", "中央一丁目"), DistrictName("02", "東", "東", "東一丁目")]


@settings(max_examples=25)
@given(
    calls_and_records(),
    promises,
    payments,
    st.lists(
        st.builds(Place, st.sampled_from("ABCD"), st.sampled_from(["01", "02", "77", None]), st.booleans()), max_size=6
    ),
    st.lists(st.integers(1, 10**6), min_size=4, max_size=4),
)
def test_districts_outside_and_unknown_add_up_to_the_hours(
    found: Any, made: Any, paid: Any, places: Any, owed: Any
) -> None:
    facts = tied(found, made, paid, [])
    by_hour = sheets_of(facts.sets, CITY, request())[0].table()
    debtors = [
        Debtor(person, f"H{n % 2}", yen, yen // 2) for n, (person, yen) in enumerate(zip("ABXY", owed, strict=True))
    ]
    sets: dict[str, FactSet] = facts.sets | {
        "debtors": debtor_set(debtors, {"A": True, "X": False}, {"A"}, facts.persons),
        "returned": FactSet("document", [], {"person": facts.persons.of([])}, {}),
    }
    known = [place for place in places if place.addressee_no in facts.persons.known]
    for axis in (Axis.BRANCH, Axis.AREA, Axis.TOWN):
        grouping, row_of_person = group_by_district(axis, DISTRICTS, known, facts.persons)
        table: Table = Sheet(grouping, DISTRICT_COLUMNS, sets, places_of_persons(sets, row_of_person)).table()
        assert [row.label for row in table.details[-2:]] == ["市外", "不明"]
        assert table.rows[-1].kind is RowKind.TOTAL
        hold(
            invariants.rows_add_up(table),
            invariants.axes_agree(by_hour, table, axis),
            invariants.rates_recomputable(table),
            invariants.persons_within_bounds(table),
        )
        assert table.total.figures["owed_yen"] == sum(owed)


def test_a_broken_table_is_noticed() -> None:
    """The checks can fail."""
    facts = tied(([call("c1", "A", date(2026, 7, 16), 10, "03")], []), [], [], [])
    table = sheets_of(facts.sets, CITY, request())[0].table()
    first = next(row for row in table.rows if row.key == "hour:10")
    wrong = replace(
        first, figures={**first.figures, "no_answer": 2, "live": 1, "answer_rate": None, "persons_called": 9}
    )
    broken = replace(table, rows=tuple(wrong if row is first else row for row in table.rows))
    assert not invariants.rows_add_up(broken).holds
    assert not invariants.results_partition(broken).holds
    assert not invariants.answers_partition(broken).holds
    assert not invariants.rates_recomputable(broken).holds
    assert not invariants.persons_within_bounds(broken).holds
    other = replace(table, rows=(*table.details, replace(table.total, figures={**table.total.figures, "calls": 2})))
    assert not invariants.axes_agree(table, other, Axis.DAY).holds
    assert invariants.as_booleans([invariants.Invariant("x", True), invariants.Invariant("x", False)]) == {"x": False}


def test_attribution_of_nothing() -> None:
    assert attribute([], []).last == ()
