"""The embedded server: found again, never half-made, and clear about what is wrong."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from casefile.errors import TsunagaruError
from tsunagaru.postgres import EmbeddedServer
from tsunagaru.postgres_account import Account, server_account


@pytest.fixture(scope="module")
def cluster() -> Iterator[Path]:
    """The home of a server that was made once and stopped; tests work on copies of it."""
    home = Path(tempfile.mkdtemp(prefix="tsunagaru-test-cluster-"))
    server = EmbeddedServer(home, {"fsync": "off"})
    server.start()
    server.create_database("kept")
    server.stop()
    yield home
    shutil.rmtree(home)


@pytest.fixture
def sound(cluster: Path) -> Iterator[EmbeddedServer]:
    """The server itself, stopped, for tests that leave it whole."""
    server = EmbeddedServer(cluster, {"fsync": "off"})
    yield server
    server.stop()


@pytest.fixture
def server(cluster: Path) -> Iterator[EmbeddedServer]:
    """A copy that a test may damage."""
    home = Path(tempfile.mkdtemp(prefix="tsunagaru-test-copy-"))
    shutil.copytree(cluster, home, dirs_exist_ok=True, symlinks=True)
    account = server_account()
    for path in [*home.rglob("*")]:
        if path.is_relative_to(home / "postgresql") or path.is_relative_to(home / "log"):
            account.own(path)
    copied = EmbeddedServer(home, {"fsync": "off"})
    yield copied
    copied.stop()
    shutil.rmtree(home)


def postmaster(server: EmbeddedServer) -> psutil.Process:
    return psutil.Process(int((server.data / "postmaster.pid").read_text().splitlines()[0]))


def databases(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {row[0] for row in connection.execute("SELECT datname FROM pg_database")}


def wait_until_gone(process: psutil.Process) -> None:
    _, alive = psutil.wait_procs([process], timeout=20)
    assert not alive


def test_it_speaks_unicode_without_icu_and_asks_for_a_password(sound: EmbeddedServer) -> None:
    url = sound.start()
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT current_setting('server_encoding'), datlocprovider::text, datlocale, lower('ÀÉ'),"
            " current_setting('listen_addresses'), current_setting('data_checksums')"
            " FROM pg_database WHERE datname = 'postgres'"
        ).fetchone()
        rules = connection.execute("SELECT DISTINCT auth_method FROM pg_hba_file_rules").fetchall()
    assert row == ("UTF8", "b", "C.UTF-8", "àé", "", "on")
    assert rules == [("scram-sha-256",)]
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(url.replace(url.split(":")[2].split("@")[0], "wrong"))


def test_starting_twice_uses_the_same_server(sound: EmbeddedServer) -> None:
    sound.start()
    first = postmaster(sound)
    assert EmbeddedServer(sound.home).start() == sound.url("postgres")
    assert postmaster(sound) == first


def test_a_database_is_copied_and_dropped(sound: EmbeddedServer) -> None:
    sound.start()
    with psycopg.connect(sound.url("kept"), autocommit=True) as connection:
        connection.execute("CREATE TABLE mark (n int)")
    with psycopg.connect(sound.create_database("copied", template="kept")) as connection:
        assert connection.execute("SELECT count(*) FROM mark").fetchone() == (0,)
    sound.drop_database("copied")
    sound.drop_database("copied")
    assert "copied" not in databases(sound.url("postgres"))
    assert sound.ensure_database("kept") == sound.ensure_database("kept")


def test_it_outlives_a_killed_client_and_is_found_again(sound: EmbeddedServer) -> None:
    program = (
        "import sys, time; from pathlib import Path; from tsunagaru.postgres import EmbeddedServer;"
        "EmbeddedServer(Path(sys.argv[1]), {'fsync': 'off'}).start(); print('started', flush=True); time.sleep(600)"
    )
    client = subprocess.Popen([sys.executable, "-c", program, sound.home], stdout=subprocess.PIPE, text=True)
    assert client.stdout is not None
    assert client.stdout.readline() == "started\n"
    first = postmaster(sound)
    client.kill()
    client.wait()
    client.stdout.close()
    assert first.is_running()
    assert "kept" in databases(sound.start())
    assert postmaster(sound) == first


def test_a_killed_server_recovers(sound: EmbeddedServer) -> None:
    sound.start()
    killed = postmaster(sound)
    killed.send_signal(signal.SIGKILL)
    wait_until_gone(killed)
    assert "kept" in databases(sound.start())
    assert postmaster(sound) != killed


def test_a_stale_file_naming_another_program_is_no_obstacle(sound: EmbeddedServer) -> None:
    sound.start()
    sound.stop()
    # After a restart of the machine our number belongs to somebody else: here to this test.
    stale = sound.data / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{sound.data}\n1\n5432\n{sound.home}/run\n\n0 0\nready\n")
    server_account().own(stale)
    assert "kept" in databases(sound.start())


def test_two_starts_at_once_make_one_server(sound: EmbeddedServer) -> None:
    program = (
        "import sys; from pathlib import Path; from tsunagaru.postgres import EmbeddedServer;"
        "EmbeddedServer(Path(sys.argv[1]), {'fsync': 'off'}).start()"
    )
    starts = [subprocess.Popen([sys.executable, "-c", program, sound.home]) for _ in range(2)]
    assert [start.wait(timeout=60) for start in starts] == [0, 0]
    assert "kept" in databases(sound.start())


def test_a_half_made_cluster_is_made_anew(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = Path(tempfile.mkdtemp(prefix="tsunagaru-test-half-"))
    half = home / "postgresql.new" / "data"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    server = EmbeddedServer(home, {"fsync": "off"})
    try:
        assert "postgres" in databases(server.start())
        assert not (home / "postgresql.new").exists()
    finally:
        server.stop()
        shutil.rmtree(home)


def test_a_gutted_folder_is_named_and_left_alone(server: EmbeddedServer) -> None:
    (server.data / "PG_VERSION").unlink()
    with pytest.raises(TsunagaruError, match="壊れています"):
        server.start()
    assert (server.data / "base").is_dir()


def test_a_damaged_cluster_tells_where_to_look(server: EmbeddedServer) -> None:
    (server.data / "global" / "pg_control").write_bytes(b"")
    with pytest.raises(TsunagaruError, match=r"起動できませんでした.*restore"):
        server.start()


def test_data_of_another_version_is_refused(server: EmbeddedServer) -> None:
    (server.data / "PG_VERSION").write_text("16\n")
    with pytest.raises(TsunagaruError, match="PostgreSQL 16"):
        server.start()


def test_a_lost_password_is_told(server: EmbeddedServer) -> None:
    (server.home / "postgresql.password").unlink()
    with pytest.raises(TsunagaruError, match="パスワード"):
        server.start()


def test_a_home_that_is_a_file_is_told(tmp_path: Path) -> None:
    occupied = tmp_path / "home"
    occupied.write_text("")
    with pytest.raises(TsunagaruError, match="TSUNAGARU_HOME"):
        EmbeddedServer(occupied).start()


def test_a_full_disk_is_told_and_leaves_nothing_half_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = Path(tempfile.mkdtemp(prefix="tsunagaru-test-full-"))
    usage = shutil.disk_usage(home)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1024))
    with pytest.raises(TsunagaruError, match="空きが足りません"):
        EmbeddedServer(home).start()
    assert not (home / "postgresql").exists()
    shutil.rmtree(home)


def test_a_long_path_gets_a_short_socket(cluster: Path) -> None:
    server = EmbeddedServer(cluster / ("long" * 30))
    assert len(str(server._socket_folder())) < 80


def test_stopping_what_does_not_run_is_no_error(sound: EmbeddedServer) -> None:
    sound.stop()
    assert not sound.running()
    sound.start()
    assert sound.running()
    process = postmaster(sound)
    sound.stop()
    wait_until_gone(process)
    deadline = time.monotonic() + 5
    while sound.running():
        assert time.monotonic() < deadline


def test_programs_out_of_reach_are_copied_once(server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout below root's closed home must not be opened to the server's account."""
    reach = Account.can_reach

    def only_below_home(account: Account, path: Path) -> bool:
        return path.is_relative_to(server.home) and reach(account, path)

    monkeypatch.setattr(Account, "can_reach", only_below_home)
    assert "kept" in databases(server.start())
    copied = server.home / "programs"
    assert postmaster(server).exe().startswith(str(copied))
    server.stop()
    first = copied.stat().st_ino
    server.start()
    assert copied.stat().st_ino == first


def test_the_server_never_runs_as_root(sound: EmbeddedServer) -> None:
    sound.start()
    assert postmaster(sound).uids().effective != 0


def test_whoever_leaves_last_stops_the_server(sound: EmbeddedServer) -> None:
    other = EmbeddedServer(sound.home, {"fsync": "off"})
    with sound.in_use() as url:
        with other.in_use() as same:
            assert same == url
        assert sound.running()
    assert not sound.running()


def test_a_server_whose_user_was_killed_is_stopped_by_the_next(sound: EmbeddedServer) -> None:
    program = (
        "import os, sys; from pathlib import Path; from tsunagaru.postgres import EmbeddedServer;"
        "use = EmbeddedServer(Path(sys.argv[1]), {'fsync': 'off'}).in_use(); use.__enter__(); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", program, sound.home], check=False).returncode == -signal.SIGKILL
    assert sound.running()
    with sound.in_use():
        pass
    assert not sound.running()
