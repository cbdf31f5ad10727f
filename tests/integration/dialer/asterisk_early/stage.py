"""Calls through the carrier with an ear that listens before the answer, and what both said of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from callflow.codes import CallResult
from callflow.events import Dial
from casefile.clock import SystemClock
from dialer.asterisk.ami import AmiAddress
from dialer.asterisk.carrier import AsteriskCarrier, CarrierTerms, NodeAddress
from dialer.asterisk.causes import CauseRule, CauseTable, Verdict, our_cause_tables
from dialer.asterisk.detection.early import Early, EarlySounds
from dialer.asterisk.detection.early_ear import EarlyEar
from dialer.asterisk.node.node import Node
from dialer.asterisk.node.running import RunningNode
from tests.integration.dialer.asterisk_carrier.stage import OFFICE, QUICK, Books, Lines
from tests.waiting import until

_VOICE_MEANS_OUT_OF_REACH = CauseRule(
    frozenset(), frozenset({480}), frozenset({Early.VOICE, Early.ANNOUNCEMENT}), CallResult.OUT_OF_REACH
)


@dataclass
class HearingAid:
    """An ear whose words are written down on their way."""

    ear: EarlyEar
    said: list[Verdict] = field(default_factory=list)

    def listen(self, tell: Callable[[Verdict], None]) -> None:
        def both(verdict: Verdict) -> None:
            self.said.append(verdict)
            tell(verdict)

        self.ear.listen(both)

    def close(self) -> None:
        self.ear.close()


class Stage:
    """A carrier and its ear on one node, with the tables of `conftest`: on the trunk `early` a voice before a 480 says that
    somebody is out of reach."""

    def __init__(self, node: Node) -> None:
        self.books = Books()
        address = AmiAddress("127.0.0.1", node.ports.ami, node.ami_user, node.ami_secret)
        listened = {trunk.name for trunk in node.trunks if trunk.early_media}
        self.aid = HearingAid(EarlyEar(node.name, address, EarlySounds, listened))
        default = our_cause_tables()["default"]
        self.carriers = {
            trunk.name: AsteriskCarrier(
                [NodeAddress(node.name, address, (trunk,))],
                Lines(),
                SystemClock(),
                CarrierTerms(ami=QUICK),
                {"gateway": CauseTable((_VOICE_MEANS_OUT_OF_REACH, *default.rules), default.otherwise)},
                self.aid if trunk.early_media else None,
            )
            for trunk in node.trunks
        }
        for carrier in self.carriers.values():
            carrier.listen(self.books.take)
            until(carrier.connected, 10)
        assert self.aid.ear.wait_connected(10)

    def dial(self, trunk: str, number: str, ring_seconds: int) -> UUID:
        attempt_id = uuid4()
        self.carriers[trunk].send(Dial(attempt_id, number, OFFICE, ring_seconds))
        return attempt_id

    def ears(self, attempt_id: UUID) -> list[str]:
        return [said.early.value for said in self.aid.said if said.attempt_id == attempt_id]

    def ended(self, attempt_id: UUID) -> bool:
        return any(word.startswith(("ended", "refused")) for word in self.books.words(attempt_id))

    def close(self) -> None:
        for carrier in self.carriers.values():
            carrier.close()


def channels(asterisk: RunningNode, kind: str = "") -> list[str]:
    """The live channels of a kind (`PJSIP/`, `AudioSocket/`) by name."""
    lines = asterisk.console("core show channels concise").splitlines()
    return [line.partition("!")[0] for line in lines if "!" in line and line.startswith(kind)]
