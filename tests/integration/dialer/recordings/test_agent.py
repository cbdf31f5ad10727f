"""The node's agent: nothing is lost and nothing is left in the clear, whatever happens to it, its disk and its keys."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from dialer.asterisk.recording.container import open_sealed, read_label
from dialer.asterisk.recording.files import StillThere, is_in_memory, remove_for_good, write_whole
from dialer.asterisk.recording.keys import CURRENT, KeyRing, make_keys
from dialer.asterisk.recording.store import Store
from tests.integration.dialer.recordings.agent_killed_at import agent_in

STEPS = ("taken", "sealed", "removed", "delivered", "handed on")
PROJECT = Path(__file__).parents[4]


@pytest.fixture
def node(tmp_path: Path) -> Path:
    (tmp_path / "recordings").mkdir()
    make_keys(tmp_path / "keys")
    return tmp_path


def spoken(seconds: float, tone: int = 0) -> bytes:
    """Sound that differs from call to call."""
    return bytes((tone * 7 + place * 3) % 251 for place in range(round(seconds * 8000) * 2))


def asterisk_writes(node: Path, sound: bytes) -> UUID:
    attempt = uuid4()
    with wave.open(str(node / "recordings" / f"{attempt}.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", "NONE"))
        file.writeframes(sound)
    return attempt


def in_the_store(node: Path) -> dict[UUID, bytes]:
    """Attempt → its sound, as the office hears it."""
    found: dict[UUID, bytes] = {}
    for path in Store(node / "store").arrived():
        with path.open("rb") as file:
            opened = open_sealed(file, KeyRing(node / "keys"))
            assert str(opened.facts.recording_id) == path.stem
            with wave.open(io.BytesIO(b"".join(opened.read()))) as sound:
                assert opened.facts.attempt_id not in found, "one call came twice"
                found[opened.facts.attempt_id] = bytes(sound.readframes(sound.getnframes()))
    return found


def left_over(node: Path) -> list[str]:
    """What lies on the node, hidden files included."""
    return [path.name for folder in ("recordings", "outgoing") for path in (node / folder).iterdir()]


def test_a_finished_recording_is_sealed_handed_on_and_gone(node: Path) -> None:
    calls = {
        asterisk_writes(node, spoken(seconds, tone)): spoken(seconds, tone) for tone, seconds in enumerate((0, 1, 9))
    }
    done = agent_in(node).look()
    assert (done.sealed, done.handed_on, done.problems) == (3, 3, ())
    assert left_over(node) == []
    assert in_the_store(node) == calls
    with next(Store(node / "store").arrived()).open("rb") as file:
        facts = read_label(file).facts
    assert facts.node == "node-1"
    assert (facts.ended_at - facts.began_at).total_seconds() * 1000 == facts.milliseconds
    again = agent_in(node).look()
    assert (again.sealed, again.handed_on, again.problems) == (0, 0, ())


def test_what_asterisk_still_writes_is_left_alone(node: Path) -> None:
    attempt = uuid4()
    path = node / "recordings" / f"{attempt}.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", "NONE"))
        file.writeframes(spoken(1))
        assert agent_in(node).look().sealed == 0
        assert path.exists()
        file.writeframes(spoken(2, 5))
    assert agent_in(node).look().sealed == 1
    assert in_the_store(node) == {attempt: spoken(1) + spoken(2, 5)}


def test_who_opened_it_a_moment_before_is_waited_for(node: Path) -> None:
    attempt = asterisk_writes(node, spoken(1))
    path = node / "recordings" / f"{attempt}.wav"
    taken = path.with_name(f"{attempt}.{uuid4()}.taken")
    path.rename(taken)
    with taken.open("ab") as late:
        assert agent_in(node).look().sealed == 0
        late.write(spoken(1, 9))
    assert agent_in(node).look().sealed == 1
    assert in_the_store(node) == {attempt: spoken(1) + spoken(1, 9)}


def test_a_folder_that_can_not_be_read_is_no_empty_one(node: Path) -> None:
    attempt = asterisk_writes(node, spoken(1))
    (node / "recordings").rename(node / "elsewhere")
    done = agent_in(node).look()
    assert (done.sealed, done.handed_on, len(done.problems)) == (0, 0, 1)
    assert "recordings を読めません" in done.problems[0]
    (node / "elsewhere").rename(node / "recordings")
    assert agent_in(node).look().handed_on == 1
    assert in_the_store(node) == {attempt: spoken(1)}


_OPENED_MEANWHILE = """
import fcntl, os, sys
from dialer.asterisk.recording.files import is_being_written

ask = fcntl.fcntl

def asked(handle, command, argument=0):
    answer = ask(handle, command, argument)
    if (command, argument) == (fcntl.F_SETLEASE, fcntl.F_RDLCK):
        try:
            os.close(os.open(sys.argv[1], os.O_WRONLY | os.O_NONBLOCK))
        except BlockingIOError:
            print("the lease was broken")
    return answer

fcntl.fcntl = asked
with open(sys.argv[1], "rb") as file:
    is_being_written(file)
