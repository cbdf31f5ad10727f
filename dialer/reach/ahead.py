"""The hours still to come: in which slots the room will call, how many calls each can take, and what a call costs there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from callflow.bands import Band, band_of
from casefile.clock import jst

Floats = npt.NDArray[np.floating[Any]]
Whole = npt.NDArray[np.int64]

GAP_HOURS = 2
"""No answer: the next try at least two hours later and in another band (DOMAIN.md §2.8)."""
_BANDS = {band: place for place, band in enumerate(Band)}


@dataclass(frozen=True, slots=True)
class ShiftAhead:
    """The slots from now on, one an hour, earliest first; slot 0 is now. A week of them is enough (see `worth`).

    `hour`: hours since 1970 on the Japanese clock; `band`: place of the slot's 時間帯 in `Band`. `capacity`: calls the room can make
    in the slot. `price`: what a call costs there, in right-party contacts (`prices.shadow_prices`); zeros: calls are free.
    """

    hour: Whole
    band: Whole
    capacity: Floats
    price: Floats

    def __post_init__(self) -> None:
        if not len(self.hour) == len(self.band) == len(self.capacity) == len(self.price):
            raise ValueError("hour, band, capacity and price of a shift tell of the same slots")
        if len(self.hour) == 0 or bool((np.diff(self.hour) <= 0).any()):
            raise ValueError("a shift has at least one slot, and its slots come in order")

    @classmethod
    def of(cls, starts: Sequence[datetime], capacity: float | Sequence[float] = 1.0) -> ShiftAhead:
        """From aware datetimes, whose minutes are left out; calls are free until `priced`."""
        local = [jst(start) for start in starts]
        hours = np.array([moment.toordinal() * 24 + moment.hour for moment in local], dtype=np.int64) - _EPOCH
        bands = np.array([_BANDS[band_of(moment)] for moment in local], dtype=np.int64)
        room = np.broadcast_to(np.asarray(capacity, dtype=np.float64), hours.shape).copy()
        return cls(hours, bands, room, np.zeros(len(hours)))

    def __len__(self) -> int:
        return len(self.hour)

    def priced(self, price: Floats) -> ShiftAhead:
        """The same slots at these prices."""
        return replace(self, price=np.asarray(price, dtype=np.float64))

    @property
    def day(self) -> Whole:
        """Days since 1970 on the Japanese clock."""
        return self.hour // 24

    @property
    def next_day(self) -> Whole:
        """For each slot the first slot of a later day; the number of slots if there is none."""
        return np.searchsorted(self.day, self.day, side="right").astype(np.int64)

    @property
    def again_today(self) -> Whole:
        """For each slot the first of the same day in which a person may be tried a second time, or -1."""
        found = np.full(len(self), -1, dtype=np.int64)
        for slot in range(len(self)):
            later = (
                (self.day == self.day[slot])
                & (self.hour >= self.hour[slot] + GAP_HOURS)
                & (self.band != self.band[slot])
            )
            if later.any():
                found[slot] = int(later.argmax())
        return found


_EPOCH = datetime(1970, 1, 1).toordinal() * 24  # noqa: DTZ001 - the ordinal of a calendar day, no moment
