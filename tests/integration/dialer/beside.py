"""The disk of an engine at work: a thread of its own asks, and a test waits for what it says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from casefile.db import Database
from dialer.disk import DiskBeside


@contextmanager
def disk_beside(database: Database) -> Iterator[tuple[DiskBeside, Callable[[], None]]]:
    """The disk until the block ends, and what waits for its next word, failing after a while without one."""
    said = threading.Semaphore(0)

    def hear() -> None:
        assert said.acquire(timeout=20), "the disk says nothing"

    disk = DiskBeside(database, said.release)
    try:
        yield disk, hear
    finally:
        disk.close()
