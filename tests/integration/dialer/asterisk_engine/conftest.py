"""One Asterisk for all scenarios of the engine's own process: a far end for each way to behave, one desk phone."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import pytest

from dialer.asterisk.detection.scenes import busy, scenes
from dialer.asterisk.detection.sound import Sound
from dialer.asterisk.detection.speech import sentences, speak
from dialer.asterisk.lines import endpoint_of
from dialer.asterisk.node.configuration import channel_to
from dialer.asterisk.node.node import ANSWERED, JOIN, OperatorLine, Trunk
from dialer.asterisk.node.running import RunningNode, new_secret, start_node
from tests.integration.dialer.asterisk_detection.residents import Residents
from tests.integration.dialer.asterisk_early.far_end import Early, EarlyFarEnd
from tests.integration.dialer.asterisk_node.conftest import LOOPBACK, WORDING, node_of
from tests.integration.dialer.asterisk_node.conftest import asterisk_root as asterisk_root
from tests.integration.dialer.asterisk_node.far_end import FarEnd, register_desk_phone
from tests.integration.dialer.asterisk_node.plain_ami import PlainAmi
from tests.integration.dialer.playing_sipp import PlayingSipp
from tests.people import key
from tests.waiting import until

OFFICE_NUMBER = "0300000000"
"""What the far ends want to see (186)."""
_ADDRESSES = {"answer": "127.0.7.2", "leave": "127.0.7.6", "ring": "127.0.7.4"} | {
    f"refuse-{code}": "127.0.7.3" for code in ("486", "503", "603")
}
_DESK_ADDRESS = "127.0.7.5"
_TONE_ADDRESS = "127.0.7.7"
_PLAYED = {"machine": "127.0.7.8", "recorder": "127.0.7.9", "fax": "127.0.7.10"}
_HEARD_EARLY = {"tone", "answer-heard"}
"""Trunks whose lines are listened to before the answer."""


@dataclass(frozen=True)
class Lines:
    """The node that is up, and the secret of the first operator's desk phone, which is registered."""

    asterisk: RunningNode
    far_ends: dict[str, FarEnd]
    desk_secret: str


@pytest.fixture(scope="session")
def lines(asterisk_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lines]:
    folder = tmp_path_factory.mktemp("engine")
    with ExitStack() as stack:
        far_ends = {}
        for name, address in {**_ADDRESSES, "echo": _DESK_ADDRESS}.items():
            scenario, _, code = name.partition("-")
            far_ends[name] = FarEnd(scenario, address, folder / name, code)
            stack.callback(far_ends[name].close)
        tone = EarlyFarEnd([Early(0.3 * busy(1), "until we give up", 0)], _TONE_ADDRESS, folder / "tone")
        stack.callback(tone.close)
        ends: dict[str, FarEnd | PlayingSipp] = {name: end for name, end in far_ends.items() if name != "echo"}
        for name, sound in _answers(asterisk_root).items():
            # Whichever of the first two numbers is dialed.
            ends[name] = Residents([sound, sound], _PLAYED[name], folder / name)
            stack.callback(ends[name].close)
        trunks = tuple(
            Trunk(
                name,
                end.address,
                end.port,
                OFFICE_NUMBER,
                cps=20,
                lines=10,
                inbound=False,
                early_media=name in _HEARD_EARLY,
            )
            for name, end in {**ends, "tone": tone, "answer-heard": ends["answer"]}.items()
        )
        desk = OperatorLine(endpoint_of(key("operator", 0)), new_secret(), webrtc=False)
        node = replace(node_of("engine", trunks), operators=(desk,))
        asterisk = start_node(asterisk_root, node, WORDING, _short_prompts(folder / "prompts"))
        stack.callback(asterisk.discard)
        stack.callback(asterisk.kill)
        register_desk_phone(
            desk.name, desk.secret, far_ends["echo"], (LOOPBACK, node.ports.sip), tmp_path_factory.mktemp("desk")
        )
        _play_in(asterisk, desk.name)
        yield Lines(asterisk, far_ends, desk.secret)


def _answers(root: Path) -> dict[str, Sound]:
    """What is heard where no person answers at once; the recorder phone asks who calls, and then somebody comes."""
    played = scenes(speak(root, sentences("held_out")), {"machine": 1, "guard": 1, "fax": 1}, seed=11)
    machine, recorder, fax = (scene.sound for scene in played)
    return {"machine": machine, "recorder": recorder, "fax": fax}


def _play_in(asterisk: RunningNode, desk: str) -> None:
    """One whole call: what Asterisk opens once and keeps is open afterwards, so that a leak can be told from it."""
    node, attempt = asterisk.node, uuid4()
    ami = PlainAmi((LOOPBACK, node.ports.ami), node.ami_user, node.ami_secret)
    try:
        ami.originate(attempt, channel_to("answer", "09000000001"), ANSWERED, variable="RECORD=yes,RECORD_TOLD=yes")
        _, answered = ami.wait_for(UserEvent="Answered", AttemptId=str(attempt))
        ami.redirect(answered["Channel"], JOIN, desk)
        ami.wait_for(UserEvent="Joined", AttemptId=str(attempt))
        ami.act("Hangup", Channel=answered["Channel"])
        ami.wait_for(Event="Hangup", Uniqueid=str(attempt))
    finally:
        ami.close()
    recorded = asterisk.folder / "recordings" / f"{attempt}.wav"
    until(recorded.is_file)
    recorded.unlink()


def _short_prompts(folder: Path) -> Path:
    """Who called, said in a second: recorded by the city, so to speak."""
    folder.mkdir()
    with wave.open(str(folder / "who-called.wav"), "wb") as recorded:
        recorded.setparams((1, 2, 8000, 0, "NONE", "NONE"))
        recorded.writeframes(b"\0\x10\0\xf0" * 4000)
    return folder
