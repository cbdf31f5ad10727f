"""Two nodes, one of which falls mute: new calls go to the other within 5 s, and what was given to the mute one stays there."""

from __future__ import annotations

import threading
import time
from uuid import UUID, uuid4

from callflow.events import CarrierEvent, Dial, Handed, Reconcile, Reconciled
from casefile.clock import SystemClock
from dialer.asterisk.ami import AmiAddress
from dialer.asterisk.carrier import AsteriskCarrier, CarrierTerms, NodeAddress
from dialer.asterisk.lines import Line
from dialer.asterisk.node.node import Trunk
from tests.fake_ami import FakeAmi, Peer
from tests.waiting import until

TRUNK = Trunk("hikari", "192.0.2.1", 5060, "0300000000", cps=50, lines=30)


class NoLines:
    def line_of(self, operator_id: UUID, node: str | None = None) -> Line | None:
        return None


def test_a_mute_node_is_left_within_five_seconds() -> None:
    told: list[CarrierEvent] = []
    mute = threading.Event()

    def falls_mute(peer: Peer) -> None:
        peer.greet()
        while (action := peer.read_action()) is not None:
            if not mute.is_set():
                peer.answer(action)

    # It stays away: a new connection gets no banner.
    away = [lambda peer: peer.stay_mute()] * 5
    before = {thread.name for thread in threading.enumerate()}
    with FakeAmi(falls_mute, *away) as first, FakeAmi() as second:
        nodes = [_address("a", first), _address("b", second)]
        carrier = AsteriskCarrier(nodes, NoLines(), SystemClock(), CarrierTerms(away=60))
        carrier.listen(told.append)
        until(lambda: carrier.connected() == ["a", "b"])
        mute.set()
        since = time.monotonic()
        attempts = []
        while "a" in carrier.connected():
            assert time.monotonic() - since < 5
            attempts.append(uuid4())
            carrier.send(Dial(attempts[-1], "+819000000001", "+81300000000", 20))
            time.sleep(0.2)
        after = [uuid4() for _ in range(10)]
        for attempt_id in after:
            carrier.send(Dial(attempt_id, "+819000000001", "+81300000000", 20))
        until(lambda: {event.attempt_id for event in told if isinstance(event, Handed)} >= set(after))
        until(lambda: {UUID(fields["ChannelId"]) for fields in second.actions("Originate")} >= set(after))
        # Each was told to one node, once.
        placed = [fields["ChannelId"] for server in (first, second) for fields in server.actions("Originate")]
        assert len(placed) == len(set(placed)) == len(attempts) + len(after)
        # Nobody knows what became of those the mute node got: they are not called unknown while it may come back.
        lost = UUID(first.actions("Originate")[0]["ChannelId"])
        carrier.send(Reconcile(lost))
        time.sleep(0.2)
        assert not [event for event in told if isinstance(event, Reconciled)]
        carrier.close()
    until(lambda: {thread.name for thread in threading.enumerate()} - before, fits=lambda left: not left)


def _address(name: str, server: FakeAmi) -> NodeAddress:
    return NodeAddress(name, AmiAddress("127.0.0.1", server.port, "engine", "secret"), (TRUNK,))
