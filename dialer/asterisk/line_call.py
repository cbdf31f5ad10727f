"""One call as the carrier holds it: what the engine was told of it, what is learned, and what is still open."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from callflow.events import (
    Announcing,
    Answered,
    CallFact,
    Dial,
    Ended,
    Handed,
    Heard,
    Incoming,
    Joined,
    Refused,
    Ringing,
    Wish,
)
from dialer.asterisk.detection.early import Early

_ORDER = {kind: place for place, kind in enumerate((Handed, Ringing, Answered, Heard, Joined, Announcing))}
_LAST = (Ended, Refused)


@dataclass(slots=True)
class Caller:
    """What a call-back has besides. `introduced`: the engine knows of it. `closed`: heard that nobody is here, and is
    `Missed` at the end. `declined`: needs no call of ours."""

    incoming: Incoming
    introduced: bool = False
    closed: bool = False
    declined: bool = False
    wish: Wish | None = None
    wished_at: datetime | None = None
    wish_told: bool = True


@dataclass(slots=True)
class LineCall:
    """`uniqueid` is its channel's: the attempt's id, except for a call-back. `facts` is all that happened, in order;
    the last `untold` of them were not told yet, because a node is being asked (`looking`: its name).

    `adopting`: the nodes still to be asked for a call a former process placed; until then its facts are past.
    `colleague`: 取次, who is called in. `barged`: operator and resident are in the call's room already. `unsure`: it may have reached the network, or not. `asked`: the engine waits for
    `Reconciled`. `early`: what sounded before the answer. `caller`: a call-back.
    """

    attempt_id: UUID
    uniqueid: str
    node: str = ""
    trunk: str = ""
    channel: str | None = None
    dial: Dial | None = None
    facts: list[CallFact] = field(default_factory=list)
    untold: int = 0
    looking: str = ""
    looks: int = 0
    reserving: bool = False
    adopting: set[str] = field(default_factory=set)
    unsure: bool = False
    asked: bool = False
    joining: UUID | None = None
    colleague: UUID | None = None
    barged: bool = False
    hangup_wanted: bool = False
    by_far_end: bool = False
    early: Early = Early.UNKNOWN
    over_since: float = 0.0
    caller: Caller | None = None

    def has(self, kind: type[CallFact]) -> bool:
        return any(isinstance(fact, kind) for fact in self.facts)

    @property
    def over(self) -> bool:
        return any(isinstance(fact, _LAST) for fact in self.facts)

    @property
    def answered(self) -> bool:
        return self.has(Answered)

    @property
    def spoken_to(self) -> bool:
        """Whether somebody of ours is with them or on the way, or they are told who called."""
        return self.joining is not None or self.has(Joined) or self.has(Announcing)

    def learn(self, fact: CallFact) -> bool:
        """Take a fact; False where it is known already or the call is over. Repeated news is normal after a gap."""
        if self.over or (self.has(type(fact)) and not isinstance(fact, Heard)):
            return False
        if isinstance(fact, Heard) and fact.detected in {one.detected for one in self.facts if isinstance(one, Heard)}:
            return False
        self.facts.append(fact)
        self.untold += 1
        return True

    def note(self, fact: CallFact) -> None:
        """Keep what the engine itself has brought about: it belongs to the call's past and is no news."""
        self.facts.insert(len(self.facts) - self.untold, fact)

    def news(self) -> list[CallFact]:
        """What the engine was not told yet, in the order of a call; it counts as told from here."""
        told, fresh = self.facts[: len(self.facts) - self.untold], self.facts[len(self.facts) - self.untold :]
        fresh.sort(key=lambda fact: _ORDER.get(type(fact), len(_ORDER)))
        self.facts, self.untold = told + fresh, 0
        return fresh
