"""Work that is due while nobody looks: texts, promises to judge, recalls that were missed, audit entries to seal.

Every round goes through the municipalities one by one; what one of them cannot do does not keep the others waiting.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import Connection, select

from callflow import recall
from casefile import audit
from casefile.city import City, load_city
from casefile.clock import Clock
from casefile.db import Database
from casefile.ids import Ids, TimeOrderedIds
from casefile.intake.runs import receipts_as_of
from casefile.judgement import judge_promises
from casefile.tables import Municipality
from dialer import campaigns
from dialer.tables import Floor

log = structlog.get_logger()

_LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Job:
    """Something done for each city, again and again: `every` after the last time."""

    name: str
    every: timedelta
    do: Callable[[City], None]


def municipalities(database: Database) -> list[int]:
    """Whom this installation works for."""
    with database.transaction(None) as conn:
        return list(conn.scalars(select(Municipality.municipality_id).order_by(Municipality.municipality_id)))


def office_jobs(database: Database, clock: Clock) -> list[Job]:
    """The jobs of every office, whatever its lines and gateways are."""

    def inside(action: Callable[[Connection, City, datetime], object]) -> Callable[[City], None]:
        def do(city: City) -> None:
            with database.transaction(city.id) as conn:
                action(conn, city, clock.now())

        return do

    ids = TimeOrderedIds(clock.now)
    return [
        Job(
            "a floor for every office",
            timedelta(minutes=1),
            inside(lambda conn, city, _: _open_first_floor(conn, city, ids)),
        ),
        Job("judge promises", timedelta(minutes=5), inside(_judge)),
        Job("missed recalls", timedelta(minutes=1), inside(recall.sweep_missed)),
        Job(
            "finish campaigns",
            timedelta(minutes=1),
            inside(lambda conn, city, now: campaigns.finish(conn, city.id, now)),
        ),
        Job(
            "seal the audit chain",
            timedelta(seconds=10),
            inside(lambda conn, city, now: audit.seal(conn, city.id, now)),
        ),
    ]


def _open_first_floor(conn: Connection, city: City, ids: Ids) -> None:
    if conn.scalars(select(Floor.floor_id).limit(1)).first() is None:
        campaigns.open_floor(conn, city.id, ids.new(), f"{city.section_name} フロア")


def _judge(conn: Connection, city: City, now: datetime) -> None:
    """Receipts decide, so it goes by the day they are loaded for; where none ever came there is nothing to judge."""
    as_of: date | None = receipts_as_of(conn, city.id)
    if as_of is not None:
        judge_promises(conn, city, as_of, now)


def work(database: Database, clock: Clock, jobs: Sequence[Job], stopping: threading.Event) -> None:
    """Do what is due until `stopping` is set."""
    last: dict[tuple[str, int], datetime] = {}
    while not stopping.is_set():
        try:
            _round(database, clock, jobs, last, stopping)
        except Exception as error:
            # The database is away, most likely: what was due is still due when it is back.
            log.error("round failed", error=type(error).__name__)
            stopping.wait(_LOOK_SECONDS * 4)
        stopping.wait(_LOOK_SECONDS)


def _round(
    database: Database,
    clock: Clock,
    jobs: Sequence[Job],
    last: dict[tuple[str, int], datetime],
    stopping: threading.Event,
) -> None:
    for municipality_id in municipalities(database):
        with database.transaction(municipality_id) as conn:
            city = load_city(conn, municipality_id)
        for job in jobs:
            done_at = last.get((job.name, municipality_id))
            if stopping.is_set() or (done_at is not None and clock.now() < done_at + job.every):
                continue
            last[job.name, municipality_id] = clock.now()
            try:
                job.do(city)
            except Exception as error:
                # Names of errors only: an error's text may quote a row.
                log.error("job failed", job=job.name, municipality=municipality_id, error=type(error).__name__)
