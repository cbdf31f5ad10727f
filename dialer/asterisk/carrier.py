"""The carrier over Asterisk: the engine's commands become actions of one or more nodes, their events become facts.

    carrier = AsteriskCarrier(nodes, lines, clock)
    carrier.listen(sink)
    carrier.send(Dial(attempt_id, ...))

It keeps the contract of `dialer.carrier`. What a former process of it did is read from the nodes (`Reconcile`). All that
is decided is decided in `switchboard`, by one thread (`deciding`); here are the lines to the nodes.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID, uuid4

from callflow.events import CarrierCommand, CarrierEvent
from casefile.clock import Clock
from dialer.asterisk import pending
from dialer.asterisk.ami import Ami, AmiAddress, AmiFigures, AmiTerms
from dialer.asterisk.causes import CauseTable, Ear, Verdict, our_cause_tables
from dialer.asterisk.deciding import Deciding, Happened
from dialer.asterisk.detection.policy import Detector
from dialer.asterisk.lines import LineBook
from dialer.asterisk.node.node import Trunk
from dialer.asterisk.node_view import NodeView
from dialer.asterisk.switchboard import BoardTerms, Switchboard
from dialer.asterisk.wire import Action, Event, LiveChannel, UnsafeAction
from dialer.carrier import Sink

_log = logging.getLogger("tsunagaru.asterisk")


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
    for so long is believed to have ended its calls. `variables`: channel variables of every originated call.
    `detector`: who listens on the lines of calls that are to be listened to, where no ear is given; without anybody an
    answer is a person.
    """

    hand_over: float = 2.0
    away: float = 30.0
    variables: Mapping[str, str] = field(default_factory=dict)
    detector: Detector | None = None
    ami: AmiTerms = field(default_factory=AmiTerms)


class AsteriskCarrier:
    """See the top of this file; a `dialer.carrier.Carrier`. Made once for an engine, closed by it.

    `causes`: cause tables of the office beside ours, by name. `ear`: whatever listens on the lines besides Asterisk; it
    listens on those that have DETECT=listen.
    """

    def __init__(
        self,
        nodes: Sequence[NodeAddress],
        lines: LineBook,
        clock: Clock,
        terms: CarrierTerms | None = None,
        causes: Mapping[str, CauseTable] | None = None,
        ear: Ear | None = None,
    ) -> None:
        terms = terms or CarrierTerms()
        tables = {**our_cause_tables(), **(causes or {})}
        _check(nodes, tables)
        self._ear = ear
        self._sink: Sink | None = None
        self._board = Switchboard(
            [NodeView.of(node.name, node.trunks, time.monotonic()) for node in nodes],
            lines,
            tables,
            BoardTerms(
                terms.hand_over, terms.away, terms.variables, Detector.LISTENER if ear is not None else terms.detector
            ),
            clock,
            time.monotonic,
            self._act,
            self._tell,
        )
        self._deciding = Deciding("asterisk-carrier", self._board.next_at, self._board.tick)
        self._lines_to = {
            node.name: Ami(node.name, node.ami, _Ears(node.name, self._board, self._deciding.put_when_room), terms.ami)
            for node in nodes
        }

    def listen(self, sink: Sink) -> None:
        """Connect to every node; facts go to `sink` from now on, from one thread, in order."""
        self._sink = sink
        if not self._deciding.start():
            return
        for line in self._lines_to.values():
            line.start()
        if self._ear is not None:
            self._ear.listen(self.hear)

    def send(self, command: CarrierCommand) -> None:
        """Take a command; returns at once."""
        self._deciding.put(partial(self._board.obey, command))

    def hear(self, verdict: Verdict) -> None:
        """What was heard on a line, from any thread."""
        self._deciding.put(partial(self._board.hear, verdict))

    def connected(self) -> list[str]:
        """The nodes that are there now, by name."""
        return sorted(name for name, line in self._lines_to.items() if line.connected)

    def figures(self) -> dict[str, AmiFigures]:
        """What happened on the line to each node since the start."""
        return {name: line.figures() for name, line in self._lines_to.items()}

    def close(self) -> None:
        """Let go of every node. Calls stay where they are; a later carrier asks for them."""
        if self._ear is not None:
            self._ear.close()
        for line in self._lines_to.values():
            line.close()
        self._deciding.close()

    def _act(self, node: str, action: Action, then: pending.Then, action_id: UUID | None = None) -> None:
        def later(result: pending.Result) -> None:
            self._deciding.put(partial(then, result))

        try:
            self._lines_to[node].submit(action, later, action_id)
        except (UnsafeAction, pending.UsedActionId) as error:
            _log.error("an action was not sent", extra={"node": node, "action": action.name, "error": str(error)})
            later(pending.Refused(action_id or uuid4(), pending.Reason.ASTERISK_SAID_NO))

    def _tell(self, event: CarrierEvent) -> None:
        if self._sink is not None:
            self._sink(event)


class _Ears:
    """What one node's line tells, put before the thread that decides, in order."""

    def __init__(self, name: str, board: Switchboard, put: Callable[[Happened], None]) -> None:
        self._name = name
        self._board = board
        self._put = put

    def on_resync(self, channels: tuple[LiveChannel, ...]) -> None:
        self._put(partial(self._board.came, self._name, channels))

    def on_event(self, event: Event) -> None:
        self._put(partial(self._board.event, self._name, event))

    def on_lost(self, reason: str) -> None:
        del reason
        self._put(partial(self._board.lost, self._name))


def _check(nodes: Sequence[NodeAddress], tables: Mapping[str, CauseTable]) -> None:
    if len({node.name for node in nodes}) != len(nodes) or not nodes:
        raise ValueError("Asteriskのノードは、それぞれ別の名前で一つ以上指定してください。")
    for node in nodes:
        for trunk in node.trunks:
            if trunk.causes not in tables:
                raise ValueError(f"回線 {trunk.name} の切断理由の表 {trunk.causes} がありません。")
