"""Files that are whole or not there, and gone when they are said to be gone, whatever kills us in between."""

from __future__ import annotations

import fcntl
import hashlib
import os
import signal
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import BinaryIO

_BLOCK = 256 * 1024
_IN_MEMORY = ("tmpfs", "ramfs")


class StillThere(OSError):
    """A file was removed and its content can still be reached by another name."""


def write_whole(path: Path, write: Callable[[BinaryIO], object], prove: Callable[[BinaryIO], object]) -> None:
    """Let `write` fill a file that gets its name only once it lies on the disk and `prove` has read it back.

    What a killed writer left behind is overwritten; after an error nothing is left. Raises what `write`, `prove` and the
    disk raise.
    """
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.unlink(missing_ok=True)
    try:
        handle = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w+b") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
            # What is read back should come from the disk, not from memory.
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            file.seek(0)
            prove(file)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_for_good(path: Path) -> None:
    """Remove a file and prove that no other name leads to it. Raises StillThere otherwise; nothing happens where it is gone."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    try:
        path.unlink()
        sync_folder(path.parent)
        if os.fstat(handle).st_nlink or path.exists():
            raise StillThere(0, "消したファイルに別の名前が残っています", str(path))
    finally:
        os.close(handle)


def named_in(folder: Path, pattern: str) -> list[Path]:
    """The files of a folder by this pattern, sorted; none where there is no such folder.

    Raises OSError where the folder is closed to us: a `glob` would say that there is nothing.
    """
    try:
        return sorted(path for path in folder.iterdir() if fnmatchcase(path.name, pattern))
    except FileNotFoundError:
        return []


def is_being_written(file: BinaryIO) -> bool:
    """Whether any process, on this side of a container or another, has the file open for writing.

    A read lease is granted only where nobody writes (Linux, fcntl(2), "Leases"). Raises PermissionError where the file
    belongs to somebody else and we are not root.
    """
    # Whoever opens it in the moment of the lease makes the kernel send us a signal: by itself SIGIO, which ends a process.
    fcntl.fcntl(file.fileno(), fcntl.F_SETSIG, signal.SIGURG)
    try:
        fcntl.fcntl(file.fileno(), fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return True
    fcntl.fcntl(file.fileno(), fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False


def sha256_of(file: BinaryIO) -> str:
    """The hash of a file from its beginning, in hexadecimal."""
    file.seek(0)
    digest = hashlib.sha256()
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def is_in_memory(folder: Path) -> bool:
    """Whether a folder lies in memory, so that nothing in it ever reaches a disk of its own accord."""
    place = PurePosixPath(folder.resolve())
    kinds: dict[PurePosixPath, str] = {}
    for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        _, mounted_on, kind, *_ = line.split(" ")
        kinds[PurePosixPath(mounted_on.replace("\\040", " "))] = kind
    above = (parent for parent in (place, *place.parents) if parent in kinds)
    return kinds[next(above)] in _IN_MEMORY
