"""Callers (返電) whose row is not known to be on the disk: the engine hears of them, and of all they do, once it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from callflow.events import CarrierEvent, Incoming
from dialer.messages import EngineEvent, Identified


@dataclass(slots=True)
class _Waiting:
    """`asking`: the disk's number for the row; `later`: what the carrier has reported since."""

    asking: int
    identified: Identified
    later: list[CarrierEvent] = field(default_factory=list)


class Door:
    """Whoever waits here goes on hearing that somebody comes."""

    def __init__(self) -> None:
        self._waiting: dict[UUID, _Waiting] = {}  # in the order of their asking

    def come(self, identified: Identified, asking: int) -> None:
        self._waiting[identified.attempt_id] = _Waiting(asking, identified)

    def keeps(self, event: EngineEvent) -> bool:
        """Whether this is about somebody who waits here: then it waits with them."""
        if not isinstance(event, CarrierEvent) or event.attempt_id not in self._waiting:
            return False
        self._waiting[event.attempt_id].later.append(event)
        return True

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def let_in(self, reached: int) -> list[EngineEvent]:
        """What the engine hears of now. `reached`: the last number the disk has said yes to."""
        heard: list[EngineEvent] = []
        for attempt_id, each in list(self._waiting.items()):
            if each.asking <= reached:
                del self._waiting[attempt_id]
                heard += [each.identified, *each.later]
        return heard

    def untold(self) -> list[CarrierEvent]:
        """What the next engine must be told again: a crash of the database server may have taken these callers' rows."""
        told: list[CarrierEvent] = []
        for attempt_id, each in self._waiting.items():
            told += [Incoming(attempt_id, each.identified.since, each.identified.caller.e164), *each.later]
        return told
