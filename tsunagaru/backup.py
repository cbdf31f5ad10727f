"""One file that holds an installation: the database, the recordings, the secrets, and a manifest that proves them.

The file is a plain tar: `manifest.json` last, `database.dump` (pg_dump's custom format), `recordings/…`, `secrets/…`.
The manifest names this version, the revision of the schema, the rows of every table as the dump's own snapshot saw
them, and the SHA-256 of every member.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql

from casefile.clock import jst
from casefile.errors import TsunagaruError
from tsunagaru.databases import connect
from tsunagaru.dump import dump_database
from tsunagaru.settings import Settings

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "database.dump"
RECORDINGS = "recordings"
SECRETS = "secrets"
_BLOCK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Member:
    """One file in a backup, by its name there."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `schema` is the Alembic revision; `rows` counts every table; `created_at` is ISO 8601, UTC."""

    format: int
    version: str
    schema: str
    created_at: str
    rows: dict[str, int]
    members: list[Member]


def default_name(now: datetime) -> str:
    """The name of a backup made now, by the clock on the wall in Japan."""
    return f"tsunagaru-{jst(now):%Y%m%d-%H%M%S}.tar"


def write_backup(url: str, settings: Settings, target: Path, now: datetime) -> Manifest:
    """Write a backup of the database at `url` and of the installation's files to `target`.

    The name appears only when the file is whole. `url` is an administrator's, who sees every municipality's rows.
    Raises TsunagaruError when the target exists, the database has no schema, or the account may not see everything.
    """
    if target.exists():
        raise TsunagaruError(f"{target} はすでにあります。別の名前を指定するか、そのファイルを移してください。")
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    os.close(handle)
    partial = Path(name)
    try:
        manifest = _write(url, settings, partial, now)
        _give_name(partial, target)
    finally:
        with suppress(FileNotFoundError):
            partial.unlink()
    return manifest


def _give_name(partial: Path, target: Path) -> None:
    taken = TsunagaruError(f"{target} はすでにあります。別の名前を指定してください。")
    try:
        # Linking refuses a name that somebody else took meanwhile; renaming would overwrite it.
        target.hardlink_to(partial)
    except FileExistsError as error:
        raise taken from error
    except OSError:
        # A memory stick or a share often knows no links.
        if target.exists():
            raise taken from None
        partial.rename(target)


def _write(url: str, settings: Settings, partial: Path, now: datetime) -> Manifest:
    with tempfile.TemporaryDirectory(prefix=".tsunagaru-", dir=partial.parent) as workshop:
        dump = Path(workshop) / DATABASE
        with connect(url) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            snapshot = _text(connection.execute("SELECT pg_export_snapshot()").fetchone())
            schema = schema_revision(connection)
            rows = count_rows(connection)
            dump_database(url, snapshot, dump)
        with partial.open("wb") as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                members = [_add(tar, path, name) for path, name in [(dump, DATABASE), *_files(settings)]]
                manifest = Manifest(FORMAT, version("tsunagaru"), schema, now.isoformat(), rows, members)
                _add_manifest(tar, manifest)
            file.flush()
            os.fsync(file.fileno())
    return manifest


def schema_revision(connection: psycopg.Connection[tuple[object, ...]]) -> str:
    """The Alembic revision of a database. Raises TsunagaruError when it is not one of ours."""
    row = connection.execute("SELECT to_regclass('alembic_version') IS NOT NULL").fetchone()
    if row is None or not row[0]:
        raise TsunagaruError("このデータベースには tsunagaru の表がありません。DATABASE_URL を確かめてください。")
    return _text(connection.execute("SELECT version_num FROM alembic_version").fetchone())


def count_rows(connection: psycopg.Connection[tuple[object, ...]]) -> dict[str, int]:
    """How many rows every table of the schema `public` holds, by table."""
    connection.execute("SET LOCAL row_security = off")
    tables = connection.execute(
        "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' ORDER BY 1"
    ).fetchall()
    counts = {}
    for (table,) in tables:
        name = str(table)
        try:
            row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))).fetchone()
        except psycopg.errors.InsufficientPrivilege as error:
            raise TsunagaruError(
                "DATABASE_URL のユーザーには全市町村の行が見えず、完全な保存ができません。"
                "スーパーユーザーか、BYPASSRLS を持つユーザーを指定してください。"
            ) from error
        assert row is not None
        counts[name] = int(str(row[0]))
    return counts


def _files(settings: Settings) -> Iterator[tuple[Path, str]]:
    for path in sorted(settings.recordings.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path, f"{RECORDINGS}/{path.relative_to(settings.recordings).as_posix()}"
    # Without them nobody could sign in on another machine: they take part in passwords and second factors.
    for path in sorted(settings.home.glob("*.secret")):
        yield path, f"{SECRETS}/{path.name}"


def _add(tar: tarfile.TarFile, path: Path, name: str) -> Member:
    with path.open("rb") as file:
        info = tar.gettarinfo(arcname=name, fileobj=file)
        info.mode, info.uid, info.gid, info.uname, info.gname = 0o600, 0, 0, "", ""
        reader = HashingReader(file)
        # A recording that still grows is taken as far as it went when it was opened.
        tar.addfile(info, reader)
    return Member(name, info.size, reader.sha256())


def _add_manifest(tar: tarfile.TarFile, manifest: Manifest) -> None:
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=1, sort_keys=True).encode()
    info = tarfile.TarInfo(MANIFEST)
    info.size, info.mode = len(text), 0o600
    tar.addfile(info, io.BytesIO(text))


class HashingReader(io.RawIOBase):
    """Hands on what it reads and remembers its SHA-256."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._hash.update(data)
        return data

    def sha256(self) -> str:
        """The hash of everything read, in hexadecimal."""
        return self._hash.hexdigest()

    def drain(self) -> int:
        """Read to the end; the bytes read."""
        total = 0
        while block := self.read(_BLOCK):
            total += len(block)
        return total


def _text(row: tuple[object, ...] | None) -> str:
    assert row is not None
    return str(row[0])
