"""A listener that remembers, and lines with short patience."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import psutil

from dialer.asterisk.ami import Ami, AmiAddress, AmiListener, AmiTerms
from dialer.asterisk.wire import Event, LiveChannel
from tests.fake_ami import FakeAmi
from tests.waiting import until

# Quick to come back and to ask, patient with a busy machine.
QUICK = AmiTerms(ping_every_seconds=0.1, ping_seconds=5, first_pause_seconds=0.02, longest_pause_seconds=0.1)
# For the tests in which silence is the fault; a good connection may fall victim to it too.
IMPATIENT = replace(QUICK, connect_seconds=0.4, resync_seconds=0.4, ping_seconds=0.3)


@dataclass
class Heard:
    """Everything told, in order: events, lists of channels (tuples) and losses (strings)."""

    told: list[Event | tuple[LiveChannel, ...] | str] = field(default_factory=list)
    then: Callable[[Event], None] | None = None

    def on_resync(self, channels: tuple[LiveChannel, ...]) -> None:
        self.told.append(channels)

    def on_event(self, event: Event) -> None:
        self.told.append(event)
        if self.then is not None:
            self.then(event)

    def on_lost(self, reason: str) -> None:
        self.told.append(reason)

    @property
    def events(self) -> list[Event]:
        return [told for told in self.told if isinstance(told, Event)]

    @property
    def resyncs(self) -> list[tuple[LiveChannel, ...]]:
        return [told for told in self.told if isinstance(told, tuple)]

    @property
    def losses(self) -> list[str]:
        return [told for told in self.told if isinstance(told, str)]


@contextlib.contextmanager
def line(
    server: FakeAmi, listener: AmiListener, connected: bool = True, terms: AmiTerms = QUICK, **others: object
) -> Iterator[Ami]:
    """A started line to the fake, closed and looked through for leaks afterwards."""
    threads, files = _own_threads(), _open_files()
    ami = Ami("t", AmiAddress("127.0.0.1", server.port, "tsunagaru", "secret"), listener, replace(terms, **others))  # type: ignore[arg-type]
    ami.start()
    try:
        if connected:
            assert ami.wait_connected(5)
        yield ami
    finally:
        ami.close()
        assert _own_threads() == threads
        assert ami.figures().pending_actions == 0
        # The fake's end of each connection is closed by its own thread, a moment later.
        until(lambda: _open_files() <= files + _open_at(server))


def _own_threads() -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("ami-")}


def _open_files() -> int:
    return int(psutil.Process().num_fds())


def _open_at(server: FakeAmi) -> int:
    return sum(peer.tcp.fileno() >= 0 for peer in server.peers)
