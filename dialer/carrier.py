"""The port to whatever places calls: Asterisk, the rehearsal's lines, or nobody.

What every carrier owes the engine:

* `send` returns at once and never raises for a call's sake; facts come back as `callflow.events` through the sink.
* The attempt's id is the idempotency key: the same command twice acts once. A second `Dial` of an id never rings.
* `Handed` comes as soon as the carrier has written the call down, before the network hears of it.
* `Heard` comes within 1.5 s of `Answered`; without it the engine takes whoever is there for a person. A carrier without
  detection reports PERSON with the answer.
* `Ended` comes exactly once for every call that was taken, `Refused` instead of it where it never was.
* After `Announce` the carrier says who called and hangs up by itself: `Ended` follows. A carrier that begins to say so
  of its own accord, because no `Join` came in time or the join failed, reports `Announcing` first.
* A caller is told of once, as `Incoming` while they wait or as `Missed` when they are gone, also one who came while nobody
  listened; another process of the carrier may tell of the same ones again. After `TellClosed` `Missed` follows. A caller
  whose operator's line does not answer a `Join` waits on.
* `Reconcile` never dials. The answer repeats the call's past (`Reconciled.past`). For an id the carrier never heard of it
  answers `known=False` **and from then on refuses any `Dial` with that id**: a command of a killed engine may still be
  on its way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from callflow.events import CarrierCommand, CarrierEvent

Sink = Callable[[CarrierEvent], None]


class Carrier(Protocol):
    """Takes commands; what happens comes back through the sink it was given."""

    def listen(self, sink: Sink) -> None:
        """Give every event from now on to `sink`, in order, from any thread."""
        ...

    def send(self, command: CarrierCommand) -> None:
        """Take a command; returns at once."""
        ...

    def close(self) -> None: ...


class NullCarrier:
    """Takes everything, does nothing; remembers what it was told."""

    def __init__(self) -> None:
        self.sent: list[CarrierCommand] = []

    def listen(self, sink: Sink) -> None:
        """Nothing ever happens here."""

    def send(self, command: CarrierCommand) -> None:
        self.sent.append(command)

    def close(self) -> None:
        """Nothing is open."""
