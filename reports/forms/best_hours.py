"""架電推奨時間帯表: when people are reached, how well that was foreseen, and whether the order of calling is worth anything.

By 平日・土曜・日曜祝日 × 時間帯; then the reach model held against what came (較正, 対数損失), and against chance: the weekly proof
from the random share of picks (PACING.md §6).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from sqlalchemy import Connection

from casefile.city import City
from dialer.reach.slots import DAY_LABELS, HOURS, Moments
from reports.call_measures import CALLS, column_of_calls
from reports.facts import FactSet, Ints, Numbering, calls_of
from reports.figures import Chart, Column, Figure, Form, HeatMap, Ratio, Table, Unit
from reports.forms.header import NOTE_RATES, header_of, warnings_of
from reports.measures import Measure, Places
from reports.placing import Grouping, Line
from reports.reach_facts import BINS, PARTS, PickFact, with_expectations
from reports.reach_scores import BEFORE_DAYS, proofs, scores_table
from reports.reading.contacts import count_unfinished, read_calls, read_records
from reports.reading.gather import known_by
from reports.reading.picks import read_picks
from reports.request import Axis, Period, Request
from reports.sheet import Sheet

CITY_WEIGHT = 40
"""So many calls at the rate of the whole table stand behind an hour when hours are recommended: a lucky ten calls are none."""
FEWEST_CALLS = 20
"""An hour with fewer calls is not recommended."""
RECOMMENDED = 3
_FORESEEN = "見込みと結果"
_USUAL_HOURS = range(8, 21)
_KINDS = tuple(enumerate(DAY_LABELS))


def _expected(key: str, title: str, chance: str, formula: str) -> Measure:
    column = Column(key, title, Unit.CALLS, formula, _FORESEEN)
    return Measure(column, "calls", "foreseen", add=chance, per=PARTS)


FORESEEN = Measure(
    Column(
        "foreseen", "見込みつき架電", Unit.CALLS, "n = 発信の前に応答の見込みを記録した架電(予測による発信)", _FORESEEN
    ),
    "calls",
    "foreseen",
)
_LIVE: tuple[Measure | Column, ...] = (
    _expected("expected_live", "見込み応答", "expected_live", "n の応答見込みの和"),
    Measure(
        Column("foreseen_live", "うち有人応答", Unit.CALLS, "n のうち人が出た架電", _FORESEEN), "calls", "foreseen_live"
    ),
    Column(
        "expected_live_rate",
        "見込み応答率",
        Unit.PERCENT,
        "見込み応答 ÷ n",
        _FORESEEN,
        Ratio("expected_live", "foreseen"),
    ),
    Column(
        "foreseen_live_rate", "実績応答率", Unit.PERCENT, "有人応答 ÷ n", _FORESEEN, Ratio("foreseen_live", "foreseen")
    ),
)
_RIGHT: tuple[Measure | Column, ...] = (
    _expected("expected_right", "見込み本人接触", "expected_right", "n の本人接触見込みの和"),
    Measure(
        Column("foreseen_right", "うち本人接触", Unit.CALLS, "n のうち本人と話せた架電", _FORESEEN),
        "calls",
        "foreseen_right",
    ),
    Column(
        "expected_right_rate",
        "見込み本人接触率",
        Unit.PERCENT,
        "見込み本人接触 ÷ n",
        _FORESEEN,
        Ratio("expected_right", "foreseen"),
    ),
    Column(
        "foreseen_right_rate",
        "実績本人接触率",
        Unit.PERCENT,
        "本人接触 ÷ n",
        _FORESEEN,
        Ratio("foreseen_right", "foreseen"),
    ),
)
SLOT_COLUMNS: tuple[Measure | Column, ...] = (
    CALLS,
    column_of_calls("live"),
    column_of_calls("answer_rate"),
    column_of_calls("right_party"),
    column_of_calls("right_party_rate"),
    FORESEEN,
    *_LIVE,
    *_RIGHT,
)


@dataclass(frozen=True, slots=True)
class _Gathered:
    """`past`: the calls of the period and of the days before it, by which simple guesses learn."""

    sets: dict[str, FactSet]
    picks: Mapping[str, PickFact]
    past: FactSet
    unfinished: int


def sheets(conn: Connection, city: City, request: Request) -> tuple[Sheet, ...]:
    """The tables whose every figure has rows behind it."""
    return sheets_of(_gather(conn, city, request).sets, city, request)


def build(conn: Connection, city: City, request: Request) -> Form:
    """Read and count."""
    gathered = _gather(conn, city, request)
    counted = tuple(sheet.table() for sheet in sheets_of(gathered.sets, city, request))
    proof, verdict = proofs(gathered.sets["calls"], gathered.picks)
    scores = scores_table(gathered.past, gathered.picks, city.calendar)
    return Form(
        request=request,
        municipality_id=city.id,
        title=request.form.title,
        header=header_of(conn, city, request),
        tables=(*counted, *([scores] if scores else []), proof),
        heat_maps=heat_maps_of(counted[0]),
        charts=(
            Chart("時間帯ごとの架電数と本人接触率", counted[0].key, "calls", "right_party_rate"),
            Chart(
                "見込みの較正(本人接触): 棒は実績、線は見込み",
                counted[1].key,
                "foreseen_right_rate",
                "expected_right_rate",
            ),
            Chart(
                "見込みの較正(応答): 棒は実績、線は見込み", counted[2].key, "foreseen_live_rate", "expected_live_rate"
            ),
        ),
        reconciliation=None,
        warnings=tuple(warnings_of(request)),
        findings=(*recommended(counted[0]), f"架電の順の効き目: {verdict}"),
        notes=_notes(gathered, scored=scores is not None),
    )


def _gather(conn: Connection, city: City, request: Request) -> _Gathered:
    known = known_by(city, request)
    wider = Period(request.period.first - timedelta(days=BEFORE_DAYS), request.period.last)
    records = read_records(conn, known, wider, request.purpose)
    picks = read_picks(conn, known, request.period, request.purpose)
    calls, past = (
        calls_of(read_calls(conn, known, period, request.purpose), records, Numbering(), Numbering())
        for period in (request.period, wider)
    )
    unfinished = count_unfinished(conn, known, request.period, request.purpose)
    return _Gathered({"calls": with_expectations(calls, picks)}, picks, past, unfinished)


def sheets_of(sets: dict[str, FactSet], city: City, request: Request) -> tuple[Sheet, ...]:
    """By slot, then by what was expected: of 本人接触 and of an answer."""
    slots = by_slot(request.period, city)
    expected_right = _by_chance("right_bin", "見込みの較正(本人接触)", "本人接触の見込み")
    expected_live = _by_chance("live_bin", "見込みの較正(応答)", "応答の見込み")
    return (
        Sheet(slots, SLOT_COLUMNS, sets, _places(sets, slots)),
        Sheet(expected_right, (FORESEEN, *_RIGHT), sets, _places(sets, expected_right)),
        Sheet(expected_live, (FORESEEN, *_LIVE), sets, _places(sets, expected_live)),
    )


def by_slot(period: Period, city: City) -> Grouping:
    """平日, 土曜, 日曜・祝日 × 時間帯: row number = kind × 24 + hour."""
    first = period.first.toordinal()
    days = np.array([day.toordinal() for day in period.days], dtype=np.int64)
    kinds = Moments.on(days, np.zeros_like(days), city.calendar).kind.astype(np.int64)
    lines = tuple(
        Line(f"slot:{kind}-{hour:02}", f"{name} {hour}時", {"曜日区分": name, "時間帯コード": f"{hour:02}"})
        for kind, name in _KINDS
        for hour in range(HOURS)
    )

    def row_of(facts: FactSet) -> Ints:
        return kinds[facts.numbers["day"] - first] * HOURS + facts.numbers["hour"]

    return Grouping(Axis.SLOT.value, Axis.SLOT.title, "曜日・時間帯", lines, row_of, frozenset(_USUAL_HOURS))


def _by_chance(number: str, title: str, heading: str) -> Grouping:
    step = 100 // BINS
    lines = tuple(
        Line(f"{number}:{bin_no}", f"{bin_no * step}~{(bin_no + 1) * step}%", {"見込みの下限": f"{bin_no * step}"})
        for bin_no in range(BINS)
    )
    return Grouping(number, title, heading, lines, lambda facts: facts.numbers[number], frozenset())


def _places(sets: dict[str, FactSet], grouping: Grouping) -> Places:
    return {"calls": grouping.row_of(sets["calls"])}


def heat_maps_of(table: Table) -> tuple[HeatMap, ...]:
    """応答率 and 本人接触率, kind of day down and hours across."""
    used = sorted(
        {row.codes["時間帯コード"] for row in table.details if row.figures["calls"]} | {f"{h:02}" for h in _USUAL_HOURS}
    )
    across = tuple((hour, f"{int(hour)}時") for hour in used)
    down = tuple((str(kind), name) for kind, name in _KINDS)
    there = {row.key for row in table.details}
    cells = {(kind, hour): f"slot:{kind}-{hour}" for kind, _ in down for hour in used if f"slot:{kind}-{hour}" in there}
    titles = (("right_party_rate", "本人接触率"), ("answer_rate", "応答率"))
    return tuple(
        HeatMap(f"時間帯 {title}", table.key, column, "calls", down, across, cells) for column, title in titles
    )


def recommended(table: Table) -> list[str]:
    """The best hours of each kind of day in a sentence, by a rate drawn towards the whole table's where there are few calls."""
    calls, right = _whole(table.total.figures["calls"]), _whole(table.total.figures["right_party"])
    if calls == 0:
        return ["この期間の架電はないため、推奨する時間帯は示せない。"]
    sentences = []
    for kind, name in _KINDS:
        hours = [
            (_drawn_rate(row.figures, right / calls), row)
            for row in table.details
            if row.key.startswith(f"slot:{kind}-") and _whole(row.figures["calls"]) >= FEWEST_CALLS
        ]
        hours.sort(key=lambda found: (-found[0], found[1].key))
        if hours:
            best = "、".join(
                f"{int(row.codes['時間帯コード'])}時台({row.figures['right_party_rate']}%、{_whole(row.figures['calls']):,}回)"
                for _, row in hours[:RECOMMENDED]
            )
            sentences.append(f"{name}の推奨時間帯: {best}。")
        else:
            sentences.append(f"{name}は架電が少なく、推奨する時間帯はまだ分からない。")
    return sentences


