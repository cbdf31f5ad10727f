"""架電状況表(地区別) (REPORTS.md §6.2): by 支所, 地区 or 大字・町丁目, then 市外 and 不明."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from sqlalchemy import Connection

from casefile.city import City
from casefile.vocabulary import ContactDirection, Purpose
from reports.district_measures import DISTRICT_COLUMNS
from reports.facts import NOWHERE, FactSet, Ints, Numbering, RecordFact
from reports.figures import Chart, Form
from reports.forms.calls import reconciliation_of
from reports.forms.header import NOTE_DISTINCT, NOTE_PAYMENTS, NOTE_PROMISES, NOTE_RATES, header_of, warnings_of
from reports.placing import Grouping, Line
from reports.reading.gather import Gathered, gather_calls, known_by
from reports.reading.people import (
    Debtor,
    DistrictName,
    Place,
    Returned,
    read_debtors,
    read_district_sources,
    read_districts,
    read_places,
    read_reachable,
    read_returned,
)
from reports.request import Axis, Period, Request
from reports.sheet import Sheet

OUTSIDE, NOT_KNOWN = "市外", "不明"
_TITLES = {
    Axis.AREA: "架電状況表(地区別)",
    Axis.BRANCH: "架電状況表(地区別・支所)",
    Axis.TOWN: "架電状況表(地区別・大字町丁目)",
}


def sheets(conn: Connection, city: City, request: Request) -> tuple[Sheet, ...]:
    """The one table of the form with the facts behind every figure."""
    return (_sheet(conn, city, request, gather_calls(conn, city, request)),)


def build(conn: Connection, city: City, request: Request) -> Form:
    """Read and count."""
    gathered = gather_calls(conn, city, request)
    table = _sheet(conn, city, request, gathered).table()
    return Form(
        request=request,
        municipality_id=city.id,
        title=_TITLES[request.axis],
        header=header_of(conn, city, request),
        tables=(table,),
        heat_maps=(),
        charts=(
            Chart(f"{request.axis.title}の滞納額と納付額率", table.key, "owed_yen", "paid_rate"),
            Chart(f"{request.axis.title}の架電人数と人接触率", table.key, "persons_called", "person_contact_rate"),
        ),
        reconciliation=reconciliation_of(gathered, request),
        warnings=tuple(warnings_of(request)),
        notes=(
            NOTE_DISTINCT,
            NOTE_RATES,
            "地区は宛名の現在の住所による。市外の人は「市外」、地区の分からない人は「不明」に数える。",
            "滞納額と残額は本税(料)。滞納明細の額に、その後に消し込まれた収納を領収日で戻して求める。",
            "架電には、集計期間の途中で完納した人への架電も含む。",
            NOTE_PROMISES,
            NOTE_PAYMENTS,
            *(f"町丁目の名と位置の出典: {source}" for source in read_district_sources(conn, known_by(city, request))),
        ),
    )


def _sheet(conn: Connection, city: City, request: Request, gathered: Gathered) -> Sheet:
    known = known_by(city, request)
    facts = gathered.facts
    if request.purpose is Purpose.DUNNING:
        debtors = read_debtors(conn, known, request.period)
        reachable = read_reachable(conn, known, request.period)
    else:
        debtors, reachable = [], {}
    contacted = _contacted(gathered.records, request.period)
    returned = read_returned(conn, known, request.period, request.purpose)
    sets = facts.sets | {
        "debtors": debtor_set(debtors, reachable, contacted, facts.persons),
        "returned": _returned_set(returned, facts.persons),
    }
    names = read_districts(conn, known)
    places = read_places(conn, known, list(facts.persons.known))
    grouping, row_of_person = group_by_district(request.axis, names, places, facts.persons)
    return Sheet(grouping, DISTRICT_COLUMNS, sets, places_of_persons(sets, row_of_person))


def _contacted(records: Iterable[RecordFact], period: Period) -> set[str]:
    """Who was reached in the period, by a call of ours or their own."""
    first, last = period.first.toordinal(), period.last.toordinal()
    return {
        record.addressee_no
        for record in records
        if record.is_contact
        and first <= record.day <= last
        and (
            record.direction == ContactDirection.INBOUND
            or (record.direction == ContactDirection.OUTBOUND and record.joined)
        )
    }


def debtor_set(
    debtors: Sequence[Debtor], reachable: dict[str, bool], contacted: set[str], persons: Numbering
) -> FactSet:
    """Debtors in columns. `reachable`: who has a usable number → whether one is a mobile."""
    untouched = [debtor.left_yen > 0 and debtor.addressee_no not in contacted for debtor in debtors]
    return FactSet(
        table="taxpayer",
        ids=[debtor.addressee_no for debtor in debtors],
        numbers={
            "person": persons.of(debtor.addressee_no for debtor in debtors),
            "household": Numbering().of(debtor.household_id for debtor in debtors),
            "owed_yen": np.array([debtor.owed_yen for debtor in debtors], dtype=np.int64),
            "left_yen": np.array([debtor.left_yen for debtor in debtors], dtype=np.int64),
        },
        marks={
            "reachable": np.array([debtor.addressee_no in reachable for debtor in debtors], dtype=np.bool_),
            "mobile": np.array([reachable.get(debtor.addressee_no, False) for debtor in debtors], dtype=np.bool_),
            "untouched": np.array(untouched, dtype=np.bool_),
        },
    )


def _returned_set(returned: Sequence[Returned], persons: Numbering) -> FactSet:
    return FactSet(
        table="document",
        ids=[letter.id for letter in returned],
        numbers={"person": persons.of(letter.addressee_no for letter in returned)},
        marks={},
    )


def group_by_district(
    axis: Axis, names: Iterable[DistrictName], places: Iterable[Place], persons: Numbering
) -> tuple[Grouping, Ints]:
    """The rows, and the row of every person: 不明 for whoever has no district of the master."""
    line_of: dict[str, Line] = {}
    number_of: dict[str, int] = {}
    row_of_code: dict[str, int] = {}
    for name in names:
        line = _LINE_OF[axis](name)
        line_of.setdefault(line.key, line)
        row_of_code[name.code] = number_of.setdefault(line.key, len(number_of))
    outside, not_known = len(line_of), len(line_of) + 1
    lines = (*line_of.values(), Line("district:outside", OUTSIDE, {}), Line("district:unknown", NOT_KNOWN, {}))
    row_of_person = np.full(len(persons.known), not_known, dtype=np.int64)
    for place in places:
        row = outside if place.outside_city else row_of_code.get(place.district_code or "", not_known)
        row_of_person[persons.known[place.addressee_no]] = row
    grouping = Grouping(
        axis.value,
        axis.title,
        "地区",
        lines,
        lambda facts: row_of_person[facts.numbers["person"]],
        frozenset({outside, not_known}),
    )
    return grouping, row_of_person


def places_of_persons(sets: dict[str, FactSet], row_of_person: Ints) -> dict[str, Ints]:
    """Each fact stands where its person lives."""
    return {
        name: row_of_person[facts.numbers["person"]]
        if "person" in facts.numbers
        else np.full(len(facts), NOWHERE, dtype=np.int64)
        for name, facts in sets.items()
    }


def _branch(name: DistrictName) -> Line:
    return Line(f"branch:{name.branch}", name.branch or "(支所なし)", {"支所": name.branch})


def _area(name: DistrictName) -> Line:
    codes = {"支所": name.branch, "地区": name.area}
    label = " ".join(filter(None, (name.branch, name.area))) or "(地区なし)"
    return Line(f"area:{name.branch}/{name.area}", label, codes)


def _town(name: DistrictName) -> Line:
    codes = {"支所": name.branch, "地区": name.area, "町丁目コード": name.code}
    return Line(f"town:{name.code}", name.town, codes)


_LINE_OF: dict[Axis, Callable[[DistrictName], Line]] = {Axis.BRANCH: _branch, Axis.AREA: _area, Axis.TOWN: _town}
