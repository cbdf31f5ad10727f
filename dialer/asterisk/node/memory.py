"""The file in which a node keeps what became of its calls: Asterisk's own database (astdb)."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

_log = logging.getLogger("tsunagaru.asterisk")

MEMORY_FILE = "astdb.sqlite3"


def prepare_memory(folder: Path) -> None:
    """Make the file for a node that is down, unless there is one. One that a power cut has damaged is laid aside, since
    Asterisk would not start with it.

    Asterisk writes to the disk once a second, and every call that ends meanwhile waits. With a log that is written ahead
    that is one write instead of four (https://www.sqlite.org/wal.html); the file itself remembers this.
    """
    file = folder / MEMORY_FILE
    if file.exists() and not _is_whole(file):
        file.replace(file.with_suffix(".damaged"))
        for part in folder.glob(f"{MEMORY_FILE}-*"):
            part.unlink()
        _log.warning("a node's memory of calls was damaged, and laid aside", extra={"folder": str(folder)})
    if not file.exists():
        file.touch(mode=0o600)
        with closing(sqlite3.connect(file)) as memory:
            memory.execute("PRAGMA journal_mode = WAL")


def _is_whole(file: Path) -> bool:
    try:
        with closing(sqlite3.connect(file)) as memory:
            found: tuple[str] = memory.execute("PRAGMA quick_check").fetchone()
            return found == ("ok",)
    except sqlite3.DatabaseError as error:
        # Whoever holds it is not a reason to lay it aside.
        return isinstance(error, sqlite3.OperationalError)
