"""The other web processes, by Redis: each writes the list of its operators (ids, nothing else) into it again and again, where
it lasts a few seconds, and reads the others'.

Redis may be away or come back empty at any time: then what was known last holds, and every list is soon written anew. It is
loaded where an installation has one, and nowhere else.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from redis import ConnectionPool, Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from agent_ui.web_processes import Operator

ANSWER_SECONDS = 1.0
"""How long Redis may take for an answer before it counts as away."""
LISTS_OF_SCREENS = "tsunagaru:screens:"
PROCESSES = "tsunagaru:web-processes"
_BEATS_A_GRACE = 5

_log = logging.getLogger(__name__)


def redis_connections(url: str) -> ConnectionPool:
    """Connections that never keep a person waiting for a Redis that is away. Raises ValueError for an unusable address."""
    return ConnectionPool.from_url(
        url,
        socket_timeout=ANSWER_SECONDS,
        socket_connect_timeout=ANSWER_SECONDS,
        # Once, for a connection that was open when Redis started anew.
        retry=Retry(NoBackoff(), 1),
    )


class OthersByRedis:
    """`grace_seconds`: how long a list lasts unless it is written again, five times in that time."""

    def __init__(self, connections: ConnectionPool, grace_seconds: float) -> None:
        self._redis: Any = Redis(connection_pool=connections)
        self._name = str(uuid4())
        self._grace_seconds = grace_seconds
        self._others: dict[str, frozenset[Operator]] = {}
        self._away = False
        self._forgetful_until = 0.0
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._ended = threading.Event()
        self._closed = False

    def start(self, own: Callable[[], set[Operator]], lost: Callable[[], None]) -> None:
        threading.Thread(target=self._keep_in_touch, args=(own, lost), name="web-processes", daemon=True).start()

    def close(self) -> None:
        self._closed = True
        self._wake.set()

    def changed(self) -> None:
        self._wake.set()

    def show(self, operator: Operator) -> bool:
        # The last beat may be a moment old; while Redis is away asking again would only keep people waiting.
        if not self._away:
            self._look()
        with self._lock:
            return any(operator in operators for operators in self._others.values())

    # -- at every beat --------------------------------------------------------------------------------------------

    def _keep_in_touch(self, own: Callable[[], set[Operator]], lost: Callable[[], None]) -> None:
        while not self._closed:
            self._wake.clear()
            self._tell(own())
            self._look()
            if self._ended.is_set():
                self._ended.clear()
                lost()
            self._wake.wait(self._grace_seconds / _BEATS_A_GRACE)
        self._leave()

    def _tell(self, own: set[Operator]) -> None:
        """Write this process's list."""
        text = json.dumps(sorted([operator.municipality_id, str(operator.operator_id)] for operator in own))
        try:
            with self._redis.pipeline(transaction=True) as at_once:
                at_once.set(LISTS_OF_SCREENS + self._name, text, px=round(self._grace_seconds * 1000))
                at_once.sadd(PROCESSES, self._name)
                at_once.execute()
        except RedisError as error:
            self._went_away(error)

    def _look(self) -> None:
        """Read the others' lists, and notice who has ended since."""
        try:
            named = {name.decode() for name in self._redis.smembers(PROCESSES)}
            names = sorted(named - {self._name})
            lists = self._redis.mget([LISTS_OF_SCREENS + name for name in names]) if names else []
            ended = [name for name, text in zip(names, lists, strict=True) if text is None]
            if ended:
                self._redis.srem(PROCESSES, *ended)
        except RedisError as error:
            self._went_away(error)
            return
        seen = {name: _read(text) for name, text in zip(names, lists, strict=True) if text is not None}
        with self._lock:
            self._came_back()
            # Of a list that cannot be read (another version's, while one is put in the other's place) what was known holds.
            known = {name: self._others.get(name, frozenset()) if own is None else own for name, own in seen.items()}
            # A Redis that started anew remembers nobody: who is alive gets the time to write the own list again.
            kept = self._others if time.monotonic() < self._forgetful_until else {}
            before, self._others = self._others, {**kept, **known}
            if not before.keys() <= self._others.keys():
                self._ended.set()

    def _leave(self) -> None:
        try:
            self._redis.delete(LISTS_OF_SCREENS + self._name)
        except RedisError as error:
            self._went_away(error)

    def _went_away(self, error: RedisError) -> None:
        with self._lock:
            if not self._away:
                self._away = True
                _log.warning(
                    "Redis does not answer; until it does, other web processes count as they were last known: %s",
                    type(error).__name__,
                )

    def _came_back(self) -> None:
        if self._away:
            self._away = False
            self._forgetful_until = time.monotonic() + self._grace_seconds
            _log.info("Redis answers again")


def _read(text: bytes) -> frozenset[Operator] | None:
    try:
        return frozenset(Operator(int(municipality), UUID(operator)) for municipality, operator in json.loads(text))
    except (ValueError, TypeError, AttributeError):
        return None
