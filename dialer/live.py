"""The engine's process: one thread of decisions, fed by the carrier, by knocks of the database and by the clock.

It keeps nothing that a crash could lose. Whatever goes wrong with the database, it lets go, and starts anew as soon as
it can: a new epoch, seats from their rows, every call left behind asked for at the carrier, nothing dialed twice.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import psycopg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from casefile.clock import Clock, SystemClock
from casefile.db import Database
from casefile.errors import TsunagaruError
from casefile.gate import LostFloor
from casefile.ids import TimeOrderedIds
from dialer.carrier import Carrier
from dialer.commands import FLOOR_COMMAND
from dialer.disk import DiskBeside
from dialer.inbox import Inbox, Knock, Nudge
from dialer.shell import FloorShell, FloorTaken, ShellTerms

_log = logging.getLogger("tsunagaru.engine")

_TICK_SECONDS = 1.0
_LEAST_SECONDS = 0.01
_KNOCK_SECONDS = 0.5
_AGAIN_SECONDS = 1.0
_OVER = (DBAPIError, SQLAlchemyError, LostFloor, TsunagaruError)
"""After these a shell is of no use any more."""
_OF_USE_SECONDS = 60.0
"""What an engine hears while another has the floor may still be its own to do: that one may have been gone by then."""


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
    inbox = Inbox(time.monotonic)
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
    inbox: Inbox,
    stop_event: threading.Event,
    clock: Clock,
    terms: ShellTerms | None,
    speed: float,
) -> None:
    """One epoch, from taking the floor to losing it."""
    database = Database(database_url, pool_size=3)
    ids = TimeOrderedIds(clock.now)
    shell = FloorShell(
        database,
        municipality_id,
        floor_id,
        clock,
        ids,
        random.Random(),
        carrier,
        terms,
        lambda database: DiskBeside(database, lambda: inbox.put(Nudge())),
    )
    try:
        shell.start()
        _log.info("floor taken", extra={"floor": str(floor_id), "epoch": shell.epoch})
        _obey(shell, inbox, stop_event, clock, speed)
        shell.flush()
    except FloorTaken:
        inbox.forget(_OF_USE_SECONDS)
        stop_event.wait(_AGAIN_SECONDS)
    except _OVER as error:
        # Names of errors only: an error's text may quote a row.
        _log.warning("floor let go", extra={"floor": str(floor_id), "error": type(error).__name__})
        stop_event.wait(_AGAIN_SECONDS)
    finally:
        for event in shell.untold():
            inbox.put(event)
        shell.close()
        database.close()


def _obey(shell: FloorShell, inbox: Inbox, stop_event: threading.Event, clock: Clock, speed: float) -> None:
    """Events as they come, a tick a second, everything committed after each bunch."""
    next_tick = clock.now()
    while not stop_event.is_set():
        wait = min(max((next_tick - clock.now()).total_seconds() / speed, 0.0), _TICK_SECONDS)
        if take_bunch(shell, inbox, wait):
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


def take_bunch(shell: FloorShell, inbox: Inbox, wait: float) -> bool:
    """Deliver what is there, at most a bunch, with one commit; says whether somebody knocked."""
    events, knocked = inbox.take(wait)
    if events:
        try:
            shell.deliver_together(events)
        except _OVER:
            inbox.not_done()
            raise
        inbox.done()
    return knocked


def _listen(database_url: str, floor_id: UUID, inbox: Inbox, stop_event: threading.Event) -> None:
    """Turn the database's knocks into events. A knock that is lost costs only time: rows are read every few seconds."""
    while not stop_event.is_set():
        with suppress(psycopg.Error), psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(f"LISTEN {FLOOR_COMMAND}")
            while not stop_event.is_set():
                for knock in connection.notifies(timeout=_KNOCK_SECONDS):
                    if knock.payload == str(floor_id):
                        inbox.put(Knock())
        stop_event.wait(_AGAIN_SECONDS)
