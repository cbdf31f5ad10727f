"""`tsunagaru doctor --call` through a real Asterisk, with the far end ours, somebody else's, or nobody's."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from dialer.asterisk.node.node import Node
from dialer.asterisk.node.node_file import AMI_SECRET
from dialer.asterisk.node.running import RunningNode
from rehearsal.sip.line_check import NoLineCheck, check_line
from rehearsal.sip.message import Message
from rehearsal.sip.residents import SipResidents
from rehearsal.sip.script import FOREVER_SECONDS, Script, Tone
from tests.integration.dialer.asterisk_node.plain_ami import PlainAmi
from tests.integration.rehearsal.sip.conftest import Told
from tests.waiting import until
from tsunagaru.cli import main
from tsunagaru.telephones import ami_address

pytestmark = [pytest.mark.debian]

NUMBER = "090-0000-0001"


@pytest.fixture
def node_file(asterisk: RunningNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What an office would keep of the node under test."""
    monkeypatch.setenv(AMI_SECRET, asterisk.node.ami_secret)
    file = tmp_path / "node.toml"
    file.write_text(_written(asterisk.node), encoding="utf-8")
    return file


def _written(node: Node) -> str:
    ports, trunk = node.ports, node.trunks[0]
    return (
        f'name = "{node.name}"\n[wording]\ncity = "みどり市役所"\n'
        f"[ports]\nsip = {ports.sip}\nami = {ports.ami}\nhttp = {ports.http}\n"
        f"rtp_first = {ports.rtp_first}\nrtp_last = {ports.rtp_last}\n"
        f'[[trunk]]\nname = "{trunk.name}"\nhost = "{trunk.host}"\nport = {trunk.port}\n'
        f'caller_number = "{trunk.caller_number}"\ncps = 2\nlines = 8\n'
    )


def told_of(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    lines = capsys.readouterr().out.splitlines()
    return dict(line[3:].split(": ", 1) for line in lines if line[:1] in "良要－" and ": " in line)


def test_both_ends_are_ours(asterisk: RunningNode, node_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    process = psutil.Process()
    before = (threading.active_count(), process.num_fds())
    assert main(["doctor", "--call", NUMBER, "--node", str(node_file), "--own-end", "--seconds", "3"]) == 0
    found = told_of(capsys)
    for way in ("相手 → 役所", "役所 → 相手"):
        assert "失われました(0.0%)" in found[f"{way} 音声"]
        assert found[f"{way} 音量"].startswith(("-12 dBFS", "-13 dBFS"))
        # A node beside its phones relays within 50 µs, which is told as 0.0 ms.
        assert 0 <= float(found[f"{way} 片道の遅れ"].split()[0]) < 150
    # What an earlier test left to end by itself may have ended meanwhile.
    assert threading.active_count() <= before[0]
    assert process.num_fds() <= before[1]
    until(lambda: asterisk.console("core show channels count"), fits=lambda told: "0 active channels" in told)


def test_somebody_else_answers(
    ami: PlainAmi, residents: SipResidents, told: Told, node_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told.otherwise = Script(rings=0.5, steps=(Tone(600, 20),))
    assert main(["doctor", "--call", NUMBER, "--node", str(node_file), "--trunk", "city", "--seconds", "2"]) == 0
    found = told_of(capsys)
    assert 0.4 < float(found["応答"].split()[1]) < 3
    assert "測れません" in found["役所 → 相手"]
    until(lambda: told.over)
    (end,) = told.over
    assert end.number == "09000000001"
    assert end.heard_seconds > 0.3


@pytest.mark.parametrize(
    ("script", "says"),
    [
        (Script(rings=0, code=486), "話し中"),
        (Script(rings=0, code=404), "欠番"),
        (Script(rings=FOREVER_SECONDS, code=480), ""),
    ],
)
def test_nobody_answers(
    ami: PlainAmi,
    residents: SipResidents,
    told: Told,
    node_file: Path,
    capsys: pytest.CaptureFixture[str],
    script: Script,
    says: str,
) -> None:
    told.otherwise = script
    if script.rings == FOREVER_SECONDS:
        # The far end hangs up on us in the end; here the node does it early.
        threading.Timer(1.5, lambda: ami.act("Hangup", Channel="/^PJSIP/.*/", Cause="19")).start()
    assert main(["doctor", "--call", NUMBER, "--node", str(node_file)]) == 1
    assert says in told_of(capsys)["応答"]


@contextmanager
def somebody_who_says(response: str, at: tuple[str, int]) -> Iterator[None]:
    """A far end that has this one response for every call, or none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(at)
        ended = threading.Event()

        def listen() -> None:
            while not ended.is_set():
                raw, source = phone.recvfrom(65_535)
                if response and raw.startswith(b"INVITE"):
                    call = Message(raw, source)
                    same = (line for name in ("Via", "From", "Call-ID", "CSeq") for line in call.lines_of(name))
                    lines = [f"SIP/2.0 {response}", *same, f"{call.lines_of('To')[0]};tag=far", "Content-Length: 0"]
                    phone.sendto("\r\n".join((*lines, "", "")).encode(), source)

        listener = threading.Thread(target=listen)
        listener.start()
        try:
            yield
        finally:
            ended.set()
            phone.sendto(b"", at)
            listener.join()


@pytest.mark.parametrize(("response", "silent"), [("", True), ("183 Session Progress", False), ("480 Away", False)])
def test_a_trunk_that_says_nothing_is_told_from_one_that_rings_nobody(
    asterisk: RunningNode, ami: PlainAmi, response: str, silent: bool
) -> None:
    node, trunk = asterisk.node, asterisk.node.trunks[0]
    with somebody_who_says(response, (trunk.host, trunk.port)):
        checked = check_line(ami_address(node), trunk, "09000000001", ring_seconds=2)
    assert checked.cause == "19"
    assert checked.silent == (f"{trunk.host}:{trunk.port}" if silent else None)


def test_each_telephone_that_cannot_be_had_is_told_by_its_own_address(asterisk: RunningNode) -> None:
    node, trunk = asterisk.node, asterisk.node.trunks[0]
    with pytest.raises(NoLineCheck, match=r"役所側の電話機を 192\.0\.2\.5 に置けません.*bind"):
        check_line(ami_address(node), trunk, "09000000001", own_address="192.0.2.5", own_far_end=True)
    foreign = replace(trunk, host="192.0.2.1")
    with pytest.raises(NoLineCheck, match=r"相手側の電話機を 192\.0\.2\.1:\d+ に置けません.*--own-end"):
        check_line(ami_address(node), foreign, "09000000001", own_far_end=True)


def test_a_wrong_secret_is_told(
    asterisk: RunningNode, node_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(AMI_SECRET, "not-the-secret-of-this-node")
    assert main(["doctor", "--call", NUMBER, "--node", str(node_file)]) == 2
    assert "合言葉を確かめてください" in capsys.readouterr().err
