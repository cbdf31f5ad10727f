"""The node's agent: what Asterisk recorded in memory is sealed, proven, removed, and handed to the office's store.

A recording goes through these names, each step a rename or a removal, so that after a kill at any point the next round
goes on where this one stood:

    recordings/ATTEMPT.wav                 Asterisk writes it
    recordings/ATTEMPT.RECORDING.taken     nobody writes it any more; it has its own id
    outgoing/RECORDING.tsr                 sealed, on the disk, read back; only then the plain one is removed
    store/incoming/RECORDING.tsr           copied, proven; only then the one in outgoing is removed

A node knows no private key and no database: what it has sealed it can not hear.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, TypeVar
from uuid import UUID

from casefile.ids import Ids
from dialer.asterisk.recording.container import SUFFIX, Facts, RecordingDamaged, SealedRecording, seal
from dialer.asterisk.recording.files import is_being_written, is_in_memory, remove_for_good, write_whole
from dialer.asterisk.recording.keys import KeyUnusable, PublicKey, load_public
from dialer.asterisk.recording.sound import Sound, as_wav, look_at
from dialer.asterisk.recording.store import CopyDiffers, Store, sha256

Done = TypeVar("Done")
_TAKEN = ".taken"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True)
class Round:
    """What one look brought. `problems`: sentences for whoever runs the node; nothing is lost while they stand."""

    sealed: int
    handed_on: int
    problems: tuple[str, ...]


def _nobody(step: str) -> None:
    del step


class RecordingAgent:
    """Seals and hands on whatever is finished. `reached` is told each step, for tests that end us there."""

    def __init__(
        self,
        node: str,
        recordings: Path,
        outgoing: Path,
        store: Store,
        public_key: Path,
        ids: Ids,
        reached: Callable[[str], None] = _nobody,
    ) -> None:
        """`recordings`: where Asterisk writes, seen from here; `outgoing`: on a disk of the node; `public_key`: a file."""
        self._node = node
        self._recordings = recordings
        self._outgoing = outgoing
        self._store = store
        self._public_key = public_key
        self._ids = ids
        self._reached = reached
        self._problems: list[str] = []

    def look(self) -> Round:
        """Take what Asterisk has finished, seal it, hand on what is sealed; leftovers of a killed agent first."""
        self._problems = []
        self._outgoing.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (unreadable := self._why_closed()) is not None:
            return Round(0, 0, (unreadable,))
        taken = [*self._taken(), *self._take()]
        sealed = self._seal_all(taken)
        return Round(sealed, self._hand_on_all(), tuple(self._problems))

    def warnings(self) -> tuple[str, ...]:
        """What is wrong with the node's folders, to be told once at start."""
        if is_in_memory(self._recordings):
            return ()
        sentence = (
            f"録音の作業場所 {self._recordings} がメモリー上にありません。封印前の音声がディスクに書かれます。"
            "ノードの設定の recordings に tmpfs の場所を指定してください。"
        )
        return (sentence,)

    def _why_closed(self) -> str | None:
        """A folder that is not there or closed to us looks empty otherwise, and a day's recordings would lie unsealed."""
        for folder in (self._recordings, self._outgoing):
            try:
                next(folder.iterdir(), None)
            except OSError as error:
                return (
                    f"{folder} を読めません({error.strerror})。通話の録音を封印できません。フォルダーがあるか確かめ、"
                    "録音係を root か asterisk のユーザーで動かしてください。"
                )
        return None

    def _take(self) -> Iterator[Path]:
        for path in sorted(self._recordings.glob("*.wav")):
            if _ids_in(path, 1) is None:
                self._problems.append(f"{path} の名前は通話のIDではありません。録音でなければ消してください。")
            elif (taken := self._trying(path, self._take_one, self._recordings)) is not None:
                yield taken

    def _take_one(self, path: Path) -> Path | None:
        with path.open("rb") as file:
            if is_being_written(file):
                return None
        taken = path.with_name(f"{path.stem}.{self._ids.new()}{_TAKEN}")
        path.rename(taken)
        self._reached("taken")
        return taken

    def _seal_all(self, taken: list[Path]) -> int:
        if not taken:
            return 0
        try:
            key = load_public(self._public_key)
        except KeyUnusable as error:
            self._problems.append(f"録音{len(taken)}件を封印できず、作業場所に残しています。{error}")
            return 0
        return sum(self._trying(path, lambda path: self._seal(path, key), self._outgoing) is True for path in taken)

    def _taken(self) -> list[Path]:
        return [path for path in sorted(self._recordings.glob(f"*{_TAKEN}")) if _ids_in(path, 2) is not None]

    def _seal(self, taken: Path, key: PublicKey) -> bool:
        attempt_id, recording_id = (UUID(part) for part in taken.name.split(".")[:2])
        with taken.open("rb") as plain:
            # Whoever opened it before it was renamed still writes here.
            if is_being_written(plain):
                return False
            sound = look_at(plain)
            # Asterisk writes until the call's last moment.
            ended_at = datetime.fromtimestamp(os.fstat(plain.fileno()).st_mtime, UTC)
            began_at = ended_at - timedelta(milliseconds=sound.milliseconds)
            facts = Facts(recording_id, attempt_id, self._node, began_at, ended_at, sound.milliseconds)
            _write_sealed(self._outgoing / f"{recording_id}{SUFFIX}", plain, sound, facts, key)
        self._reached("sealed")
        remove_for_good(taken)
        self._reached("removed")
        return True

    def _hand_on_all(self) -> int:
        # Its plain one is still there: sealing was cut short, and is done anew.
        unfinished = {f"{path.name.split('.')[1]}{SUFFIX}" for path in self._taken()}
        ready = [path for path in sorted(self._outgoing.glob(f"*{SUFFIX}")) if _ids_in(path, 1) is not None]
        ready = [path for path in ready if path.name not in unfinished]
        return sum(self._trying(path, self._hand_on, self._store.incoming) is True for path in ready)

    def _hand_on(self, sealed: Path) -> bool:
        self._store.deliver(sealed)
        self._reached("delivered")
        remove_for_good(sealed)
        self._reached("handed on")
        return True

    def _trying(self, path: Path, action: Callable[[Path], Done], into: Path) -> Done | None:
        """One file's trouble keeps no other waiting; the file stays as it is and is tried again."""
        try:
            return action(path)
        except CopyDiffers:
            self._problems.append(
                f"{path.name} を保管先へ写しましたが、内容が一致しません。元は残しています。保管先のディスクを調べてください。"
            )
        except OSError as error:
            self._problems.append(_told(path, into, error))
        return None


