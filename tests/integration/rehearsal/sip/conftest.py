"""Telephones in Python on a real Asterisk: residents behind its trunk, operators on its lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.asterisk.node.node import OperatorLine, Trunk
from dialer.asterisk.node.running import RunningNode, new_secret, start_node
from rehearsal.sip.operators import DeskLine
from rehearsal.sip.residents import CallHome, Finished, SipResidents
from rehearsal.sip.script import Script, Step
from tests.integration.dialer.asterisk_node.conftest import LOOPBACK, WORDING, asterisk_root, node_of
from tests.integration.dialer.asterisk_node.plain_ami import PlainAmi
from tsunagaru.ports import free_port

__all__ = ["asterisk_root"]

TRUNK_ADDRESS = "127.0.0.6"
OFFICE = "0300000000"
DESKS = 20


class Told:
    """A responder that does what a test says for each number, and keeps what came of it."""

    def __init__(self) -> None:
        self.scripts: dict[str, Script] = {}
        self.otherwise = Script(rings=0.1)
        self.next_steps: tuple[Step, ...] = ()
        self.callers: list[tuple[str, str]] = []
        self.over: list[Finished] = []
        self.going_to_call: list[CallHome] = []

    def script_for(self, number: str, caller: str) -> Script:
        self.callers.append((number, caller))
        return self.scripts.get(number, self.otherwise)

    def goes_on(self, number: str) -> tuple[Step, ...]:
        return self.next_steps

    def finished(self, call: Finished) -> None:
        self.over.append(call)

    def calls_home(self) -> Sequence[CallHome]:
        due, self.going_to_call = self.going_to_call, []
        return due

    def ends_of(self, number: str) -> list[Finished]:
        return [call for call in self.over if call.number == number]


@pytest.fixture(scope="session")
def asterisk(asterisk_root: Path) -> Iterator[RunningNode]:
    trunk = Trunk("city", TRUNK_ADDRESS, free_port(TRUNK_ADDRESS), OFFICE, cps=50, lines=60)
    desks = tuple(OperatorLine(f"desk-{number}", new_secret(), webrtc=False) for number in range(DESKS))
    running = start_node(asterisk_root, replace(node_of("phones", (trunk,)), operators=desks), WORDING)
    yield running
    running.discard()


@pytest.fixture
def desks(asterisk: RunningNode) -> list[DeskLine]:
    return [DeskLine(line.name, line.secret) for line in asterisk.node.operators]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def residents(
    asterisk: RunningNode, asterisk_root: Path, told: Told, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SipResidents]:
    trunk = asterisk.node.trunks[0]
    voices = tmp_path_factory.getbasetemp() / "voices"
    node = (LOOPBACK, asterisk.node.ports.sip)
    phones = SipResidents(node, [(trunk.host, trunk.port)], told, voices, asterisk_root, office_number=OFFICE)
    phones.start()
    yield phones
    phones.stop()


@pytest.fixture
def ami(asterisk: RunningNode) -> Iterator[PlainAmi]:
    node = asterisk.node
    opened = PlainAmi((LOOPBACK, node.ports.ami), node.ami_user, node.ami_secret)
    yield opened
    opened.act("Hangup", Channel="/.*/")
    opened.close()
