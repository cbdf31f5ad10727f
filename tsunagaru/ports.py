"""Ports nobody uses now, for what is started on this machine beside others: demos, trials, tests."""

from __future__ import annotations

import socket

from casefile.errors import TsunagaruError

_FIRST, _LAST = 20_000, 60_000


def free_port(address: str, *, kind: socket.SocketKind = socket.SOCK_DGRAM) -> int:
    """A port nobody listens on at this address now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


def free_range(address: str, size: int, first: int = _FIRST) -> int:
    """The even beginning of `size` UDP ports nobody listens on, looked for from `first` on (even). Raises TsunagaruError."""
    for begin in range(first, _LAST, size):
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
