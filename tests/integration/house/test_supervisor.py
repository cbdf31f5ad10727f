"""Children that fail are started again; children that are told to end do, and nobody is left behind."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.waiting import until
from tsunagaru.supervisor import Program, Supervisor

# A child that notes its start, and its orderly end on SIGTERM.
_ORDERLY = """
import pathlib, signal, sys, time
note = pathlib.Path(sys.argv[1])
def end(*_):
    with note.open("a") as file: file.write(sys.argv[2] + " ended\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
with note.open("a") as file: file.write(sys.argv[2] + " started\\n")
while True: time.sleep(60)
"""
_STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"


def orderly(note: Path, name: str) -> Program:
    return Program(name, [sys.executable, "-c", _ORDERLY, str(note), name], os.environ)


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def words(note: Path) -> list[str]:
    return note.read_text().splitlines() if note.exists() else []


@contextmanager
def running(supervisor: Supervisor) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    try:
        yield thread
    finally:
        supervisor.stop()
        thread.join(30)
        assert not thread.is_alive()


def test_children_end_in_the_reverse_order(tmp_path: Path) -> None:
    note = tmp_path / "note"
    supervisor = Supervisor([orderly(note, "a"), orderly(note, "b")])
    with running(supervisor):
        until(lambda: len(words(note)) == 2, 20)
    assert words(note)[2:] == ["b ended", "a ended"]
    assert supervisor.process_ids() == {}


def test_a_child_that_dies_is_started_again_and_the_others_go_on(tmp_path: Path) -> None:
    note = tmp_path / "note"
    supervisor = Supervisor([orderly(note, "a"), orderly(note, "b")], first_pause=0.01)
    with running(supervisor):
        until(lambda: len(words(note)) == 2, 20)
        before = supervisor.process_ids()
        os.kill(before["a"], signal.SIGKILL)
        until(lambda: words(note).count("a started") == 2, 20)
        after = supervisor.process_ids()
        assert after["a"] != before["a"]
        assert after["b"] == before["b"]


def test_the_pause_grows_while_a_child_keeps_failing(tmp_path: Path) -> None:
    note = tmp_path / "note"
    program = "import sys, time; open(sys.argv[1], 'a').write(f'{time.monotonic()}\\n'); sys.exit(3)"
    failing = Program("failing", [sys.executable, "-c", program, str(note)], os.environ)
    with running(Supervisor([failing], first_pause=0.2)):
        until(lambda: len(words(note)) >= 4, 20)
    moments = [float(word) for word in words(note)]
    pauses = [later - earlier for earlier, later in itertools.pairwise(moments)]
    # Never sooner than it should be; how much later depends on the machine.
    assert pauses[0] >= 0.2
    assert pauses[1] >= 0.4
    assert pauses[2] >= 0.8


def test_a_child_that_will_not_end_is_killed() -> None:
    supervisor = Supervisor([Program("stubborn", [sys.executable, "-c", _STUBBORN], os.environ)], grace=0.3)
    with running(supervisor):
        until(lambda: bool(supervisor.process_ids()), 20)
        process = psutil.Process(supervisor.process_ids()["stubborn"])
    assert not process.is_running()


def test_children_of_a_killed_supervisor_end_too(tmp_path: Path) -> None:
    note = tmp_path / "note"
    program = (
        "import os, sys; from tsunagaru.supervisor import Program, Supervisor;"
        f"Supervisor([Program('a', [sys.executable, '-c', {_ORDERLY!r}, sys.argv[1], 'a'], os.environ)]).run()"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", program, str(note)], stderr=subprocess.DEVNULL)
    until(lambda: words(note) == ["a started"], 20)
    supervisor.kill()
    supervisor.wait()
    until(lambda: words(note) == ["a started", "a ended"], 20)


def test_sigterm_ends_the_supervisor_in_order(tmp_path: Path) -> None:
    note = tmp_path / "note"
    program = (
        "import os, sys; from tsunagaru.supervisor import Program, Supervisor;"
        f"s = Supervisor([Program('a', [sys.executable, '-c', {_ORDERLY!r}, sys.argv[1], 'a'], os.environ)]);"
        "s.listen_to_signals(); s.run()"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", program, str(note)], stderr=subprocess.DEVNULL)
    until(lambda: words(note) == ["a started"], 20)
    supervisor.terminate()
    assert supervisor.wait(30) == 0
    assert words(note) == ["a started", "a ended"]
