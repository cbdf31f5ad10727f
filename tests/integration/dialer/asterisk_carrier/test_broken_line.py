"""The line to a real Asterisk is cut at every step of a call: one Originate, one ring, and books that are right."""

from __future__ import annotations

import contextlib
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from callflow.events import Dial, Hangup, Join
from casefile.clock import SystemClock
from dialer.asterisk.carrier import AsteriskCarrier, CarrierTerms
from dialer.asterisk.node.node import CALLERS
from dialer.asterisk.node.running import RunningNode
from tests.integration.dialer.asterisk_carrier.leaky_line import Break, LeakyLine
from tests.integration.dialer.asterisk_carrier.stage import (
    ADDRESSES,
    ANOTHER_OPERATOR,
    OFFICE,
    OPERATOR,
    QUICK,
    RESIDENT,
    Books,
    Lines,
    address_of,
    nothing_left,
)
from tests.integration.dialer.asterisk_node.far_end import Caller
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


CALLED = [
    pytest.param(Break(b"Event: Newchannel", to_node=False, passes=False), id="the caller's channel is not told"),
    pytest.param(Break(b"UserEvent: Incoming", to_node=False, passes=False), id="the caller is not told of"),
    pytest.param(Break(b"UserEvent: Incoming", to_node=False, passes=True), id="after the caller was told of"),
    pytest.param(Break(b"UserEvent: Wished", to_node=False, passes=False), id="the key is not told"),
    pytest.param(Break(b"Action: Redirect", to_node=True, passes=False), id="the join is lost"),
    pytest.param(Break(b"UserEvent: Joined", to_node=False, passes=False), id="the joining is not told"),
    pytest.param(Break(b"Event: Hangup", to_node=False, passes=False), id="the end is not told"),
]


@pytest.mark.parametrize("where", CALLED)
def test_the_line_breaks_under_a_caller(shared_asterisk: RunningNode, where: Break, tmp_path: Path) -> None:
    node, books = shared_asterisk.node, Books()
    shared_asterisk.console(f"database deltree {CALLERS}")
    with nothing_left(shared_asterisk), LeakyLine((node.ami_bind, node.ports.ami)) as line:
        address = address_of(node, "answer", line.port)
        carrier = AsteriskCarrier([address], Lines(), SystemClock(), CarrierTerms(ami=QUICK))
        carrier.listen(books.take)
        caller = None
        try:
            until(carrier.connected, 10)
            line.breaks_at(where)
            who = f"<sip:09000000001@{ADDRESSES['answer']}>"
            caller = Caller(ADDRESSES["answer"], (node.bind, node.ports.sip), who, tmp_path, "call-press", "3")
            until(lambda: books.told, 15)
            attempt_id = books.told[0][1].attempt_id
            _known_by(books, attempt_id, ("wished 3",))
            _join_until_joined(carrier, books, attempt_id)
            carrier.send(Hangup(attempt_id))
            _known_by(books, attempt_id, ("ended",))
            assert line.broken.is_set()
            until(carrier.connected, 10)
        finally:
            carrier.close()
            if caller is not None:
                caller.close()
        words = [word for word in books.words(attempt_id) if word != "left"]
        assert words == ["incoming", "wished 3", "joined", "ended --"]


def _join_until_joined(carrier: AsteriskCarrier, books: Books, attempt_id: UUID) -> None:
    """As the engine does: whom nobody has taken in time is given to an operator again."""
    for operator in (OPERATOR, ANOTHER_OPERATOR):
        carrier.send(Join(attempt_id, operator))
        with contextlib.suppress(AssertionError):
            until(lambda: books.words(attempt_id), 5, lambda words: "joined" in words)
            return
    raise AssertionError("nobody was joined")


def _known_by(books: Books, attempt_id: UUID, wanted: tuple[str, ...]) -> bool:
    def seen() -> list[str]:
        return books.words(attempt_id)

    until(seen, 15, lambda words: any(word.startswith(wanted) for word in words))
    return not any(word.startswith("refused") for word in seen())
