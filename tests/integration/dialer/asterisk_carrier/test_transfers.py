"""Every scenario of `transfers.toml` on a real Asterisk: who is with whom after each step."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from callflow.events import (
    CalledIn,
    Confer,
    Consult,
    Dial,
    Ended,
    HandOver,
    Hangup,
    Heard,
    Join,
    Joined,
    Left,
    ListenIn,
    Listening,
    Reconcile,
    StopListening,
    TakeBack,
)
from casefile.clock import SystemClock
from dialer.asterisk.carrier import AsteriskCarrier, CarrierTerms
from dialer.asterisk.lines import Line
from dialer.asterisk.node.node import ASIDE, OperatorLine, Trunk
from dialer.asterisk.node.running import RunningNode, new_secret, start_node
from rehearsal.sip.operators import DeskLine, SipOperators
from tests.integration.dialer.asterisk_carrier.stage import OFFICE, QUICK, RESIDENT, Books, address_of
from tests.integration.dialer.asterisk_node.conftest import LOOPBACK, WORDING, node_of
from tests.integration.dialer.asterisk_node.far_end import FarEnd
from tests.waiting import until

pytestmark = [pytest.mark.debian]

SCENARIOS = tomllib.loads((Path(__file__).parent / "transfers.toml").read_text(encoding="utf-8"))["scenario"]
PEOPLE = {name: uuid4() for name in "ACSN"}
_FACTS = {"calledin": CalledIn, "left": Left, "ended": Ended, "joined": Joined, "heard": Heard}


def line_of(name: str) -> str:
    return f"op-{PEOPLE[name].hex}"


class Lines:
    def line_of(self, operator_id: UUID, node: str | None = None) -> Line | None:
        return Line(node or "", f"op-{operator_id.hex}")


@dataclass(frozen=True)
class House:
    asterisk: RunningNode
    operators: SipOperators


@pytest.fixture(scope="module")
def house(
    asterisk_root: Path, short_prompts: Path, residents: dict[str, FarEnd], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    far = residents["answer"]
    trunk = Trunk("answer", far.address, far.port, "0300000000", cps=20, lines=30)
    lines = [OperatorLine(line_of(name), new_secret(), webrtc=False) for name in PEOPLE]
    node = node_of("transfer", (trunk,))
    running = start_node(asterisk_root, replace(node, operators=tuple(lines)), WORDING, short_prompts)
    phones = [DeskLine(line.name, line.secret) for line in lines if line.name != line_of("N")]
    operators = SipOperators((LOOPBACK, running.node.ports.sip), phones)
    try:
        operators.start()
        yield House(running, operators)
    finally:
        operators.stop()
        running.kill()
        running.discard()


@dataclass
class Room:
    """One call; each step is a method of its name."""

    house: House
    attempt_id: UUID = field(default_factory=uuid4)
    books: Books = field(default_factory=Books)

    def __post_init__(self) -> None:
        self.connect()

    def connect(self) -> None:
        address = address_of(self.house.asterisk.node, "answer")
        self.carrier = AsteriskCarrier([address], Lines(), SystemClock(), CarrierTerms(ami=QUICK))
        self.carrier.listen(self.books.take)
        until(self.carrier.connected, 10)

    def begin(self) -> None:
        self.carrier.send(Dial(self.attempt_id, RESIDENT, OFFICE, 10))
        self.until("heard")
        self.carrier.send(Join(self.attempt_id, PEOPLE["A"]))
        self.until("joined")

    def until(self, fact: str, name: str = "") -> None:
        until(lambda: self._facts(fact, name), 30)

    def _facts(self, fact: str, name: str) -> list[Any]:
        found = [event for event in self.books.of(self.attempt_id) if isinstance(event, _FACTS[fact])]
        if name:
            found = [
                one
                for one in found
                if PEOPLE[name] in (getattr(one, "colleague_id", 0), getattr(one, "operator_id", 0))
            ]
        return found

    def forget(self) -> None:
        self.books.told.clear()

    def consult(self, name: str) -> None:
        self.carrier.send(Consult(self.attempt_id, PEOPLE["A"], PEOPLE[name]))

    def confer(self, name: str) -> None:
        self.carrier.send(Confer(self.attempt_id, PEOPLE["A"], PEOPLE[name]))

    def hand_over(self, name: str) -> None:
        self.carrier.send(HandOver(self.attempt_id, PEOPLE["A"], PEOPLE[name]))

    def take_back(self, name: str) -> None:
        self.carrier.send(TakeBack(self.attempt_id, PEOPLE["A"], PEOPLE[name]))

    def listen(self, name: str, how: str) -> None:
        self.carrier.send(ListenIn(self.attempt_id, PEOPLE["A"], PEOPLE[name], Listening(how)))

    def stop(self, name: str) -> None:
        self.carrier.send(StopListening(self.attempt_id, PEOPLE[name]))

    def hang_up(self) -> None:
        self.carrier.send(Hangup(self.attempt_id))

    def rings_off(self, name: str) -> None:
        self.house.operators.hang_up(line_of(name))

    def resident_rings_off(self) -> None:
        (channel,) = [one[0] for one in self._channels() if one[0].startswith("PJSIP/answer-")]
        self.house.asterisk.console(f"channel request hangup {channel}")

    def engine_dies(self) -> None:
        self.carrier.close()

    def next_engine(self) -> None:
        self.connect()
        self.carrier.send(Reconcile(self.attempt_id))

    def wait(self, seconds: str) -> None:
        """What the node does by itself it does now: nothing may happen meanwhile."""
        time.sleep(float(seconds))

    # -- what is seen on the node ------------------------------------------------------------------------------------

    def room(self, *who: str) -> None:
        until(self._room, 15, lambda seen: seen == set(who))

    def waits(self) -> None:
        until(
            lambda: [one[1] for one in self._channels() if one[0].startswith("PJSIP/answer-")],
            5,
            lambda seen: seen == [ASIDE],
        )

    def spied(self, name: str, options: str) -> None:
        def seen() -> list[str]:
            return [",".join(one[5:7]) for one in self._channels() if one[0].startswith(f"PJSIP/{line_of(name)}-")]

        until(
            seen, 10, lambda apps: len(apps) == 1 and apps[0].startswith("ChanSpy,") and apps[0].endswith(f",{options}")
        )

    def nobody(self) -> None:
        until(self._channels, 15, lambda seen: not seen)

    def _channels(self) -> list[list[str]]:
        lines = self.house.asterisk.console("core show channels concise").splitlines()
        return [line.split("!") for line in lines if "!" in line]

    def _room(self) -> set[str]:
        told = self.house.asterisk.console(f"confbridge list {self.attempt_id}")
        names = {"resident": "PJSIP/answer-"} | {name: f"PJSIP/{line_of(name)}-" for name in PEOPLE}
        return {name for name, channel in names.items() if channel in told}

    def close(self) -> None:
        self.carrier.close()
        for one in self._channels():
            self.house.asterisk.console(f"channel request hangup {one[0]}")
        self.nobody()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["name"])
def test_a_conversation(scenario: dict[str, Any], house: House) -> None:
    room = Room(house)
    try:
        room.begin()
        for step in scenario["steps"]:
            verb, *words = step.split()
            getattr(room, verb)(*words)
    finally:
        room.close()
