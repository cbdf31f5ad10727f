"""The one table of forms: which module builds which, and which rows lie behind a figure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from casefile.city import City
from reports.figures import Form
from reports.forms import best_hours, calls, districts, documents
from reports.request import FormName, Request
from reports.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Maker:
    """`build` makes the finished form; `sheets` gives its tables with the facts behind them, for drill-down."""

    build: Callable[[Connection, City, Request], Form]
    sheets: Callable[[Connection, City, Request], tuple[Sheet, ...]]


FORMS: dict[FormName, Maker] = {
    FormName.CALLS: Maker(calls.build, calls.sheets),
    FormName.DISTRICTS: Maker(districts.build, districts.sheets),
    FormName.DOCUMENTS: Maker(documents.build, documents.sheets),
    FormName.BEST_HOURS: Maker(best_hours.build, best_hours.sheets),
}


def build(conn: Connection, city: City, request: Request) -> Form:
    """The finished form. Reads only; the same request on the same facts gives an equal form."""
    return FORMS[request.form].build(conn, city, request)
