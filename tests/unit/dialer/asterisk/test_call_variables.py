"""What is done on a call's line reaches the node with the call, and for a call-back with its joining."""

from __future__ import annotations

from uuid import UUID

import pytest

from callflow.codes import RecordingMode
from callflow.events import Answered, Detected, Dial, Handed, Heard, Join, Ringing
from dialer.asterisk.causes import Verdict
from dialer.asterisk.wire import Event
from tests.unit.dialer.asterisk.world import OPERATOR, Channel, World

ATTEMPT = UUID(int=5)


@pytest.fixture
def world() -> World:
    world = World()
    for node in world.nodes:
        node.connect()
    world.settle()
    return world


def dialed(world: World, *, listen: bool = False, recording: RecordingMode = RecordingMode.OFF) -> Channel:
    world.board.obey(Dial(ATTEMPT, "+819000000001", "+81300000000", 20, listen, recording))
    world.settle()
    return next(node.channels[str(ATTEMPT)] for node in world.nodes if str(ATTEMPT) in node.channels)


def answered(world: World, channel: Channel) -> None:
    node = next(node for node in world.nodes if channel.uniqueid in node.channels)
    for _ in ("rings", "answers"):
        node.proceeds(channel, 1)
    world.settle()


@pytest.mark.parametrize(
    ("recording", "variables"),
    [
        (RecordingMode.OFF, {}),
        (RecordingMode.UNANNOUNCED, {"RECORD": "yes"}),
        (RecordingMode.ANNOUNCED, {"RECORD": "yes", "RECORD_TOLD": "yes"}),
    ],
)
def test_a_call_is_placed_with_its_recording(world: World, recording: RecordingMode, variables: dict[str, str]) -> None:
    assert dialed(world, recording=recording).variables == variables


def test_who_answers_a_call_nobody_listens_to_is_a_person(world: World) -> None:
    answered(world, dialed(world))
    assert [type(event) for event in world.told] == [Handed, Ringing, Answered, Heard]


def test_a_call_that_is_listened_to_waits_for_its_verdict(world: World) -> None:
    channel = dialed(world, listen=True)
    assert channel.variables == {"DETECT": "listen"}
    answered(world, channel)
    assert [type(event) for event in world.told] == [Handed, Ringing, Answered]
    world.board.hear(Verdict(ATTEMPT, Detected.FAX))
    assert world.told[-1] == Heard(ATTEMPT, world.clock.now(), Detected.FAX)


def test_a_call_back_is_recorded_from_its_joining_on(world: World) -> None:
    node = world.nodes[0]
    channel = node.channels["1767.1"] = Channel("PJSIP/hikari-00000007", "1767.1", "Up")
    world.board.event(node.name, Event("Newchannel", {"Channel": channel.name, "Uniqueid": channel.uniqueid}))
    said = {"AttemptId": str(ATTEMPT), "Line": channel.uniqueid, "Withheld": "yes", "Trunk": "hikari"}
    world.board.event(node.name, Event("UserEvent", {"UserEvent": "Incoming", **said}))
    world.board.obey(Join(ATTEMPT, OPERATOR, RecordingMode.ANNOUNCED))
    sent = [(action.name, action.fields.get("Variable")) for action, _, _ in node.to_node]
    assert sent == [("Setvar", "RECORD"), ("Setvar", "RECORD_TOLD"), ("Redirect", None)]
