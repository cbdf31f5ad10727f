"""Calls on a real Asterisk, with sipp as the far end. Nobody decides here unless a test does: Asterisk is on its own."""

from __future__ import annotations

import time
import wave
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from dialer.asterisk.node.configuration import channel_to
from dialer.asterisk.node.node import AFTER_HOURS, ANSWERED, JOIN, JOIN_WAITING, OPERATOR, Opening, Trunk
from dialer.asterisk.node.running import RunningNode, start_node
from tests.integration.dialer.asterisk_node.conftest import ADDRESSES, LOOPBACK, WORDING, node_of
from tests.integration.dialer.asterisk_node.far_end import Caller, FarEnd, register_desk_phone
from tests.integration.dialer.asterisk_node.plain_ami import PlainAmi
from tests.waiting import until

pytestmark = [pytest.mark.debian]

RESIDENT = "09000000001"


def answered(ami: PlainAmi, trunk: str = "answer", variable: str = "") -> tuple[UUID, float, str]:
    """A call that was taken up: its attempt, when, and its channel."""
    attempt = uuid4()
    ami.originate(attempt, channel_to(trunk, RESIDENT), ANSWERED, variable=variable)
    at, _ = ami.wait_for(UserEvent="Answered", AttemptId=str(attempt))
    _, channel = ami.wait_for(Event="Newchannel", Uniqueid=str(attempt))
    return attempt, at, channel["Channel"]


def both_ways(asterisk: RunningNode) -> list[tuple[int, int]]:
    """RTP packets received and sent on every channel that is up."""
    lines = asterisk.console("pjsip show channelstats").splitlines()
    counts = [line.split(" ulaw ")[1].replace("K", "000").split() for line in lines if " ulaw " in line]
    return [(int(numbers[0]), int(numbers[4])) for numbers in counts]


def test_a_live_answer_nobody_takes_hears_who_called_after_two_seconds_and_is_hung_up(ami: PlainAmi) -> None:
    attempt, at, _ = answered(ami)
    announcing, _ = ami.wait_for(UserEvent="Announcing", AttemptId=str(attempt))
    assert 1.9 < announcing - at < 2.3
    ended, hangup = ami.wait_for(20, Event="Hangup", Uniqueid=str(attempt))
    # The announcement was said to its end, and Asterisk itself rang off.
    assert ended - announcing > 3
    assert hangup["Cause"] == "16"
    _, announced = ami.wait_for(UserEvent="Announced", AttemptId=str(attempt))
    assert announced["Status"] == "SUCCESS"


def test_a_dead_engine_is_never_a_silent_call(asterisk: RunningNode, ami: PlainAmi) -> None:
    engine = PlainAmi((LOOPBACK, asterisk.node.ports.ami), asterisk.node.ami_user, asterisk.node.ami_secret)
    attempt, _, _ = answered(engine)
    engine.close()
    ami.wait_for(UserEvent="Announcing", AttemptId=str(attempt))


@pytest.mark.parametrize(
    ("code", "causes"),
    [
        ("404", {"1"}),
        ("410", {"22"}),
        ("484", {"28"}),
        ("486", {"17"}),
        ("480", {"18", "19", "20"}),
        ("603", {"21"}),
        ("403", {"21"}),
        ("503", {"34", "38", "41", "42"}),
    ],
)
def test_a_refused_call_ends_with_its_cause(ami: PlainAmi, code: str, causes: set[str]) -> None:
    attempt = uuid4()
    ami.originate(attempt, channel_to(f"refuse-{code}", RESIDENT), ANSWERED)
    _, hangup = ami.wait_for(Event="Hangup", Uniqueid=str(attempt))
    assert hangup["Cause"] in causes, hangup
    _, response = ami.wait_for(Event="OriginateResponse", Uniqueid=str(attempt))
    assert response["Response"] == "Failure"


