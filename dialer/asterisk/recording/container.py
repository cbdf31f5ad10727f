"""The sealed recording: one file that only the holder of a private key can read, and nobody can change unnoticed.

Layout, version 1, numbers big-endian:

    8   b"TSUNAREC"
    1   version, 1
    8   id of the wrapping key
    2   length of the facts
    n   the facts: JSON (UTF-8), readable without a key and bound to everything else
    32  ephemeral X25519 public key
    48  the file's key, wrapped (see keys.py); everything above is its associated data
    …   the sound in chunks of 64 KiB, the last one shorter: AES-256-GCM, 16 bytes of tag each

A chunk's nonce is its number (11 bytes) and a byte that is 1 for the last chunk alone, its associated data the SHA-256 of
all that precedes the chunks. So a changed, swapped or missing chunk, and an end cut off at any byte, is noticed, and any
part of the sound can be read by itself. This is the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár: Online
Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance, CRYPTO 2015) in the shape age gives it
(age-encryption.org/v1, "Payload"). An empty recording is one empty last chunk.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from casefile.errors import TsunagaruError
from dialer.asterisk.recording.keys import (
    EPHEMERAL_BYTES,
    FILE_KEY_BYTES,
    KEY_ID_BYTES,
    WRAPPED_BYTES,
    KeyRing,
    PublicKey,
    WrongKey,
)

MAGIC = b"TSUNAREC"
VERSION = 1
CHUNK = 64 * 1024
TAG = 16
SUFFIX = ".tsr"
_FIXED = len(MAGIC) + 1 + KEY_ID_BYTES + 2


class RecordingDamaged(TsunagaruError):
    """What lies there is not what was sealed."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"この録音は再生できません({why})。保存後に変更されたか、途中で切れています。バックアップから戻してください。"
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """What may be known of a recording without hearing it. No person is named: the attempt's id leads to the case."""

    recording_id: UUID
    attempt_id: UUID
    node: str
    began_at: datetime
    ended_at: datetime
    milliseconds: int

    def to_bytes(self) -> bytes:
        plain = {
            "recording": str(self.recording_id),
            "attempt": str(self.attempt_id),
            "node": self.node,
            "began": self.began_at.astimezone(UTC).isoformat(),
            "ended": self.ended_at.astimezone(UTC).isoformat(),
            "milliseconds": self.milliseconds,
        }
        return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, text: bytes) -> Facts:
        """Raises RecordingDamaged for anything `to_bytes` does not write."""
        try:
            plain = json.loads(text)
            facts = cls(
                UUID(plain["recording"]),
                UUID(plain["attempt"]),
                str(plain["node"]),
                datetime.fromisoformat(plain["began"]),
                datetime.fromisoformat(plain["ended"]),
                int(plain["milliseconds"]),
            )
            # Whoever forged it: what the books can not hold would keep every other recording waiting.
            if facts.to_bytes() != text or not facts.node.isprintable() or not 0 <= facts.milliseconds < 2**31:
                raise ValueError
            return facts
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            raise RecordingDamaged("見出しが読めません") from None


@dataclass(frozen=True, slots=True)
class Label:
    """The readable front of a sealed recording; believed only as far as whoever could write the file is."""

    key_id: str
    facts: Facts


def seal(sound: Iterable[bytes], target: BinaryIO, facts: Facts, public_key: PublicKey) -> bytes:
    """Write `sound` sealed to `target`; returns the file's own key, for reading back what was written."""
    told = facts.to_bytes()
    front = MAGIC + bytes([VERSION]) + bytes.fromhex(public_key.key_id) + len(told).to_bytes(2, "big") + told
    file_key = AESGCM.generate_key(8 * FILE_KEY_BYTES)
    ephemeral, wrapped = public_key.wrap(file_key, front)
    header = front + ephemeral + wrapped
    target.write(header)
    cipher, bound = AESGCM(file_key), hashlib.sha256(header).digest()
    for number, chunk, last in _chunks(sound):
        target.write(cipher.encrypt(_nonce(number, last=last), chunk, bound))
    return file_key


