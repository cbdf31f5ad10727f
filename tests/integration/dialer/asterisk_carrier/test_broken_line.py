"""The line to a real Asterisk is cut at every step of a call: one Originate, one ring, and books that are right."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from callflow.events import Dial, Hangup, Join
from casefile.clock import SystemClock
from dialer.asterisk.carrier import AsteriskCarrier, CarrierTerms
from dialer.asterisk.node.running import RunningNode
from tests.integration.dialer.asterisk_carrier.leaky_line import Break, LeakyLine
from tests.integration.dialer.asterisk_carrier.stage import (
    OFFICE,
    OPERATOR,
    QUICK,
    RESIDENT,
    Books,
    Lines,
    address_of,
    nothing_left,
)
from tests.waiting import until

pytestmark = [pytest.mark.debian]

STEPS = [
    pytest.param(Break(b"Action: Originate", to_node=True, passes=False), id="the Originate is lost"),
    pytest.param(
        Break(b"Action: Originate", to_node=True, passes=True), id="the Originate arrives, its answer does not"
    ),
    pytest.param(
        Break(b"Originate successfully queued", to_node=False, passes=True), id="after the Originate's answer"
    ),
    pytest.param(Break(b"Event: Newchannel", to_node=False, passes=False), id="the channel is not told"),
    pytest.param(Break(b"ChannelStateDesc: Ringing", to_node=False, passes=False), id="the ringing is not told"),
    pytest.param(Break(b"UserEvent: Answered", to_node=False, passes=False), id="the answer is not told"),
    pytest.param(Break(b"Action: Redirect", to_node=True, passes=True), id="the Redirect's answer is lost"),
    pytest.param(Break(b"UserEvent: Joined", to_node=False, passes=False), id="the joining is not told"),
    pytest.param(Break(b"Action: Hangup", to_node=True, passes=True), id="the Hangup's answer is lost"),
    pytest.param(Break(b"Event: Hangup", to_node=False, passes=False), id="the end is not told"),
]


@pytest.mark.parametrize("where", STEPS)
def test_the_line_breaks(shared_asterisk: RunningNode, where: Break) -> None:
    node, books, attempt_id = shared_asterisk.node, Books(), uuid4()
    with nothing_left(shared_asterisk), LeakyLine((node.ami_bind, node.ports.ami)) as line:
        address = address_of(node, "answer", line.port)
        carrier = AsteriskCarrier([address], Lines(), SystemClock(), CarrierTerms(ami=QUICK))
        carrier.listen(books.take)
        try:
            until(carrier.connected, 10)
            line.breaks_at(where)
            carrier.send(Dial(attempt_id, RESIDENT, OFFICE, 10))
            if _known_by(books, attempt_id, ("heard person", "refused")):
                carrier.send(Join(attempt_id, OPERATOR))
                _known_by(books, attempt_id, ("joined",))
                carrier.send(Hangup(attempt_id))
            _known_by(books, attempt_id, ("ended", "refused"))
            assert line.broken.is_set()
            until(carrier.connected, 10)
        finally:
            carrier.close()
        words = books.words(attempt_id)
        if not line.originates(str(attempt_id)):
            assert words == ["refused 12"]
            return
        assert line.originates(str(attempt_id)) == 1
        # Between two looks a telephone may have rung unheard; all else is in the books, each once and in its order.
        assert [word for word in words if word not in ("ringing", "left")] == [
            "handed",
            "answered",
            "heard person",
            "joined",
            "ended --",
        ]


def _known_by(books: Books, attempt_id: UUID, wanted: tuple[str, ...]) -> bool:
    def seen() -> list[str]:
        return books.words(attempt_id)

    until(seen, 15, lambda words: any(word.startswith(wanted) for word in words))
    return not any(word.startswith("refused") for word in seen())
