"""The reports' own invariants (REPORTS.md §6.8) over the rehearsed days, as the reports' room checks them."""

from __future__ import annotations

from datetime import date, timedelta

from casefile.city import City
from casefile.clock import at_jst
from casefile.db import Database
from reports.invariants import as_booleans, check
from reports.request import Period


def form_invariants(database: Database, city: City, first_day: date, days: int) -> dict[str, bool]:
    """Named checks of the reports over the period of the rehearsal."""
    last_day = first_day + timedelta(days=days - 1)
    now = at_jst(last_day + timedelta(days=1))
    with database.transaction(city.id) as conn:
        return as_booleans(check(conn, city, Period(first_day, last_day), last_day, now))
