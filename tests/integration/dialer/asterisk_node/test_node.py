"""What a node is besides its calls: its doors, its events, its recordings, its operators' lines, its root folder."""

from __future__ import annotations

import os
import re
import shutil
import socket
import stat
import subprocess
import wave
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from dialer.asterisk.node.configuration import channel_to
from dialer.asterisk.node.node import ANSWERED, EVENTS, JOIN_WAITING, OPERATOR, OperatorLine
from dialer.asterisk.node.running import RunningNode, new_secret
from tests.integration.dialer.asterisk_node.conftest import LOOPBACK
from tests.integration.dialer.asterisk_node.far_end import FarEnd, register_desk_phone
from tests.integration.dialer.asterisk_node.plain_ami import PlainAmi
from tests.waiting import until

pytestmark = [pytest.mark.debian]

PROJECT = Path(__file__).parents[4]


def test_it_listens_on_loopback_alone_and_is_not_root(asterisk: RunningNode, ami: PlainAmi) -> None:
    attempt = uuid4()
    ami.originate(attempt, channel_to("answer", "09000000001"), OPERATOR)
    ami.wait_for(UserEvent="OperatorReady", Line=str(attempt))
    ports = asterisk.node.ports
    process = psutil.Process(asterisk.pid)
    sockets = process.net_connections()
    assert {one.laddr.port for one in sockets if one.status == "LISTEN"} == {ports.ami, ports.http}
    heard_by = [one.laddr for one in sockets if one.status == "LISTEN" or one.laddr.port == ports.sip]
    audio = [one.laddr for one in sockets if ports.rtp_first <= one.laddr.port <= ports.rtp_last]
    assert len(heard_by) == 3
    assert audio
    assert {address.ip for address in heard_by + audio} == {LOOPBACK}
    assert process.uids().real != 0


def test_nobody_else_may_read_its_files(asterisk: RunningNode) -> None:
    assert stat.S_IMODE(asterisk.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in (asterisk.folder / "etc").iterdir()} == {0o600}


def test_every_module_it_is_told_to_load_is_there(asterisk: RunningNode) -> None:
    log = (asterisk.folder / "log" / "messages.log").read_text()
    assert not re.search("(?i)loading module|could not load|no application", log), log
    loaded = asterisk.console("module show")
    for module in ("app_amd", "app_mixmonitor", "app_confbridge", "res_srtp", "codec_opus_open_source"):
        assert f"{module}.so" in loaded
    assert "cdr_" not in loaded
    # A call that meets an application nobody loaded is dropped on the spot.
    known = re.findall(r"^ +(\w+):", asterisk.console("core show applications").lower(), re.MULTILINE)
    dialplan = (asterisk.folder / "etc" / "extensions.conf").read_text()
    used = set(re.findall(r"(?:n(?:\(\w+\))?|1|\?)[,]?([A-Z]\w+)\(", dialplan)) - {"IF", "FILTER", "UUID"}
    assert {"AMD", "Bridge", "Dial", "ExecIf", "MixMonitor", "Playback", "UserEvent", "Wait"} <= used
    assert {name.lower() for name in used} <= set(known)


def test_only_the_events_that_are_used_arrive(ami: PlainAmi) -> None:
    attempt = uuid4()
    ami.originate(attempt, channel_to("refuse-486", "09000000001"), ANSWERED)
    ami.wait_for(Event="OriginateResponse", Uniqueid=str(attempt))
    seen = [event["Event"] for _, event in ami.events]
    assert set(seen) <= set(EVENTS)
    assert len(seen) < 12


@pytest.mark.parametrize(
    ("action", "headers"),
    [
        ("Command", {"Command": "core show version"}),
        ("Reload", {}),
        ("UpdateConfig", {"SrcFilename": "pjsip.conf", "DstFilename": "pjsip.conf"}),
        ("GetConfig", {"Filename": "manager.conf"}),
        # It could run a program; recordings are made by the dialplan instead.
        ("MixMonitor", {"Channel": "any", "File": "any.wav"}),
        ("DBPut", {"Family": "a", "Key": "b", "Val": "c"}),
    ],
)
def test_whoever_holds_the_secret_can_not_change_the_node(ami: PlainAmi, action: str, headers: dict[str, str]) -> None:
    told = ami.act(action, **headers)
    assert (told["Response"], told["Message"]) == ("Error", "Permission denied")


