"""What the web room needs of its surroundings, put together by the wiring and handed to `create_app`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Connection

from casefile.clock import Clock
from casefile.db import Database
from casefile.ids import Ids
from dialer.asterisk.recording.keys import KeyRing
from dialer.asterisk.recording.store import Store

if TYPE_CHECKING:
    from redis import ConnectionPool


@dataclass(frozen=True, slots=True)
class SpokenLine:
    """One line a rehearsed resident or machine says, shown where there is no sound: seconds from the answer."""

    second: float
    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class VoiceNode:
    """An Asterisk node to browsers: its name, and the address of its WebSocket (wss://…/ws)."""

    name: str
    wss_url: str


SpeechOf = Callable[[Connection, int, UUID], list[SpokenLine]]


def _no_speech(conn: Connection, municipality_id: int, attempt_id: UUID) -> list[SpokenLine]:
    del conn, municipality_id, attempt_id
    return []


@dataclass(frozen=True, slots=True)
class RecordingShelf:
    """Where sealed recordings lie, and the keys that open them."""

    store: Store
    keys: KeyRing


@dataclass(frozen=True, slots=True)
class PanelContext:
    """Everything the panel is given.

    `secret_key` signs sessions; `secure_cookies` is true behind HTTPS; `speech_of` gives the lines of a rehearsed call
    and nothing on a real line; `open_documents` shows the API's description to whoever asks, for development;
    `sign_in_rate` limits sign-ins from one address, in Flask-Limiter's words; `answer_seconds`: how long a
    request waits for the engine's answer to a command, so that a refusal is told where it was asked;
    `clock_speed`: seconds of the clock in a real one, above 1 only in a demo;
    `screen_grace_seconds`: how long an operator at work may be without a screen, which covers a reload. `listening`
    false leaves out the listener on the database, for programs that only want the API's description; `voice_nodes`:
    where operators' browsers register to speak, none where no real telephone line is; `recordings`:
    what is heard from, None where nothing is recorded; `redis`: where several web processes keep what they must know
    of each other, None where this one is alone (`others_by_redis.redis_connections`); `proxies`: how many proxies of
    one's own stand in front, whose word about a visitor's address is taken.
    """

    database: Database
    clock: Clock
    ids: Ids
    secret_key: str
    secure_cookies: bool = False
    speech_of: SpeechOf = field(default=_no_speech)
    open_documents: bool = False
    sign_in_rate: str = "20 per minute"
    answer_seconds: float = 1.0
    screen_grace_seconds: float = 5.0
    clock_speed: float = 1.0
    listening: bool = True
    voice_nodes: tuple[VoiceNode, ...] = ()
    recordings: RecordingShelf | None = None
    redis: ConnectionPool | None = None
    proxies: int = 0

    @property
    def rehearsed(self) -> bool:
        """Whether residents are rehearsed ones, whose words are shown."""
        return self.speech_of is not _no_speech
