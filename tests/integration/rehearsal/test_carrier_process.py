"""The network as a process of its own: what rang is in its book, whatever becomes of engines."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from callflow.events import (
    CarrierEvent,
    Dial,
    Ended,
    Handed,
    Heard,
    Join,
    Joined,
    Reconcile,
    Reconciled,
    Refused,
)
from rehearsal.carrier_client import CarrierClient
from rehearsal.carrier_ledger import CarrierLedger, LedgerLine, read_ledger
from rehearsal.city import CityPlan, build_city
from rehearsal.city.model import LineFate
from rehearsal.lines import Spoken

_SEED, _HOUSEHOLDS = 9, 60
_A_MOMENT = datetime(2026, 10, 5, 1, tzinfo=UTC)
_TRUTH = build_city(CityPlan(seed=_SEED, households=_HOUSEHOLDS))
_DEAD = next(line.e164 for line in _TRUTH.lines.values() if line.fate is LineFate.DEAD)


class _Network:
    def __init__(self, ledger: Path) -> None:
        self.ledger = ledger
        self.port = 0
        self._process: subprocess.Popen[str] | None = None
        self.start()

    def start(self) -> None:
        words = ["carrier", "--seed", str(_SEED), "--households", str(_HOUSEHOLDS), "--ledger", str(self.ledger)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tsunagaru", *words, "--speed", "40", "--port", str(self.port)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.port = json.loads(self._process.stdout.readline())["port"]

    def stop(self, how: signal.Signals) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        os.kill(self._process.pid, how)
        self._process.wait(timeout=20)
        self._process.stdout.close()


class _Ear:
    """A client with everything it heard."""

    def __init__(self, port: int) -> None:
        self.events: list[CarrierEvent] = []
        self.spoken: list[Spoken] = []
        self.client = CarrierClient(port, self.spoken.append)
        self.client.listen(self.events.append)

    def wait_for(self, found: Callable[[], bool], seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not found():
            assert time.monotonic() < deadline, f"not within {seconds} s; heard {self.events[-5:]}"
            time.sleep(0.01)

    def heard(self, kind: type, attempt_id: UUID) -> bool:
        return any(isinstance(event, kind) and event.attempt_id == attempt_id for event in list(self.events))


@pytest.fixture
def network(tmp_path: Path) -> Iterator[_Network]:
    found = _Network(tmp_path / "ledger.jsonl")
    yield found
    found.stop(signal.SIGTERM)


def _dial(ear: _Ear, number: str, attempt_id: UUID | None = None) -> UUID:
    attempt_id = attempt_id or uuid4()
    ear.client.send(Dial(attempt_id, number, "+81300000100", 25))
    return attempt_id


def test_it_outlives_its_clients_and_itself(network: _Network) -> None:
    first = _Ear(network.port)
    rung = _dial(first, _DEAD)
    first.wait_for(lambda: first.heard(Handed, rung))
    first.client.close()

    # A second engine asks about the call of the first, and about one that never left it.
    second = _Ear(network.port)
    lost = uuid4()
    second.client.send(Reconcile(rung))
    second.client.send(Reconcile(lost))
    second.wait_for(lambda: second.heard(Reconciled, lost))
    answers = {event.attempt_id: event for event in second.events if isinstance(event, Reconciled)}
    assert answers[rung].known
    assert isinstance(answers[rung].past[0], Handed)
    assert not answers[lost].known
    _dial(second, _DEAD, lost)
    second.wait_for(lambda: second.heard(Refused, lost))
    real = _dial(second, "+81312345678")
    second.wait_for(lambda: second.heard(Refused, real))

    # The network itself is killed and comes back with its book: the same attempt does not ring again.
    network.stop(signal.SIGKILL)
    network.start()
    again = uuid4()
    second.wait_for(lambda: _asked_again(second, rung))
    _dial(second, _DEAD, rung)
    _dial(second, _DEAD, again)
    second.wait_for(lambda: second.heard(Ended, again))
    second.client.close()
    book = list(read_ledger(network.ledger))
    assert [line.attempt_id for line in book if line.what == "rang"] == [rung, again]
    assert [line.attempt_id for line in book if line.what == "absent"] == [lost]


def _asked_again(ear: _Ear, attempt_id: UUID) -> bool:
    """A command given while the line was down is lost; an engine asks until it is answered."""
    ear.client.send(Reconcile(attempt_id))
    return sum(isinstance(event, Reconciled) and event.attempt_id == attempt_id for event in list(ear.events)) > 1


def test_a_joined_resident_speaks_in_text(network: _Network) -> None:
    ear = _Ear(network.port)
    operator = uuid4()
    numbers = [line.e164 for line in _TRUTH.lines.values() if line.fate is LineFate.RIGHT and not line.guard]
    attempts = [_dial(ear, number) for number in numbers]

    def somebody_is_there() -> bool:
        for event in list(ear.events):
            if isinstance(event, Heard) and event.detected == "person":
                ear.client.send(Join(event.attempt_id, operator))
        return any(isinstance(event, Joined) for event in list(ear.events))

    ear.wait_for(somebody_is_there)
    ear.wait_for(lambda: bool(ear.spoken))
    joined = {event.attempt_id for event in ear.events if isinstance(event, Joined)}
    assert joined <= set(attempts)
    assert {spoken.attempt_id for spoken in ear.spoken} <= joined
    assert all(spoken.text for spoken in ear.spoken)
    ear.client.close()


def test_garbage_on_the_socket_does_not_stop_the_network(network: _Network) -> None:
    with socket.create_connection(("127.0.0.1", network.port), timeout=5) as raw:
        raw.sendall(b"not json\n")
        raw.settimeout(10)
        assert raw.recv(1) == b"", "who speaks another language is hung up on"
    ear = _Ear(network.port)
    attempt_id = _dial(ear, _DEAD)
    ear.wait_for(lambda: ear.heard(Handed, attempt_id))
    ear.client.close()


def test_a_half_written_last_line_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    book = CarrierLedger(path)
    line = LedgerLine(_A_MOMENT, uuid4(), "rang", _DEAD)
    book.write(line)
    book.close()
    with path.open("a", encoding="ascii") as file:
        file.write('{"at":"2026')
    again = CarrierLedger(path)
    other = LedgerLine(_A_MOMENT, uuid4(), "absent", None)
    again.write(other)
    again.close()
    assert list(read_ledger(path)) == [line, other]