def test_a_call_nobody_takes_up_ends_after_the_ringing_time(ami: PlainAmi) -> None:
    attempt = uuid4()
    begun = time.monotonic()
    ami.originate(attempt, channel_to("ring", RESIDENT), ANSWERED, ring_ms=1_000)
    ami.wait_for(Event="Newstate", Uniqueid=str(attempt), ChannelStateDesc="Ringing")
    ended, hangup = ami.wait_for(Event="Hangup", Uniqueid=str(attempt))
    assert 0.9 < ended - begun < 3
    assert hangup["Cause"] in {"18", "19", "20"}, hangup


def test_a_redirect_in_time_joins_resident_and_waiting_operator(asterisk: RunningNode, ami: PlainAmi) -> None:
    operator = uuid4()
    ami.originate(operator, channel_to("echo", "09000000005"), OPERATOR)
    ami.wait_for(UserEvent="OperatorReady", Line=str(operator))
    attempt, at, channel = answered(ami)
    ami.redirect(channel, JOIN_WAITING, str(operator))
    joined, mine = ami.wait_for(Event="BridgeEnter", Uniqueid=str(attempt))
    also, theirs = ami.wait_for(Event="BridgeEnter", Uniqueid=str(operator))
    assert mine["BridgeUniqueid"] == theirs["BridgeUniqueid"]
    assert max(joined, also) - at < 1
    # The resident speaks, the operator's end sends it back: packets in and out on both legs.
    until(lambda: both_ways(asterisk), fits=lambda seen: len(seen) == 2 and all(min(counts) > 20 for counts in seen))
    # Past the two seconds nothing else is said, and the operator's line outlives the call.
    ami.act("Hangup", Channel=channel, Cause="16")
    ami.wait_for(Event="Hangup", Uniqueid=str(attempt))
    assert not [event for _, event in ami.events if event.get("UserEvent") == "Announcing"]
    assert channel not in asterisk.console("core show channels concise")
    assert str(operator) in asterisk.console("core show channels concise")


def test_a_desk_phone_is_rung_and_joined(
    asterisk: RunningNode, ami: PlainAmi, far_ends: dict[str, FarEnd], tmp_path: Path
) -> None:
    line = next(line for line in asterisk.node.operators if line.name == "desk-1")
    register_desk_phone(
        line.name, line.secret, far_ends["echo"], (LOOPBACK, asterisk.node.ports.sip), tmp_path / "desk"
    )
    attempt, at, channel = answered(ami)
    ami.redirect(channel, JOIN, "desk-1")
    joined, told = ami.wait_for(UserEvent="Joined", AttemptId=str(attempt))
    assert told["Operator"] == "desk-1"
    assert joined - at < 1
    # The operator's leg breaks: the resident is kept a moment for somebody to come back, then told, never left in silence.
    _, theirs = ami.wait_for(Event="Newchannel", Context="tsunagaru-nobody")
    ami.act("Hangup", Channel=theirs["Channel"])
    ami.wait_for(UserEvent="OperatorGone", AttemptId=str(attempt))


def test_an_operator_who_is_not_there_leaves_nobody_in_silence(ami: PlainAmi) -> None:
    attempt, _, channel = answered(ami)
    ami.redirect(channel, JOIN, "op-1")
    _, failed = ami.wait_for(UserEvent="JoinFailed", AttemptId=str(attempt))
    assert failed["Operator"] == "op-1"
    ami.wait_for(UserEvent="Announcing", AttemptId=str(attempt))


def test_who_already_hears_the_announcement_gets_no_operator(ami: PlainAmi) -> None:
    attempt, _, channel = answered(ami)
    ami.wait_for(UserEvent="Announcing", AttemptId=str(attempt))
    ami.redirect(channel, JOIN, "desk-1")
    _, failed = ami.wait_for(UserEvent="JoinFailed", AttemptId=str(attempt))
    assert failed["Status"] == "LATE"


def test_machine_detection_gives_its_verdict_in_time(ami: PlainAmi) -> None:
    attempt, at, _ = answered(ami, variable="DETECT=amd")
    heard, verdict = ami.wait_for(UserEvent="Heard", AttemptId=str(attempt))
    assert heard - at < 1.6
    assert verdict["Status"] in {"HUMAN", "GUARD", "NOTSURE"}
    announcing, _ = ami.wait_for(UserEvent="Announcing", AttemptId=str(attempt))
    assert 1.9 < announcing - at < 2.3


