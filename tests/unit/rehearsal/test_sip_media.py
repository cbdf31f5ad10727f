"""pyVoIP's faults of sound, each mended: datagrams are handed in, no socket is opened."""

from __future__ import annotations

import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.sip.library import PayloadType
from rehearsal.sip.media import MediaPump, Stream
from rehearsal.sip.sound import FRAME, SILENCE, dbfs, from_mulaw, power, silence, to_mulaw, tone

CODECS = {0: PayloadType.PCMU, 101: PayloadType.EVENT}
LOUD = tone(1000, 0.02)


class Wire:
    """Stands in for a bound socket: what is to come is handed in, what is sent is kept."""

    def __init__(self) -> None:
        self.coming: list[bytes] = []
        self.sent: list[bytes] = []
        self.closed = False

    def getsockname(self) -> tuple[str, int]:
        return "127.0.0.1", 4000

    def setblocking(self, flag: bool) -> None:
        """It never waits."""

    def setsockopt(self, *_: int) -> None:
        """It has no options."""

    def recvmsg(self, size: int, _: int) -> tuple[bytes, list[tuple[int, int, bytes]], int, None]:
        if not self.coming:
            raise BlockingIOError
        return self.coming.pop(0)[:size], [], 0, None

    def sendto(self, data: bytes, _: object) -> None:
        self.sent.append(data)

    def close(self) -> None:
        self.closed = True


def a_stream(keys: list[str] | None = None) -> tuple[Stream, Wire]:
    wire = Wire()
    pressed = keys.append if keys is not None else None
    stream = Stream(MediaPump(), wire, CODECS, ("127.0.0.1", 4002), pressed)  # type: ignore[arg-type]  # a stand-in
    return stream, wire


def rtp(sequence: int, timestamp: int, payload: bytes = LOUD, kind: int = 0, source: int = 7) -> bytes:
    return struct.pack("!BBHII", 0x80, kind, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, source) + payload


@pytest.mark.parametrize("datagram", [b"", b"\x80", b"\0" * 12, b"\xff" * 40, rtp(1, 160, b"\x01", kind=101)])
def test_no_datagram_ends_the_receiver(datagram: bytes) -> None:
    stream, wire = a_stream()
    wire.coming = [rtp(1, 0), datagram, rtp(2, 160)]
    stream.tick()
    stream.tick()
    assert stream.hearing.packets >= 2
    assert stream.hearing.voiced_frames == 2


@given(st.lists(st.binary(max_size=60), max_size=8))
def test_whatever_comes_is_survived(datagrams: list[bytes]) -> None:
    stream, wire = a_stream()
    wire.coming = [*datagrams, rtp(30_000, 0)]
    stream.tick()
    assert stream.hearing.voiced_frames >= 1


def test_a_jump_of_the_time_stamp_takes_no_memory() -> None:
    stream, wire = a_stream()
    wire.coming = [rtp(1, 0)]
    stream.tick()
    tracemalloc.start()
    try:
        wire.coming = [rtp(2, 0x7FFFFFFF), rtp(3, 0xFFFFFFF0)]
        stream.tick()
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()
    assert stream.hearing.voiced_frames == 3


def test_what_was_heard_long_ago_is_not_kept() -> None:
    stream, wire = a_stream()
    tracemalloc.start()
    try:
        for number in range(5_000):
            wire.coming = [rtp(number, number * FRAME)]
            stream.tick()
            wire.sent.clear()
        assert tracemalloc.get_traced_memory()[0] < 250_000
    finally:
        tracemalloc.stop()
    assert (stream.hearing.packets, stream.hearing.lost) == (5_000, 0)
    # Five seconds of it can still be listened to; the rest of what is asked for is silence.
    assert stream.read(10 * 8_000).rstrip(SILENCE) == (LOUD * 250).rstrip(SILENCE)


def test_the_sequence_number_goes_round_on_both_sides() -> None:
    stream, wire = a_stream()
    stream.outSequence, stream.outTimestamp = 0xFFFF, 0xFFFFFFFF - 80
    for sequence in (0xFFFE, 0xFFFF, 0x0000, 0x0001):
        wire.coming = [rtp(sequence, 0)]
        stream.tick()
    assert (stream.hearing.packets, stream.hearing.lost) == (4, 0)
    headers = [struct.unpack("!BBHII", packet[:12]) for packet in wire.sent]
    assert [header[2] for header in headers] == [0xFFFF, 0, 1, 2]
    assert {len(packet) for packet in wire.sent} == {12 + FRAME}
    assert [header[3] for header in headers][:2] == [0xFFFFFFFF - 80, 79]


def test_losses_are_counted_and_late_packets_are_none() -> None:
    stream, wire = a_stream()
    wire.coming = [rtp(number, number * FRAME) for number in (10, 11, 14, 13, 14)]
    stream.tick()
    assert (stream.hearing.packets, stream.hearing.lost, stream.hearing.late) == (3, 1, 1)


@pytest.mark.parametrize("second", [rtp(40_000, 0), rtp(2, 0), rtp(9, 0, source=8)])
def test_another_speaker_is_heard_at_once(second: bytes) -> None:
    """A bridge that lets the operator's packets through begins in the middle of another sequence."""
    stream, wire = a_stream()
    wire.coming = [rtp(10_000, 0), second]
    stream.tick()
    assert (stream.hearing.voiced_frames, stream.hearing.lost) == (2, 0)


def test_each_key_counts_once_even_if_its_first_packet_is_lost() -> None:
    keys: list[str] = []
    stream, wire = a_stream(keys)
    first = [rtp(number, 800, struct.pack("!BBH", 5, 10, 160 * number), kind=101) for number in (2, 3, 4)]
    ends = [rtp(number, 800, struct.pack("!BBH", 5, 0x8A, 800), kind=101) for number in (5, 6, 7)]
    second = [rtp(number, 4000, struct.pack("!BBH", 11, 10, 160), kind=0x80 | 101) for number in (8, 9)]
    wire.coming = [*first, *ends, *second]
    stream.tick()
    assert keys == ["5", "#"]


def test_keys_are_sent_as_events_that_the_other_side_counts_once_each() -> None:
    sender, wire = a_stream()
    keys: list[str] = []
    receiver, other = a_stream(keys)
    sender.press("10*#")
    for _ in range(60):
        sender.tick()
    other.coming = [*wire.sent]
    for _ in range(5):
        receiver.tick()
    assert keys == ["1", "0", "*", "#"]
    assert not sender.speaking
    with pytest.raises(ValueError, match="not keys"):
        sender.press("9x")


def test_the_pace_is_kept_by_the_pump_alone_and_a_stopped_stream_is_closed() -> None:
    stream, wire = a_stream()
    stream.write(tone(1000, 0.1))
    for _ in range(10):
        stream.tick()
    loud = [dbfs(power(packet[12:])) > -20 for packet in wire.sent]
    assert loud == [True] * 5 + [False] * 5
    assert len(stream.send_onsets) == 1
    stream.stop()
    assert wire.closed


def test_silence_level_and_code_of_a_line() -> None:
    wave = np.arange(-32_000, 32_000, 37, dtype=np.int16)
    back = from_mulaw(to_mulaw(wave))
    # G.711: the error grows with the level, one part in sixteen at most beside the smallest step.
    assert np.all(np.abs(back.astype(int) - wave) <= np.abs(wave.astype(int)) / 16 + 8)
    assert to_mulaw(np.zeros(1, np.int16)) == SILENCE
    assert round(dbfs(power(tone(1000, 1, -12)))) == -12
    assert dbfs(power(silence(1))) == -90
