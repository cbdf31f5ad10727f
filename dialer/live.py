"""The engine's process: one thread of decisions, fed by the carrier, by knocks of the database and by the clock.

It keeps nothing that a crash could lose. Whatever goes wrong with the database, it lets go, and starts anew as soon as
it can: a new epoch, seats from their rows, every call left behind asked for at the carrier, nothing dialed twice.
"""

from __future__ import annotations

import logging
import queue
import random
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import psycopg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from callflow.events import CarrierEvent
from casefile.clock import Clock, SystemClock
from casefile.db import Database
from casefile.errors import TsunagaruError
from casefile.gate import LostFloor
from casefile.ids import TimeOrderedIds
from dialer.carrier import Carrier
from dialer.commands import FLOOR_COMMAND
from dialer.shell import FloorShell, ShellTerms

_log = logging.getLogger("tsunagaru.engine")

_TICK_SECONDS = 1.0
_LEAST_SECONDS = 0.01
_KNOCK_SECONDS = 0.5
_AGAIN_SECONDS = 1.0
_BUNCH = 500


@dataclass(frozen=True, slots=True)
class _Knock:
    """Somebody wrote a command for this floor."""


_Inbox = queue.SimpleQueue[CarrierEvent | _Knock]


def run_engine(
    database_url: str,
    municipality_id: int,
    floor_id: UUID,
    carrier: Carrier,
    stop_event: threading.Event,
    *,
    clock: Clock | None = None,
    terms: ShellTerms | None = None,
    speed: float = 1.0,
) -> None:
    """Serve one floor until `stop_event` is set; waits for the floor while another engine has it.

    `speed`: how many seconds of `clock` pass in a real one (demos). Returns with the floor's lock released. Calls on the line stay with the carrier; the next engine asks for them.
    """
    inbox: _Inbox = queue.SimpleQueue()
    carrier.listen(inbox.put)
    ears = threading.Thread(
        target=_listen, args=(database_url, floor_id, inbox, stop_event), name="floor-commands", daemon=True
    )
    ears.start()
    try:
        while not stop_event.is_set():
            _serve(
                database_url,
                municipality_id,
                floor_id,
                carrier,
                inbox,
                stop_event,
                clock or SystemClock(),
                terms,
                speed,
            )
    finally:
        carrier.close()
        ears.join(timeout=_KNOCK_SECONDS * 4)


def _serve(
    database_url: str,
    municipality_id: int,
    floor_id: UUID,
    carrier: Carrier,
    inbox: _Inbox,
    stop_event: threading.Event,
    clock: Clock,
    terms: ShellTerms | None,
    speed: float,
) -> None:
    """One epoch, from taking the floor to losing it."""
    database = Database(database_url, pool_size=2)
    ids = TimeOrderedIds(clock.now)
    shell = FloorShell(database, municipality_id, floor_id, clock, ids, random.Random(), carrier, terms)
    try:
        shell.start()
        _log.info("floor taken", extra={"floor": str(floor_id), "epoch": shell.epoch})
        _obey(shell, inbox, stop_event, clock, speed)
        shell.flush()
    except (DBAPIError, SQLAlchemyError, LostFloor, TsunagaruError) as error:
        # Names of errors only: an error's text may quote a row.
        _log.warning("floor let go", extra={"floor": str(floor_id), "error": type(error).__name__})
        stop_event.wait(_AGAIN_SECONDS)
    finally:
        shell.close()
        database.close()


def _obey(shell: FloorShell, inbox: _Inbox, stop_event: threading.Event, clock: Clock, speed: float) -> None:
    """Events as they come, a tick a second, everything committed after each bunch."""
    next_tick = clock.now()
    while not stop_event.is_set():
        wait = min(max((next_tick - clock.now()).total_seconds() / speed, 0.0), _TICK_SECONDS)
        if _take_bunch(shell, inbox, wait):
            shell.wake()
        shell.flush()
        now = clock.now()
        if now >= next_tick:
            shell.tick()
            next_tick = now + timedelta(seconds=_TICK_SECONDS)
        wakeup = shell.next_wakeup()
        if wakeup is not None:
            # A deadline of a call may come before the next full second; never more than a hundred ticks a second.
            next_tick = max(min(next_tick, wakeup), now + timedelta(seconds=_LEAST_SECONDS * speed))


def _take_bunch(shell: FloorShell, inbox: _Inbox, wait: float) -> bool:
    """Deliver what is there, at most a bunch, with one commit; says whether somebody knocked."""
    bunch: list[CarrierEvent | _Knock] = []
    with suppress(queue.Empty):
        bunch.append(inbox.get(timeout=wait) if wait > 0 else inbox.get_nowait())
        while len(bunch) < _BUNCH:
            bunch.append(inbox.get_nowait())
    events = [event for event in bunch if not isinstance(event, _Knock)]
    if events:
        shell.deliver_together(events)
    return len(events) < len(bunch)


def _listen(database_url: str, floor_id: UUID, inbox: _Inbox, stop_event: threading.Event) -> None:
    """Turn the database's knocks into events. A knock that is lost costs only time: rows are read every few seconds."""
    while not stop_event.is_set():
        with suppress(psycopg.Error), psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(f"LISTEN {FLOOR_COMMAND}")
            while not stop_event.is_set():
                for knock in connection.notifies(timeout=_KNOCK_SECONDS):
                    if knock.payload == str(floor_id):
                        inbox.put(_Knock())
        stop_event.wait(_AGAIN_SECONDS)
