"""The office's folder of sealed recordings: `incoming/` is where nodes lay them, `YYYY/MM/` where they are kept."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from casefile.clock import jst
from dialer.asterisk.recording.container import SUFFIX
from dialer.asterisk.recording.files import named_in, remove_for_good, sha256_of, sync_folder, write_whole

INCOMING = "incoming"


class CopyDiffers(OSError):
    """What was read back is not what was written."""


class Store:
    """Sealed recordings by their id. Only sealed ones ever come here; every method may be repeated after a crash."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def incoming(self) -> Path:
        return self._folder / INCOMING

    def deliver(self, sealed: Path) -> None:
        """Copy a sealed recording to `incoming/`; it has its name there only once the copy proved equal.

        It belongs to whoever owns the folder: an agent may be root, the office's own processes are not.
        Raises OSError where it can not be written, CopyDiffers where the copy is another.
        """
        _make_for_its_owner(self.incoming)
        with sealed.open("rb") as source:
            wanted = sha256_of(source)
            source.seek(0)

            def copy(target: BinaryIO) -> None:
                _give_to_the_owner_of(self.incoming, target.fileno())
                shutil.copyfileobj(source, target)

            write_whole(
                self.incoming / sealed.name, copy, lambda copied: _demand_equal(sha256_of(copied), wanted, sealed)
            )

    def arrived(self) -> Iterator[Path]:
        """Sealed recordings that lie in `incoming/`, in the order of their ids, which is that of time.

        Raises OSError where the folder is closed to us; one that no node has made yet holds none.
        """
        yield from named_in(self.incoming, f"[!.]*{SUFFIX}")

    def shelve(self, arrived: Path, recording_id: UUID, began_at: datetime) -> None:
        """Move from `incoming/` to where recordings of that month are kept."""
        kept = self._kept(recording_id, began_at)
        kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        arrived.replace(kept)
        sync_folder(kept.parent)
        sync_folder(arrived.parent)

    def open(self, recording_id: UUID, began_at: datetime) -> BinaryIO:
        """The sealed file. Raises FileNotFoundError where it is not here."""
        found = self._find(recording_id, began_at)
        # A regular file by that name, and nothing a link could lead to.
        return os.fdopen(os.open(found, os.O_RDONLY | os.O_NOFOLLOW), "rb")

    def holds(self, recording_id: UUID, began_at: datetime) -> bool:
        return self._find(recording_id, began_at).is_file()

    def remove(self, recording_id: UUID, began_at: datetime) -> None:
        """Remove for good; nothing happens where it is gone already. Raises StillThere where another name leads to it."""
        remove_for_good(self._kept(recording_id, began_at))
        remove_for_good(self._arrived(recording_id))

    def _find(self, recording_id: UUID, began_at: datetime) -> Path:
        kept = self._kept(recording_id, began_at)
        # Between the row and the move it still lies where it arrived.
        arrived = self._arrived(recording_id)
        return arrived if not kept.exists() and arrived.exists() else kept

    def _arrived(self, recording_id: UUID) -> Path:
        return self.incoming / f"{recording_id}{SUFFIX}"

    def _kept(self, recording_id: UUID, began_at: datetime) -> Path:
        month = jst(began_at)
        return self._folder / f"{month:%Y}" / f"{month:%m}" / f"{recording_id}{SUFFIX}"


def digest_and_size(file: BinaryIO) -> tuple[str, int]:
    """SHA-256 (hexadecimal) and bytes of a sealed file."""
    digest = sha256_of(file)
    return digest, file.seek(0, os.SEEK_END)


def sha256(pieces: Iterator[bytes]) -> str:
    """The hash of what comes, in hexadecimal."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def _make_for_its_owner(folder: Path) -> None:
    """Make a folder and those above it, each of whoever owns the one it lies in."""
    if folder.is_dir():
        return
    _make_for_its_owner(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        _give_to_the_owner_of(folder.parent, handle)
    finally:
        os.close(handle)


def _give_to_the_owner_of(folder: Path, handle: int) -> None:
    owner = folder.stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        os.fchown(handle, owner.st_uid, owner.st_gid)


def _demand_equal(found: str, wanted: str, path: Path) -> None:
    if found != wanted:
        raise CopyDiffers(0, "写した内容が元と違います", str(path))
