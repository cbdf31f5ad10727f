"""pyVoIP's RTP client, mended, and the one thread of a process that keeps time for all of them.

Measured of pyVoIP 1.6.8, each with a test in tests/unit/rehearsal/test_sip_media.py: an empty datagram ends its receiver;
a jump of the time stamp allocates as much memory as the jump is wide; what was received and sent is kept for ever (58
MB/h); the sequence number breaks the packet at 65,536; a key of which the first packet is lost is lost, and one with
several marked packets comes several times. Two threads a call collapse at 120 calls; one thread for all does not care.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from rehearsal.sip.library import PayloadType, RTPClient
from rehearsal.sip.sound import FRAME, FRAME_SECONDS, RATE, SILENCE, dbfs, power

HEARING_SECONDS = 5.0
"""How much of what was received can be listened to afterwards; the older part is let go."""
VOICE_DBFS = -40.0
_HEADER = struct.Struct("!BBHII")
_EVENT = struct.Struct("!BBH")
_KEYS = "0123456789*#ABCD"
_KEY_FRAMES = 5
_KEY_PAUSE_FRAMES = 4
_MOST_PER_TICK = 50
_LARGEST_GAP = 500
_ONSET_QUIET_FRAMES = 10
_MOST_ONSETS = 200
# Linux: the kernel's own time of arrival goes along with a datagram (socket(7), SO_TIMESTAMPNS).
_SO_TIMESTAMPNS = 35
_TIMESPEC = struct.Struct("ll")


@dataclass(slots=True)
class Hearing:
    """What one end of a call received. Times are seconds of the machine's clock (epoch)."""

    packets: int = 0
    lost: int = 0
    late: int = 0
    unreadable: int = 0
    first_at: float | None = None
    first_voice_at: float | None = None
    voiced_frames: int = 0
    power_sum: float = 0.0
    voiced_power_sum: float = 0.0
    jitter_ms: float = 0.0
    keys: str = ""
    onsets: list[float] = field(default_factory=list)
    """When sound began after a silence of 0.2 s; the first 200."""

    @property
    def level_dbfs(self) -> float:
        """Mean level of the frames in which something was to be heard."""
        return dbfs(self.voiced_power_sum / self.voiced_frames) if self.voiced_frames else dbfs(0.0)

    @property
    def voiced_seconds(self) -> float:
        return self.voiced_frames * FRAME_SECONDS

    @property
    def loss_share(self) -> float:
        """Lost packets among those that were sent to us."""
        return self.lost / (self.packets + self.lost) if self.packets else 0.0


