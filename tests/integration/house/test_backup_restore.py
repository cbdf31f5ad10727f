"""A backup comes back row by row, and what is not whole is never put in the place of what is."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from casefile.errors import TsunagaruError
from tsunagaru.backup import DATABASE, MANIFEST, default_name, write_backup
from tsunagaru.databases import connect, create_database, database_of, drop_database
from tsunagaru.dump import dump_database, restore_database
from tsunagaru.restore import read_backup, restore_into_empty, restore_replacing
from tsunagaru.settings import Settings

NOW = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
CITIES = (131016, 472018)
NAMES = ("渡邉 太郎", "葛\U000e0101城 花子", "\ue000田 次郎", "行\n替え\tとタブ", "引用'\"\\")


def an_installation(home: Path) -> Settings:
    """Recordings and a secret below `home`."""
    settings = Settings.from_environment({"TSUNAGARU_HOME": str(home)})
    (settings.recordings / "2026" / "06").mkdir(parents=True)
    (settings.recordings / "2026" / "06" / "call.wav").write_bytes(bytes(range(256)) * 400)
    (settings.recordings / "empty.wav").touch()
    (settings.home / "session.secret").write_text("kept")
    return settings


def fill(url: str) -> str:
    """Rows of two municipalities: a dump that row-level security had thinned would miss one of them."""
    with psycopg.connect(url) as connection:
        for city in CITIES:
            connection.execute(
                "INSERT INTO municipality VALUES (%s, %s, %s, %s, %s, true, '03', '03-0000-0000', %s)",
                [city, "見本市", "みほんし", "見本県", "収納課", Jsonb({"a": [1, None, "ー"]})],
            )
            for number, name in enumerate(NAMES):
                connection.execute(
                    "INSERT INTO audit_entry VALUES (%s, %s, %s, NULL, %s, 'view', %s, %s)",
                    [city, UUID(int=number), NOW, name, str(number), Jsonb({"name": name})],
                )
    return url


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return an_installation(tmp_path / "home")


@pytest.fixture
def filled(database_url: str) -> str:
    return fill(database_url)


@pytest.fixture(scope="module")
def backup(server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole backup, made once, for tests that only read or damage copies of it."""
    name = f"tsunagaru_saved_{uuid4().hex[:12]}"
    place = tmp_path_factory.mktemp("backup")
    url = fill(create_database(server_url, name, template_database))
    write_backup(url, an_installation(place / "home"), place / "whole.tar", NOW)
    drop_database(server_url, name)
    return place / "whole.tar"


@pytest.fixture
def empty_home(tmp_path: Path) -> Settings:
    return Settings.from_environment({"TSUNAGARU_HOME": str(tmp_path / "other")})


