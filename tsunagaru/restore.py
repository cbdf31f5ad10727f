"""Back from a backup: everything is proved before anything is touched, and the old data go last."""

from __future__ import annotations

import json
import shutil
import tarfile
import tempfile
from contextlib import suppress
from pathlib import Path, PurePosixPath

from alembic.util import CommandError
from psycopg import sql

from casefile import migrations
from casefile.db import APPLICATION_ROLE
from casefile.errors import TsunagaruError
from tsunagaru.backup import (
    DATABASE,
    FORMAT,
    MANIFEST,
    RECORDINGS,
    SECRETS,
    HashingReader,
    Manifest,
    Member,
    count_rows,
)
from tsunagaru.databases import connect, create_database, database_of, drop_database, url_of
from tsunagaru.dump import restore_database
from tsunagaru.service import migrate
from tsunagaru.settings import Settings


def read_backup(file: Path) -> Manifest:
    """Read every byte of a backup and compare it with its manifest.

    Raises TsunagaruError when the file is none of ours, is damaged, or comes from a newer version.
    """
    try:
        with tarfile.open(file) as tar:
            manifest = _manifest(tar, file)
            found = {info.name: info for info in tar if info.name != MANIFEST}
            if sorted(found) != sorted(member.name for member in manifest.members):
                raise _damaged(file)
            for member in manifest.members:
                _prove(tar, found[member.name], member, file)
    except (tarfile.TarError, EOFError) as error:
        raise _damaged(file) from error
    return manifest


def restore_into_empty(url: str, settings: Settings, file: Path) -> Manifest:
    """Restore into a database without tables and a home without recordings, then bring the schema up to this version.

    Raises TsunagaruError when there is anything that would be overwritten.
    """
    manifest = read_backup(file)
    if _tables(url) or _holds_files(settings.recordings):
        raise TsunagaruError(
            "戻す先にすでにデータがあります。何も変えていません。"
            "今のデータを捨ててよければ、先に「tsunagaru backup」で保存してから --replace を付けてください。"
        )
    _fill(url, file, manifest)
    _put_files(settings, file, manifest)
    return manifest


def restore_replacing(url: str, settings: Settings, file: Path) -> Manifest:
    """Restore beside the present database and put the result in its place; until then nothing old is touched.

    Raises TsunagaruError when somebody still works on the database.
    """
    manifest = read_backup(file)
    name = database_of(url)
    beside = f"{name}_restoring"
    # One cannot stand in the house one moves.
    server = url_of(url, "postgres" if name != "postgres" else "template1")
    _refuse_if_in_use(server, name)
    drop_database(server, beside)
    try:
        _fill(create_database(server, beside), file, manifest)
        _refuse_if_in_use(server, name)
    except BaseException:
        drop_database(server, beside)
        raise
    drop_database(server, name)
    with connect(server, autocommit=True) as connection:
        connection.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(beside), sql.Identifier(name))
        )
    _put_files(settings, file, manifest)
    return manifest


def _fill(url: str, file: Path, manifest: Manifest) -> None:
    with connect(url, autocommit=True) as connection:
        # Rights in the dump name the application's role; a fresh server does not know it yet.
        connection.execute(
            sql.SQL(
                "DO $$ BEGIN CREATE ROLE {role} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;"
                " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            ).format(role=sql.Identifier(APPLICATION_ROLE))
        )
    with tempfile.TemporaryDirectory(prefix="tsunagaru-restore-") as workshop, tarfile.open(file) as tar:
        dump = Path(workshop) / DATABASE
        _copy(tar, DATABASE, dump)
        restore_database(url, dump)
    with connect(url) as connection:
        if count_rows(connection) != manifest.rows:
            raise TsunagaruError("戻した行の数が保存したときと違います。ディスクとサーバーの記録を確かめてください。")
    migrate(url)


def _put_files(settings: Settings, file: Path, manifest: Manifest) -> None:
    settings.home.mkdir(parents=True, exist_ok=True)
    workshop = settings.home / "restoring"
    shutil.rmtree(workshop, ignore_errors=True)
    (workshop / RECORDINGS).mkdir(parents=True, mode=0o700)
    (workshop / SECRETS).mkdir(mode=0o700)
    with tarfile.open(file) as tar:
        for member in manifest.members:
            if member.name != DATABASE:
                _copy(tar, member.name, workshop / _safe(member.name, file))
    for secret in (workshop / SECRETS).iterdir():
        secret.replace(settings.home / secret.name)
    shutil.rmtree(settings.recordings, ignore_errors=True)
    (workshop / RECORDINGS).rename(settings.recordings)
    shutil.rmtree(workshop)


def _copy(tar: tarfile.TarFile, name: str, target: Path) -> None:
    source = tar.extractfile(name)
    assert source is not None, "read_backup saw a regular file here"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.touch(mode=0o600)
    with source, target.open("wb") as file:
        shutil.copyfileobj(source, file)


def _manifest(tar: tarfile.TarFile, file: Path) -> Manifest:
    try:
        text = tar.extractfile(MANIFEST)
        assert text is not None
        words = json.load(text)
        if words["format"] != FORMAT:
            raise _too_new(file)
        members = [Member(**member) for member in words.pop("members")]
        manifest = Manifest(members=members, **words)
    except (KeyError, ValueError, TypeError, AssertionError) as error:
        raise _damaged(file) from error
    for member in manifest.members:
        _safe(member.name, file)
    if not _known(manifest.schema):
        raise _too_new(file)
    return manifest


def _prove(tar: tarfile.TarFile, info: tarfile.TarInfo, member: Member, file: Path) -> None:
    source = tar.extractfile(info) if info.isreg() else None
    if source is None:
        raise _damaged(file)
    with source:
        reader = HashingReader(source)
        if reader.drain() != member.bytes or reader.sha256() != member.sha256:
            raise _damaged(file)


def _safe(name: str, file: Path) -> PurePosixPath:
    """A member's name as a path that stays where it belongs."""
    path = PurePosixPath(name)
    inside = path.parts[:1] in {(RECORDINGS,), (SECRETS,)} and len(path.parts) > 1
    if path.is_absolute() or ".." in path.parts or not (name == DATABASE or inside):
        raise _damaged(file)
    return path


def _known(revision: str) -> bool:
    with suppress(CommandError):
        return migrations.history().get_revision(revision) is not None
    return False


def _tables(url: str) -> int:
    with connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')"
        ).fetchone()
    assert row is not None
    return int(str(row[0]))


def _holds_files(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


def _refuse_if_in_use(server: str, name: str) -> None:
    with connect(server) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'", [name]
        ).fetchone()
    if row is not None and row[0]:
        raise TsunagaruError(
            "データベースがまだ使われています。何も変えていません。先に「tsunagaru serve」を止めてから実行してください。"
        )


def _damaged(file: Path) -> TsunagaruError:
    return TsunagaruError(
        f"{file} は tsunagaru のバックアップではないか、壊れています。何も変えていません。別のバックアップを指定してください。"
    )


def _too_new(file: Path) -> TsunagaruError:
    return TsunagaruError(f"{file} はこの版より新しい版で作られました。製品を新しい版に更新してから戻してください。")