def _write_sealed(target: Path, plain: BinaryIO, sound: Sound, facts: Facts, key: PublicKey) -> None:
    """Seal a recording to a file and read it back with the file's own key, which is known in this moment alone."""
    file_key = b""

    def write(file: BinaryIO) -> None:
        nonlocal file_key
        file_key = seal(as_wav(plain, sound), file, facts, key)

    def prove(file: BinaryIO) -> None:
        try:
            same = sha256(SealedRecording(file, file_key).read()) == sha256(as_wav(plain, sound))
        except RecordingDamaged:
            same = False
        if not same:
            raise OSError(errno.EIO, "封印した録音を読み返すと元と違います", str(target))

    write_whole(target, write, prove)


def _ids_in(path: Path, count: int) -> list[UUID] | None:
    """The ids a file's name begins with; None where it is a name of somebody else's."""
    parts = path.name.split(".")
    try:
        return [UUID(part) for part in parts[:-1]] if len(parts) == count + 1 else None
    except ValueError:
        return None


def _told(path: Path, into: Path, error: OSError) -> str:
    if error.errno in _FULL:
        return f"{path.name} を保存できません。{into} のディスクに空きがありません。録音は残しています。空きを作ってください。"
    if isinstance(error, PermissionError):
        return f"{path.name} を扱う権限がありません({into})。録音係を root か asterisk のユーザーで動かしてください。"
    return f"{path.name} を {into} に保存できません({error.strerror})。録音は残し、繰り返し試します。"
