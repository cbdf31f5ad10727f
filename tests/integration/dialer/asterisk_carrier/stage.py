"""One scenario on a real Asterisk: what the engine tells the carrier, and what comes back. `scenarios.toml` says how."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from uuid import UUID, uuid4

import psutil

from callflow.events import (
    Announce,
    CallFact,
    CarrierEvent,
    Dial,
    Ended,
    Hangup,
    Heard,
    Incoming,
    Join,
    Missed,
    Reconcile,
    Reconciled,
    Refused,
    TellClosed,
    TellPlace,
    Wished,
)
from casefile.clock import SystemClock
from dialer.asterisk.ami import AmiAddress, AmiTerms
from dialer.asterisk.carrier import AsteriskCarrier, CarrierTerms, NodeAddress
from dialer.asterisk.lines import Line
from dialer.asterisk.node.node import CALLERS, Node
from dialer.asterisk.node.running import RunningNode
from tests.integration.dialer.asterisk_node.far_end import Caller
from tests.waiting import until

CODES = ("404", "410", "484", "486", "480", "603", "403", "503")
ADDRESSES = {"answer": "127.0.3.2", "ring": "127.0.3.4", "leave": "127.0.3.6"} | {
    f"refuse-{code}": "127.0.3.3" for code in CODES
}
DESK, DESK_ADDRESS = "desk-1", "127.0.3.5"
RESIDENT, OFFICE = "+819000000001", "+81300000000"
OPERATOR, ABSENT_OPERATOR, LINELESS_OPERATOR = uuid4(), uuid4(), uuid4()
ANOTHER_OPERATOR = uuid4()
"""Sits at the same desk phone."""
QUICK = AmiTerms(first_pause_seconds=0.05, longest_pause_seconds=0.3)


class Lines:
    """A desk phone that is there, one that is not, and an operator without any."""

    def line_of(self, operator_id: UUID, node: str | None = None) -> Line | None:
        endpoint = {OPERATOR: DESK, ANOTHER_OPERATOR: DESK, ABSENT_OPERATOR: "op-1"}.get(operator_id)
        return Line(node or "", endpoint) if endpoint else None


def address_of(node: Node, trunk: str, port: int | None = None) -> NodeAddress:
    """A node as the carrier is told of it, with one trunk to dial by."""
    ami = AmiAddress(node.ami_bind, port or node.ports.ami, node.ami_user, node.ami_secret)
    return NodeAddress(node.name, ami, tuple(one for one in node.trunks if one.name == trunk))


@dataclass
class Books:
    """Everything a carrier told, in order, with the moment it was told."""

    told: list[tuple[float, CarrierEvent]] = field(default_factory=list)

    def take(self, event: CarrierEvent) -> None:
        self.told.append((time.monotonic(), event))

    def of(self, attempt_id: UUID) -> list[CarrierEvent]:
        return [event for _, event in self.told if event.attempt_id == attempt_id]

    def words(self, attempt_id: UUID) -> list[str]:
        return [word_of(event) for event in self.of(attempt_id)]


def word_of(event: CarrierEvent) -> str:
    """`heard person`, `ended 02`, `reconciled live: handed answered` …"""
    name = type(event).__name__.lower()
    match event:
        case Heard():
            return f"{name} {event.detected.value}"
        case Ended() | Refused():
            who = " by resident" if isinstance(event, Ended) and event.by_resident else ""
            return f"{name} {event.result or '--'}{who}"
        case Wished():
            return f"{name} {event.wish.value}"
        case Missed():
            return f"{name} {'wanted' if event.wanted else 'not wanted'}"
        case Reconciled():
            if not event.known:
                return f"{name} absent"
            return f"{name} {'live' if event.live else 'over'}: {', '.join(map(word_of, event.past))}"
    return name


class Stage:
    """Plays the steps of one scenario; each is a method of its name."""

    def __init__(self, asterisk: RunningNode, trunk: str, terms: CarrierTerms, folder: Path, ring_seconds: int) -> None:
        self.asterisk = asterisk
        self.books = Books()
        self.attempt_id = uuid4()
        self._address = address_of(asterisk.node, trunk)
        self._terms = terms
        self._folder = folder
        self._ring_seconds = ring_seconds
        self._caller: Caller | None = None
        self.e164: str | None = None
        # This engine's ledger is empty: whom earlier ones were told of is none of its affairs.
        asterisk.console(f"database deltree {CALLERS}")
        self.carrier = self._carrier()

    def _carrier(self) -> AsteriskCarrier:
        carrier = AsteriskCarrier([self._address], Lines(), SystemClock(), self._terms)
        carrier.listen(self.books.take)
        until(carrier.connected, 10)
        return carrier

    def play(self, step: str) -> None:
        verb, *words = step.split(maxsplit=1)
        getattr(self, verb)(*words)

    def close(self) -> None:
        self.carrier.close()
        if self._caller is not None:
            self._caller.close()

    # -- steps -------------------------------------------------------------------------------------------------------

    def dial(self) -> None:
        self.carrier.send(Dial(self.attempt_id, RESIDENT, OFFICE, self._ring_seconds))

    def until(self, word: str) -> None:
        until(lambda: self.books.words(self.attempt_id), 25, lambda words: any(one.startswith(word) for one in words))

    def join(self, whom: str = "desk") -> None:
        operator = {"desk": OPERATOR, "absent": ABSENT_OPERATOR, "lineless": LINELESS_OPERATOR}[whom]
        self.carrier.send(Join(self.attempt_id, operator))

    def announce(self) -> None:
        self.carrier.send(Announce(self.attempt_id))

    def hang_up(self) -> None:
        self.carrier.send(Hangup(self.attempt_id))

    def reconcile(self) -> None:
        self.carrier.send(Reconcile(self.attempt_id))

    def wait(self, seconds: str) -> None:
        """The engine is in no hurry, and nothing unexpected may come meanwhile."""
        time.sleep(float(seconds))

    def the_line_is_free(self) -> None:
        """Left to itself, Asterisk comes to an end."""
        until(lambda: _channels(self.asterisk), 25, lambda left: not left)

    def engine_dies(self) -> None:
        self.carrier.close()

    def engine_starts(self) -> None:
        self.books = Books()
        self.carrier = self._carrier()

    def asterisk_dies(self) -> None:
        self.asterisk.kill()

    def call_back(self, caller: str) -> None:
        node = self.asterisk.node
        where = (node.bind, node.ports.sip)
        who, _, does = caller.partition(" then ")
        scenario, _, key = does.partition(" ")
        words = (scenario or "call", key or "1")
        self._caller = Caller(ADDRESSES["answer"], where, who, self._folder / "caller", *words)

    def who_called(self) -> None:
        """Somebody whom the carrier has told of, as `Incoming` or `Missed`."""

        def told() -> list[Incoming | Missed]:
            return [event for _, event in self.books.told if isinstance(event, Incoming | Missed)]

        until(told, 25)
        self.attempt_id, self.e164 = told()[0].attempt_id, told()[0].e164

    def tell_place(self, place: str) -> None:
        self.carrier.send(TellPlace(self.attempt_id, int(place)))

    def tell_closed(self) -> None:
        self.carrier.send(TellClosed(self.attempt_id))

    def place_is_said(self) -> None:
        """The node is asked itself: the carrier has no use for it."""
        (channel,) = _channels(self.asterisk)
        until(lambda: self.asterisk.console(f"core show channel {channel}"), 15, lambda told: "PLACE_SAID=" in told)

    def somebody_is_on_the_line(self) -> None:
        until(lambda: _channels(self.asterisk), 10)


@contextmanager
def nothing_left(asterisk: RunningNode) -> Iterator[None]:
    """Channels, threads and open files are back where they were; an id that is held by intent is let go of first."""
    us, it = psutil.Process(), psutil.Process(asterisk.pid)
    threads, files = threading.active_count(), us.num_fds()
    its_files = it.num_fds()
    yield
    until(lambda: us.num_fds(), 5, lambda now: now <= files)
    until(threading.active_count, 5, lambda now: now <= threads)
    if asterisk.process.poll() is None:
        let_go_of_held_ids(asterisk)
        until(lambda: _channels(asterisk), 10, lambda left: not left)
        until(it.num_fds, 10, lambda now: now <= its_files)


def _channels(asterisk: RunningNode) -> list[str]:
    """The live channels by name."""
    lines = asterisk.console("core show channels concise").splitlines()
    return [line.partition("!")[0] for line in lines if "!" in line]


def let_go_of_held_ids(asterisk: RunningNode) -> None:
    """Ids that are taken so that nobody is dialed by them, for ten minutes: that is no leak."""
    for channel in _channels(asterisk):
        if channel.startswith("Local/"):
            asterisk.console(f"channel request hangup {channel}")


def in_order(facts: list[CallFact]) -> bool:
    return all(earlier.at <= later.at for earlier, later in pairwise(facts))
