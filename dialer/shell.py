"""The engine's hands: carries out what it asks for, on PostgreSQL and a carrier, and brings back what came of it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from callflow.events import CarrierEvent
from casefile.clock import Clock
from casefile.db import Database
from casefile.ids import Ids
from dialer.carrier import Carrier


@dataclass(frozen=True, slots=True)
class ShellTerms:
    """How often the shell looks after things that are not urgent, in seconds."""

    heartbeat_seconds: float = 5.0
    rows_seconds: float = 5.0
    supply_size: int = 200


class FloorShell:
    """One floor: `start` it, `deliver` what the carrier reports, `tick` it when `next_wakeup` comes.

    Every method runs in the caller's thread; nothing here waits or sleeps. Used unchanged by the live loop and by
    rehearsals in virtual time.
    """

    def __init__(
        self,
        database: Database,
        municipality_id: int,
        floor_id: UUID,
        clock: Clock,
        ids: Ids,
        rng: random.Random,
        carrier: Carrier,
        terms: ShellTerms | None = None,
    ) -> None: ...

    def start(self) -> None:
        """Take the floor's lock, raise its epoch, restore seats, ask the carrier about calls left behind.

        Raises TsunagaruError when another engine holds the floor.
        """

    def deliver(self, event: CarrierEvent) -> None:
        """One event of the carrier. What is urgent is committed at once, the rest with the next tick or flush."""

    def tick(self) -> None:
        """Time has come: read new commands, pace, give up what is over, commit everything."""

    def wake(self) -> None:
        """Floor commands or other rows may have come: read and obey them now."""

    def flush(self) -> None:
        """Commit what is not committed yet."""

    def next_wakeup(self) -> datetime | None:
        """When `tick` is needed at the latest; None: not before something else happens."""
        return None

    def close(self) -> None:
        """Let go of the floor: its lock is free, operators keep their seats' rows."""
