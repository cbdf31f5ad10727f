"""What a node knows of calls: kept from one start to the next, laid aside where Asterisk could not read it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from dialer.asterisk.node.memory import MEMORY_FILE, prepare_memory


def asked(file: Path, question: str) -> list[tuple[str]]:
    with closing(sqlite3.connect(file)) as memory:
        found: list[tuple[str]] = memory.execute(question).fetchall()
        memory.commit()
        return found


def test_a_new_memory_is_written_ahead_and_is_its_owners_alone(tmp_path: Path) -> None:
    prepare_memory(tmp_path)
    file = tmp_path / MEMORY_FILE
    assert asked(file, "PRAGMA journal_mode") == [("wal",)]
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_is_known_stays_known(tmp_path: Path) -> None:
    prepare_memory(tmp_path)
    asked(tmp_path / MEMORY_FILE, "CREATE TABLE astdb AS SELECT 'a call' AS key")
    prepare_memory(tmp_path)
    assert asked(tmp_path / MEMORY_FILE, "SELECT key FROM astdb") == [("a call",)]


def test_a_damaged_memory_is_laid_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    file = tmp_path / MEMORY_FILE
    file.write_bytes(b"what a power cut leaves" * 300)
    (tmp_path / f"{MEMORY_FILE}-wal").write_bytes(b"of the same")
    prepare_memory(tmp_path)
    assert asked(file, "PRAGMA journal_mode") == [("wal",)]
    assert file.with_suffix(".damaged").read_bytes().startswith(b"what a power cut leaves")


def test_a_memory_in_use_is_not_touched(tmp_path: Path) -> None:
    prepare_memory(tmp_path)
    file = tmp_path / MEMORY_FILE
    asked(file, "CREATE TABLE astdb AS SELECT 'a call' AS key")
    with closing(sqlite3.connect(file)) as busy:
        busy.execute("BEGIN EXCLUSIVE")
        prepare_memory(tmp_path)
        busy.rollback()
    assert asked(file, "SELECT key FROM astdb") == [("a call",)]
