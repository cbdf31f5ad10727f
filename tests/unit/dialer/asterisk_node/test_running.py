"""A node's folder on this machine: what is left in it when a node ends, and when one begins where another was killed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dialer.asterisk.node import running
from dialer.asterisk.node.configuration import write_configuration
from dialer.asterisk.node.node import Node, Ports
from dialer.asterisk.node.prompts import Wording
from dialer.asterisk.node.running import RunningNode, home_of, start_node

NODE = Node("n1", home_of("n1"), Ports(5060, 5038, 8088, 10_000, 10_099), "engine", "s" * 16)


@pytest.fixture
def ended(tmp_path: Path) -> RunningNode:
    """A node whose Asterisk has ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    node = RunningNode(NODE, tmp_path, process)
    write_configuration(node.folder, NODE)
    return node


def test_of_a_node_that_ends_nothing_is_left(ended: RunningNode) -> None:
    ended.stop()
    assert not ended.folder.exists()


def test_what_a_node_knew_of_calls_outlives_it_until_nobody_will_ask(ended: RunningNode) -> None:
    memory = ended.folder / "lib" / "astdb.sqlite3"
    memory.write_bytes(b"calls")
    ended.stop()
    assert [path for path in ended.folder.rglob("*") if path.is_file()] == [memory]
    ended.discard()
    assert not ended.folder.exists()


def test_a_recording_nobody_sealed_outlives_its_node(ended: RunningNode) -> None:
    recording = ended.folder / "recordings" / "a.wav"
    recording.write_bytes(b"sound")
    ended.stop()
    assert [path.relative_to(ended.folder) for path in ended.folder.rglob("*")] == [
        Path("recordings"),
        Path("recordings/a.wav"),
    ]


def test_a_node_that_begins_where_one_was_killed_keeps_its_recordings_and_no_secret(
    ended: RunningNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ended.folder / "recordings" / "a.wav").write_bytes(b"sound")
    (ended.folder / "etc" / "old.conf").write_text("secret", encoding="utf-8")
    (ended.root / ".edition").touch()
    monkeypatch.setattr(running, "why_not", lambda root: None)
    monkeypatch.setattr(running, "speak_prompts", _stop_here)
    with pytest.raises(KeyboardInterrupt):
        start_node(ended.root, NODE, Wording("みどり市役所"))
    assert (ended.folder / "recordings" / "a.wav").read_bytes() == b"sound"
    assert not (ended.folder / "etc" / "old.conf").exists()
    assert (ended.folder / "etc" / "pjsip.conf").is_file()
    assert ended.folder.stat().st_mode & 0o777 == 0o700


def _stop_here(*_: object) -> None:
    raise KeyboardInterrupt
