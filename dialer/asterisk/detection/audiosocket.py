"""The door through which a node's audio reaches a listener: Asterisk's AudioSocket, one connection a line.

The node opens a channel of its own that only listens in on the resident's (ChanSpy), so that a slow, broken or absent
listener can't harm the call. The protocol: https://docs.asterisk.org/Configuration/Channel-Drivers/AudioSocket/ (a byte of
kind, two of length, big-endian, then as much; 0x01 the call's id, 0x10 sound of 8 kHz and 16 bit, 0x00 the end).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

import structlog

from dialer.asterisk.detection.sound import FRAME, Sound, from_pcm

T = TypeVar("T")
Said = TypeVar("Said")
Says = TypeVar("Says", covariant=True)


_END, _ID, _SOUND = 0x00, 0x01, 0x10
_FRAME_BYTES = FRAME * 2
_FIRST_WORD_SECONDS = 5.0
_log = structlog.get_logger(__name__)


class Listens(Protocol[Says]):
    """Hears one line, frame by frame, from the server's thread."""

    def hear(self, frame: Sound) -> Says | None:
        """Take 20 ms of sound; says something when there is something to say."""
        ...

    @property
    def done(self) -> bool:
        """Nothing more will be said."""
        ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a line is listened to, in seconds: `mute` without a sound of it, `longest` in all."""

    mute: float = 10.0
    longest: float = 90.0


class AudioSocketServer(Generic[Said]):
    """Each connection gets a listener of its own, made from the attempt's id, and is let go once that one is done, or at once
    where there is none for it. `heard` is told, from the server's own thread, which attempt and what."""

    def __init__(
        self,
        new_listener: Callable[[UUID], Listens[Said] | None],
        heard: Callable[[UUID, Said], None],
        host: str = "127.0.0.1",
        patience: Patience | None = None,
    ) -> None:
        self._new_listener = new_listener
        self._heard = heard
        self._host = host
        self._patience = patience or Patience()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="audiosocket", daemon=True)
        self._lines: dict[asyncio.Task[None], UUID | None] = {}
        self._server: asyncio.Server | None = None

    def start(self, port: int = 0) -> str:
        """Open the door; returns `host:port`, which is what the dialplan wants in the channel variable LISTENER."""
        self._thread.start()
        self._server = self._do(asyncio.start_server(self._line, self._host, port))
        return "{}:{}".format(*self._server.sockets[0].getsockname()[:2])

    @property
    def lines(self) -> int:
        """Lines listened to now."""
        return len(self._lines)

    def let_go(self, attempt_id: UUID) -> None:
        """Listen no longer to the line of this attempt; returns at once."""
        self._loop.call_soon_threadsafe(self._let_go, attempt_id)

    def close(self) -> None:
        """Let go of every line and end the thread."""
        if not self._thread.is_alive():
            self._loop.close()
            return
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_FIRST_WORD_SECONDS)

    async def _end(self) -> None:
        if self._server is not None:
            self._server.close()
        lines = list(self._lines)
        for line in lines:
            line.cancel()
        await asyncio.gather(*lines, return_exceptions=True)

    def _let_go(self, attempt_id: UUID) -> None:
        for line, heard_of in list(self._lines.items()):
            if heard_of == attempt_id:
                line.cancel()

    async def _line(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._lines[task] = None
        try:
            async with asyncio.timeout(self._patience.longest):
                await self._listen(task, reader)
        except asyncio.CancelledError:
            # We let go of it ourselves; whoever keeps the stream would take that for a failure.
            _log.debug("line_let_go", reason="no longer wanted")
        except asyncio.IncompleteReadError:
            _log.debug("line_let_go", reason="it has ended")
        except (TimeoutError, OSError, ValueError) as failure:
            _log.info("line_let_go", reason=type(failure).__name__)
        finally:
            del self._lines[task]
            writer.write(bytes((_END, 0, 0)))
            writer.close()

    async def _listen(self, task: asyncio.Task[None], reader: asyncio.StreamReader) -> None:
        kind, payload = await _packet(reader, _FIRST_WORD_SECONDS)
        if kind != _ID:
            raise ValueError("the first packet is not the call's id")
        attempt_id, sound = UUID(bytes=payload), b""
        self._lines[task] = attempt_id
        listener = self._new_listener(attempt_id)
        while listener is not None and not listener.done:
            kind, payload = await _packet(reader, self._patience.mute)
            if kind == _END:
                return
            sound += payload if kind == _SOUND else b""
            while len(sound) >= _FRAME_BYTES and not listener.done:
                heard = listener.hear(from_pcm(sound[:_FRAME_BYTES]))
                sound = sound[_FRAME_BYTES:]
                if heard is not None:
                    self._heard(attempt_id, heard)


async def _packet(reader: asyncio.StreamReader, within: float) -> tuple[int, bytes]:
    async with asyncio.timeout(within):
        head = await reader.readexactly(3)
        return head[0], await reader.readexactly(int.from_bytes(head[1:], "big"))


def listening_in(attempt_id: UUID, channel: str, door: str) -> dict[str, str]:
    """The headers of the AMI action Originate that lets the server at `door` (`host:port`) hear what the resident says.

    The channel it makes hears that one channel only, says nothing into it, and ends with it. To be sent once the line is
    answered, or while it still sounds before that (early media).
    """
    return {
        "Channel": f"AudioSocket/{door}/{attempt_id}",
        "Application": "ChanSpy",
        # q: no beep; o: only what comes from this channel; S, E: over when nothing is left to hear.
        "Data": f"{channel},qoSE",
        "Async": "true",
        "Timeout": "2000",
    }