"""


def test_who_opens_a_recording_while_it_is_looked_at_does_not_end_the_agent(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"sound")
    told = subprocess.run(
        [sys.executable, "-c", _OPENED_MEANWHILE, tmp_path / "a.wav"],
        cwd=PROJECT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert (told.returncode, told.stdout) == (0, "the lease was broken\n"), told.stderr


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_nothing_is_lost_and_nothing_left_in_the_clear(node: Path, step: str) -> None:
    calls = {asterisk_writes(node, spoken(1, tone)): spoken(1, tone) for tone in range(2)}
    program = [sys.executable, "-m", "tests.integration.dialer.recordings.agent_killed_at", str(node), step]
    killed = subprocess.run(program, cwd=PROJECT, check=False)
    assert killed.returncode == -signal.SIGKILL
    # What a killed writer leaves half done.
    for folder in ("outgoing", "store/incoming"):
        (node / folder).mkdir(parents=True, exist_ok=True)
        (node / folder / f".{uuid4()}.tsr.part").write_bytes(b"half")
    assert not list((node / "store").rglob("*.wav"))
    assert not agent_in(node).look().problems
    assert in_the_store(node) == calls
    assert [name for name in left_over(node) if not name.endswith(".part")] == []


def test_a_half_written_seal_is_made_anew(node: Path) -> None:
    attempt = asterisk_writes(node, spoken(1))
    recording = uuid4()
    (node / "recordings" / f"{attempt}.wav").rename(node / "recordings" / f"{attempt}.{recording}.taken")
    (node / "outgoing").mkdir()
    # The name came, and the power went before the plain one was removed.
    (node / "outgoing" / f"{recording}.tsr").write_bytes(b"half")
    (node / "outgoing" / f".{recording}.tsr.part").write_bytes(b"half")
    assert agent_in(node).look().handed_on == 1
    assert left_over(node) == []
    assert in_the_store(node) == {attempt: spoken(1)}


def test_without_a_key_nothing_is_lost_and_a_sentence_says_what_to_do(node: Path) -> None:
    attempt = asterisk_writes(node, spoken(1))
    key = node / "keys" / CURRENT
    away = key.rename(node / "key")
    done = agent_in(node).look()
    assert done.sealed == 0
    assert len(done.problems) == 1
    assert "録音1件を封印できず" in done.problems[0]
    assert "tsunagaru recording-key make" in done.problems[0]
    away.rename(key)
    assert agent_in(node).look().problems == ()
    assert in_the_store(node) == {attempt: spoken(1)}


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.debian
@pytest.mark.parametrize("full", ["outgoing", "store/incoming"])
def test_a_full_disk_loses_nothing_and_keeps_no_other_waiting(node: Path, full: str) -> None:
    with small_disk(node / full, "64k"):
        large = asterisk_writes(node, spoken(10))
        small = asterisk_writes(node, spoken(1, 3))
        done = agent_in(node).look()
        assert len(done.problems) == 1
        assert "ディスクに空きがありません" in done.problems[0]
        assert str(node / full) in done.problems[0]
        assert not [path for path in (node / full).iterdir() if path.name.endswith(".part")]
        found = in_the_store(node)
        assert found == {small: spoken(1, 3)}
        for path in Store(node / "store").arrived():
            shutil.move(path, node)
        subprocess.run(["mount", "-o", "remount,size=1m", node / full], check=True)
        assert agent_in(node).look().problems == ()
        assert in_the_store(node) == {large: spoken(10)}


def test_a_broken_file_is_sealed_as_what_can_be_heard_of_it(node: Path) -> None:
    attempt = uuid4()
    (node / "recordings" / f"{attempt}.wav").write_bytes(b"RIFF")
    (node / "recordings" / "notes.wav").write_bytes(b"x")
    (node / "recordings" / "odd.name.taken").write_bytes(b"x")
    done = agent_in(node).look()
    assert done.handed_on == 1
    assert [problem.partition(" の名前は")[0].rpartition("/")[2] for problem in done.problems] == ["notes.wav"]
    assert in_the_store(node) == {attempt: b""}


def test_a_copy_that_went_wrong_is_noticed_and_made_again(node: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = asterisk_writes(node, spoken(1))
    with monkeypatch.context() as faulty:
        faulty.setattr("shutil.copyfileobj", lambda source, target: target.write(source.read()[:-1] + b"x"))
        done = agent_in(node).look()
    assert (done.sealed, done.handed_on) == (1, 0)
    assert "内容が一致しません" in done.problems[0]
    assert in_the_store(node) == {}
    assert agent_in(node).look().handed_on == 1
    assert in_the_store(node) == {attempt: spoken(1)}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can hand on to somebody else")
def test_what_root_hands_on_belongs_to_whoever_owns_the_store(node: Path) -> None:
    os.chown(node, 65534, 65534)
    asterisk_writes(node, spoken(0.2))
    assert agent_in(node).look().handed_on == 1
    store = Store(node / "store")
    (handed_on,) = store.arrived()
    places = [handed_on, store.incoming, node / "store"]
    assert [(place.stat().st_uid, place.stat().st_gid) for place in places] == [(65534, 65534)] * 3


def test_gone_means_gone(tmp_path: Path) -> None:
    path, other = tmp_path / "a", tmp_path / "b"
    path.write_bytes(b"sound")
    other.hardlink_to(path)
    with pytest.raises(StillThere):
        remove_for_good(path)
    remove_for_good(other)
    remove_for_good(other)
    assert list(tmp_path.iterdir()) == []


def test_a_file_has_its_name_only_once_it_is_whole(tmp_path: Path) -> None:
    def fails(file: object) -> None:
        raise ValueError("no")

    for write, prove in ((fails, lambda file: None), (lambda file: file.write(b"x"), fails)):
        with pytest.raises(ValueError, match="no"):
            write_whole(tmp_path / "name", write, prove)
        assert list(tmp_path.iterdir()) == []
    write_whole(tmp_path / "name", lambda file: file.write(b"x"), lambda file: None)
    assert (tmp_path / "name").read_bytes() == b"x"
    assert (tmp_path / "name").stat().st_mode & 0o777 == 0o600


def test_a_node_that_records_to_a_disk_is_told(node: Path) -> None:
    assert is_in_memory(Path("/dev/shm"))
    assert not is_in_memory(Path("/proc/self"))
    told = agent_in(node).warnings()
    assert bool(told) is not is_in_memory(node)
    assert all("メモリー上にありません" in sentence for sentence in told)
