"""What `tsunagaru doctor` says of real telephones."""

from __future__ import annotations

from pathlib import Path

import pytest

from casefile.clock import SystemClock
from casefile.db import Database
from dialer.asterisk.node.node import Trunk
from tests.integration.dialer.asterisk_engine.conftest import OFFICE_NUMBER, Lines
from tests.integration.dialer.asterisk_engine.stage import node_file
from tests.integration.dialer.room import Room
from tsunagaru.doctor import telephones
from tsunagaru.settings import Settings
from tsunagaru.telephone_check import answers_sip

pytestmark = [pytest.mark.debian]


def test_telephones_are_looked_at(room: Room, lines: Lines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room.fill(people=1)
    node = lines.asterisk.node
    good = next(trunk for trunk in node.trunks if trunk.name == "answer")
    foreign = Trunk("nobodys", "127.0.7.9", 5060, OFFICE_NUMBER, cps=1, lines=1)
    (tmp_path / "node.toml").write_text(
        node_file(node, good) + _trunk(foreign) + 'municipality = "011002"\n', encoding="utf-8"
    )
    (tmp_path / "broken.toml").write_text("name = ", encoding="utf-8")
    files = f"{tmp_path}/node.toml {tmp_path}/broken.toml"
    settings = Settings.from_environment({"TSUNAGARU_HOME": str(tmp_path), "TSUNAGARU_NODES": files})
    monkeypatch.setenv("ASTERISK_AMI_SECRET", node.ami_secret)
    found = list(telephones(settings, SystemClock(), room.database.url))
    said = [(finding.subject, finding.found, finding.well) for finding in found]
    assert said[0][0] == f"電話ノード {node.name}"
    assert said[0][1].startswith("Asterisk 22")
    assert said[1:] == [
        (f"回線 {node.name} answer", f"相手先 {good.host}:{good.port} が応えました", True),
        (f"回線 {node.name} nobodys", "ノードがこの回線を知りません", False),
        (f"電話ノード {node.name} の案内", said[3][1], True),
        ("電話ノード broken.toml", "設定ファイルが使えません", False),
        ("フロア 119998 1階", "同時に 10 通話、毎秒 20 発信まで", True),
        (f"回線 {node.name} nobodys", "どのフロアの回線でもありません", False),
    ]


def test_an_office_without_a_floor_is_told_how_it_comes_by_one(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "broken.toml"
    file.write_text("name = ", encoding="utf-8")
    settings = Settings.from_environment({"TSUNAGARU_HOME": str(tmp_path), "TSUNAGARU_NODES": str(file)})
    told = [finding for finding in telephones(settings, SystemClock(), database.url) if finding.subject == "フロア"]
    assert ["tsunagaru import" in finding.remedy for finding in told] == [True]


def test_a_far_end_that_is_not_there_is_waited_for_once(lines: Lines) -> None:
    far_end = lines.far_ends["answer"]
    assert answers_sip(far_end.address, far_end.port)
    assert not answers_sip("127.0.7.9", far_end.port)


def test_a_node_that_does_not_answer_is_told(lines: Lines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = lines.asterisk.node
    (tmp_path / "node.toml").write_text(node_file(node, node.trunks[0]), encoding="utf-8")
    settings = Settings.from_environment({"TSUNAGARU_HOME": str(tmp_path), "TSUNAGARU_NODES": f"{tmp_path}/node.toml"})
    monkeypatch.setenv("ASTERISK_AMI_SECRET", "another-secret-than-the-nodes")
    found = next(telephones(settings, SystemClock(), None))
    assert "につながりません" in found.found
    assert "tsunagaru node run" in found.remedy


def _trunk(trunk: Trunk) -> str:
    lines = {"name": trunk.name, "host": trunk.host, "caller_number": trunk.caller_number}
    text = "".join(f'{name} = "{value}"\n' for name, value in lines.items())
    return f"[[trunk]]\n{text}port = {trunk.port}\ncps = 1\nlines = 1\n"
