"""The WAV file Asterisk writes, also when it was killed before it could finish its header."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_BLOCK = 64 * 1024
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
_TELEPHONE = (1, 8_000, 16)


@dataclass(frozen=True, slots=True)
class Sound:
    """Uncompressed sound: where it begins in its file and how long it is (bytes), with whole samples only."""

    begins: int
    length: int
    channels: int
    rate: int
    bits: int

    @property
    def milliseconds(self) -> int:
        return self.length * 1000 // (self.rate * self.channels * self.bits // 8)

    def header(self) -> bytes:
        """The header of a finished WAV file of this sound."""
        frame = self.channels * self.bits // 8
        return _HEADER.pack(
            *(b"RIFF", 36 + self.length, b"WAVE", b"fmt ", 16, 1, self.channels, self.rate, self.rate * frame),
            *(frame, self.bits, b"data", self.length),
        )


def look_at(file: BinaryIO) -> Sound:
    """What sound a file holds. The lengths its header claims are not believed: a killed Asterisk never wrote them.

    A file without a whole header holds nothing that could be heard.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    channels, rate, bits = _TELEPHONE
    front = file.read(12)
    while len(front) == 12 and front[:4] == b"RIFF" and front[8:] == b"WAVE":
        chunk = file.read(8)
        if len(chunk) < 8:
            break
        name, length = chunk[:4], int.from_bytes(chunk[4:], "little")
        if name == b"data":
            frame = channels * bits // 8
            begins = file.tell()
            return Sound(begins, (size - begins) // frame * frame, channels, rate, bits)
        body = file.read(length + length % 2)
        if name == b"fmt " and len(body) >= 16:
            _, channels, rate, _, _, bits = struct.unpack("<HHIIHH", body[:16])
            if not (channels and rate and bits >= 8):
                break
    return Sound(size, 0, *_TELEPHONE)


def as_wav(file: BinaryIO, sound: Sound) -> Iterator[bytes]:
    """The file as a finished WAV: a true header, then its sound."""
    yield sound.header()
    file.seek(sound.begins)
    left = sound.length
    while left and (block := file.read(min(left, _BLOCK))):
        left -= len(block)
        yield block
