"""The one table of forms: which function builds which."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from casefile.city import City
from reports.figures import Form
from reports.forms import calls
from reports.request import FormName, Request

FORMS: Mapping[FormName, Callable[[Connection, City, Request], Form]] = {
    FormName.CALLS: calls.build,
}


def build(conn: Connection, city: City, request: Request) -> Form:
    """The finished form. Reads only; the same request on the same facts gives an equal form."""
    return FORMS[request.form](conn, city, request)
