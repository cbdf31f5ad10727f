"""Lines that are cut, go mute and come back; and a few real calls through engine, database, AMI and Asterisk."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from dialer.asterisk.node.running import default_root, why_not
from tests.waiting import until
from tsunagaru.trial.cable import Cable, Line, Wire
from tsunagaru.trial.rate import measure_rates

_LOOPBACK = "127.0.0.1"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server((_LOOPBACK, 0)) as opened:
        opened.settimeout(5)
        yield opened


def test_a_mute_cable_holds_what_is_said_and_gives_it_when_it_is_whole(listener: socket.socket) -> None:
    with closing(Cable(listener.getsockname())) as cable, socket.create_connection((_LOOPBACK, cable.port)) as near:
        far, _ = listener.accept()
        with far:
            far.settimeout(5)
            cable.become(Line.MUTE)
            near.sendall(b"said")
            far.setblocking(False)
            with pytest.raises(BlockingIOError):
                far.recv(10)
            far.settimeout(5)
            cable.become(Line.WHOLE)
            assert far.recv(10) == b"said"


def test_a_cut_cable_breaks_what_stands_and_takes_nobody(listener: socket.socket) -> None:
    with closing(Cable(listener.getsockname())) as cable:
        near = socket.create_connection((_LOOPBACK, cable.port))
        far, _ = listener.accept()
        with near, far:
            near.settimeout(5)
            cable.become(Line.CUT)
            assert near.recv(10) == b""
        with socket.create_connection((_LOOPBACK, cable.port)) as refused:
            refused.settimeout(5)
            assert refused.recv(10) == b""
        cable.become(Line.WHOLE)
        with socket.create_connection((_LOOPBACK, cable.port)) as again:
            again.sendall(b"again")
            other, _ = listener.accept()
            with other:
                other.settimeout(5)
                assert other.recv(10) == b"again"


def test_what_is_said_on_a_broken_wire_is_lost() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as near,
    ):
        for end in (far, near):
            end.bind((_LOOPBACK, 0))
            end.settimeout(5)
        with closing(Wire(_LOOPBACK, far.getsockname())) as wire:
            near.sendto(b"one", (wire.address, wire.port))
            said, who = far.recvfrom(10)
            assert said == b"one"
            far.sendto(b"heard", who)
            assert near.recv(10) == b"heard"
            wire.whole = False
            near.sendto(b"lost", (wire.address, wire.port))
            until(lambda: wire.dropped, 5)
            wire.whole = True
            near.sendto(b"two", (wire.address, wire.port))
            assert far.recv(10) == b"two"


@pytest.mark.debian
def test_every_call_of_a_measurement_rings_once_and_is_closed_in_the_books(database_url: str) -> None:
    hindrance = why_not(default_root())
    if hindrance:
        pytest.skip(f"no Asterisk here: {hindrance}")
    found = measure_rates(database_url, 120)
    assert (found.bare.calls, found.whole.calls, found.rung, found.unclosed) == (120, 120, 240, 0)
