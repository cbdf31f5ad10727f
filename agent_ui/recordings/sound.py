"""Sound over HTTP: opened, read and sent a chunk at a time, so that no plain sound ever lies on a disk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from flask import Response

from dialer.asterisk.recording.container import SealedRecording

_RANGE = re.compile("bytes=([0-9]{0,15})-([0-9]{0,15})")


@dataclass(frozen=True, slots=True)
class Sound:
    """An open recording; whoever sends it closes it."""

    file: BinaryIO
    sealed: SealedRecording


def answer(sound: Sound, wanted: str | None) -> Response:
    """The whole sound, or the part a Range header asks for (RFC 9110 §14): 200, 206 or 416.

    Several ranges at once, and what is no range of bytes, get the whole; an interrupted transfer ends short of its
    Content-Length, which a browser takes for an error, never for the end.
    """
    length = sound.sealed.length
    part = _part(wanted, length)
    first, after = part or (0, length)
    if part is not None and first >= after:
        sound.file.close()
        return Response(status=416, headers={"Content-Range": f"bytes */{length}"})
    response = Response(_sent(sound, first, after), status=206 if part else 200, mimetype="audio/wav")
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Content-Length"] = str(after - first)
    response.headers["Content-Disposition"] = "inline"
    if part is not None:
        response.headers["Content-Range"] = f"bytes {first}-{after - 1}/{length}"
    # Also where nobody reads a byte of it.
    response.call_on_close(sound.file.close)
    return response


def _part(wanted: str | None, length: int) -> tuple[int, int] | None:
    """First byte and the one after the last, empty where it lies outside; None: no part was asked for."""
    found = _RANGE.fullmatch(wanted or "")
    if found is None:
        return None
    first, last = found.groups()
    if not first:
        return (max(length - int(last), 0), length) if last else None
    if last and int(last) < int(first):
        return None
    return int(first), min(int(last) + 1, length) if last else length


def _sent(sound: Sound, first: int, after: int) -> Iterator[bytes]:
    with sound.file:
        yield from sound.sealed.read(first, after)
