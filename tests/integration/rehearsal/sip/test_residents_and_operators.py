"""Residents behind a trunk of a real Asterisk, and operators without a head on its lines."""

from __future__ import annotations

import time
from uuid import UUID, uuid4

import pytest

from dialer.asterisk.node.configuration import channel_to
from dialer.asterisk.node.node import ANSWERED, JOIN
from dialer.asterisk.node.running import RunningNode
from rehearsal.sip.operators import DeskLine, SipOperators
from rehearsal.sip.residents import CallHome, SipResidents
from rehearsal.sip.script import FOREVER_SECONDS, GoOn, HangUp, Listen, Press, Say, Script, Tone, Wait
from tests.integration.dialer.asterisk_node.conftest import LOOPBACK
from tests.integration.dialer.asterisk_node.plain_ami import PlainAmi
from tests.integration.rehearsal.sip.conftest import OFFICE, Told
from tests.waiting import until

pytestmark = [pytest.mark.debian]


def number(last: int) -> str:
    return f"0900000{last:04d}"


def dial(ami: PlainAmi, to: str, context: str = ANSWERED, ring_ms: int = 5_000) -> UUID:
    attempt = uuid4()
    ami.originate(attempt, channel_to("city", to), context, ring_ms)
    return attempt


def assert_heard(seconds: float, lost: int, level: float) -> None:
    """A tone of -12 dBFS came through, more than a second of it."""
    assert seconds > 1
    assert lost <= 2
    assert -13 < level < -11


@pytest.mark.parametrize(
    ("script", "causes"),
    [
        (Script(rings=0, code=486), {"17"}),
        (Script(rings=0, code=404), {"1"}),
        (Script(rings=0.1, code=603), {"21"}),
        (Script(rings=0, code=503, cause=34), {"34"}),
        (Script(rings=FOREVER_SECONDS), {"0", "16", "19", "26", "127"}),
    ],
)
def test_nobody_takes_it_up(
    ami: PlainAmi, residents: SipResidents, told: Told, script: Script, causes: set[str]
) -> None:
    told.scripts[number(1)] = script
    attempt = dial(ami, number(1), ring_ms=700)
    _, hangup = ami.wait_for(Event="Hangup", Uniqueid=str(attempt))
    assert hangup["Cause"] in causes
    until(lambda: told.ends_of(number(1)))
    assert told.callers == [(number(1), OFFICE)]
    (end,) = told.over
    assert end.answered_at is None
    assert end.code == (487 if script.rings == FOREVER_SECONDS else script.code)


def test_a_resident_speaks_listens_and_rings_off(ami: PlainAmi, residents: SipResidents, told: Told) -> None:
    assert residents.has_voice
    steps = (Say("はい、佐藤です。"), Listen(quiet=0.5, at_most=4), GoOn())
    told.next_steps = (Say("失礼します。"), HangUp())
    told.scripts[number(2)] = Script(rings=0.2, steps=steps)
    attempt = dial(ami, number(2))
    # Nobody joins: the office says who called, the resident hears some of it and rings off.
    ami.wait_for(UserEvent="Announcing", AttemptId=str(attempt))
    ami.wait_for(20, Event="Hangup", Uniqueid=str(attempt))
    until(lambda: told.ends_of(number(2)))
    (end,) = told.over
    assert (end.code, end.by_far_end) == (200, False)
    assert end.heard_seconds > 1
    assert end.lost == 0


