"""The commands as a person or a service manager runs them."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tsunagaru.postgres import EmbeddedServer


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def surroundings(home: Path, **more: str) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return {**others, "TSUNAGARU_HOME": str(home), **more}


def command(home: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "tsunagaru", *words]
    return subprocess.run(line, env=surroundings(home, **more), capture_output=True, text=True, check=False)


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, "it ended too early"
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as page:
            return bool(page.status == 200)
    except OSError:
        return False


def alive(process: psutil.Process) -> bool:
    """An orphan that ended stays a zombie until the machine's first process looks."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_serve_answers_restarts_what_dies_and_stops_in_order(home: Path, port: int) -> None:
    log = home / "serve.log"
    with log.open("w") as file:
        serve = subprocess.Popen(
            [sys.executable, "-m", "tsunagaru", "serve"],
            env=surroundings(home, TSUNAGARU_PORT=str(port)),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            text=True,
        )
    try:
        wait_for(lambda: answers(port), serve)
        assert EmbeddedServer(home).running()

        taken = command(home, "serve", TSUNAGARU_PORT=str(port))
        assert taken.returncode == 2
        assert "待ち受けられません" in taken.stderr

        supervisor = psutil.Process(serve.pid)
        (web,) = [child for child in supervisor.children() if "gunicorn" in " ".join(child.cmdline())]
        web.kill()
        wait_for(lambda: web not in supervisor.children(), serve)
        wait_for(lambda: answers(port), serve)

        # A command comes and goes while the service runs; the database stays.
        database = psutil.Process(int((home / "postgresql" / "postmaster.pid").read_text().splitlines()[0]))
        assert command(home, "migrate").returncode == 0
        assert database.is_running()
        database.kill()
        wait_for(lambda: not alive(database), serve)
        wait_for(lambda: answers(port), serve)
        children = supervisor.children(recursive=True)
    finally:
        serve.send_signal(signal.SIGTERM)
        assert serve.wait(60) == 0, log.read_text()[-3000:]
    assert not [child for child in children if alive(child)]
    assert not EmbeddedServer(home).running()
    # The password of the database is in no log.
    password = (home / "postgresql.password").read_text().strip()
    assert password not in log.read_text()


def test_a_day_with_the_command_line(home: Path) -> None:
    asked = command(home, "doctor")
    assert "tsunagaru migrate" in asked.stdout
    assert asked.returncode == 1

    assert command(home, "migrate").returncode == 0
    assert not EmbeddedServer(home).running()

    saved = command(home, "backup")
    assert saved.returncode == 0, saved.stderr
    (file,) = (home / "backups").glob("*.tar")

    refused = command(home, "restore", str(file))
    assert refused.returncode == 2
    assert "--replace" in refused.stderr

    restored = command(home, "restore", "--replace", str(file))
    assert restored.returncode == 0, restored.stderr
    assert re.search(r"\d{4}年\d{2}月\d{2}日", restored.stdout)


@pytest.mark.parametrize(
    ("words", "url"),
    [
        (["migrate"], "mysql://someone@somewhere/x"),
        (["migrate"], "postgresql://nobody:wrong@127.0.0.1:1/x"),
        (["restore", "/nowhere/backup.tar"], ""),
        (["backup", "/proc/nowhere/backup.tar"], ""),
        (["demo", "--port", "99999"], ""),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(home: Path, words: list[str], url: str) -> None:
    done = command(home, *words, **({"DATABASE_URL": url} if url else {}))
    assert done.returncode == 2
    assert done.stderr.startswith("エラー: ")
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1
    assert "wrong" not in done.stderr