@pytest.mark.parametrize(
    ("caller", "number", "withheld"),
    [
        ("<sip:09000000001@127.0.0.2>", "09000000001", "no"),
        ('"x" <sip:+819000000001@127.0.0.2>', "+819000000001", "no"),
        ('"Anonymous" <sip:anonymous@anonymous.invalid>', "", "yes"),
        ('"09000000001" <sip:caller123@127.0.0.2>', "", "yes"),
    ],
)
def test_a_call_back_is_told_greeted_and_handed_over(
    asterisk: RunningNode, ami: PlainAmi, tmp_path: Path, caller: str, number: str, withheld: str
) -> None:
    calling = Caller(ADDRESSES["answer"], (LOOPBACK, asterisk.node.ports.sip), caller, tmp_path / "caller")
    try:
        _, incoming = ami.wait_for(UserEvent="Incoming")
        assert (incoming["Number"], incoming["Withheld"], incoming["Trunk"]) == (number, withheld, "answer")
        UUID(incoming["AttemptId"])
        _, channel = ami.wait_for(Event="Newstate", Uniqueid=incoming["Line"], ChannelStateDesc="Up")
        ami.redirect(channel["Channel"], AFTER_HOURS)
        ami.wait_for(UserEvent="AfterHours", AttemptId=incoming["AttemptId"])
        # The caller's audio is here: its end has gone through the whole opening of the call.
        until(lambda: both_ways(asterisk), fits=lambda seen: [received for received, _ in seen if received])
        ami.act("Hangup", Channel=channel["Channel"])
        assert calling.ended_well(10)
    finally:
        calling.close()


def test_a_stranger_reaches_nobody(asterisk: RunningNode, ami: PlainAmi, tmp_path: Path) -> None:
    calling = Caller(
        "127.0.0.9", (LOOPBACK, asterisk.node.ports.sip), "<sip:09000000001@127.0.0.9>", tmp_path / "stranger"
    )
    try:
        assert not calling.ended_well(10)
    finally:
        calling.close()
    assert not [event for _, event in ami.events if event.get("UserEvent") == "Incoming"]


def test_after_hours_the_office_says_so_by_itself_on_a_second_node(asterisk: RunningNode, tmp_path: Path) -> None:
    other_day = (datetime.now(ZoneInfo("Asia/Tokyo")) + timedelta(days=3)).strftime("%a").lower()
    trunk = Trunk("city", ADDRESSES["answer"], 5060, "0300000000", 10, 30)
    node = node_of("closed", (trunk,), (Opening(other_day, other_day, "09:00", "17:00"),))
    with wave.open(str(tmp_path / "after-hours.wav"), "wb") as recorded:
        recorded.setparams((1, 2, 8000, 0, "NONE", "NONE"))
        recorded.writeframes(b"\0\x10\0\xf0" * 4000)
    closed = start_node(asterisk.root, node, WORDING, recorded=tmp_path)
    calling = None
    try:
        ami = PlainAmi((LOOPBACK, node.ports.ami), node.ami_user, node.ami_secret)
        where = (trunk.host, (LOOPBACK, node.ports.sip), "<sip:09000000001@127.0.0.2>")
        calling = Caller(*where, tmp_path / "late")
        _, closed_to = ami.wait_for(UserEvent="AfterHours")
        assert (closed_to["Number"], closed_to["Trunk"]) == (RESIDENT, "city")
        # The city's own recording is played: one second, not the voice's many.
        ami.wait_for(Event="Hangup", Uniqueid=closed_to["Line"])
        assert calling.ended_well(10)
        calling.close()
        calling = Caller(*where, tmp_path / "content", "call-press", "1")
        _, declined = ami.wait_for(UserEvent="Declined")
        assert declined["AttemptId"] != closed_to["AttemptId"]
        assert not [event for _, event in ami.events if event.get("UserEvent") == "Incoming"]
        ami.close()
        assert calling.ended_well(10)
    finally:
        if calling is not None:
            calling.close()
        closed.discard()
    assert not closed.folder.exists()
