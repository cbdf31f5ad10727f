"""`tsunagaru node run` on a machine where it can't: all that is missing is said at once, before anything is started."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from casefile.clock import SystemClock
from dialer.asterisk.node.node import Certificate, Node, Ports
from dialer.asterisk.node.running import home_of, why_not_listening
from tsunagaru.certificates import make_certificates
from tsunagaru.cli import main
from tsunagaru.commands.node import hindrances
from tsunagaru.ports import free_port

HERE = "127.0.0.1"
FILE = """
name = "node-1"
bind = "192.0.2.5"
[wording]
city = "みどり市役所"
[ports]
sip = 5060
ami = 5038
http = 8088
https = 8089
rtp_first = 10000
rtp_last = 10999
[certificate]
chain = "/nowhere/server.crt"
key = "/nowhere/server.key"
"""


@pytest.fixture
def node() -> Node:
    tcp = socket.SOCK_STREAM
    ports = Ports(free_port(HERE), free_port(HERE, kind=tcp), free_port(HERE, kind=tcp), 10_000, 10_999)
    return Node("node-1", home_of("node-1"), ports, "engine", "a-secret-of-this-test")


@pytest.fixture
def nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASTERISK_AMI_SECRET", raising=False)


@pytest.mark.usefixtures("nobodys")
def test_all_that_is_missing_is_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "node-1.toml"
    file.write_text(FILE, encoding="utf-8")
    assert main(["node", "run", str(file), "--root", str(tmp_path / "root")]) == 2
    told = capsys.readouterr()
    assert "ready" not in told.out
    for said in (
        "asterisk-root",
        "bind の 192.0.2.5",
        "ASTERISK_AMI_SECRET_NODE_1",
        "/nowhere/server.crt がありません",
    ):
        assert said in told.err


def test_what_is_there_is_not_asked_for(node: Node, tmp_path: Path) -> None:
    made = make_certificates(tmp_path, ["tel.city.local"], SystemClock().now())
    files = Certificate(PurePosixPath(made.chain), PurePosixPath(made.key))
    whole = replace(node, certificate=files, ports=replace(node.ports, https=free_port(HERE, kind=socket.SOCK_STREAM)))
    told = hindrances(whole, tmp_path, {"ASTERISK_AMI_SECRET_NODE_1": "a-secret-of-this-test"})
    # There is no Asterisk in this folder, and that is all.
    assert [str(tmp_path) in each for each in told] == [True]
    made.key.write_text("no key", encoding="utf-8")
    assert str(made.key) in hindrances(whole, tmp_path, {"ASTERISK_AMI_SECRET": "a-secret-of-this-test"})[1]


def test_each_address_that_is_not_this_machines_is_named(node: Node) -> None:
    assert why_not_listening(node) is None
    assert why_not_listening(replace(node, bind="0.0.0.0")) is None
    for item in ("bind", "ami_bind", "http_bind"):
        told = why_not_listening(replace(node, **{item: "192.0.2.5"}))  # type: ignore[arg-type]
        assert told is not None
        assert told.startswith(f"{item} の 192.0.2.5 は、この機械のアドレスではありません")


@pytest.mark.parametrize(
    ("name", "kind"), [("sip", socket.SOCK_DGRAM), ("ami", socket.SOCK_STREAM), ("http", socket.SOCK_STREAM)]
)
def test_a_port_somebody_else_has_is_named(node: Node, name: str, kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind((HERE, getattr(node.ports, name)))
        if kind is socket.SOCK_STREAM:
            other.listen()
        told = why_not_listening(node)
    assert told is not None
    assert told.startswith(f"{name} のポート {HERE}:{getattr(node.ports, name)} を使えません")
