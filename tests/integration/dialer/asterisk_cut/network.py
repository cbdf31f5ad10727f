"""A network of a node's own: a namespace, joined to this machine by two cables that can be cut.

A cut cable swallows whatever is sent, from both ends: nobody is told, no connection breaks, as when somebody steps on a
plug in a switch. (A link that is set down would say so to the programs at its ends.)
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

_NAME = "tsunagaru-cut-"
_LINK = "tsc"
_NETWORKS = 1 << 14
"""Of eight addresses each, in 198.18.0.0/15, which is kept for measuring (RFC 2544)."""


class NoNetwork(Exception):
    """No namespace can be made here; the message says why."""


@dataclass(frozen=True)
class Cable:
    """Two ends; `near` are this machine's addresses, `far` is the node's."""

    link: str
    near: tuple[str, str]
    far: str


class Network:
    """Two cables: `office` leads to the engine, `city` to the telephones."""

    def __init__(self) -> None:
        sweep()
        self._name = f"{_NAME}{os.getpid()}"
        try:
            _run("ip", "netns", "add", self._name)
        except (OSError, subprocess.CalledProcessError) as error:
            raise NoNetwork(_said(error)) from None
        try:
            _run("ip", "-n", self._name, "link", "set", "lo", "up")
            self.office = self._lay("o", 0)
            self.city = self._lay("c", 1)
        except BaseException:
            self.close()
            raise

    @property
    def inside(self) -> tuple[str, ...]:
        """Before a command that is to run in it."""
        return ("nsenter", f"--net=/run/netns/{self._name}")

    def cut(self, cables: Iterable[Cable]) -> None:
        """From here on nothing arrives, either way."""
        for cable in cables:
            for command in self._at_both_ends(cable, "replace"):
                _run(*command, "blackhole")

    def heal(self, cables: Iterable[Cable]) -> None:
        for cable in cables:
            for command in self._at_both_ends(cable, "del"):
                _run(*command)

    def close(self) -> None:
        """Nothing of it stays, whatever still runs inside."""
        _remove(self._name, f"{_LINK}{os.getpid()}")

    def _lay(self, kind: str, number: int) -> Cable:
        link = f"{_LINK}{os.getpid()}{kind}"
        first = 8 * ((2 * os.getpid() + number) % _NETWORKS)
        near, other, far = (f"198.{18 + first // 65_536}.{first // 256 % 256}.{first % 256 + one}" for one in (1, 2, 3))
        _run("ip", "link", "add", f"{link}h", "type", "veth", "peer", "name", f"{link}n", "netns", self._name)
        for address in (near, other):
            _run("ip", "addr", "add", f"{address}/29", "dev", f"{link}h")
        _run("ip", "-n", self._name, "addr", "add", f"{far}/29", "dev", f"{link}n")
        _run("ip", "link", "set", f"{link}h", "up")
        _run("ip", "-n", self._name, "link", "set", f"{link}n", "up")
        return Cable(link, (near, other), far)

    def _at_both_ends(self, cable: Cable, what: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return (
            ("tc", "qdisc", what, "dev", f"{cable.link}h", "root"),
            ("tc", "-n", self._name, "qdisc", what, "dev", f"{cable.link}n", "root"),
        )


def sweep() -> None:
    """Take away what killed runs left."""
    names = Path("/run/netns")
    for left in names.glob(f"{_NAME}*") if names.is_dir() else ():
        owner = left.name.removeprefix(_NAME)
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            _remove(left.name, f"{_LINK}{owner}")


def _remove(name: str, links: str) -> None:
    """The links go first: a process that is still inside would keep them."""
    ours = [link for link in psutil.net_if_addrs() if re.fullmatch(f"{links}[oc]h", link)]
    for command in [("ip", "link", "del", link) for link in ours] + [("ip", "netns", "del", name)]:
        subprocess.run(command, check=False, capture_output=True)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)


def _said(error: OSError | subprocess.CalledProcessError) -> str:
    return str(error.stderr).strip() if isinstance(error, subprocess.CalledProcessError) else str(error)
