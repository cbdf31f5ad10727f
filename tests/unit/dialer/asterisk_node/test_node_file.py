"""An office's file becomes a node; what is wrong in it is said in a sentence, and no secret stands in it."""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath

import pytest

from dialer.asterisk.node import node_file
from dialer.asterisk.node.__main__ import main
from dialer.asterisk.node.node import Node, Opening
from dialer.asterisk.node.prompts import Wording

# The example of the module's own description is a whole, valid file.
EXAMPLE = "\n".join(line.strip() for line in (node_file.__doc__ or "").split("\n\n", 1)[1].splitlines())
PASSWORD = "only!for#this,test"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "node.toml"
    path.write_text(EXAMPLE, encoding="utf-8")
    return path


def read(path: Path, **environment: str) -> tuple[Node, Wording]:
    return node_file.read_node(
        path, environment, lambda name: PurePosixPath(f"/srv/nodes/{name}"), lambda: "drawn-for-this-test"
    )


def test_the_example_is_a_node(file: Path) -> None:
    node, wording = read(file, TRUNK_PASSWORD_HIKARI=PASSWORD)
    assert (node.name, str(node.home), node.media_address) == ("node-1", "/srv/nodes/node-1", "192.0.2.5")
    assert node.ami_secret == "drawn-for-this-test"
    assert node.trunks[0].account is not None
    assert node.trunks[0].account.password == PASSWORD
    assert node.trunks[0].early_media
    assert node.openings == (Opening("mon", "fri", "09:00", "17:15"),)
    assert wording == Wording("みどり市役所", "納税課")


def test_a_secret_handed_in_goes_before_a_drawn_one(file: Path) -> None:
    node, _ = read(file, TRUNK_PASSWORD_HIKARI=PASSWORD, ASTERISK_AMI_SECRET="handed-in-for-this-test")
    assert node.ami_secret == "handed-in-for-this-test"


def test_a_missing_password_says_where_it_belongs(file: Path) -> None:
    with pytest.raises(ValueError, match="環境変数 TRUNK_PASSWORD_HIKARI に入れてください"):
        read(file)


@pytest.mark.parametrize(
    ("line", "instead", "said"),
    [
        ("sip = 5060", "sip = 70000", "70000 はポート番号ではありません"),
        ('name = "node-1"', "", "name がありません"),
        ("lines = 8", "lines = 0", "チャネル数は0より大きく"),
        ("lines = 8", "lanes = 8", "項目の名前か形"),
        ("early_media = true", 'early_media = "yes"', "early_media"),
        ('opens = "09:00"', 'opens = "9時"', "受付を始める時刻"),
        ('bind = "192.0.2.5"', 'bind = "office"', "office はIPアドレスではありません"),
    ],
)
def test_what_is_wrong_is_said(file: Path, line: str, instead: str, said: str) -> None:
    file.write_text(EXAMPLE.replace(line, instead, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=f"node.toml: .*{said}"):
        read(file, TRUNK_PASSWORD_HIKARI=PASSWORD)


def test_files_for_a_container_are_written(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "node"
    assert main(["write", str(file), str(folder), "--home", "/srv/node"]) == 1
    assert "TRUNK_PASSWORD_HIKARI" in capsys.readouterr().err
    monkeypatch.setenv("TRUNK_PASSWORD_HIKARI", PASSWORD)
    monkeypatch.delenv("ASTERISK_AMI_SECRET", raising=False)
    assert main(["write", str(file), str(folder), "--home", "/srv/node"]) == 1
    assert "ASTERISK_AMI_SECRET_NODE_1" in capsys.readouterr().err
    monkeypatch.setenv("ASTERISK_AMI_SECRET", "0123456789abcdef")
    assert main(["write", str(file), str(folder), "--home", "/srv/node"]) == 0
    assert "PROMPTS = /srv/node/sounds" in (folder / "etc" / "extensions.conf").read_text(encoding="utf-8")
    assert stat.S_IMODE((folder / "etc" / "pjsip.conf").stat().st_mode) == 0o600
    assert "納税課" in (folder / "sounds" / "who-called.txt").read_text(encoding="utf-8")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can write for somebody else")
def test_what_is_written_for_a_running_asterisk_is_its_own(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUNK_PASSWORD_HIKARI", PASSWORD)
    monkeypatch.setenv("ASTERISK_AMI_SECRET", "0123456789abcdef")
    words = ["write", str(file), str(tmp_path / "node"), "--home", "/srv/node"]
    assert main(words) == 0
    etc = tmp_path / "node" / "etc"
    os.chown(etc, 65534, 65534)
    assert main(words) == 0
    assert {(found.stat().st_uid, stat.S_IMODE(found.stat().st_mode)) for found in etc.iterdir()} == {(65534, 0o600)}
