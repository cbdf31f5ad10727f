"""`tsunagaru doctor --call` through a real Asterisk, with the far end ours, somebody else's, or nobody's."""

from __future__ import annotations

import threading
from pathlib import Path

import psutil
import pytest

from dialer.asterisk.node.node import Node
from dialer.asterisk.node.node_file import AMI_SECRET
from dialer.asterisk.node.running import RunningNode
from rehearsal.sip.residents import SipResidents
from rehearsal.sip.script import FOREVER_SECONDS, Script, Tone
from tests.integration.dialer.asterisk_node.plain_ami import PlainAmi
from tests.integration.rehearsal.sip.conftest import Told
from tests.waiting import until
from tsunagaru.cli import main

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
    return dict(line[3:].split(": ", 1) for line in lines if line[:1] in "良要" and ": " in line)


def test_both_ends_are_ours(asterisk: RunningNode, node_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    process = psutil.Process()
    before = (threading.active_count(), process.num_fds())
    assert main(["doctor", "--call", NUMBER, "--node", str(node_file), "--own-end", "--seconds", "3"]) == 0
    found = told_of(capsys)
    for way in ("相手 → 役所", "役所 → 相手"):
        assert "失われました(0.0%)" in found[f"{way} 音声"]
        assert found[f"{way} 音量"].startswith(("-12 dBFS", "-13 dBFS"))
        assert 0 < float(found[f"{way} 片道の遅れ"].split()[0]) < 150
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


def test_a_wrong_secret_is_told(
    asterisk: RunningNode, node_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(AMI_SECRET, "not-the-secret-of-this-node")
    assert main(["doctor", "--call", NUMBER, "--node", str(node_file)]) == 2
    assert "合言葉を確かめてください" in capsys.readouterr().err
