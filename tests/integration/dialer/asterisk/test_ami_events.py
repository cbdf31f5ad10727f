"""Events by the hundred thousand, a listener that throws, one that is slow."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest

from dialer.asterisk.ami import LiveChannel
from dialer.asterisk.wire import Event
from tests.fake_ami import FakeAmi, Peer, message
from tests.integration.dialer.asterisk.listening import Heard, line
from tests.waiting import until

_EVENTS = 200_000


@dataclass
class _Counting:
    """Checks the order as they come; keeps none."""

    next: int = 0
    wrong: list[str] = field(default_factory=list)

    def on_resync(self, channels: tuple[LiveChannel, ...]) -> None:
        """Nothing lives."""

    def on_lost(self, reason: str) -> None:
        if reason != "closed by us":
            self.wrong.append(reason)

    def on_event(self, event: Event) -> None:
        if event.headers["Number"] != str(self.next) or event.headers["CallerIDName"] != "高橋 𠮷子":
            self.wrong.append(event.headers["Number"])
        self.next += 1


def _told(number: int) -> bytes:
    return message({"Event": "Newexten", "Number": str(number), "CallerIDName": "高橋 𠮷子", "Uniqueid": f"{number}.1"})


def test_two_hundred_thousand_events_none_lost_all_in_order() -> None:
    counting = _Counting()

    def floods(peer: Peer) -> None:
        peer.greet()
        for first in range(0, _EVENTS, 500):
            peer.write(b"".join(_told(number) for number in range(first, first + 500)))
        peer.serve()

    with FakeAmi(floods) as server, line(server, counting, ping_seconds=20, queued_events=_EVENTS) as ami:
        until(lambda: counting.next == _EVENTS, 30)
        assert ami.figures().received_events == ami.figures().delivered_events == _EVENTS
        assert len(server.peers) == 1
    assert counting.wrong == []


@dataclass
class _Throwing(Heard):
    def on_event(self, event: Event) -> None:
        super().on_event(event)
        raise KeyError("a listener's own mistake")

    def on_resync(self, channels: tuple[LiveChannel, ...]) -> None:
        super().on_resync(channels)
        raise ValueError("here too")


def test_a_listener_that_throws_is_logged_and_counted_and_the_line_lives(caplog: pytest.LogCaptureFixture) -> None:
    throwing = _Throwing()

    def tells(peer: Peer) -> None:
        peer.greet()
        for number in range(10):
            peer.write(_told(number))
        peer.serve()

    with FakeAmi(tells) as server, line(server, throwing) as ami:
        until(lambda: len(throwing.events) == 10 and ami.figures().listener_failures == 11)
        assert ami.connected
        assert len(server.peers) == 1
    assert sum(record.message == "a listener failed" for record in caplog.records) == 11


@dataclass
class _Stalling(Heard):
    go_on: threading.Event = field(default_factory=threading.Event)

    def on_event(self, event: Event) -> None:
        self.go_on.wait(10)
        super().on_event(event)


def test_a_listener_too_slow_costs_the_connection_and_is_brought_back_in_step() -> None:
    stalling = _Stalling()

    def floods(peer: Peer) -> None:
        peer.greet()
        for number in range(5000):
            peer.write(_told(number))
        peer.wait_for_the_end()

    with FakeAmi(floods) as server, line(server, stalling, queued_events=1000) as ami:
        until(lambda: ami.figures().overflows == 1)
        until(lambda: not ami.connected)
        # No new connection as long as the listener does not catch up: it would be lost the same way.
        with pytest.raises(AssertionError):
            until(lambda: len(server.peers) > 1, 0.3)
        stalling.go_on.set()
        until(lambda: len(stalling.resyncs) == 2)
        figures = ami.figures()
        assert figures.last_loss == "too many events for the listener"
        # None is lost silently: each is told or counted.
        assert figures.delivered_events + figures.overflowed_events == figures.received_events
        assert figures.overflowed_events > 0
    numbers = [int(event.get("Number")) for event in stalling.events]
    assert numbers == list(range(len(numbers)))
    assert stalling.told[0] == ()
    lost = stalling.told.index("too many events for the listener")
    assert lost == len(numbers) + 1
    assert stalling.told[lost + 1] == ()


def test_a_listener_that_never_ends_does_not_hold_up_reading() -> None:
    stalling = _Stalling()

    def tells(peer: Peer) -> None:
        peer.greet()
        peer.write(_told(0))
        peer.serve()

    with FakeAmi(tells) as server, line(server, stalling):
        until(lambda: len(server.actions("Ping")) >= 3)
        stalling.go_on.set()


def test_the_line_may_be_closed_by_its_listener() -> None:
    heard = Heard()

    def tells(peer: Peer) -> None:
        peer.greet()
        peer.read_action()
        peer.write(_told(0))
        peer.serve()

    with FakeAmi(tells) as server, line(server, heard) as ami:
        heard.then = lambda event: ami.close()
        until(lambda: heard.events and not ami.connected)
        until(lambda: not any(thread.name.startswith("ami-") for thread in threading.enumerate()))
