"""The mobile networks of the city, for texts: who gets one, when, and what the delivery report says."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from casefile.clock import Clock
from casefile.phone_number import is_synthetic
from rehearsal.city.model import LineFate, SyntheticCity
from sms.gateways import Accepted, DeliveryState, GatewayAnswer, GatewayTimeout, NotTaken, Report

_ANSWER_LOST = 0.008
_REFUSES_TEXTS = 0.02
_SWITCHED_OFF = 0.04
_FATES = {
    LineFate.DEAD: DeliveryState.NO_SUCH_NUMBER,
    LineFate.CHANGED: DeliveryState.NO_SUCH_NUMBER,
    LineFate.SUSPENDED: DeliveryState.OUT_OF_REACH,
}
_SECONDS = {
    DeliveryState.DELIVERED: (3.0, 25.0),
    DeliveryState.NO_SUCH_NUMBER: (2.0, 10.0),
    DeliveryState.REJECTED: (3.0, 25.0),
    DeliveryState.OUT_OF_REACH: (14_400.0, 43_200.0),
}


@dataclass(frozen=True, slots=True, order=True)
class _Due:
    at: datetime
    ref: str
    state: str
    e164: str


class TextNetwork:
    """A gateway (`sms.gateways.Gateway`) to phones that do not exist; it refuses every number that could.

    `delivered` is told when a text reaches its phone. `series` begins each of its references: a network that follows
    another one in the same database takes a new series.
    """

    name = "rehearsal"
    connected = True

    def __init__(
        self,
        city: SyntheticCity,
        seed: int,
        clock: Clock,
        delivered: Callable[[str, datetime], None],
        series: str = "R",
    ) -> None:
        self._city = city
        self._seed = seed
        self._series = series
        self._clock = clock
        self._delivered = delivered
        self._answers: dict[UUID, Accepted] = {}
        self._asked: dict[str, int] = {}
        self._due: list[_Due] = []
        self.taken: dict[str, str] = {}
        """Message id → number, of everything this network has."""

    def send(self, message_id: UUID, e164: str, text: str) -> GatewayAnswer:
        """Take a message once; the same id again gets the same answer. Sometimes the answer is lost on its way."""
        del text
        known = self._answers.get(message_id)
        if known is not None:
            return known
        if not is_synthetic(e164):
            return NotTaken(DeliveryState.ERROR, "予行では実在しうる番号に送りません")
        if not e164.startswith(("+8190", "+8170")):
            return NotTaken(DeliveryState.LANDLINE)
        rng = self._dice(e164)
        lost = rng.random() < _ANSWER_LOST
        if lost and rng.random() < 0.5:
            raise GatewayTimeout("the request never arrived")
        answer = self._take(rng, message_id, e164)
        if lost:
            raise GatewayTimeout("the answer never came back")
        return answer

    def lookup(self, message_id: UUID) -> GatewayAnswer | None:
        """What the network has under this id."""
        return self._answers.get(message_id)

    def reports(self, now: datetime) -> list[Report]:
        """配信結果 that have come in until `now`, in order."""
        found = []
        while self._due and self._due[0].at <= now:
            due = heapq.heappop(self._due)
            state = DeliveryState(due.state)
            if state is DeliveryState.DELIVERED:
                self._delivered(due.e164, due.at)
            found.append(Report(self.name, due.ref, state, due.at))
        return found

    def _take(self, rng: random.Random, message_id: UUID, e164: str) -> Accepted:
        answer = self._answers[message_id] = Accepted(f"{self._series}{len(self._answers) + 1:08d}")
        self.taken[str(message_id)] = e164
        state = self._fate(rng, e164)
        seconds = rng.uniform(*_SECONDS[state])
        at = self._clock.now() + timedelta(seconds=round(seconds, 3))
        heapq.heappush(self._due, _Due(at, answer.ref, state.value, e164))
        return answer

    def _fate(self, rng: random.Random, e164: str) -> DeliveryState:
        line = self._city.lines.get(e164)
        if line is None:
            return DeliveryState.NO_SUCH_NUMBER
        known = _FATES.get(line.fate)
        if known is not None:
            return known
        luck = rng.random()
        if luck < _REFUSES_TEXTS:
            return DeliveryState.REJECTED
        return DeliveryState.OUT_OF_REACH if luck < _REFUSES_TEXTS + _SWITCHED_OFF else DeliveryState.DELIVERED

    def _dice(self, e164: str) -> random.Random:
        count = self._asked[e164] = self._asked.get(e164, 0) + 1
        return random.Random(f"{self._seed}:text:{e164}:{count}")