class Stream(RTPClient):  # type: ignore[misc]  # pyVoIP's own types are wrong
    """Sound both ways of one call: what is written is sent in time, silence otherwise; what comes is counted and measured.

    `holding` is the bound socket; the stream closes it. Payload is μ-law as it goes over the line, never converted.
    """

    outTimestamp: int  # noqa: N815
    outSequence: int  # noqa: N815

    def __init__(
        self,
        pump: MediaPump,
        holding: socket.socket,
        codecs: dict[int, PayloadType],
        far: tuple[str, int],
        key_pressed: Callable[[str], None] | None = None,
    ) -> None:
        host, port = holding.getsockname()
        super().__init__(codecs, host, port, far[0], far[1], "sendrecv", dtmf=key_pressed)
        holding.setblocking(False)
        try:
            holding.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        except OSError:
            pass
        self.sin = self.sout = holding
        self.hearing = Hearing()
        self.started = False
        self.sent = 0
        self.send_onsets: list[float] = []
        self._pump = pump
        self._event_type = next((number for number, kind in codecs.items() if kind is PayloadType.EVENT), None)
        self._voice_type = next(number for number, kind in codecs.items() if kind is PayloadType.PCMU)
        self._lock = threading.Lock()
        self._to_send = bytearray()
        self._keys_to_send: deque[str] = deque()
        self._key_frame = 0
        self._key_began = 0
        self._heard: deque[bytes] = deque(maxlen=round(HEARING_SECONDS / FRAME_SECONDS))
        self._highest: int | None = None
        self._source: int | None = None
        self._last_key: int | None = None
        self._transit: float | None = None
        self._quiet_frames = _ONSET_QUIET_FRAMES
        self._was_sending = False

    # -- in place of pyVoIP's two threads ----------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to send and to listen; a second time changes nothing (pyVoIP would bind the port again)."""
        if not self.started:
            self.started = True
            self._pump.add(self)

    def stop(self) -> None:
        self.NSD = False
        self._pump.remove(self)
        self.sin.close()

    def tick(self) -> None:
        """20 ms have gone by: take what came, send one packet."""
        self._receive()
        self._transmit()

    # -- sending -----------------------------------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Say this μ-law sound after what is still to be said."""
        with self._lock:
            self._to_send += data

    def be_quiet(self) -> None:
        """Leave unsaid what is still to be said."""
        with self._lock:
            self._to_send.clear()
            self._keys_to_send.clear()

    def press(self, keys: str) -> None:
        """Send keys as telephone-events (RFC 4733), after one another. Raises ValueError for what is no key."""
        if not set(keys) <= set(_KEYS):
            raise ValueError(f"{keys!r} are not keys of a telephone")
        if self._event_type is None:
            raise ValueError("the far end takes no keys")
        with self._lock:
            self._keys_to_send.extend(keys)

    @property
    def speaking(self) -> bool:
        with self._lock:
            return bool(self._to_send or self._keys_to_send)

    def _transmit(self) -> None:
        with self._lock:
            key = self._keys_to_send[0] if self._keys_to_send else None
            voice = b"" if key is not None else bytes(self._to_send[:FRAME])
            del self._to_send[: len(voice)]
        if key is not None:
            self._transmit_key(key)
        else:
            self._note_onset(voice)
            self._packet(self._voice_type, False, self.outTimestamp, voice.ljust(FRAME, SILENCE))
        self.outTimestamp = (self.outTimestamp + FRAME) & 0xFFFFFFFF

    def _transmit_key(self, key: str) -> None:
        frame, self._key_frame = self._key_frame, self._key_frame + 1
        assert self._event_type is not None
        if frame == 0:
            self._key_began = self.outTimestamp
        if frame <= _KEY_FRAMES:
            # The last packet of a key is sent three times, so that its end is not lost (RFC 4733 §2.5.1.4).
            last = frame == _KEY_FRAMES
            event = _EVENT.pack(_KEYS.index(key), (0x80 if last else 0) | 10, (min(frame, 4) + 1) * FRAME)
            for _ in range(3 if last else 1):
                self._packet(self._event_type, frame == 0, self._key_began, event)
        elif frame >= _KEY_FRAMES + _KEY_PAUSE_FRAMES:
            self._key_frame = 0
            with self._lock:
                if self._keys_to_send:
                    self._keys_to_send.popleft()

    def _note_onset(self, voice: bytes) -> None:
        sends = bool(voice) and dbfs(power(voice)) > VOICE_DBFS
        if sends and not self._was_sending and len(self.send_onsets) < _MOST_ONSETS:
            self.send_onsets.append(time.time())
        self._was_sending = sends

    def _packet(self, kind: int, marker: bool, timestamp: int, payload: bytes) -> None:
        header = _HEADER.pack(0x80, (0x80 if marker else 0) | kind, self.outSequence, timestamp, self.outSSRC)
        self.outSequence = (self.outSequence + 1) & 0xFFFF
        try:
            self.sout.sendto(header + payload, (self.outIP, self.outPort))
        except OSError:
            return
        self.sent += 1

    # -- receiving ---------------------------------------------------------------------------------------------------

    def read(self, length: int = FRAME, blocking: bool = False) -> bytes:
        """The oldest received sound that is still kept; silence fills what is missing. Never waits."""
        del blocking
        taken = b""
        with self._lock:
            while self._heard and len(taken) < length:
                taken += self._heard.popleft()
            if len(taken) > length:
                self._heard.appendleft(taken[length:])
        return taken[:length].ljust(length, SILENCE)

    def _receive(self) -> None:
        for _ in range(_MOST_PER_TICK):
            try:
                packet, ancillary, _, _ = self.sin.recvmsg(2048, 64)
            except OSError:
                return
            try:
                self.parse_packet(packet, _arrival(ancillary))
            except (struct.error, IndexError):
                self.hearing.unreadable += 1

    def parse_packet(self, packet: bytes, at: float | None = None) -> None:
        """Take one datagram; whatever it holds, nothing but its own sound is kept."""
        moment = time.time() if at is None else at
        first, second, sequence, timestamp, source = _HEADER.unpack_from(packet)
        if first >> 6 != 2:
            self.hearing.unreadable += 1
            return
        kind = second & 0x7F
        start = _HEADER.size + 4 * (first & 0x0F)
        if first & 0x10:
            start += 4 + 4 * int.from_bytes(packet[start + 2 : start + 4])
        payload = packet[start : len(packet) - packet[-1] if first & 0x20 else None]
        if not self._count(sequence, source):
            return
        if kind == self._event_type:
            self._take_key(payload, timestamp)
        elif kind == self._voice_type and payload:
            self._take_voice(payload, timestamp, moment)
        else:
            self.hearing.unreadable += 1

    def _count(self, sequence: int, source: int) -> bool:
        """Whether the packet is new; holes in the sequence are counted as lost until they are filled.

        Another source, or a jump of more than ten seconds, begins to count anew: a bridge lets another speak.
        """
        hearing = self.hearing
        ahead = (sequence - self._highest) & 0xFFFF if self._highest is not None else 1
        behind = 0x10000 - ahead
        if source != self._source or min(ahead, behind) > _LARGEST_GAP:
            self._source, ahead = source, 1
        elif ahead == 0:
            return False
        elif behind <= _LARGEST_GAP:
            hearing.late += 1
            hearing.lost = max(0, hearing.lost - 1)
            return False
        hearing.lost += ahead - 1
        hearing.packets += 1
        self._highest = sequence
        return True

    def _take_key(self, payload: bytes, timestamp: int) -> None:
        event, _, _ = _EVENT.unpack_from(payload)
        if timestamp == self._last_key or event >= len(_KEYS):
            return
        self._last_key = timestamp
        self.hearing.keys += _KEYS[event]
        if self.dtmf is not None:
            self.dtmf(_KEYS[event])

    def _take_voice(self, payload: bytes, timestamp: int, at: float) -> None:
        hearing = self.hearing
        if hearing.first_at is None:
            hearing.first_at = at
        self._measure_jitter(timestamp, at)
        loudness = power(payload)
        hearing.power_sum += loudness
        if dbfs(loudness) > VOICE_DBFS:
            hearing.voiced_frames += 1
            hearing.voiced_power_sum += loudness
            if hearing.first_voice_at is None:
                hearing.first_voice_at = at
            if self._quiet_frames >= _ONSET_QUIET_FRAMES and len(hearing.onsets) < _MOST_ONSETS:
                hearing.onsets.append(at)
            self._quiet_frames = 0
        else:
            self._quiet_frames += 1
        with self._lock:
            self._heard.append(payload)

    @property
    def quiet_seconds(self) -> float:
        """For how long nothing was to be heard from the far end, by the packets that came."""
        return self._quiet_frames * FRAME_SECONDS

    def _measure_jitter(self, timestamp: int, at: float) -> None:
        """Interarrival jitter (RFC 3550 §6.4.1), in milliseconds."""
        transit = at - timestamp / RATE
        if self._transit is not None and abs(transit - self._transit) < 1:
            change = abs(transit - self._transit) * 1000
            self.hearing.jitter_ms += (change - self.hearing.jitter_ms) / 16
        self._transit = transit


