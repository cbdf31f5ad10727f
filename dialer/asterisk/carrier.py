"""The carrier over Asterisk: the engine's commands become actions of one or more nodes, their events become facts.

    carrier = AsteriskCarrier(nodes, lines, clock)
    carrier.listen(sink)
    carrier.send(Dial(attempt_id, ...))

It keeps the contract of `dialer.carrier`. What a former process of it did is read from the nodes (`Reconcile`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from callflow.events import CarrierCommand
from casefile.clock import Clock
from dialer.asterisk.ami import AmiAddress, AmiTerms
from dialer.asterisk.lines import LineBook
from dialer.asterisk.node.node import Trunk
from dialer.carrier import Sink


@dataclass(frozen=True, slots=True)
class NodeAddress:
    """One Asterisk as the engine reaches it, and the trunks that may be dialed there."""

    name: str
    ami: AmiAddress
    trunks: tuple[Trunk, ...]


@dataclass(frozen=True, slots=True)
class CarrierTerms:
    """How patient the carrier is, in seconds.

    `hand_over`: how long a call may wait for room on a trunk; the engine itself waits 3 s. `away`: a node that is gone
    for so long is believed to have ended its calls. `variables`: channel variables of every originated call
    (`DETECT=amd`, `RECORD=yes`).
    """

    hand_over: float = 2.0
    away: float = 30.0
    variables: Mapping[str, str] = field(default_factory=dict)
    ami: AmiTerms = field(default_factory=AmiTerms)


class AsteriskCarrier:
    """See the top of this file; a `dialer.carrier.Carrier`. Made once for an engine, closed by it."""

    def __init__(
        self, nodes: Sequence[NodeAddress], lines: LineBook, clock: Clock, terms: CarrierTerms | None = None
    ) -> None:
        self._nodes = tuple(nodes)
        self._lines = lines
        self._clock = clock
        self._terms = terms or CarrierTerms()
        self._sink: Sink | None = None

    def listen(self, sink: Sink) -> None:
        """Connect to every node; facts go to `sink` from now on, from one thread, in order."""
        self._sink = sink

    def send(self, command: CarrierCommand) -> None:
        """Take a command; returns at once."""
        raise NotImplementedError(type(command).__name__)

    def close(self) -> None:
        """Let go of every node. Calls stay where they are; a later carrier asks for them."""
