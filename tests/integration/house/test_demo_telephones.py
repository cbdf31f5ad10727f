"""`tsunagaru demo --asterisk` as a newcomer starts it: a whole room on real lines, and nothing left of it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
from sqlalchemy import make_url

from dialer.asterisk.node.running import default_root, forget_node, home_of, why_not
from tests.waiting import until
from tsunagaru.database import DEMO_DATABASE
from tsunagaru.demo_telephones import demo_telephones

pytestmark = [pytest.mark.debian]

# What the demo itself has done, not the two days before it: those calls were of no node's trunk.
_WRITTEN_UP = """
SELECT count(*) FROM attempt a JOIN contact_record r ON r.attempt_id = a.attempt_id
 WHERE a.connected_at IS NOT NULL AND a.state = 'ended' AND a.intended_at > %(opened)s
"""
_OPENED = "SELECT max(ended_at) FROM attempt"


def test_robots_talk_with_residents_on_real_lines_and_write_it_up(home: Path, server_url: str) -> None:
    hindrance = why_not(default_root())
    if hindrance:
        pytest.skip(f"no Asterisk here: {hindrance}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    log = home / "demo.log"
    with log.open("w") as file:
        demo = subprocess.Popen(
            [sys.executable, "-m", "tsunagaru", "demo", "--asterisk", "--port", str(port)],
            env={**os.environ, "TSUNAGARU_HOME": str(home), "DATABASE_URL": server_url},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
        )
    try:
        until(lambda: demo.poll() is not None or "Ctrl-C" in log.read_text(), 180)
        assert demo.poll() is None, log.read_text()[-3000:]
        telephones = demo_telephones(home / "demo")
        url = make_url(server_url).set(drivername="postgresql", database=DEMO_DATABASE)
        with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as conn:
            opened = conn.execute(_OPENED).fetchone()
            assert opened is not None
            until(lambda: conn.execute(_WRITTEN_UP, {"opened": opened[0]}).fetchone(), 240, lambda found: found != (0,))
        children = psutil.Process(demo.pid).children(recursive=True)
    finally:
        demo.send_signal(signal.SIGTERM)
        code = demo.wait(90)
    said = log.read_text()
    assert code == 0, said[-3000:]
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    left = default_root() / home_of(telephones.node).relative_to("/")
    assert {path.name for path in left.rglob("*") if path.is_file()} <= {"astdb.sqlite3"}
    forget_node(default_root(), telephones.node)
    assert not left.exists()
    assert not re.search("Traceback|ended by itself", said)


def test_telephones_speak_at_their_own_speed(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tsunagaru", "demo", "--asterisk", "--speed", "2", "--port", "0"],
        env={**os.environ, "TSUNAGARU_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("エラー: ")
    assert done.stderr.count("\n") == 1