def test_twenty_calls_at_once_are_joined_to_twenty_operators(
    asterisk: RunningNode, ami: PlainAmi, residents: SipResidents, told: Told, desks: list[DeskLine]
) -> None:
    told.otherwise = Script(rings=0.3, steps=(Tone(1000, 30),))
    operators = SipOperators((LOOPBACK, asterisk.node.ports.sip), desks)
    operators.start()
    try:
        attempts = [dial(ami, number(100 + place)) for place in range(len(desks))]
        for attempt, desk in zip(attempts, desks, strict=True):
            _, channel = ami.wait_for(Event="Newchannel", Uniqueid=str(attempt))
            ami.wait_for(UserEvent="Answered", AttemptId=str(attempt))
            ami.redirect(channel["Channel"], JOIN, desk.name)
        for attempt in attempts:
            ami.wait_for(UserEvent="Joined", AttemptId=str(attempt))
        until(lambda: len(operators.talking), fits=lambda talking: talking == len(desks))
        time.sleep(2)
        ami.act("Hangup", Channel="/.*/")
        until(lambda: len(told.over), fits=lambda over: over == len(desks))
        until(lambda: len(operators.calls), fits=lambda over: over == len(desks))
    finally:
        operators.stop()
    for call in operators.calls:
        assert_heard(call.heard_seconds, call.lost, call.level_dbfs)
    for end in told.over:
        assert_heard(end.heard_seconds, end.lost, end.level_dbfs)
    assert all(call.first_voice_at is not None for call in operators.calls)


def test_keys_of_a_resident_reach_the_operator_and_the_other_way(
    asterisk: RunningNode, ami: PlainAmi, residents: SipResidents, told: Told, desks: list[DeskLine]
) -> None:
    told.scripts[number(3)] = Script(rings=0.1, steps=(Wait(1), Press("3*90#"), Wait(20)))
    operators = SipOperators((LOOPBACK, asterisk.node.ports.sip), desks[:1])
    operators.start()
    try:
        attempt = dial(ami, number(3))
        _, channel = ami.wait_for(Event="Newchannel", Uniqueid=str(attempt))
        ami.wait_for(UserEvent="Answered", AttemptId=str(attempt))
        ami.redirect(channel["Channel"], JOIN, desks[0].name)
        ami.wait_for(UserEvent="Joined", AttemptId=str(attempt))
        until(lambda: operators.talking)
        operators.press(desks[0].name, "147")
        until(lambda: operators.keys_heard(desks[0].name), fits=lambda keys: keys == "3*90#")
        # The operator rings off: the resident is kept a moment, then told, then let go.
        operators.hang_up(desks[0].name)
        ami.wait_for(UserEvent="OperatorGone", AttemptId=str(attempt))
        ami.act("Hangup", Channel=channel["Channel"])
        until(lambda: told.over and operators.calls)
    finally:
        operators.stop()
    assert [call.keys for call in operators.calls] == ["3*90#"]
    assert [call.keys for call in told.over] == ["147"]


@pytest.mark.parametrize(("shown", "withheld"), [(number(4), "no"), ("", "yes")])
def test_a_resident_calls_back(ami: PlainAmi, residents: SipResidents, told: Told, shown: str, withheld: str) -> None:
    told.going_to_call = [
        CallHome(shown, Script(steps=(Wait(0.5), Press("1"), Listen(quiet=0.3, at_most=8), HangUp())))
    ]
    _, incoming = ami.wait_for(UserEvent="Incoming")
    assert (incoming["Number"], incoming["Withheld"], incoming["Trunk"]) == (shown, withheld, "city")
    ami.wait_for(Event="DTMFEnd", Uniqueid=incoming["Line"], Digit="1")
    ami.wait_for(15, Event="Hangup", Uniqueid=incoming["Line"])
    until(lambda: told.over)
    (end,) = told.over
    assert (end.number, end.inbound, end.code, end.by_far_end) == (shown, False, 200, False)
    assert end.heard_seconds > 0.5


@pytest.mark.slow
def test_a_call_we_placed_outlives_the_thirty_second_second(ami: PlainAmi, residents: SipResidents, told: Told) -> None:
    """With pyVoIP's own ACK the far end cuts it at 32.0 s."""
    told.going_to_call = [CallHome(number(5), Script(steps=(Wait(34), HangUp())))]
    until(lambda: told.over, seconds=45)
    (end,) = told.over
    assert end.answered_at is not None
    assert end.ended_at is not None
    assert end.ended_at - end.answered_at > 33
    assert (end.by_far_end, end.lost) == (False, 0)
