"""What the engine wants a carrier told, until it may be: a dial waits for its intent to be on the disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from callflow.events import CarrierCommand, Dial, Hangup


@dataclass(frozen=True, slots=True)
class Intent:
    """A dial that is committed. `asking`: the disk's number for it."""

    at: datetime
    asking: int
    addressee_no: str


class Orders:
    """In the order in which the engine gave them, but that nothing overtakes the dial it is about, and nothing waits for another's."""

    def __init__(self) -> None:
        self._fresh: list[CarrierCommand] = []
        self._intents: dict[UUID, Intent] = {}
        self._waiting: dict[UUID, list[CarrierCommand]] = {}  # in the order of their asking

    def __bool__(self) -> bool:
        """Whether any is new since the last `let_out`."""
        return bool(self._fresh)

    def intend(self, attempt_id: UUID, intent: Intent) -> None:
        """A dial of this attempt is committed, and may be given."""
        self._intents[attempt_id] = intent

    def give(self, command: CarrierCommand) -> None:
        self._fresh.append(command)

    @property
    def rest_on_rows_to_come(self) -> bool:
        """Whether any new one waits for a commit: the intent of a dial is committed already."""
        return not all(isinstance(command, Dial) for command in self._fresh)

    def let_out(
        self,
        reached: Callable[[], int],
        send: Callable[[CarrierCommand], None],
        may_still_ring: Callable[[Intent], bool],
        not_told: Callable[[UUID], None],
    ) -> None:
        """Send what need not wait any more, after the commit and only then.

        `reached`: the last number the disk has said yes to. A call that was given up before its number was sent is `not_told`,
        as one that may ring no longer, and whatever was to be told of it with it.
        """
        fresh, self._fresh = self._fresh, []
        for command in fresh:
            if isinstance(command, Dial):
                self._waiting[command.attempt_id] = [command]
            elif command.attempt_id in self._waiting:
                self._waiting[command.attempt_id].append(command)
            else:
                send(command)
        while self._waiting:
            attempt_id = next(iter(self._waiting))
            if self._intents[attempt_id].asking > reached():
                return
            commands = self._waiting.pop(attempt_id)
            intent = self._intents.pop(attempt_id)
            given_up = any(isinstance(command, Hangup) for command in commands)
            if given_up or not may_still_ring(intent):
                not_told(attempt_id)
                continue
            for command in commands:
                send(command)
