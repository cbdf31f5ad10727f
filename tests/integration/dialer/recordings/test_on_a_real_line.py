"""A call on a real Asterisk, recorded by MixMonitor, sealed by the agent, and heard in the office."""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from casefile.clock import SystemClock
from casefile.ids import TimeOrderedIds
from dialer.asterisk.node.configuration import channel_to
from dialer.asterisk.node.node import ANSWERED, JOIN_WAITING, OPERATOR
from dialer.asterisk.node.running import RunningNode
from dialer.asterisk.recording.agent import RecordingAgent
from dialer.asterisk.recording.container import open_sealed
from dialer.asterisk.recording.keys import CURRENT, KeyRing, make_keys
from dialer.asterisk.recording.store import Store
from tests.integration.dialer.asterisk_node.plain_ami import PlainAmi
from tests.waiting import until

pytestmark = [pytest.mark.debian]


@pytest.fixture
def agent(asterisk: RunningNode, tmp_path: Path) -> Iterator[RecordingAgent]:
    make_keys(tmp_path / "keys")
    ids = TimeOrderedIds(SystemClock().now)
    recordings = asterisk.folder / "recordings"
    # What a test before this one failed to take away is not this one's.
    for left in recordings.iterdir():
        left.unlink()
    yield RecordingAgent(
        "node-1", recordings, tmp_path / "outgoing", Store(tmp_path / "store"), tmp_path / "keys" / CURRENT, ids
    )
    assert list(recordings.iterdir()) == []


def joined(ami: PlainAmi, variable: str) -> tuple[UUID, str, float]:
    """A call that speaks with an operator: its attempt, its channel, and the seconds from its answer to that."""
    operator, attempt = uuid4(), uuid4()
    ami.originate(operator, channel_to("echo", "09000000005"), OPERATOR)
    ami.wait_for(UserEvent="OperatorReady", Line=str(operator))
    ami.originate(attempt, channel_to("answer", "09000000001"), ANSWERED, variable=variable)
    _, channel = ami.wait_for(Event="Newchannel", Uniqueid=str(attempt))
    answered, _ = ami.wait_for(UserEvent="Answered", AttemptId=str(attempt))
    ami.redirect(channel["Channel"], JOIN_WAITING, str(operator))
    speaking, _ = ami.wait_for(Event="BridgeEnter", Uniqueid=str(attempt))
    return attempt, channel["Channel"], speaking - answered


def test_a_talk_is_recorded_sealed_and_heard(
    asterisk: RunningNode, ami: PlainAmi, agent: RecordingAgent, tmp_path: Path
) -> None:
    attempt, channel, within = joined(ami, "RECORD=yes")
    assert within < 1
    plain = asterisk.folder / "recordings" / f"{attempt}.wav"
    until(lambda: plain.stat().st_size if plain.is_file() else 0, fits=lambda size: size > 16_000)
    # It is being written: nobody takes it away from a call.
    done = agent.look()
    assert (done.sealed, done.problems) == (0, ())
    assert plain.is_file()
    ami.act("Hangup", Channel=channel)
    ami.wait_for(Event="Hangup", Uniqueid=str(attempt))
    until(lambda: agent.look().handed_on)
    [path] = Store(tmp_path / "store").arrived()
    with path.open("rb") as file:
        opened = open_sealed(file, KeyRing(tmp_path / "keys"))
        assert (opened.facts.attempt_id, opened.facts.node) == (attempt, "node-1")
        with wave.open(io.BytesIO(b"".join(opened.read()))) as sound:
            assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
            frames = bytes(sound.readframes(sound.getnframes()))
    assert opened.facts.milliseconds == len(frames) // 16
    # The resident's voice is a loud square wave, and it is in there.
    assert max(abs(sample) for (sample,) in struct.iter_unpack("<h", frames)) > 1_000
    assert frames[:400] not in path.read_bytes()


def test_a_campaign_without_recording_leaves_nothing(ami: PlainAmi, agent: RecordingAgent) -> None:
    attempt, channel, _ = joined(ami, "")
    ami.act("Hangup", Channel=channel)
    ami.wait_for(Event="Hangup", Uniqueid=str(attempt))
    done = agent.look()
    assert (done.sealed, done.handed_on, done.problems) == (0, 0, ())


def test_a_resident_who_is_told_hears_it_before_somebody_speaks(
    asterisk: RunningNode, ami: PlainAmi, agent: RecordingAgent
) -> None:
    with wave.open(str(asterisk.folder / "sounds" / "recorded.wav")) as prompt:
        said = prompt.getnframes() / prompt.getframerate()
    assert said < 3
    attempt, channel, within = joined(ami, "RECORD=yes,RECORD_TOLD=yes")
    # Asterisk counts in packets of 20 ms.
    assert within > said - 0.05
    ami.act("Hangup", Channel=channel)
    ami.wait_for(Event="Hangup", Uniqueid=str(attempt))
    assert not [event for _, event in ami.events if event.get("UserEvent") == "Announcing"]
    until(agent.look, fits=lambda _: not list((asterisk.folder / "recordings").iterdir()))


def test_what_a_killed_asterisk_leaves_is_sealed(asterisk: RunningNode, agent: RecordingAgent, tmp_path: Path) -> None:
    """The last one of this folder: its Asterisk does not come back."""
    node = asterisk.node
    own = PlainAmi(("127.0.0.1", node.ports.ami), node.ami_user, node.ami_secret)
    attempt, _, _ = joined(own, "RECORD=yes")
    plain = asterisk.folder / "recordings" / f"{attempt}.wav"
    until(lambda: plain.stat().st_size if plain.is_file() else 0, fits=lambda size: size > 16_000)
    asterisk.kill()
    own.close()
    size = plain.stat().st_size
    done = agent.look()
    assert (done.sealed, done.handed_on, done.problems) == (1, 1, ())
    [path] = Store(tmp_path / "store").arrived()
    with path.open("rb") as file:
        opened = open_sealed(file, KeyRing(tmp_path / "keys"))
        assert opened.length == size // 2 * 2
        with wave.open(io.BytesIO(b"".join(opened.read()))) as sound:
            assert sound.getnframes() * 2 == opened.length - 44
