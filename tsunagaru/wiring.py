"""The one file that builds objects: what runs is put together here, and nowhere else."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from sqlalchemy import Connection, select

from agent_ui.context import PanelContext, RecordingShelf, SpeechOf, SpokenLine
from casefile.accounts import load_user
from casefile.clock import Clock
from casefile.db import Database
from casefile.ids import TimeOrderedIds
from casefile.tables import Attempt
from dialer import live
from dialer.asterisk.known_lines import KnownLines
from dialer.asterisk.node.running import default_root
from dialer.asterisk.recording.keys import KeyRing
from dialer.asterisk.recording.store import Store
from dialer.carrier import Carrier
from rehearsal.carrier_client import CarrierClient
from rehearsal.carrier_process import CarrierProcess, SpokenTo
from rehearsal.live_room import LiveRoom
from rehearsal.people import People
from rehearsal.sip.room import SipRoom, Telephones
from rehearsal.texts import TextService
from tsunagaru.demo_room import demo_room, speech_folder
from tsunagaru.demo_telephones import demo_telephones
from tsunagaru.logs import configure_logs
from tsunagaru.recordings import recording_jobs
from tsunagaru.settings import Settings, secret
from tsunagaru.telephones import FloorOnLine, carrier_for, floors_on_line, read_telephones, voice_nodes
from tsunagaru.worker import Job, office_jobs, work

if TYPE_CHECKING:
    from apiflask import APIFlask
    from redis import ConnectionPool

log = structlog.get_logger()

_LOOK_FOR_FLOORS_SECONDS = 5.0
_SECONDS_A_LINE = 5.0


def clock_of(settings: Settings) -> Clock:
    """The machine's clock; in a demo, the one all its processes share."""
    return settings.time


def web_application() -> APIFlask:
    """The WSGI application gunicorn serves; reads its settings from the environment."""
    from agent_ui.app import create_app

    settings = Settings.from_environment()
    configure_logs(settings.log_format, "web")
    assert settings.database_url is not None, "the supervisor always names the database"
    clock = clock_of(settings)
    context = PanelContext(
        database=Database(settings.database_url, pool_size=20),
        clock=clock,
        ids=TimeOrderedIds(clock.now),
        secret_key=secret(settings, "session"),
        clock_speed=settings.clock.speed if settings.clock else 1.0,
        # A proxy of the office's own speaks HTTPS with browsers.
        secure_cookies=settings.https is not None or settings.proxies > 0,
        voice_nodes=voice_nodes(settings),
        recordings=RecordingShelf(Store(settings.recordings), KeyRing(settings.recording_keys)),
        redis=_connections_of_web_processes(settings.redis_url),
        proxies=settings.proxies,
    )
    if settings.demo and not settings.nodes:
        # Nobody hears these residents.
        context = replace(context, speech_of=_speech_in(speech_folder(settings.home)))
    return create_app(context)


def _connections_of_web_processes(redis_url: str | None) -> ConnectionPool | None:
    if redis_url is None:
        return None
    # Only here: it is slow to load, and most offices have none.
    from agent_ui.others_by_redis import redis_connections

    return redis_connections(redis_url)


_CarrierFor = Callable[[FloorOnLine], Carrier | None]


def run_engine(database_url: str, settings: Settings, stopping: threading.Event) -> None:
    """Run the engine of every floor in this database until `stopping` is set, a thread each.

    A floor without a telephone line is told of once, and nothing is dialed for it. Raises TsunagaruError for node files
    that can't be used.
    """
    database = Database(database_url, pool_size=1)
    # For the operators' lines, which every municipality's book reads in a thread of its own.
    lines = Database(database_url, pool_size=4)
    try:
        with ExitStack() as books:
            _serve_floors(database, database_url, settings, _carriers(settings, lines, books), stopping)
    finally:
        lines.close()
        database.close()


def _carriers(settings: Settings, lines: Database, books: ExitStack) -> _CarrierFor:
    """`books`: where what is known of the operators' lines is kept until no carrier needs it."""
    if settings.demo and not settings.nodes:
        return lambda _: CarrierClient(demo_room(settings.home).carrier_port)
    telephones, clock = read_telephones(settings), clock_of(settings)

    @cache
    def book_of(municipality_id: int) -> KnownLines:
        return books.enter_context(KnownLines(lines, municipality_id, clock))

    return lambda floor: carrier_for(telephones, floor, book_of(floor.municipality_id), clock)


def _serve_floors(
    database: Database, database_url: str, settings: Settings, carrier_of: _CarrierFor, stopping: threading.Event
) -> None:
    serving: dict[UUID, threading.Thread] = {}
    lineless: set[UUID] = set()
    while not stopping.is_set():
        for floor in floors_on_line(database):
            if floor.floor_id in serving and serving[floor.floor_id].is_alive():
                continue
            carrier = carrier_of(floor)
            if carrier is None:
                if floor.floor_id not in lineless:
                    lineless.add(floor.floor_id)
                    log.warning(
                        "this floor has no telephone line, so nothing is dialed for it; see tsunagaru doctor",
                        municipality=floor.municipality_id,
                        floor=str(floor.floor_id),
                    )
                continue
            thread = threading.Thread(
                target=_serve_floor, args=(database_url, settings, floor, carrier, stopping), name="floor"
            )
            serving[floor.floor_id] = thread
            thread.start()
        stopping.wait(_LOOK_FOR_FLOORS_SECONDS)
    for thread in serving.values():
        thread.join()


