"""Actions on their way, and what became of each: an answer, a refusal, or nobody knows.

Every action ends in exactly one of three ways, and is then forgotten:

* `Answered`: Asterisk took it and said so.
* `Refused`: it certainly did not happen. Asterisk said no, or not one byte of it was written.
* `Unknown`: it may have been written and no answer came. It may have happened. **Nothing here ever sends it again**;
  the caller looks at what Asterisk tells after the connection is back.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from dialer.asterisk.wire import Event, Response


class Reason(StrEnum):
    """Why an action has no good answer."""

    ASTERISK_SAID_NO = "asterisk_said_no"
    NOT_CONNECTED = "not_connected"
    NO_TIME_TO_WRITE = "no_time_to_write"
    CONNECTION_LOST = "connection_lost"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True, slots=True)
class Answered:
    """Asterisk's answer; `events` are the entries of a list, its closing event last."""

    action_id: UUID
    response: Response
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """It did not happen; `response` is Asterisk's, where it gave one."""

    action_id: UUID
    reason: Reason
    response: Response | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have happened."""

    action_id: UUID
    reason: Reason


Result = Answered | Refused | Unknown
Then = Callable[[Result], None]


def told_by_events(result: Result) -> None:
    """For actions whose result nobody needs: what follows is told by events."""


def may_be_lost(result: Result) -> bool:
    """Whether Asterisk has perhaps never heard of it: said once more, where twice does no harm, after the next connection."""
    return isinstance(result, Unknown) or (isinstance(result, Refused) and result.reason is not Reason.ASTERISK_SAID_NO)


class UsedActionId(ValueError):
    """An ActionID that is on its way already, or was a moment ago: an action is sent once."""


class Pending:
    """One action on its way. Its first result is its only one."""

    def __init__(self, action_id: UUID, deadline: float, then: Then | None) -> None:
        self.action_id = action_id
        self.deadline = deadline
        self.result: Result | None = None
        self._then = then
        self._begun = False
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._response: Response | None = None
        self._events: list[Event] = []

    def begin(self) -> bool:
        """Say that the first byte is about to be written; False when it is too late for that."""
        with self._lock:
            if self.result is not None:
                return False
            self._begun = True
            return True

    def fail(self, reason: Reason) -> Then | None:
        """No answer will come: unknown when a byte may have left, else refused."""
        with self._lock:
            kind = Unknown if self._begun else Refused
            return self._settle(kind(self.action_id, reason))

    def resolve(self, result: Result) -> Then | None:
        """Settle it; returns whom to tell, None if it was settled before."""
        with self._lock:
            return self._settle(result)

    def _settle(self, result: Result) -> Then | None:
        if self.result is not None:
            return None
        self.result = result
        self._over.set()
        return self._then or _nobody

    def respond(self, response: Response) -> Result | None:
        """Take Asterisk's answer; None while a list is still coming."""
        if response.refused:
            return Refused(self.action_id, Reason.ASTERISK_SAID_NO, response)
        if response.begins_a_list:
            self._response = response
            return None
        return Answered(self.action_id, response)

    @property
    def takes_a_list(self) -> bool:
        return self._response is not None

    def collect(self, event: Event) -> Result | None:
        """Take an entry of its list; the result with the last one."""
        assert self._response is not None
        self._events.append(event)
        if event.get("EventList").lower() in ("complete", "cancelled"):
            return Answered(self.action_id, self._response, tuple(self._events))
        return None

    def wait(self, seconds: float) -> bool:
        """True once it is settled."""
        return self._over.wait(max(seconds, 0))


class PendingActions:
    """All actions on their way. A bounded number of ids of past ones is kept, so that none is used twice."""

    def __init__(self, remembered: int) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[UUID, Pending] = {}
        self._used: OrderedDict[UUID, None] = OrderedDict()
        self._remembered = remembered

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, pending: Pending) -> None:
        """It is on its way from now on."""
        with self._lock:
            self._waiting[pending.action_id] = pending

    def reserve(self, action_id: UUID) -> None:
        """Take an id the caller chose. Raises `UsedActionId` for one that was seen before."""
        with self._lock:
            if action_id in self._used:
                raise UsedActionId(f"the action {action_id} was given before; an action is sent once")
            self._used[action_id] = None
            if len(self._used) > self._remembered:
                self._used.popitem(last=False)

    def release(self, action_id: UUID) -> None:
        """An id that was never used after all."""
        with self._lock:
            self._used.pop(action_id, None)

    def find(self, action_id: str) -> Pending | None:
        """The action a message names, if it is still on its way."""
        try:
            return self._waiting.get(UUID(action_id))
        except ValueError:
            return None

    def remove(self, pending: Pending) -> None:
        """It is settled; its id stays known for a while."""
        with self._lock:
            if self._waiting.get(pending.action_id) is pending:
                del self._waiting[pending.action_id]

    def overdue(self, now: float) -> list[Pending]:
        """Those whose deadline has passed. Monotonic seconds."""
        with self._lock:
            return [pending for pending in self._waiting.values() if pending.deadline <= now]

    def all(self) -> list[Pending]:
        with self._lock:
            return list(self._waiting.values())


def _nobody(result: Result) -> None:
    """Whoever sent it is waiting for it."""
