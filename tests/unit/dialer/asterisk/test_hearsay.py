"""What is heard on a line comes late sometimes: whoever is spoken to by then stays where they are."""

from __future__ import annotations

from uuid import UUID

import pytest

from callflow.codes import CallResult
from callflow.events import Announce, Detected, Dial, Ended, Hangup, Heard, Join
from dialer.asterisk.causes import Verdict
from dialer.asterisk.detection.early import Early
from dialer.asterisk.node.node import GUARD
from dialer.asterisk.wire import Event
from tests.unit.dialer.asterisk.world import OPERATOR, World

NUMBER, OFFICE = "+819000000001", "+81300000000"
ATTEMPT = UUID(int=9)


def answered() -> World:
    """A resident has answered a call that is listened to; nothing was heard yet."""
    world = dialed()
    for _ in range(2):
        world.nodes[0].proceeds(world.nodes[0].channels[str(ATTEMPT)], 1)
    world.settle()
    return world


def told_at_the_end(world: World) -> list[str | None]:
    node = world.nodes[0]
    node.ends(node.channels[str(ATTEMPT)], 16)
    world.settle()
    return [event.result for event in world.told if isinstance(event, Ended)]


def dialed() -> World:
    world = World()
    for node in world.nodes:
        node.connect()
    world.settle()
    world.board.obey(Dial(ATTEMPT, NUMBER, OFFICE, 20, listen=True))
    world.settle()
    return world


def hear(world: World, *heard: Detected) -> list[tuple[str, str]]:
    """An ear's verdicts, one after the other; where the resident is sent for them."""
    for one in heard:
        world.board.hear(Verdict(ATTEMPT, one))
    return [(action.fields["Context"], action.fields["Exten"]) for action, _, _ in world.nodes[0].to_node]


def test_a_recording_guard_is_waited_for_and_a_person_behind_it_is_waited_on() -> None:
    world = answered()
    assert hear(world, Detected.RECORDING_GUARD, Detected.PERSON) == [(GUARD, "s"), (GUARD, "person")]


@pytest.mark.parametrize("late", [False, True], ids=["on the way", "arrived"])
@pytest.mark.parametrize("command", [Join(ATTEMPT, OPERATOR), Announce(ATTEMPT)], ids=["operator", "announcement"])
def test_a_verdict_that_comes_late_pulls_nobody_out_of_a_talk(command: Join | Announce, late: bool) -> None:
    world = answered()
    world.board.obey(command)
    if late:
        world.settle()
    before = len(world.nodes[0].to_node)
    assert hear(world, Detected.RECORDING_GUARD, Detected.PERSON)[before:] == []
    assert [fact.detected for fact in world.told if isinstance(fact, Heard)] == [
        Detected.RECORDING_GUARD,
        Detected.PERSON,
    ]


@pytest.mark.parametrize(
    ("early", "result"),
    [
        (Early.BUSY, CallResult.BUSY),
        (Early.OUT_OF_REACH, CallResult.OUT_OF_REACH),
        (Early.NOT_IN_SERVICE, CallResult.NOT_IN_SERVICE),
        (Early.SUSPENDED, CallResult.SUSPENDED),
        (Early.RING_BACK, CallResult.NO_ANSWER),
        (Early.VOICE, CallResult.NO_ANSWER),
        (Early.ANNOUNCEMENT, CallResult.NO_ANSWER),
        (Early.UNKNOWN, CallResult.NO_ANSWER),
    ],
)
def test_what_sounds_before_the_answer_says_why_nobody_answers(early: Early, result: CallResult) -> None:
    world = dialed()
    world.board.hear(Verdict(ATTEMPT, None, early))
    assert told_at_the_end(world) == [result.value]
    assert not any(isinstance(event, Heard) for event in world.told)


def test_what_had_sounded_is_told_to_whoever_writes_the_trunks_table(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "tsunagaru.asterisk")
    for early, told in ((Early.RING_BACK, 0), (Early.VOICE, 1)):
        world = dialed()
        world.board.hear(Verdict(ATTEMPT, None, early))
        told_at_the_end(world)
        assert len(caplog.records) == told
    fields = vars(caplog.records[0])
    assert [fields[name] for name in ("trunk", "heard", "cause", "result")] == ["hikari", "voice", "16", "03"]


def test_whoever_answers_after_a_tone_has_answered() -> None:
    world = dialed()
    world.board.hear(Verdict(ATTEMPT, None, Early.BUSY))
    for _ in range(2):
        world.nodes[0].proceeds(world.nodes[0].channels[str(ATTEMPT)], 1)
    world.settle()
    world.board.hear(Verdict(ATTEMPT, Detected.PERSON, Early.OUT_OF_REACH))
    assert told_at_the_end(world) == [None]


@pytest.mark.parametrize(
    ("channel", "uniqueid", "state", "ended"),
    [
        ("PJSIP/hikari-000000aa", "node-1.7", "Down", True),
        ("PJSIP/hikari-000000aa", "node-1.7", "Ring", False),
        ("PJSIP/hikari-000000aa", str(UUID(int=8)), "Down", False),
        ("PJSIP/another-citys-000000aa", "node-1.7", "Down", False),
        ("PJSIP/op-1-000000aa", "node-1.7", "Down", False),
    ],
    ids=["sent on to another number", "somebody calls us", "an engine's call", "another city's trunk", "an operator"],
)
def test_a_call_nobody_ordered_is_ended(channel: str, uniqueid: str, state: str, ended: bool) -> None:
    world = dialed()
    headers = {"Channel": channel, "Uniqueid": uniqueid, "ChannelStateDesc": state}
    world.board.event("a", Event("Newchannel", headers))
    asked = [(action.name, action.fields["Channel"]) for action, _, _ in world.nodes[0].to_node]
    assert asked == ([("Hangup", channel)] if ended else [])


@pytest.mark.parametrize(("wanted", "q850", "result"), [(True, 16, "03"), (False, 16, "08"), (True, 21, "08")])
def test_what_we_hung_up_before_it_was_sent_was_refused_by_nobody(wanted: bool, q850: int, result: str) -> None:
    world = dialed()
    channel = world.nodes[0].channels[str(ATTEMPT)]
    if wanted:
        world.board.obey(Hangup(ATTEMPT))
    names = {"Channel": channel.name, "Uniqueid": channel.uniqueid}
    world.board.event("a", Event("HangupRequest", names))
    world.board.event("a", Event("Hangup", {**names, "Cause": str(q850), "TechCause": "603"}))
    assert [event.result for event in world.told if isinstance(event, Ended)] == [result]