def _serve_floor(
    database_url: str, settings: Settings, floor: FloorOnLine, carrier: Carrier, stopping: threading.Event
) -> None:
    live.run_engine(
        database_url,
        floor.municipality_id,
        floor.floor_id,
        carrier,
        stopping,
        clock=clock_of(settings),
        speed=settings.clock.speed if settings.clock else 1.0,
    )


def run_worker(database_url: str, settings: Settings, stopping: threading.Event) -> None:
    """Do due work (texts, promises to judge, audit seals) until `stopping` is set."""
    clock = clock_of(settings)
    database = Database(database_url, pool_size=2)
    jobs = [*office_jobs(database, clock), *recording_jobs(database, clock, settings)]
    if settings.demo:
        jobs.append(Job("texts", timedelta(seconds=1), _demo_texts(database, settings, clock).work))
    work(database, clock, jobs, stopping)
    database.close()


def _demo_texts(database: Database, settings: Settings, clock: Clock) -> TextService:
    room = demo_room(settings.home)
    city = room.city()
    series = f"D{clock.now():%d%H%M%S}-"
    return TextService(database, city, People(city, room.seed), room.seed, clock, TimeOrderedIds(clock.now), series)


def run_demo_carrier(database_url: str, settings: Settings, stopping: threading.Event) -> None:
    """Play the telephone network and the robot operators of the demo until `stopping` is set."""
    room = demo_room(settings.home)
    clock = clock_of(settings)
    database = Database(database_url, pool_size=2)
    with database.transaction(room.municipality_id) as conn:
        robots = [load_user(conn, room.municipality_id, user_id) for user_id in room.robots]
    carrier = CarrierProcess(
        room.city(),
        room.seed,
        clock,
        settings.home / "carrier-ledger.jsonl",
        settings.clock.speed if settings.clock else 1.0,
    )
    carrier.asked_for = _person_on_screen(database, room.municipality_id)
    carrier.spoken_to = _write_speech_to(speech_folder(settings.home))
    company = LiveRoom(
        carrier.exchange,
        carrier.people,
        database,
        room.municipality_id,
        room.floor_id,
        clock,
        TimeOrderedIds(clock.now, Random()),
        room.seed,
        [robot for robot in robots if robot is not None],
    )
    carrier.company = company
    company.open()
    carrier.run(stopping, room.carrier_port)
    database.close()


def run_demo_telephones(database_url: str, settings: Settings, stopping: threading.Event) -> None:
    """Be the people at both ends of a demo's real lines, residents and robot operators, until `stopping` is set."""
    room, lines, clock = demo_room(settings.home), demo_telephones(settings.home), clock_of(settings)
    database = Database(database_url, pool_size=4)
    with database.transaction(room.municipality_id) as conn:
        robots = [load_user(conn, room.municipality_id, user_id) for user_id in room.robots]
    telephones = Telephones(
        lines.node, lines.sip_at, lines.residents_at, lines.office, settings.home / "voices", default_root()
    )
    people = SipRoom(
        telephones,
        database,
        room.municipality_id,
        room.floor_id,
        clock,
        TimeOrderedIds(clock.now, Random()),
        room.city(),
        room.seed,
        [robot for robot in robots if robot is not None],
    )
    people.run(stopping, lambda reason: log.info("waiting for the node", reason=reason))
    database.close()


def _person_on_screen(database: Database, municipality_id: int) -> Callable[[UUID], str | None]:
    def asked_for(attempt_id: UUID) -> str | None:
        with database.transaction(municipality_id) as conn:
            return conn.scalars(
                select(Attempt.addressee_no).where(
                    Attempt.municipality_id == municipality_id, Attempt.attempt_id == attempt_id
                )
            ).one_or_none()

    return asked_for


def _write_speech_to(folder: Path) -> SpokenTo:
    """What a resident will say, for the panel of the human operator who took the call."""

    def write(attempt_id: UUID, lines: Sequence[str]) -> None:
        (folder / f"{attempt_id}.json").write_text(json.dumps(list(lines), ensure_ascii=False), encoding="utf-8")

    return write


def _speech_in(folder: Path) -> SpeechOf:
    def speech_of(conn: Connection, municipality_id: int, attempt_id: UUID) -> list[SpokenLine]:
        del conn, municipality_id
        try:
            lines = json.loads((folder / f"{attempt_id}.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []
        return [SpokenLine(_SECONDS_A_LINE * number, "相手", line) for number, line in enumerate(lines)]

    return speech_of