def read_label(file: BinaryIO) -> Label:
    """Whose recording this is, without a key. Raises RecordingDamaged."""
    file.seek(0)
    key_id, facts, _ = _read_front(file)
    return Label(key_id, facts)


class SealedRecording:
    """An open sealed recording. `length` is that of the sound in bytes; any part of it can be read."""

    def __init__(self, file: BinaryIO, file_key: bytes) -> None:
        """Open with the file's own key. Raises RecordingDamaged when the header or the end is not the one sealed."""
        file.seek(0)
        _, self.facts, front = _read_front(file)
        header = front + file.read(EPHEMERAL_BYTES + WRAPPED_BYTES)
        self._file = file
        self._start = len(header)
        self._cipher, self._bound = AESGCM(file_key), hashlib.sha256(header).digest()
        body = file.seek(0, os.SEEK_END) - self._start
        self._count = max(1, -(-body // (CHUNK + TAG)))
        self.length = body - TAG * self._count
        # The end proves itself before anything else is believed.
        if self.length < CHUNK * (self._count - 1) or not (self._chunk(self._count - 1) or self._count == 1):
            raise RecordingDamaged("終わりがありません")

    def read(self, first: int = 0, after: int | None = None) -> Iterator[bytes]:
        """The sound from byte `first` up to `after` (not included), a chunk at a time. Raises RecordingDamaged."""
        stop = self.length if after is None else min(after, self.length)
        for number in range(first // CHUNK, -(-stop // CHUNK)):
            begins = number * CHUNK
            part = self._chunk(number)[max(first - begins, 0) : stop - begins]
            if part:
                yield part

    def _chunk(self, number: int) -> bytes:
        self._file.seek(self._start + number * (CHUNK + TAG))
        try:
            return self._cipher.decrypt(
                _nonce(number, last=number == self._count - 1), self._file.read(CHUNK + TAG), self._bound
            )
        except (InvalidTag, ValueError):
            raise RecordingDamaged("内容が封印したときと違います") from None


def open_sealed(file: BinaryIO, keys: KeyRing) -> SealedRecording:
    """Open with the office's private keys. Raises RecordingDamaged, or KeyUnusable when the private key is not here."""
    file.seek(0)
    key_id, _, front = _read_front(file)
    ephemeral, wrapped = file.read(EPHEMERAL_BYTES), file.read(WRAPPED_BYTES)
    try:
        file_key = keys.unwrap(key_id, ephemeral, wrapped, front)
    except WrongKey:
        raise RecordingDamaged("鍵が合いません") from None
    return SealedRecording(file, file_key)


def _read_front(file: BinaryIO) -> tuple[str, Facts, bytes]:
    fixed = file.read(_FIXED)
    if len(fixed) < _FIXED or not fixed.startswith(MAGIC):
        raise RecordingDamaged("録音のファイルではありません")
    if fixed[len(MAGIC)] != VERSION:
        raise RecordingDamaged("この版では読めない形式です")
    length = int.from_bytes(fixed[-2:], "big")
    told = file.read(length)
    if len(told) < length:
        raise RecordingDamaged("見出しが途中で切れています")
    return fixed[len(MAGIC) + 1 : -2].hex(), Facts.from_bytes(told), fixed + told


def _chunks(sound: Iterable[bytes]) -> Iterator[tuple[int, bytes, bool]]:
    """Chunks of one size however the sound comes in, the last one told by the end itself."""
    held = bytearray()
    number = 0
    for piece in sound:
        held += piece
        # A full chunk waits until it is known that something follows it.
        while len(held) > CHUNK:
            yield number, bytes(held[:CHUNK]), False
            del held[:CHUNK]
            number += 1
    yield number, bytes(held), True


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
