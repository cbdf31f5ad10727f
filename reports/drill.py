"""The rows behind a figure."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from casefile.city import load_city
from casefile.errors import TsunagaruError
from reports.catalogue import FORMS
from reports.figures import Column, Form
from reports.measures import Measure, behind
from reports.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Behind:
    """What one counted column counts in one row. `table` says whose ids these are.

    Ids: attempt, promise, recall, follow_up, seat_change: UUID; receipt: 収納番号; taxpayer: 宛名番号; document:
    ロット番号:発送連番; reaction: UUID of a contact record or of a promise.
    """

    column: Column
    table: str
    ids: tuple[str, ...]


def drilldown(conn: Connection, form: Form, row: str, column: str) -> tuple[Behind, ...]:
    """The rows behind one cell of a form, read anew as of the form's own moment: one entry for a counted figure, for
    a rate two (numerator, then denominator).

    Raises TsunagaruError for a row or column the form does not have.
    """
    city = load_city(conn, form.municipality_id)
    for sheet in FORMS[form.request.form].sheets(conn, city, form.request):
        if sheet.has_row(row):
            return tuple(_behind(sheet, measure, row) for measure in _measures(sheet, column))
    raise TsunagaruError(f"この帳票に行「{row}」はありません。帳票を開き直して、表示された行から選んでください。")


def _measures(sheet: Sheet, key: str) -> tuple[Measure, ...]:
    found = sheet.measure(key)
    if found is None:
        raise TsunagaruError(f"この帳票に列「{key}」はありません。帳票を開き直して、表示された列から選んでください。")
    if isinstance(found, Measure):
        return (found,)
    assert found.ratio is not None
    return (*_measures(sheet, found.ratio.numerator), *_measures(sheet, found.ratio.denominator))


def _behind(sheet: Sheet, measure: Measure, row: str) -> Behind:
    ids = behind(measure, sheet.facts, sheet.places, sheet.number_of(row))
    return Behind(measure.column, sheet.facts[measure.facts].table, tuple(ids))
