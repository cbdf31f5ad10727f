"""The manager interface of one Asterisk node, held open through every fault of the line.

    ami = Ami("node-1", AmiAddress("127.0.0.1", 5038, "tsunagaru", secret), listener)
    ami.start()
    result = ami.send(Action("Originate", {...}, {...}), action_id=attempt_id)

One thread connects, signs in, reads and watches; when the connection is lost, for whatever reason, it opens a new one
with growing pauses. A second thread tells the listener. What was lost stays lost: **no action is ever sent again**.
After each sign-in the node is asked for its live channels, and the listener is told of them before any event that came
after the gap. An event between sign-in and that list is told after the list; the list may know of it already.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Protocol
from uuid import UUID

from dialer.asterisk.connection import AmiAddress, Connection, ConnectionLost, Written
from dialer.asterisk.dispatch import Dispatcher
from dialer.asterisk.pending import Answered, Pending, PendingActions, Reason, Refused, Result, Then, Unknown
from dialer.asterisk.wire import Action, Event, LiveChannel, Response, decode, encode, live_channel

_log = logging.getLogger("tsunagaru.asterisk")


class AmiListener(Protocol):
    """Who is told. All calls come from one thread, in order; each may send actions and wait for their answers."""

    def on_resync(self, channels: tuple[LiveChannel, ...]) -> None:
        """Connected: these channels live now. Whatever else was believed to live has ended in the gap."""
        ...

    def on_event(self, event: Event) -> None: ...

    def on_lost(self, reason: str) -> None:
        """Disconnected after having been connected; the events from now to the next `on_resync` are gone.

        Also told, as the last thing, when the line is closed by its owner.
        """
        ...


@dataclass(frozen=True, slots=True)
class AmiTerms:
    """How patient the line is. Seconds, and numbers of things.

    A dead peer is noticed after `ping_every_seconds` + `ping_seconds` at most. A peer that sends events and no answers
    is dead after `deaf_seconds`.
    """

    events: str = "system,call,user,dtmf"
    connect_seconds: float = 3.0
    write_seconds: float = 2.0
    answer_seconds: float = 5.0
    resync_seconds: float = 10.0
    ping_every_seconds: float = 1.0
    ping_seconds: float = 2.5
    deaf_seconds: float = 30.0
    first_pause_seconds: float = 0.2
    longest_pause_seconds: float = 3.0
    queued_events: int = 20_000
    remembered_action_ids: int = 10_000


@dataclass(slots=True)
class AmiFigures:
    """What happened since the start, for health pages and tests. Numbers of times."""

    connections: int = 0
    losses: int = 0
    overflows: int = 0
    received_events: int = 0
    delivered_events: int = 0
    overflowed_events: int = 0
    listener_failures: int = 0
    late_answers: int = 0
    unreadable_messages: int = 0
    pending_actions: int = 0
    deepest_queue: int = 0
    last_loss: str = ""


class Ami:
    """See the top of this file. Every public method may be called from any thread."""

    def __init__(self, name: str, address: AmiAddress, listener: AmiListener, terms: AmiTerms | None = None) -> None:
        self.name = name
        self._address = address
        self._listener = listener
        self._terms = terms or AmiTerms()
        self._figures = AmiFigures()
        self._pending = PendingActions(self._terms.remembered_action_ids)
        self._dispatcher = Dispatcher(f"ami-{name}", self._terms.queued_events, listener.on_event)
        self._connection: Connection | None = None
        self._ready = threading.Event()
        self._closing = threading.Event()
        self._fresh: list[Event] = []
        self._in_step = False
        self._ping: Pending | None = None
        self._ping_at = 0.0
        self._ready_by = 0.0
        self._thread = threading.Thread(target=self._keep_connected, name=f"ami-{name}", daemon=True)

    # -- for everybody ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._dispatcher.start()
        self._thread.start()

    @property
    def connected(self) -> bool:
        """Signed in, and the node's live channels are known; the listener is told of them before anything else."""
        return self._ready.is_set()

    def wait_connected(self, seconds: float) -> bool:
        return self._ready.wait(seconds)

    def send(self, action: Action, action_id: UUID | None = None, seconds: float | None = None) -> Result:
        """Send an action and wait for what becomes of it; never raises for the line's sake.

        `action_id` is its key: chosen by the caller before, it is refused with `UsedActionId` the second time. After
        `seconds` (the terms' `answer_seconds`) without an answer the result is `Unknown`. `UnsafeAction` if it may not
        be sent at all.
        """
        pending = self._submit(action, action_id, seconds, None)
        pending.wait(pending.deadline - time.monotonic())
        if pending.result is None:
            self._fail(pending, Reason.NO_ANSWER)
        assert pending.result is not None
        return pending.result

    def submit(self, action: Action, then: Then, action_id: UUID | None = None, seconds: float | None = None) -> UUID:
        """Send an action and go on; `then` is told the result, once, by the listener's thread, in order with events.

        Raises like `send`. Waits only where Asterisk does not take what is written, `write_seconds` at most.
        """
        return self._submit(action, action_id, seconds, then).action_id

    def figures(self) -> AmiFigures:
        """A copy of the counters."""
        now = AmiFigures(**{name: getattr(self._figures, name) for name in AmiFigures.__slots__})
        now.delivered_events = self._dispatcher.delivered
        now.listener_failures = self._dispatcher.failures
        now.pending_actions = len(self._pending)
        now.deepest_queue = self._dispatcher.deepest
        return now

    def close(self) -> None:
        """Hang up the line, settle every action, tell the listener what is queued; nothing is left open or running."""
        self._closing.set()
        connection = self._connection
        if connection is not None:
            connection.lose("closed by us")
        if self._thread.is_alive():
            self._thread.join(self._terms.connect_seconds + self._terms.write_seconds + 1)
        if not self._dispatcher.close(self._terms.answer_seconds + 1):
            _log.error("a listener does not come to an end", extra={"node": self.name})

    # -- actions ---------------------------------------------------------------------------------------------------

    def _submit(self, action: Action, action_id: UUID | None, seconds: float | None, then: Then | None) -> Pending:
        chosen = action_id or uuid.uuid4()
        data = encode(action, chosen)
        if action_id is not None:
            self._pending.reserve(action_id)
        deadline = time.monotonic() + (self._terms.answer_seconds if seconds is None else seconds)
        pending = Pending(chosen, deadline, then)
        connection = self._connection if self._ready.is_set() else None
        if connection is None:
            self._fail(pending, Reason.NOT_CONNECTED)
        else:
            self._write(connection, pending, data)
        return pending

    def _write(self, connection: Connection, pending: Pending, data: bytes) -> None:
        self._pending.add(pending)
        written = connection.write(data, pending.deadline - time.monotonic(), pending.begin)
        if written is Written.NOTHING:
            self._fail(pending, Reason.NO_TIME_TO_WRITE if connection.reason is None else Reason.NOT_CONNECTED)
        elif written is Written.MAYBE:
            self._fail(pending, Reason.CONNECTION_LOST)

    def _settle(self, pending: Pending, result: Result) -> None:
        self._pending.remove(pending)
        self._tell(pending.resolve(result), pending)

    def _fail(self, pending: Pending, reason: Reason) -> None:
        self._pending.remove(pending)
        then = pending.fail(reason)
        if then is not None and isinstance(pending.result, Refused):
            # Nothing of it was written: its id is as good as new.
            self._pending.release(pending.action_id)
        self._tell(then, pending)

    def _tell(self, then: Then | None, pending: Pending) -> None:
        if then is not None and pending.result is not None:
            self._dispatcher.put(partial(then, pending.result))

    # -- the line --------------------------------------------------------------------------------------------------

    def _keep_connected(self) -> None:
        pause = self._terms.first_pause_seconds
        while not self._closing.is_set():
            begun = time.monotonic()
            try:
                self._live()
            except ConnectionLost as lost:
                self._after_loss(str(lost))
            except Exception as error:
                _log.exception("the line to Asterisk failed", extra={"node": self.name})
                self._after_loss(type(error).__name__)
            if time.monotonic() - begun > self._terms.longest_pause_seconds:
                pause = self._terms.first_pause_seconds
            self._closing.wait(pause)
            pause = min(pause * 2, self._terms.longest_pause_seconds)
            self._wait_for_the_listener()

    def _live(self) -> None:
        """One connection from beginning to end; leaves only by raising."""
        terms = self._terms
        self._in_step, self._ping, self._fresh = False, None, []
        self._ready_by = time.monotonic() + terms.connect_seconds
        connection = Connection(self._address, terms.connect_seconds, terms.write_seconds, self._hand_over, self._watch)
        self._connection = connection
        if self._closing.is_set():
            raise ConnectionLost("closed by us")
        self._figures.connections += 1
        messages = connection.messages()
        self._sign_in(connection, messages)
        channels = self._live_channels(connection, messages)
        self._in_step = True
        self._ping_at = time.monotonic() + terms.ping_every_seconds
        # Whoever is told of the channels may act on them at once. What Asterisk answers is read, and told, after that.
        self._ready.set()
        self._dispatcher.put(partial(self._listener.on_resync, channels))
        for message in messages:
            self._take(message)

    def _sign_in(self, connection: Connection, messages: Iterator[str]) -> None:
        address = self._address
        fields = {"Username": address.username, "Secret": address.secret, "Events": self._terms.events}
        self._ask(connection, messages, Action("Login", fields), self._terms.connect_seconds)

    def _live_channels(self, connection: Connection, messages: Iterator[str]) -> tuple[LiveChannel, ...]:
        answer = self._ask(connection, messages, Action("CoreShowChannels"), self._terms.resync_seconds)
        if not answer.events:
            raise ConnectionLost("no list of live channels")
        *entries, last = answer.events
        if last.get("ListItems") != str(len(entries)):
            raise ConnectionLost("the list of live channels is not whole")
        return tuple(map(live_channel, entries))

    def _ask(self, connection: Connection, messages: Iterator[str], action: Action, seconds: float) -> Answered:
        """Send one of our own actions while connecting, and read until it is answered."""
        self._ready_by = time.monotonic() + seconds
        pending = Pending(uuid.uuid4(), self._ready_by, None)
        self._write(connection, pending, encode(action, pending.action_id))
        while pending.result is None:
            self._take(next(messages))
        if not isinstance(pending.result, Answered):
            raise ConnectionLost(f"{action.name} failed: {pending.result.reason}")
        return pending.result

    def _after_loss(self, reason: str) -> None:
        was_ready = self._ready.is_set()
        self._ready.clear()
        connection, self._connection = self._connection, None
        self._figures.losses += 1
        self._figures.last_loss = reason
        if connection is not None:
            connection.release()
        self._deliver_what_was_read()
        for pending in self._pending.all():
            self._fail(pending, Reason.CONNECTION_LOST)
        if was_ready:
            self._dispatcher.put(partial(self._listener.on_lost, reason))
            if not self._closing.is_set():
                _log.warning("the line to Asterisk is lost", extra={"node": self.name, "reason": reason})

    def _deliver_what_was_read(self) -> None:
        if self._in_step and self._fresh and not self._dispatcher.put_events(self._fresh):
            self._figures.overflowed_events += len(self._fresh)
        self._fresh = []

    def _wait_for_the_listener(self) -> None:
        """After an overflow a new connection would overflow again until the listener has caught up."""
        while not self._closing.is_set() and not self._dispatcher.wait_for_room(0.1):
            pass

    # -- reading ---------------------------------------------------------------------------------------------------

    def _take(self, text: str) -> None:
        try:
            message = decode(text)
        except Exception:
            self._figures.unreadable_messages += 1
            _log.exception("a message of Asterisk is not readable", extra={"node": self.name})
            return
        if isinstance(message, Event):
            self._take_event(message)
        elif isinstance(message, Response):
            self._take_response(message)
        else:
            self._figures.unreadable_messages += 1

    def _take_event(self, event: Event) -> None:
        action_id = event.headers.get("ActionID")
        if action_id is not None:
            pending = self._pending.find(action_id)
            if pending is not None and pending.takes_a_list:
                result = pending.collect(event)
                if result is not None:
                    self._settle(pending, result)
                return
        self._figures.received_events += 1
        self._fresh.append(event)

    def _take_response(self, response: Response) -> None:
        pending = self._pending.find(response.headers.get("ActionID", ""))
        if pending is None:
            self._figures.late_answers += 1
            return
        result = pending.respond(response)
        if result is not None:
            # What was read before the answer is told before it.
            try:
                self._hand_over()
            finally:
                self._settle(pending, result)

    def _hand_over(self) -> None:
        """Give the listener's thread what was read; keep it while the list of live channels is still to come."""
        fresh = self._fresh
        if not fresh:
            return
        if not self._in_step:
            if len(fresh) <= self._terms.queued_events:
                return
        elif self._dispatcher.put_events(fresh):
            self._fresh = []
            return
        self._figures.overflows += 1
        self._figures.overflowed_events += len(fresh)
        self._fresh = []
        raise ConnectionLost("too many events for the listener")

    # -- watching --------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        now = time.monotonic()
        for pending in self._pending.overdue(now):
            self._fail(pending, Reason.NO_ANSWER)
        if not self._in_step:
            if now > self._ready_by:
                raise ConnectionLost("Asterisk is silent while connecting")
        else:
            self._watch_the_peer(now)

    def _watch_the_peer(self, now: float) -> None:
        connection, ping = self._connection, self._ping
        if connection is None:
            return
        if ping is None:
            if now >= self._ping_at:
                self._send_ping(connection, now)
        elif isinstance(ping.result, Answered):
            self._ping, self._ping_at = None, now + self._terms.ping_every_seconds
        elif ping.result is not None:
            raise ConnectionLost(connection.reason or "Ping was refused")
        elif now - self._ping_at > self._terms.deaf_seconds:
            raise ConnectionLost("Asterisk tells events and answers nothing")
        elif now - max(connection.last_heard, self._ping_at) > self._terms.ping_seconds:
            raise ConnectionLost("no answer to Ping")

    def _send_ping(self, connection: Connection, now: float) -> None:
        self._ping_at = now
        self._ping = Pending(uuid.uuid4(), now + self._terms.deaf_seconds + 1, None)
        self._write(connection, self._ping, encode(Action("Ping"), self._ping.action_id))


__all__ = [
    "Action",
    "Ami",
    "AmiAddress",
    "AmiFigures",
    "AmiListener",
    "AmiTerms",
    "Answered",
    "Event",
    "LiveChannel",
    "Reason",
    "Refused",
    "Result",
    "Unknown",
]