def test_a_wrong_secret_is_refused(asterisk: RunningNode) -> None:
    node = asterisk.node
    with pytest.raises(PermissionError):
        PlainAmi((LOOPBACK, node.ports.ami), node.ami_user, new_secret())


def test_a_browser_is_let_in_by_websocket(asterisk: RunningNode) -> None:
    request = (
        f"GET /ws HTTP/1.1\r\nHost: {LOOPBACK}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n\r\n"
    )
    with socket.create_connection((LOOPBACK, asterisk.node.ports.http), timeout=5) as connection:
        connection.sendall(request.encode())
        answer = connection.recv(4096).decode()
    assert answer.startswith("HTTP/1.1 101")
    assert "Sec-WebSocket-Protocol: sip" in answer


def test_a_talk_is_recorded_where_recordings_belong(asterisk: RunningNode, ami: PlainAmi) -> None:
    operator, attempt = uuid4(), uuid4()
    ami.originate(operator, channel_to("echo", "09000000005"), OPERATOR)
    ami.wait_for(UserEvent="OperatorReady", Line=str(operator))
    ami.originate(attempt, channel_to("answer", "09000000001"), ANSWERED, variable="RECORD=yes")
    _, channel = ami.wait_for(Event="Newchannel", Uniqueid=str(attempt))
    ami.wait_for(UserEvent="Answered", AttemptId=str(attempt))
    ami.redirect(channel["Channel"], JOIN_WAITING, str(operator))
    recording = asterisk.folder / "recordings" / f"{attempt}.wav"
    until(lambda: recording.stat().st_size if recording.is_file() else 0, fits=lambda size: size > 8_000)
    # Wherever it is written: the folder may be one that anybody may look into.
    assert stat.S_IMODE(recording.stat().st_mode) == 0o600
    ami.act("Hangup", Channel=channel["Channel"])
    ami.wait_for(Event="Hangup", Uniqueid=str(attempt))
    # No event tells the end of a recording; its header is written last.
    try:
        until(lambda: _whole(recording), 15)
    finally:
        recording.unlink()


def _whole(recording: Path) -> bool:
    try:
        with wave.open(str(recording)) as sound:
            return int(sound.getnframes()) * 2 + 44 == recording.stat().st_size
    except (wave.Error, EOFError):  # it is just being written
        return False


def test_a_shift_brings_new_lines_without_ending_a_call(
    asterisk: RunningNode, ami: PlainAmi, far_ends: dict[str, FarEnd], tmp_path: Path
) -> None:
    attempt = uuid4()
    ami.originate(attempt, channel_to("answer", "09000000001"), OPERATOR)
    ami.wait_for(UserEvent="OperatorReady", Line=str(attempt))
    before = asterisk.node
    line = OperatorLine("desk-2", new_secret(), webrtc=False)
    asterisk.reload_operators(replace(before, operators=(*before.operators, line)))
    register_desk_phone(line.name, line.secret, far_ends["echo"], (LOOPBACK, before.ports.sip), tmp_path / "desk")
    assert str(attempt) in asterisk.console("core show channels concise")
    asterisk.reload_operators(before)
    until(lambda: asterisk.console("pjsip show endpoints"), fits=lambda told: "desk-2" not in told)


def test_the_root_folder_is_built_once_and_says_what_it_lacks(asterisk_root: Path, tmp_path: Path) -> None:
    script = PROJECT / ".ci" / "asterisk-root"
    again = subprocess.run([script, asterisk_root], capture_output=True, text=True, check=True)
    assert again.stdout.strip() == str(asterisk_root)
    assert again.stderr == ""
    assert socket.gethostname() in (asterisk_root / "etc" / "hosts").read_text()
    # A machine without mmdebstrap: a sentence that says what to do, and nothing half made.
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("sh", "cat", "id", "dirname", "mkdir"):
        (tools / tool).symlink_to(shutil.which(tool) or "")
    lacking = subprocess.run(
        [script, tmp_path / "new" / "root"],
        env=os.environ | {"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert lacking.returncode == 1
    assert "apt-get install --no-install-recommends mmdebstrap" in lacking.stderr
    assert not (tmp_path / "new").exists()
