"""The city's telephone network as a process of its own, in real time, behind a loopback socket.

Newline-separated JSON (`dialer.wire`): commands in, events out, one engine at a time; who connects last is served. It
outlives engines: calls go on while nobody is connected, and `Reconcile` tells the next engine what became of them. What
residents say comes as `{"type": "Spoken", …}` lines beside the events; the engine's client hands them on or drops them.
"""

from __future__ import annotations

import json
import selectors
import socket
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Protocol
from uuid import UUID

from callflow.events import CarrierCommand, CarrierEvent, Dial, Joined, Reconcile
from casefile.clock import Clock
from casefile.ids import TimeOrderedIds
from dialer import wire
from rehearsal.carrier_ledger import CarrierLedger, LedgerLine, read_ledger
from rehearsal.city.model import SyntheticCity
from rehearsal.habits import Habits
from rehearsal.lines import Exchange, Spoken
from rehearsal.people import People

_LONGEST_WAIT = 0.5
_HOST = "127.0.0.1"


class Company(Protocol):
    """Whoever works behind this network in the same process: a demo's robot operators."""

    def next_at(self) -> datetime | None: ...

    def play(self, now: datetime) -> None: ...

    def overhears(self, event: CarrierEvent) -> bool:
        """Whether it speaks for the operator whom the event concerns."""
        ...


SpokenTo = Callable[[UUID, Sequence[str]], None]


def _nobody_listens(attempt_id: UUID, lines: Sequence[str]) -> None:
    del attempt_id, lines


class CarrierProcess:
    """Serve one engine after the other until `stopping` is set. `speed`: seconds of the clock in one real second.

    `company` joins in. To an operator who is nobody of it, the resident speaks as if asked for `asked_for`'s 宛名番号 (by
    default whoever the number is on file for); `spoken_to` is told beforehand what the resident will say.
    """

    company: Company | None = None
    asked_for: Callable[[UUID], str | None] | None = None
    spoken_to: SpokenTo = staticmethod(_nobody_listens)

    def __init__(self, city: SyntheticCity, seed: int, clock: Clock, ledger_path: Path, speed: float = 1.0) -> None:
        self._clock = clock
        self._speed = speed
        people = People(city, seed)
        self.exchange = Exchange(city, people, Habits(city, seed), seed, TimeOrderedIds(clock.now, Random(seed)))
        for line in read_ledger(ledger_path):
            self.exchange.remember(line.attempt_id, line.e164)
        self._ledger = CarrierLedger(ledger_path)
        self.people = people
        self._selector = selectors.DefaultSelector()
        self._client: socket.socket | None = None
        self._received = b""

    def run(self, stopping: threading.Event, port: int = 0, ready: Callable[[int], None] | None = None) -> None:
        """Listen on the loopback address; `ready` is told the port once it is open. Returns when `stopping` is set."""
        with socket.create_server((_HOST, port)) as server:
            self._selector.register(server, selectors.EVENT_READ)
            if ready is not None:
                ready(server.getsockname()[1])
            while not stopping.is_set():
                for key, _ in self._selector.select(self._pause()):
                    if key.fileobj is server:
                        self._accept(server)
                    else:
                        self._read()
                self._play()
            self._drop_client()
            self._selector.unregister(server)
        self._ledger.close()

    def _pause(self) -> float:
        moments = (self.exchange.next_at(), self.company.next_at() if self.company is not None else None)
        upcoming = min((moment for moment in moments if moment is not None), default=None)
        if upcoming is None:
            return _LONGEST_WAIT
        seconds = (upcoming - self._clock.now()).total_seconds() / self._speed
        return min(max(seconds, 0.0), _LONGEST_WAIT)

    def _accept(self, server: socket.socket) -> None:
        connection, _ = server.accept()
        self._drop_client()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client, self._received = connection, b""
        self._selector.register(connection, selectors.EVENT_READ)

    def _drop_client(self) -> None:
        if self._client is not None:
            self._selector.unregister(self._client)
            self._client.close()
            self._client = None

    def _read(self) -> None:
        assert self._client is not None
        try:
            data = self._client.recv(65_536)
        except ConnectionError:
            data = b""
        if not data:
            self._drop_client()
            return
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            try:
                command = wire.decode_command(line.decode("utf-8"))
            except ValueError:
                # Whoever speaks another language is no engine of ours.
                self._drop_client()
                return
            self._obey(command)

    def _obey(self, command: CarrierCommand) -> None:
        now = self._clock.now()
        if isinstance(command, Dial) and self.exchange.would_ring(command):
            # The book first: what rang is known even if this process dies in the next instruction.
            self._ledger.write(LedgerLine(now, command.attempt_id, "rang", command.e164))
        if isinstance(command, Reconcile) and not self.exchange.knows(command.attempt_id):
            self._ledger.write(LedgerLine(now, command.attempt_id, "absent", None))
        self.exchange.take(command, now)

    def _play(self) -> None:
        now = self._clock.now()
        for call_back in self.people.call_backs_until(now):
            self.exchange.call_in(call_back.e164, call_back.addressee_no, call_back.at)
        for event in self.exchange.advance(now):
            if isinstance(event, Joined) and not self._company_speaks_for(event):
                self._answer_the_operator(event, now)
            elif not isinstance(event, Spoken | Joined):
                self._company_speaks_for(event)
            self._send(event)
        if self.company is not None:
            self.company.play(now)

    def _company_speaks_for(self, event: CarrierEvent) -> bool:
        return self.company is not None and self.company.overhears(event)

    def _answer_the_operator(self, event: Joined, now: datetime) -> None:
        """Nobody tells a network whom the operator asks for: the case on the operator's screen does, where it is known.

        Whoever calls the city says who they are.
        """
        if (caller := self.exchange.caller_of(event.attempt_id)) is not None:
            addressee_no: str | None = caller
        elif self.asked_for is not None:
            addressee_no = self.asked_for(event.attempt_id)
        else:
            addressee_no = self.exchange.filed_for(self.exchange.number_of(event.attempt_id))
        words = self.exchange.ask_for(event.attempt_id, addressee_no, now, aloud=True)
        if words is not None:
            self.spoken_to(event.attempt_id, words.spoken)

    def _send(self, event: CarrierEvent | Spoken) -> None:
        if self._client is None:
            return
        line = _spoken_line(event) if isinstance(event, Spoken) else wire.encode(event)
        try:
            self._client.sendall(line.encode("utf-8") + b"\n")
        except OSError:
            self._drop_client()


def _spoken_line(spoken: Spoken) -> str:
    plain = {"type": "Spoken", "attempt_id": str(spoken.attempt_id), "at": spoken.at.isoformat(), "text": spoken.text}
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
