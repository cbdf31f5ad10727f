"""The embedded PostgreSQL server: from a wheel, without installation, with its data outside the checkout.

Its owner starts it and stops it by name. It outlives a client that was killed; whoever starts it next finds it running
and uses it. It listens on a socket in a folder of its own and on no network address, and asks for a password (SCRAM)
that was made at random and lies in a file only its owner can read.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from casefile.errors import TsunagaruError
from tsunagaru import databases
from tsunagaru.postgres_account import Account, server_account, server_programs
from tsunagaru.postgres_errors import folder_error, full_disk, last_line, server_error, telling_line

ADMINISTRATOR = "tsunagaru_admin"
_PORT = 5432
_LONGEST_SOCKET_PATH = 100  # a socket's whole path has 107 bytes on Linux
_SMALLEST_FREE_SPACE = 200 * 1024 * 1024
_START_SECONDS = 60.0
_COLLECTION_SECONDS = 2.0
_STILL_ENDING = r"pre-existing shared memory block .* is still in use"

# DETAIL lines and statements would carry names and numbers of persons into the log.
_OPTIONS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_completion_target": "0.9",
    "wal_compression": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "on",
    "log_filename": "postgresql-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


class EmbeddedServer:
    """One PostgreSQL server whose data, password, log and socket lie below `home`.

    `options` are PostgreSQL settings on top of our own; a test run takes `fsync=off`.
    """

    def __init__(self, home: Path, options: Mapping[str, str] | None = None) -> None:
        self.home = home.expanduser().absolute()
        self.data = self.home / "postgresql"
        self.options = {**_OPTIONS, **(options or {})}
        self._password_file = self.home / "postgresql.password"
        self._log = self.home / "log"

    def start(self) -> str:
        """Start the server, or find it running, and give the administrator's URL of the database `postgres`.

        Raises TsunagaruError when the folder, its rights, its contents or the free space do not allow it.
        """
        account = server_account()
        self._prepare_home(account)
        with self._owner_lock():
            if self._answers():
                return self.url("postgres")
            programs = server_programs(account, self.home)
            if not self.data.exists():
                self._create_cluster(account, programs)
            self._check_cluster(account)
            self._launch(account, programs)
        return self.url("postgres")

    def stop(self) -> None:
        """Stop the server and wait for its end; a server that does not run is no error.

        Raises TsunagaruError when it does not end within a minute.
        """
        if not (self.data / "postmaster.pid").exists():
            return
        account = server_account()
        with self._owner_lock():
            if self._server_process() is None:
                return
            programs = server_programs(account, self.home)
            command: list[str | Path] = [
                programs / "pg_ctl",
                "stop",
                "-w",
                "-m",
                "fast",
                "-t",
                str(int(_START_SECONDS)),
            ]
            done = account.run([*command, "-D", self.data])
            if done.returncode != 0 and self._server_process() is not None:
                raise TsunagaruError(
                    f"組み込みデータベースを停止できません({last_line(done.stdout)})。"
                    "データベースを使っている処理を終わらせてから、もう一度実行してください。"
                )

    @contextmanager
    def in_use(self) -> Iterator[str]:
        """The server started or found, for as long as the block runs; whoever leaves it last stops it."""
        self._make_home(server_account())
        handle = os.open(self.home / "postgresql.users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_SH)
            yield self.start()
        finally:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.stop()
            except BlockingIOError:
                pass
            finally:
                os.close(handle)

    def alive(self) -> bool:
        """Whether the server's process is there; cheaper than `running`, and true while it still starts."""
        return self._server_process() is not None

    def running(self) -> bool:
        """Whether a server of this folder answers now."""
        return self._answers()

    def url(self, database: str) -> str:
        """The administrator's URL of a database; holds the password, so it is never logged or shown."""
        password = quote(self._password(), safe="")
        host = quote(str(self._socket_folder()), safe="")
        return f"postgresql://{ADMINISTRATOR}:{password}@/{quote(database, safe='')}?host={host}"

    def create_database(self, name: str, template: str | None = None) -> str:
        """Make a database, a copy of `template` if one is named, and give its URL. Needs a running server."""
        return databases.create_database(self.url("postgres"), name, template)

    def ensure_database(self, name: str) -> str:
        """The URL of a database that is made unless it is there."""
        return databases.ensure_database(self.url("postgres"), name)

    def drop_database(self, name: str) -> None:
        """Remove a database with all that is in it, ending whatever is connected to it; a missing one is no error."""
        databases.drop_database(self.url("postgres"), name)

    # -- the folder ---------------------------------------------------------------------------------------------

    def _prepare_home(self, account: Account) -> None:
        self._make_home(account)
        try:
            self._log.mkdir(mode=0o700, exist_ok=True)
            account.own(self._log)
            socket_folder = self._socket_folder()
            _make_own_folder(socket_folder, account)
        except OSError as error:
            raise folder_error(self.home, error) from error
        if not account.can_reach(self.data if self.data.exists() else self.home):
            raise TsunagaruError(
                f"データのフォルダー {self.home} に、データベース用のユーザーが入れません。途中のフォルダーの権限が閉じています。"
                "TSUNAGARU_HOME に /var/lib/tsunagaru のような開いた場所を指定してください。"
            )

    def _make_home(self, account: Account) -> None:
        """The home, passable for the server's account. Raises TsunagaruError when it cannot be made."""
        try:
            self._open_way(account)
        except OSError as error:
            raise folder_error(self.home, error) from error

    def _open_way(self, account: Account) -> None:
        # The account of the server walks through; only we list what is inside.
        way = 0o011 if account.uid is not None else 0
        if not self.home.exists():
            self.home.mkdir(parents=True)
            self.home.chmod(0o700 | way)
        elif way & ~self.home.stat().st_mode:
            self.home.chmod(self.home.stat().st_mode | way)

    def _socket_folder(self) -> Path:
        near = self.home / "run"
        if len(os.fsencode(near / f".s.PGSQL.{_PORT}")) <= _LONGEST_SOCKET_PATH:
            return near
        name = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"tsunagaru-{os.geteuid()}-{name}"

    @contextmanager
    def _owner_lock(self) -> Iterator[None]:
        """Two commands started together do not both make or start the server."""
        try:
            handle = os.open(self.home / "postgresql.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise folder_error(self.home, error) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _password(self) -> str:
        try:
            return self._password_file.read_text(encoding="ascii").strip()
        except FileNotFoundError as error:
            raise TsunagaruError(
                f"データベースのパスワードのファイル {self._password_file} がありません。"
                f"元の場所に戻すか、{self.data} を別の名前に変えて「tsunagaru restore」でバックアップから戻してください。"
            ) from error
        except OSError as error:
            raise folder_error(self._password_file, error) from error

    # -- making the cluster -------------------------------------------------------------------------------------

    def _create_cluster(self, account: Account, programs: Path) -> None:
        """Make the data folder beside its final name, so that a half-made one is never taken for a whole one."""
        if shutil.disk_usage(self.home).free < _SMALLEST_FREE_SPACE:
            raise full_disk(self.home)
        # What lies here was never in use: its making was cut short.
        workshop = self.home / "postgresql.new"
        try:
            if workshop.exists():
                shutil.rmtree(workshop)
            workshop.mkdir(mode=0o700)
            account.own(workshop)
            password = self._new_password(workshop, account)
        except OSError as error:
            raise folder_error(self.home, error) from error
        done = account.run(
            [
                *(programs / "initdb", "-D", workshop / "data", "-U", ADMINISTRATOR),
                *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *("--auth=scram-sha-256", f"--pwfile={password}", "--data-checksums"),
            ]
        )
        if done.returncode != 0:
            shutil.rmtree(workshop, ignore_errors=True)
            raise server_error(self.home, done.stdout, "組み込みデータベースを作れませんでした")
        # The password first: a cluster without its password would be of no use to anybody.
        self._kept(password).replace(self._password_file)
        (workshop / "data").rename(self.data)
        shutil.rmtree(workshop)

    def _new_password(self, workshop: Path, account: Account) -> Path:
        path = workshop / "password"
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(32) + "\n", encoding="ascii")
        account.own(path)
        return path

    def _kept(self, password: Path) -> Path:
        os.chown(password, os.geteuid(), os.getegid())
        return password

    def _check_cluster(self, account: Account) -> None:
        try:
            version = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
            # pg_ctl sees only what the account may see; a folder copied about by hand often belongs to somebody else.
            owner = self.data.stat().st_uid
        except FileNotFoundError as error:
            raise TsunagaruError(
                f"データのフォルダー {self.data} が壊れています(PG_VERSIONがありません)。"
                "フォルダーを別の名前に変え、「tsunagaru restore」でバックアップから戻してください。"
            ) from error
        except OSError as error:
            raise folder_error(self.data, error) from error
        self._password()
        if version != "18":
            raise TsunagaruError(
                f"データのフォルダー {self.data} はPostgreSQL {version} のものです。"
                "前の版の「tsunagaru backup」で取り出し、この版の「tsunagaru restore」で戻してください。"
            )
        if owner != (os.geteuid() if account.uid is None else account.uid):
            raise TsunagaruError(
                f"データのフォルダー {self.data} の持ち主が、データベースを動かすユーザーと違います。"
                "最初に起動したユーザーで起動するか、chown -R で持ち主を直してください。"
            )

    # -- the process --------------------------------------------------------------------------------------------

    def _launch(self, account: Account, programs: Path) -> None:
        options = {
            **self.options,
            "unix_socket_directories": str(self._socket_folder()),
            "log_directory": str(self._log),
        }
        words = " ".join(f"-c {name}={_quoted(value)}" for name, value in options.items())
        command: list[str | Path] = [
            programs / "pg_ctl",
            "start",
            "-w",
            "-t",
            str(int(_START_SECONDS)),
            "-D",
            self.data,
        ]
        command += ["-o", f"-p {_PORT} {words}"]
        startup = self._log / "startup.log"
        deadline = time.monotonic() + _START_SECONDS
        while True:
            self._forget_the_dead()
            done = account.run(command, output=startup)
            if done.returncode == 0 and self._answers():
                return
            said = self._words_of_failure(startup)
            # Sessions of a server that was killed need a moment to notice.
            if not re.search(_STILL_ENDING, telling_line(said)) or time.monotonic() > deadline:
                raise server_error(self.home, said, "組み込みデータベースを起動できませんでした")
            time.sleep(0.2)

    def _words_of_failure(self, startup: Path) -> str:
        words = [startup.read_text(encoding="utf-8", errors="replace")]
        for log in sorted(self._log.glob("postgresql-*.log"), key=lambda path: path.stat().st_mtime)[-1:]:
            words.append(log.read_text(encoding="utf-8", errors="replace")[-2000:])
        return "\n".join(words)

    def _answers(self) -> bool:
        """Whether the server of exactly this data folder lets us in, waiting while it recovers from a crash."""
        if not self._password_file.exists():
            return False
        deadline = time.monotonic() + _START_SECONDS
        while self._server_process() is not None and time.monotonic() < deadline:
            with suppress(psycopg.OperationalError):
                with psycopg.connect(self.url("postgres"), connect_timeout=5) as connection:
                    row = connection.execute("SHOW data_directory").fetchone()
                return row is not None and Path(row[0]) == self.data
            time.sleep(0.05)
        return False

    def _server_process(self) -> psutil.Process | None:
        """The running server of this data folder, told by its process and not by the file alone."""
        pid = self._recorded_pid()
        if pid is None:
            return None
        with suppress(psutil.Error):
            process = psutil.Process(pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            words = process.cmdline()
            if words and Path(words[0]).name == "postgres" and str(self.data) in words:
                return process
        return None

    def _recorded_pid(self) -> int | None:
        with suppress(OSError, ValueError, IndexError):
            return int((self.data / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])
        return None

    def _forget_the_dead(self) -> None:
        """Drop lock files of a server that is gone. Only called where no server of this folder lives.

        A process number that belongs to nobody is left to PostgreSQL, which knows more about what may have survived;
        one that belongs to another program by now (a restarted machine), or to a dead process nobody has
        collected yet, would stop it. The socket's folder is ours alone.
        """
        pid = self._recorded_pid()
        if pid is not None:
            _wait_for_collection(pid)
            if psutil.pid_exists(pid):
                (self.data / "postmaster.pid").unlink(missing_ok=True)
        for left in self._socket_folder().glob(".s.PGSQL.*"):
            left.unlink(missing_ok=True)


def _wait_for_collection(pid: int) -> None:
    deadline = time.monotonic() + _COLLECTION_SECONDS
    with suppress(psutil.Error):
        while psutil.Process(pid).status() == psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
            time.sleep(0.02)


def _make_own_folder(folder: Path, account: Account) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    # Below /tmp anybody could have laid a folder of this name before us.
    if folder.is_symlink() or found.st_uid not in {os.geteuid(), account.uid}:
        raise PermissionError(13, "another user's folder", str(folder))
    account.own(folder)
    folder.chmod(0o700)


def _quoted(value: str) -> str:
    """A word as pg_ctl hands it through a shell."""
    return "'" + value.replace("'", "'\\''") + "'"