class MediaPump:
    """One thread that gives every stream its 20 ms. Steps that come too late are made up, up to a fifth of a second."""

    def __init__(self) -> None:
        self._streams: list[Stream] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self.steps = 0
        self.skipped = 0
        self.failures = 0

    def add(self, stream: Stream) -> None:
        with self._lock:
            self._streams.append(stream)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="media", daemon=True)
                self._thread.start()

    def remove(self, stream: Stream) -> None:
        with self._lock:
            if stream in self._streams:
                self._streams.remove(stream)

    def close(self) -> None:
        """Returns when the thread is gone."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join(2)

    @property
    def streams(self) -> int:
        with self._lock:
            return len(self._streams)

    def _run(self) -> None:
        due = time.monotonic()
        while not self._closing.wait(max(0.0, due - time.monotonic())):
            with self._lock:
                streams = tuple(self._streams)
            for stream in streams:
                try:
                    stream.tick()
                except Exception:
                    # One call's trouble is no other's; a closed socket among them.
                    self.failures += 1
            self.steps += 1
            due += FRAME_SECONDS
            behind = time.monotonic() - due
            if behind > 0.2:
                self.skipped += int(behind / FRAME_SECONDS)
                due = time.monotonic()


def _arrival(ancillary: list[tuple[int, int, bytes]]) -> float:
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(data) >= _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack_from(data)
            return float(seconds + nanoseconds / 1e9)
    return time.time()
