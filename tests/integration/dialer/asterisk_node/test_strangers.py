"""Telephones that want more than is theirs, on a real Asterisk: nobody is called whom the engine did not name."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from dialer.asterisk.node.node import ANSWERED, JOIN
from dialer.asterisk.node.running import RunningNode
from tests.integration.dialer.asterisk_node.conftest import LOOPBACK
from tests.integration.dialer.asterisk_node.far_end import Caller, FarEnd, register_desk_phone
from tests.integration.dialer.asterisk_node.plain_ami import PlainAmi
from tests.integration.dialer.asterisk_node.test_calls import answered

pytestmark = [pytest.mark.debian]

STRANGE = "127.0.0.9"
OTHER = "09000000077"


def test_a_stranger_who_names_a_trunk_reaches_nobody(asterisk: RunningNode, ami: PlainAmi, tmp_path: Path) -> None:
    calling = Caller(STRANGE, (LOOPBACK, asterisk.node.ports.sip), f"<sip:answer@{STRANGE}>", tmp_path / "stranger")
    try:
        assert not calling.ended_well(10)
    finally:
        calling.close()
    assert not [event for _, event in ami.events if event.get("Event") == "Newchannel"]


def test_an_operators_telephone_cannot_send_a_resident_on_to_a_number(
    asterisk: RunningNode, ami: PlainAmi, tmp_path: Path
) -> None:
    line = next(line for line in asterisk.node.operators if line.name == "desk-1")
    desk = FarEnd("forward", STRANGE, tmp_path / "far", f"PJSIP/{OTHER}%40answer")
    try:
        register_desk_phone(line.name, line.secret, desk, (LOOPBACK, asterisk.node.ports.sip), tmp_path / "desk")
        attempt, _, channel = answered(ami, "echo")
        ami.redirect(channel, JOIN, line.name)
        ami.wait_for(UserEvent="JoinFailed", AttemptId=str(attempt))
        ami.wait_for(UserEvent="Announcing", AttemptId=str(attempt))
    finally:
        desk.close()
    assert not [event for _, event in ami.events if event.get("Channel", "").startswith("PJSIP/answer")]


def test_a_call_the_network_sends_on_ends_unanswered(ami: PlainAmi, tmp_path: Path) -> None:
    network = FarEnd("forward", STRANGE, tmp_path / "far", OTHER)
    attempt = uuid4()
    try:
        ami.originate(attempt, f"PJSIP/answer/sip:{OTHER}@{STRANGE}:{network.port}", ANSWERED)
        ami.wait_for(Event="Hangup", Uniqueid=str(attempt))
        _, response = ami.wait_for(Event="OriginateResponse", Uniqueid=str(attempt))
    finally:
        network.close()
    assert response["Response"] == "Failure"
    assert not [event for _, event in ami.events if event.get("UserEvent") in ("Answered", "Incoming")]