def _drawn_rate(figures: Mapping[str, Figure], city_rate: float) -> float:
    calls, right = _whole(figures["calls"]), _whole(figures["right_party"])
    return (right + CITY_WEIGHT * city_rate) / (calls + CITY_WEIGHT)


def _whole(figure: Figure) -> int:
    assert isinstance(figure, int)
    return figure


_NOTE_RECOMMENDED = (
    f"推奨時間帯は本人接触率の高い順で、架電{FEWEST_CALLS}回未満の時間帯を除き、"
    f"架電の少ない時間帯は全体の率で{CITY_WEIGHT}回分を補って比べる。"
)


def _notes(gathered: _Gathered, *, scored: bool) -> tuple[str, ...]:
    notes = [
        NOTE_RATES,
        "時間帯・曜日は発信を網に渡した時刻(日本時間)による。祝日と12月29日~1月3日は「日曜・祝日」に数える。",
        _NOTE_RECOMMENDED,
        "見込みは発信の直前に記録した値で、後から直していない。予約・手動・プレビューの発信には見込みがない。",
        "較正は、見込みが当たっていれば見込み率と実績率が近くなる。",
        "無作為の枠は、架電の順の効き目を測るため、そのとき架電できる候補(見込みの高い順に最大3,000人ほど)から等しい確率で選ぶ少数の架電(標準5%)。",
    ]
    if not scored:
        notes.append("見込みつきの架電が少ないため、対数損失の表は示さない。")
    if gathered.unfinished:
        notes.append(f"作成日時に結果が確定していない発信{gathered.unfinished:,}件は、どの列にも入っていない。")
    return tuple(notes)
