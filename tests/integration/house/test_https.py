"""The panel over HTTPS with a certificate of our own authority, as an office's PC that was given it sees it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import until

HOST = "127.0.0.1"


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        return int(free.getsockname()[1])


def tsunagaru(*words: str) -> list[str]:
    return [sys.executable, "-m", "tsunagaru", *words]


def test_an_office_without_a_certificate_makes_one_and_serves_with_it(
    tmp_path: Path, database_url: str, port: int
) -> None:
    surroundings = {
        **os.environ,
        "TSUNAGARU_HOME": str(tmp_path),
        "DATABASE_URL": database_url,
        "TSUNAGARU_PORT": str(port),
        "TSUNAGARU_VOICE": f"node-1=wss://{HOST}:8089/ws",
    }
    made = subprocess.run(
        tsunagaru("certificate", "make", "--host", HOST), env=surroundings, capture_output=True, text=True, check=True
    )
    assert "ca.crt" in made.stdout
    folder = tmp_path / "certificates"
    files = ("--certificate", str(folder / "server.crt"), "--key", str(folder / "server.key"))
    office = ssl.create_default_context(cafile=str(folder / "ca.crt"))

    def ask(path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        with_us = http.client.HTTPSConnection(HOST, port, timeout=5, context=office)
        try:
            with_us.request("GET", path, headers=headers)
            answer = with_us.getresponse()
            # What follows an upgrade is no body.
            return answer.status, dict(answer.getheaders()), b"" if answer.status == 101 else answer.read()
        finally:
            with_us.close()

    def answers() -> bool:
        try:
            return ask("/healthz")[0] == 200
        except OSError:
            return False

    log = tmp_path / "serve.log"
    with log.open("wb") as told:
        serve = subprocess.Popen(
            tsunagaru("serve", *files), env=surroundings, stdin=subprocess.DEVNULL, stdout=told, stderr=told
        )
    try:
        until(answers, 60)
        status, headers, body = ask("/api/session")
        assert (status, json.loads(body)["user"]) == (200, None)
        assert "Secure" in headers["Set-Cookie"]
        assert "Strict-Transport-Security" in headers
        assert f"wss://{HOST}:8089" in headers["Content-Security-Policy"]
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Origin": f"https://{HOST}:{port}"}
        key = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13"}
        assert ask("/live/?EIO=4&transport=websocket", **upgrade, **key)[0] == 101
        # A PC that was not given the authority is warned, and plain HTTP is not answered.
        with pytest.raises(ssl.SSLCertVerificationError), socket.create_connection((HOST, port)) as plain:
            ssl.create_default_context().wrap_socket(plain, server_hostname=HOST)
    finally:
        serve.send_signal(signal.SIGTERM)
        assert serve.wait(60) == 0, log.read_text()[-3000:]
    assert f"https://{HOST}:{port}/" in log.read_text()


def test_serve_says_at_once_that_certificate_and_key_do_not_fit(tmp_path: Path, port: int) -> None:
    surroundings = {**os.environ, "TSUNAGARU_HOME": str(tmp_path), "TSUNAGARU_PORT": str(port)}
    for words in (("--key", "none.key"), ("--certificate", "none.crt", "--key", "none.key")):
        ended = subprocess.run(
            tsunagaru("serve", *words), env=surroundings, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 2
        assert ended.stderr.startswith("エラー: ")
        assert "証明書" in ended.stderr
