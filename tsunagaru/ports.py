"""Ports nobody uses now, for what is started on this machine beside others: demos, trials, tests."""

from __future__ import annotations

import secrets
import socket

from casefile.errors import TsunagaruError

_FIRST, _LAST = 20_000, 32_000
"""Below those the system gives by itself to whoever asks for any."""


def free_port(address: str, *, kind: socket.SocketKind = socket.SOCK_DGRAM) -> int:
    """A port nobody listens on at this address now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


def free_range(address: str, size: int) -> int:
    """The even beginning of an even number of UDP ports nobody listens on. Raises TsunagaruError.

    Drawn at random, since they are free until they are used: of two who look at once each finds others.
    """
    begins = list(range(_FIRST, _LAST - size, size))
    secrets.SystemRandom().shuffle(begins)
    for begin in begins:
        held: list[socket.socket] = []
        try:
            for port in range(begin, begin + size):
                probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                held.append(probe)
                probe.bind((address, port))
        except OSError:
            continue
        finally:
            for probe in held:
                probe.close()
        return begin
    raise TsunagaruError(
        f"{address} に空いているUDPポートが {size} 個続いていません。ほかの通話を終えてから実行してください。"
    )


def listens(address: str, port: int) -> bool:
    """Whether somebody has this UDP port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, port))
        except OSError:
            return True
    return False