def every_row(url: str) -> dict[str, list[str]]:
    """All tables' rows as text, in a fixed order."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1"
        ).fetchall()
        return {
            name: [
                row[0]
                for row in connection.execute(
                    sql.SQL("SELECT t::text FROM {} t ORDER BY 1").format(sql.Identifier(name))
                ).fetchall()
            ]
            for (name,) in tables
        }


def rights_and_policies(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT relname, relrowsecurity, relforcerowsecurity,"
            " (SELECT array_agg(privilege_type::text ORDER BY privilege_type) FROM information_schema.role_table_grants"
            "  WHERE grantee = 'tsunagaru_app' AND table_name = relname),"
            " (SELECT array_agg(polname || ' ' || pg_get_expr(polqual, polrelid) ORDER BY polname) FROM pg_policy"
            "  WHERE polrelid = c.oid)"
            " FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1"
        ).fetchall()


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_row_and_file_comes_back(
    filled: str, empty_database_url: str, settings: Settings, empty_home: Settings, tmp_path: Path
) -> None:
    target = tmp_path / default_name(NOW)
    manifest = write_backup(filled, settings, target, NOW)
    assert target.name == "tsunagaru-20260601-183000.tar"
    assert target.stat().st_mode & 0o077 == 0
    assert manifest.rows["audit_entry"] == len(CITIES) * len(NAMES)

    restored = restore_into_empty(empty_database_url, empty_home, target)

    assert restored == manifest
    assert every_row(empty_database_url) == every_row(filled)
    assert rights_and_policies(empty_database_url) == rights_and_policies(filled)
    assert files(empty_home.home) == files(settings.home)


def test_a_database_with_tables_is_not_overwritten(backup: Path, filled: str, empty_home: Settings) -> None:
    before = every_row(filled)
    with pytest.raises(TsunagaruError, match="--replace"):
        restore_into_empty(filled, empty_home, backup)
    assert every_row(filled) == before


def test_recordings_are_not_overwritten(backup: Path, empty_database_url: str, settings: Settings) -> None:
    (settings.recordings / "new.wav").write_bytes(b"new")
    with pytest.raises(TsunagaruError, match="--replace"):
        restore_into_empty(empty_database_url, settings, backup)
    assert every_row(empty_database_url) == {}
    assert (settings.recordings / "new.wav").read_bytes() == b"new"


@pytest.fixture
def replaceable(server_url: str, template_database: str) -> Iterator[str]:
    name = f"tsunagaru_replaceable_{uuid4().hex[:12]}"
    yield create_database(server_url, name, template_database)
    drop_database(server_url, name)


def test_replacing_puts_the_old_state_back(filled: str, replaceable: str, settings: Settings, tmp_path: Path) -> None:
    target = tmp_path / "backup.tar"
    write_backup(filled, settings, target, NOW)
    before = files(settings.home)
    (settings.recordings / "new.wav").write_bytes(b"new")
    restore_replacing(replaceable, settings, target)
    assert every_row(replaceable) == every_row(filled)
    assert files(settings.home) == before


def test_replacing_waits_for_nobody_who_is_still_at_work(backup: Path, replaceable: str, settings: Settings) -> None:
    with connect(replaceable), pytest.raises(TsunagaruError, match="serve"):
        restore_replacing(replaceable, settings, backup)
    assert every_row(replaceable)["audit_entry"] == []
    with psycopg.connect(replaceable) as connection:
        names = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
    assert f"{database_of(replaceable)}_restoring" not in names


def rewritten(source: Path, target: Path, change: dict[str, bytes | None]) -> Path:
    """A copy of a backup with some members changed, or dropped where the change is None."""
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for info in old:
            content = change.get(info.name, b"")
            if content is None:
                continue
            if info.name not in change:
                new.addfile(info, old.extractfile(info))
                continue
            (target.parent / "member").write_bytes(content)
            new.add(target.parent / "member", info.name)
    return target


def manifest_of(source: Path) -> dict[str, object]:
    with tarfile.open(source) as tar:
        file = tar.extractfile(MANIFEST)
        assert file is not None
        found: dict[str, object] = json.load(file)
        return found


@pytest.mark.parametrize("member", [DATABASE, MANIFEST, "recordings/2026/06/call.wav"])
@pytest.mark.parametrize("content", [b"", b"{}", None])
def test_a_damaged_backup_is_refused(backup: Path, tmp_path: Path, member: str, content: bytes | None) -> None:
    with pytest.raises(TsunagaruError, match="壊れています"):
        read_backup(rewritten(backup, tmp_path / "broken.tar", {member: content}))


def test_a_damaged_backup_is_refused_before_anything_is_touched(
    backup: Path, empty_database_url: str, empty_home: Settings, tmp_path: Path
) -> None:
    broken = rewritten(backup, tmp_path / "broken.tar", {"recordings/empty.wav": b"no longer"})
    for restore in (restore_into_empty, restore_replacing):
        with pytest.raises(TsunagaruError, match="壊れています"):
            restore(empty_database_url, empty_home, broken)
    assert every_row(empty_database_url) == {}
    assert not empty_home.home.exists()


def test_half_a_file_and_a_foreign_file_are_refused(backup: Path, tmp_path: Path) -> None:
    half = tmp_path / "half.tar"
    half.write_bytes(backup.read_bytes()[: backup.stat().st_size // 2])
    (tmp_path / "letter.txt").write_text("拝啓")
    for bad in (half, tmp_path / "letter.txt"):
        with pytest.raises(TsunagaruError, match="壊れています"):
            read_backup(bad)


def test_a_backup_of_a_newer_version_asks_for_an_update(backup: Path, tmp_path: Path) -> None:
    words = manifest_of(backup) | {"schema": "9999"}
    newer = rewritten(backup, tmp_path / "newer.tar", {MANIFEST: json.dumps(words).encode()})
    with pytest.raises(TsunagaruError, match="新しい版"):
        read_backup(newer)


def test_a_name_that_leaves_the_folder_is_refused(backup: Path, tmp_path: Path) -> None:
    words = manifest_of(backup)
    members = words["members"]
    assert isinstance(members, list)
    members[-1]["name"] = "secrets/../../../etc/passwd"
    evil = rewritten(backup, tmp_path / "evil.tar", {MANIFEST: json.dumps(words).encode()})
    with pytest.raises(TsunagaruError, match="壊れています"):
        read_backup(evil)


def test_an_existing_backup_is_never_overwritten(filled: str, settings: Settings, tmp_path: Path) -> None:
    target = tmp_path / "backup.tar"
    target.write_text("older")
    with pytest.raises(TsunagaruError, match="すでにあります"):
        write_backup(filled, settings, target, NOW)
    assert target.read_text() == "older"


def test_a_foreign_database_is_not_taken_for_ours(empty_database_url: str, settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(TsunagaruError, match="表がありません"):
        write_backup(empty_database_url, settings, tmp_path / "backup.tar", NOW)
    assert list(tmp_path.glob("*.tar*")) == []


def test_an_account_that_does_not_see_everything_makes_no_backup(
    filled: str, settings: Settings, tmp_path: Path
) -> None:
    from sqlalchemy.engine import make_url

    with psycopg.connect(filled) as connection:
        connection.execute("DROP ROLE IF EXISTS tsunagaru_narrow")
        connection.execute("CREATE ROLE tsunagaru_narrow LOGIN PASSWORD 'narrow'")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO tsunagaru_narrow")
    narrow = make_url(filled).set(username="tsunagaru_narrow", password="narrow")
    try:
        with pytest.raises(TsunagaruError, match="BYPASSRLS"):
            write_backup(narrow.render_as_string(hide_password=False), settings, tmp_path / "backup.tar", NOW)
    finally:
        with psycopg.connect(filled) as connection:
            connection.execute("DROP OWNED BY tsunagaru_narrow")
            connection.execute("DROP ROLE tsunagaru_narrow")
    assert list(tmp_path.glob("*.tar*")) == []


def dump(url: str, target: Path) -> None:
    with connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        dump_database(url, str(row[0]), target)


def test_half_a_dump_is_not_committed(filled: str, empty_database_url: str, tmp_path: Path) -> None:
    whole, half = tmp_path / "whole.dump", tmp_path / "half.dump"
    dump(filled, whole)
    half.write_bytes(whole.read_bytes()[:-2000])
    with pytest.raises(TsunagaruError, match="書き戻せませんでした"):
        restore_database(empty_database_url, half)
    assert every_row(empty_database_url) == {}


def test_a_dump_into_a_database_that_has_such_a_table_is_undone(
    filled: str, empty_database_url: str, tmp_path: Path
) -> None:
    whole = tmp_path / "whole.dump"
    dump(filled, whole)
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("CREATE TABLE municipality (mine int)")
    with pytest.raises(TsunagaruError, match="already exists"):
        restore_database(empty_database_url, whole)
    assert every_row(empty_database_url) == {"municipality": []}


def test_a_place_without_links_takes_a_backup_too(
    filled: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    manifest = write_backup(filled, settings, tmp_path / "backup.tar", NOW)
    assert read_backup(tmp_path / "backup.tar") == manifest
    assert [path.name for path in tmp_path.glob("*.tar*")] == ["backup.tar"]


def test_an_account_that_may_make_no_database_is_told(server_url: str) -> None:
    from sqlalchemy.engine import make_url

    name = f"tsunagaru_poor_{uuid4().hex[:8]}"
    with psycopg.connect(server_url) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'poor'").format(sql.Identifier(name)))
    poor = make_url(server_url).set(username=name, password="poor").render_as_string(hide_password=False)
    try:
        with pytest.raises(TsunagaruError, match="CREATEDB"):
            create_database(poor, name)
    finally:
        with psycopg.connect(server_url) as connection:
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))
