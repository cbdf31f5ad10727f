"""文書効果状況表 (REPORTS.md §6.3): one row for each 発送ロット of the period."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations

from sqlalchemy import Connection

from casefile.city import City
from casefile.vocabulary import DocumentKind, Purpose
from reports.attribution import WINDOW_DAYS, Attribution, Payment, Touch, TouchKind, attribute
from reports.document_facts import LONGEST_DAYS, document_facts
from reports.document_measures import DOCUMENT_COLUMNS
from reports.facts import FactSet
from reports.figures import Chart, Form, Reconciliation
from reports.forms.header import NOTE_DISTINCT, NOTE_PAYMENTS, NOTE_RATES, header_of, warnings_of
from reports.placing import Grouping, Line
from reports.reading.consequences import read_promises
from reports.reading.contacts import read_records
from reports.reading.documents import Envelope, Lot, read_envelopes, read_lots, read_outreach
from reports.reading.gather import known_by
from reports.reading.money import payment_window, read_payments, read_touches
from reports.reconcile import reconcile
from reports.request import Axis, Period, Request
from reports.sheet import Sheet

_PAIRS_ABOVE = 5


@dataclass(frozen=True, slots=True)
class _Gathered:
    lots: Sequence[Lot]
    envelopes: Sequence[Envelope]
    sets: dict[str, FactSet]
    touches: Sequence[Touch]
    payments: Sequence[Payment]
    attribution: Attribution
    window: Period


def sheets(conn: Connection, city: City, request: Request) -> tuple[Sheet, ...]:
    """The one table of the form with the facts behind every figure."""
    return (_sheet(_gather(conn, city, request)),)


def build(conn: Connection, city: City, request: Request) -> Form:
    """Read and count."""
    gathered = _gather(conn, city, request)
    table = _sheet(gathered).table()
    overlaps = _overlaps(conn, city, request)
    return Form(
        request=request,
        municipality_id=city.id,
        title=request.form.title,
        header=header_of(conn, city, request),
        tables=(table,),
        heat_maps=(),
        charts=(
            Chart("ロット別の納付額と納付率", table.key, "paid_yen", "payer_rate"),
            Chart("ロット別の発送人数と反応率", table.key, "sent", "reaction_rate"),
        ),
        reconciliation=_reconciliation(gathered, request),
        warnings=(*warnings_of(request), *_most_of(overlaps), *_unripe(gathered.lots, request)),
        notes=(
            NOTE_DISTINCT,
            NOTE_RATES,
            "文書は発送日に届いたものとして数える。対象は集計期間に発送したロット。",
            f"反応と約束は発送日から{WINDOW_DAYS}日以内。2つのロットを受けた人の反応・約束は両方の行に数え、人は計で1回だけ数える。",
            NOTE_PAYMENTS,
            "対照群を設けたロットはないため、対照群納付率と差は示さない。納付額は文書が原因であることを示すものではない。",
            *overlaps[_PAIRS_ABOVE:],
        ),
    )


def _gather(conn: Connection, city: City, request: Request) -> _Gathered:
    known = known_by(city, request)
    window = payment_window(request.period, request.as_of, LONGEST_DAYS)
    lots = read_lots(conn, known, request.period, request.purpose)
    envelopes = read_envelopes(conn, known, request.period, request.purpose)
    if request.purpose is Purpose.DUNNING:
        touches, records = read_touches(conn, known, window)
        payments = read_payments(conn, known, window)
        promises = read_promises(conn, known, city, payment_window(request.period, request.as_of))
    else:
        touches, payments, promises = [], [], []
        records = read_records(conn, known, window, request.purpose)
    attribution = attribute(touches, payments)
    outreach = read_outreach(conn, known, request.period, request.purpose)
    sets = document_facts(lots, envelopes, records, promises, outreach, touches, payments, attribution)
    return _Gathered(lots, envelopes, sets, touches, payments, attribution, window)


def _sheet(gathered: _Gathered) -> Sheet:
    places = {name: facts.numbers["lot"] for name, facts in gathered.sets.items()}
    return Sheet(grouping_of(gathered.lots), DOCUMENT_COLUMNS, gathered.sets, places)


def grouping_of(lots: Sequence[Lot]) -> Grouping:
    """One row for each lot, in their order, printed even when nothing came of it."""
    return Grouping(
        Axis.LOT.value,
        Axis.LOT.title,
        "発送ロット",
        tuple(_line(lot) for lot in lots),
        lambda facts: facts.numbers["lot"],
        frozenset(range(len(lots))),
    )


def _line(lot: Lot) -> Line:
    kind = DocumentKind(lot.kind).label
    codes = {"ロット番号": lot.lot_no, "文書種別": kind, "発送日": lot.sent_on.isoformat(), "版": lot.wording}
    wording = f" {lot.wording}" if lot.wording else ""
    return Line(f"lot:{lot.lot_no}", f"{lot.lot_no} {kind}{wording} {lot.sent_on.month}/{lot.sent_on.day}発送", codes)


def _reconciliation(gathered: _Gathered, request: Request) -> Reconciliation | None:
    if request.purpose is not Purpose.DUNNING:
        return None
    own = {lot.lot_no for lot in gathered.lots}

    def is_own(touch: int) -> bool:
        found = gathered.touches[touch]
        return found.kind is TouchKind.DOCUMENT and found.source.partition(":")[0] in own

    return reconcile(
        gathered.payments, gathered.touches, gathered.attribution, gathered.window, "文書(この表の納付額)", is_own
    )


def _overlaps(conn: Connection, city: City, request: Request) -> list[str]:
    """Lots that reached the same people within 30 days: whose effect is it? A sentence for each pair, most people first."""
    known = known_by(city, request)
    wider = Period(request.period.first - timedelta(days=WINDOW_DAYS), request.period.last)
    sent_on = {lot.lot_no: lot.sent_on for lot in read_lots(conn, known, wider, request.purpose)}
    lots_of: dict[str, set[str]] = {}
    for envelope in read_envelopes(conn, known, wider, request.purpose):
        if not envelope.withdrawn:
            lots_of.setdefault(envelope.addressee_no, set()).add(envelope.lot_no)
    shared: Counter[tuple[str, str]] = Counter()
    for lots in lots_of.values():
        shared.update(
            (first, second)
            for first, second in combinations(sorted(lots), 2)
            if abs((sent_on[first] - sent_on[second]).days) <= WINDOW_DAYS
        )
    return [
        f"ロット{first}と{second}は{count:,}人に重なって届いている。納付は後のロットに帰属する。"
        for (first, second), count in sorted(shared.items(), key=lambda pair: (-pair[1], pair[0]))
        if max(sent_on[first], sent_on[second]) >= request.period.first
    ]


def _most_of(overlaps: Sequence[str]) -> list[str]:
    """What stands above the figures: a season of letters has dozens of pairs, and a wall of warnings is read by nobody."""
    shown = list(overlaps[:_PAIRS_ABOVE])
    if len(overlaps) > _PAIRS_ABOVE:
        shown.append(f"ほかに{len(overlaps) - _PAIRS_ABOVE:,}組のロットが同じ人に届いている。末尾の注に示す。")
    return shown


def _unripe(lots: Sequence[Lot], request: Request) -> list[str]:
    young = [lot.lot_no for lot in lots if (request.as_of - lot.sent_on).days < WINDOW_DAYS]
    if not young:
        return []
    return [f"発送から{WINDOW_DAYS}日たっていないロットがあり、納付はこれから増える: {'、'.join(young)}"]
