"""What a WAV file holds, however far Asterisk came with it."""

from __future__ import annotations

import io
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.asterisk.recording.sound import as_wav, look_at

FRAMES = bytes(range(200)) * 80


def wav(frames: bytes = FRAMES, rate: int = 8000) -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as written:
        written.setparams((1, 2, rate, 0, "NONE", "NONE"))
        written.writeframes(frames)
    return target.getvalue()


def played(file: bytes) -> bytes:
    opened = io.BytesIO(file)
    finished = io.BytesIO(b"".join(as_wav(opened, look_at(opened))))
    with wave.open(finished) as sound:
        assert (sound.getnchannels(), sound.getsampwidth()) == (1, 2)
        return bytes(sound.readframes(sound.getnframes()))


def test_a_finished_file_is_as_it_was() -> None:
    file = wav()
    opened = io.BytesIO(file)
    sound = look_at(opened)
    assert sound.milliseconds == 1_000
    assert b"".join(as_wav(opened, sound)) == file


@pytest.mark.parametrize("claimed", [0, 100, 2**32 - 1])
def test_the_length_in_the_header_of_a_killed_asterisk_is_not_believed(claimed: int) -> None:
    file = bytearray(wav())
    file[40:44] = claimed.to_bytes(4, "little")
    assert played(bytes(file)) == FRAMES


@pytest.mark.parametrize("length", range(60))
def test_a_file_that_ended_early_gives_what_is_there(length: int) -> None:
    assert played(wav()[:length]) == FRAMES[: max(length - 44, 0) // 2 * 2]


def test_other_chunks_and_rates_are_understood() -> None:
    file = wav(rate=16_000)
    with_list = file[:36] + b"LIST" + (4).to_bytes(4, "little") + b"abcd" + file[36:]
    opened = io.BytesIO(with_list)
    assert look_at(opened).milliseconds == 500
    assert played(with_list) == FRAMES


@given(st.binary(max_size=300))
def test_anything_else_is_silence(junk: bytes) -> None:
    for file in (junk, b"RIFF\0\0\0\0WAVE" + junk):
        look_at(io.BytesIO(file))
    assert look_at(io.BytesIO(b"x" + junk)).length == 0
