"""Sound in parts over HTTP (RFC 9110 §14), from a sealed recording."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from agent_ui.recordings.sound import Sound, answer
from dialer.asterisk.recording.container import Facts, SealedRecording, seal
from dialer.asterisk.recording.keys import make_keys

SOUND = bytes(range(256)) * 1000
NOON = datetime(2026, 9, 8, 3, tzinfo=UTC)


@pytest.fixture
def sound(tmp_path: Path) -> Sound:
    file = io.BytesIO()
    key = seal([SOUND], file, Facts(UUID(int=1), UUID(int=2), "n", NOON, NOON, 1), make_keys(tmp_path))
    return Sound(file, SealedRecording(file, key))


@pytest.mark.parametrize(
    ("wanted", "status", "first", "after"),
    [
        (None, 200, 0, 256_000),
        ("bytes=0-", 206, 0, 256_000),
        ("bytes=0-0", 206, 0, 1),
        ("bytes=65530-131080", 206, 65_530, 131_081),
        ("bytes=-7", 206, 255_993, 256_000),
        ("bytes=-99999999", 206, 0, 256_000),
        ("bytes=255999-400000", 206, 255_999, 256_000),
        ("bytes=9-3", 200, 0, 256_000),
        ("bytes=0-1,5-6", 200, 0, 256_000),
        ("seconds=1-2", 200, 0, 256_000),
        ("bytes=-", 200, 0, 256_000),
        ("bytes=٣-٤", 200, 0, 256_000),
    ],
)
def test_the_part_that_was_asked_for_comes(
    sound: Sound, wanted: str | None, status: int, first: int, after: int
) -> None:
    found = answer(sound, wanted)
    assert found.status_code == status
    assert b"".join(found.iter_encoded()) == SOUND[first:after]
    assert found.headers["Content-Length"] == str(after - first)
    told = f"bytes {first}-{after - 1}/256000" if status == 206 else None
    assert found.headers.get("Content-Range") == told
    assert sound.file.closed


@pytest.mark.parametrize("wanted", ["bytes=256000-", "bytes=-0", "bytes=999999999999999-"])
def test_what_lies_outside_is_refused(sound: Sound, wanted: str) -> None:
    found = answer(sound, wanted)
    assert (found.status_code, found.headers["Content-Range"]) == (416, "bytes */256000")
    assert sound.file.closed


def test_a_file_is_closed_also_where_nobody_reads(sound: Sound) -> None:
    answer(sound, None).close()
    assert sound.file.closed
