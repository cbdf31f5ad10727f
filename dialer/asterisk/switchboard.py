"""The carrier's mind: commands of the engine, events and answers of the nodes → actions for nodes, facts for the engine.

Pure: it waits for nothing and knows no thread. `act` sends an action, whose result comes back by calling `then`;
`tell` takes facts. Whoever drives it calls one method at a time, and `tick` when `next_at` has come.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from callflow.codes import CallResult
from callflow.events import (
    Announce,
    Announcing,
    CallFact,
    CarrierCommand,
    CarrierEvent,
    Dial,
    Ended,
    Handed,
    Hangup,
    Join,
    Joined,
    ListenIn,
    Reconcile,
    Reconciled,
    Refused,
    StopListening,
    TellClosed,
    TellPlace,
)
from casefile.clock import Clock
from dialer.asterisk import pending
from dialer.asterisk.call_variables import recording_variables
from dialer.asterisk.callers import Callers
from dialer.asterisk.causes import CauseTable, Verdict
from dialer.asterisk.channel_actions import hang_up, send
from dialer.asterisk.detection.early import Early
from dialer.asterisk.detection.policy import Detector
from dialer.asterisk.hearsay import Hearsay
from dialer.asterisk.inquiry import Inquiry
from dialer.asterisk.line_call import LineCall
from dialer.asterisk.lines import LineBook
from dialer.asterisk.listening import Listeners
from dialer.asterisk.node.node import ANNOUNCE, JOIN
from dialer.asterisk.node_view import NodeView
from dialer.asterisk.past import join_extension
from dialer.asterisk.placing import Placing, placed_id
from dialer.asterisk.redirects import Redirects
from dialer.asterisk.transfers import Transfers
from dialer.asterisk.trunks import TrunkLoad
from dialer.asterisk.wire import Action, Event, LiveChannel

_log = logging.getLogger("tsunagaru.asterisk")

_REMEMBERED_SECONDS = 60.0
"""How long a call that is over is kept here, where its node is there: that remembers it for a day."""
_ABSENT_SECONDS = 86_400.0
_SWEEP_SECONDS = 5.0
_OUR_HANGUP = 16


class Act(Protocol):
    """Send an action to a node; `then` is told its result later, never before this returns."""

    def __call__(self, node: str, action: Action, then: pending.Then, action_id: UUID | None = None) -> None: ...


@dataclass(frozen=True, slots=True)
class BoardTerms:
    """See `CarrierTerms`."""

    hand_over: float
    away: float
    variables: Mapping[str, str] = field(default_factory=dict)
    detector: Detector | None = None


class Switchboard:
    """All calls of all nodes. `moment` gives monotonic seconds, `clock` the time facts carry."""

    def __init__(
        self,
        nodes: Iterable[NodeView],
        lines: LineBook,
        causes: Mapping[str, CauseTable],
        terms: BoardTerms,
        clock: Clock,
        moment: Callable[[], float],
        act: Act,
        tell: Callable[[CarrierEvent], None],
    ) -> None:
        self.nodes = {node.name: node for node in nodes}
        self.terms = terms
        self.clock = clock
        self.moment = moment
        self.calls: dict[UUID, LineCall] = {}
        self.placing = Placing(self, act)
        self.redirects = Redirects(act, moment)
        self.inquiry = Inquiry(self, act)
        self.callers = Callers(self, act)
        self.transfers = Transfers(self, act)
        self.listeners = Listeners(self, act)
        self._hearsay = Hearsay(self)
        self._lines = lines
        self._causes = causes
        self._act = act
        self._tell = tell
        self._absent: dict[UUID, float] = {}
        self._swept_at = moment()
        self._on: dict[type[Any], Callable[[Any], None]] = {
            Dial: self._dial,
            Join: self._join,
            Announce: self._announce,
            Hangup: self._hang_up,
            Reconcile: self._reconcile,
            TellPlace: self.callers.tell_place,
            TellClosed: self.callers.tell_closed,
            ListenIn: self.listeners.listen_in,
            StopListening: self.listeners.stop_listening,
            **self.transfers.commands,
        }

    # -- the engine ------------------------------------------------------------------------------------------------

    def obey(self, command: CarrierCommand) -> None:
        """Act on a command once; a repeated one changes nothing."""
        self._on[type(command)](command)

    def hear(self, verdict: Verdict) -> None:
        """What an ear heard on a line."""
        call = self.calls.get(verdict.attempt_id)
        if call is None or call.over:
            return
        if not call.answered and verdict.early is not Early.UNKNOWN:
            call.early = verdict.early
        if verdict.detected is not None:
            self._hearsay.heard(call, verdict.detected, self.clock.now())

    def _dial(self, command: Dial) -> None:
        attempt_id = command.attempt_id
        if attempt_id in self.calls:
            return
        if attempt_id in self._absent:
            # It was said of this one that it never rings.
            self._tell(Refused(attempt_id, self.clock.now(), "reconciled as unknown", CallResult.STOPPED_BY_RULE.value))
            return
        call = self.calls[attempt_id] = LineCall(attempt_id, str(attempt_id))
        self.placing.dial(call, command)

    def _join(self, command: Join) -> None:
        call = self.answered_call(command.attempt_id)
        if call is None or call.joining == command.operator_id or call.has(Joined) or call.has(Announcing):
            return
        call.joining = command.operator_id
        endpoint = self.endpoint_of(command.operator_id, call.node)
        if endpoint is None:
            _log.warning("an operator has no line", extra={"node": call.node, "operator": str(command.operator_id)})
            if call.caller is not None:
                # They go on waiting for somebody else.
                call.joining = None
                return
            # Nobody can be rung: not one moment of silence longer.
            self.redirect(call, ANNOUNCE)
            return
        self._set(call, recording_variables(command.recording))
        self.transfers.expect(call, endpoint, command.operator_id)
        self.redirect(call, JOIN, join_extension(endpoint, command.operator_id))

    def _announce(self, command: Announce) -> None:
        call = self.answered_call(command.attempt_id)
        if call is None or call.has(Announcing):
            return
        call.note(Announcing(call.attempt_id, self.clock.now()))
        self.redirect(call, ANNOUNCE)

    def _hang_up(self, command: Hangup) -> None:
        call = self.calls.get(command.attempt_id)
        if call is None or call.over:
            return
        if self.placing.leave(call):
            self.refuse(call, "cancelled", CallResult.STOPPED_BY_RULE)
            return
        call.hangup_wanted = True
        self.let_go(call)

    def _reconcile(self, command: Reconcile) -> None:
        attempt_id = command.attempt_id
        if attempt_id in self._absent:
            self._say_absent(attempt_id)
            return
        call = self.calls.get(attempt_id)
        if call is None:
            call = self.calls[attempt_id] = LineCall(attempt_id, str(attempt_id))
            call.asked = True
            self.inquiry.adopt_from(call, self.nodes.values())
        elif self.placing.leave(call):
            self.nobody_has(call)
        else:
            call.asked = True
            if call.looking or call.adopting:
                return
            if call.unsure and not call.over:
                self.look(call)
            elif call.over or self.nodes[call.node].there:
                self.flush(call)

    # -- acting on calls ---------------------------------------------------------------------------------------------

    def redirect(self, call: LineCall, context: str, extension: str = "s") -> None:
        """Send the resident elsewhere. Where that fails the channel is gone, and its end is told anyway."""
        if call.channel is not None:
            self.redirects.send(call.node, send(call.channel, context, extension), pending.told_by_events)

    def _set(self, call: LineCall, variables: Mapping[str, str]) -> None:
        """Set variables of the resident's channel. Asterisk does one action after the other: what follows finds them."""
        for name, value in variables.items():
            self.note(call, name, value)

    def note(self, call: LineCall, name: str, value: str) -> None:
        """Set one."""
        if call.channel is not None:
            fields = {"Channel": call.channel, "Variable": name, "Value": value}
            self._act(call.node, Action("Setvar", fields), pending.told_by_events)

    def let_go(self, call: LineCall) -> None:
        """Hang up the resident's channel, if it can be named; else as soon as it can."""
        if call.channel is not None:
            self.end_channel(call.node, call.channel)

    def end_channel(self, node: str, channel: str) -> None:
        """Hang up a channel, whosever it is."""
        self._act(node, hang_up(channel), pending.told_by_events)

    def answered_call(self, attempt_id: UUID) -> LineCall | None:
        call = self.calls.get(attempt_id)
        return call if call is not None and call.answered and not call.over else None

    def tell(self, event: CarrierEvent) -> None:
        """What is no fact of the call itself: who of us is in the conversation."""
        self._tell(event)

    def endpoint_of(self, operator_id: UUID, node: str) -> str | None:
        try:
            line = self._lines.line_of(operator_id, node)
        except Exception as error:
            # Whatever the book is kept in: a resident waits.
            _log.warning("the lines cannot be read", extra={"error": type(error).__name__})
            return None
        return line.endpoint if line is not None and line.node == node else None

    def channel_of(self, operator_id: UUID, node: str) -> str | None:
        """The channel an operator's line has in somebody's call on this node, if it has one."""
        endpoint = self.endpoint_of(operator_id, node)
        return self.nodes[node].channel_of(endpoint) if endpoint is not None else None

    # -- the nodes ---------------------------------------------------------------------------------------------------

    def came(self, name: str, channels: tuple[LiveChannel, ...]) -> None:
        """A node is connected, for the first time or again; these channels live there."""
        node = self.nodes[name]
        node.came(channels)
        asked_at = self.clock.now()
        # Those of before the gap, and none that is placed from here on.
        before = [call for call in self.calls.values() if call.node == name]
        for call in before:
            if not call.over:
                # What happens from here on is told after what happened in the gap.
                call.looking = name
        self.transfers.came(node)
        self.listeners.came(node)
        self._act(name, Action("Ping"), lambda result: self._acquainted(node, before, asked_at, result))

    def _acquainted(self, node: NodeView, before: list[LineCall], asked_at: datetime, result: pending.Result) -> None:
        """What its clock shows is known first: it files what became of calls by its own days."""
        self._compare_clocks(node, asked_at, result)
        if not node.there:
            return
        for call in before:
            call.channel = node.line_channel(call.uniqueid)
            if not call.over:
                call.looks = 0
                self.inquiry.look(call, node)
            elif call.caller is not None and not call.has(Joined):
                self.callers.let_go(call)
            else:
                # The books say it is over: so it is.
                self.let_go(call)
        self.callers.came(node)
        self.inquiry.pay_debts(node)
        self.inquiry.adopt_all()
        self.placing.place()

    def lost(self, name: str) -> None:
        """A node is gone: new calls go elsewhere, its own are looked at when it is back."""
        node = self.nodes[name]
        if node.lost_at is None:
            node.lost_at = self.moment()
        self.inquiry.interrupted(name)
        self.placing.place()

    def event(self, name: str, event: Event) -> None:
        """Something happened on a node."""
        self._hearsay.read(self.nodes[name], event)

    def look(self, call: LineCall) -> None:
        """Ask the node of a call what became of it, if it is there; else it is asked when it is."""
        if self.nodes[call.node].there:
            self.inquiry.look(call, self.nodes[call.node])

    def loads(self) -> Iterator[tuple[str, TrunkLoad]]:
        """Every trunk that can be reached, with its node."""
        return ((node.name, load) for node in self.nodes.values() if node.there for load in node.trunks.values())

    def load_of(self, call: LineCall) -> TrunkLoad | None:
        """The trunk of a call; None while it has none, or one that is not ours to dial by."""
        return self.nodes[call.node].trunks.get(call.trunk) if call.node else None

    def call_on(self, node: NodeView, uniqueid: str) -> LineCall | None:
        """The call whose own channel this is."""
        attempt_id = self.callers.attempt_on(node, uniqueid) or placed_id(uniqueid)
        call = self.calls.get(attempt_id) if attempt_id is not None else None
        return call if call is not None and call.node == node.name else None

    def _compare_clocks(self, node: NodeView, asked_at: datetime, result: pending.Result) -> None:
        if isinstance(result, pending.Answered):
            now = self.clock.now()
            node.compare_clocks(result.response.headers.get("Timestamp", ""), asked_at + (now - asked_at) / 2)

    # -- facts -------------------------------------------------------------------------------------------------------

    def seen(self, call: LineCall, channel: str) -> None:
        """Its channel is there: the network hears of it now."""
        if call.channel is None:
            self.placing.unplace(call)
            call.channel = channel
        self.taken(call)
        if call.hangup_wanted:
            self.let_go(call)

    def taken(self, call: LineCall) -> None:
        """The node has the call."""
        self.learn(call, Handed(call.attempt_id, self.clock.now()))

    def refuse(self, call: LineCall, cause: str, result: CallResult) -> None:
        """It was never given to the network."""
        self.learn(call, Refused(call.attempt_id, self.clock.now(), cause, result.value))

    def learn(self, call: LineCall, fact: CallFact) -> bool:
        """Take a fact and tell it, unless the node is being asked for what came before it; False where it is no news."""
        if not call.learn(fact):
            return False
        if call.over:
            call.over_since = self.moment()
            self.callers.over(call)
            self._count_health(call, fact)
        if not call.looking and not call.adopting:
            self.flush(call)
        return True

    def flush(self, call: LineCall) -> None:
        """Tell what was held back; a question of the engine is answered with all of it."""
        if call.asked:
            call.asked = False
            call.news()
            if call.caller is not None:
                call.caller.introduced = True
            at, live = self.clock.now(), not call.over
            self._tell(Reconciled(call.attempt_id, at, known=True, live=live, past=tuple(call.facts)))
        if call.caller is not None:
            self.callers.tell(call, call.caller)
            return
        for fact in call.news():
            self._tell(fact)

    def ended(self, call: LineCall, at: datetime, q850: int | None, sip: int | None, by_far_end: bool) -> Ended:
        """The end of a call: its cause in words of the network, and what it means where nobody answered.

        What our own side ended before an answer says of the resident that nobody answered, whatever its cause, unless it was
        heard why.
        """
        cause = "/".join(str(code) for code in (q850, sip) if code is not None) or "lost"
        result = None
        if not call.answered:
            load = self.load_of(call)
            table = self._causes[load.trunk.causes if load is not None else "default"]
            result = table.result_of(q850, sip, call.early)
            # What is hung up before it is sent ends as if the far end had refused it (603), but by our own cause.
            by_far_end = by_far_end and not (call.hangup_wanted and q850 == _OUR_HANGUP)
            if not by_far_end and result is not CallResult.CONGESTION:
                result = table.result_of_sound(call.early) or CallResult.NO_ANSWER
            if call.early not in (Early.UNKNOWN, Early.RING_BACK):
                # What an office writes its trunk's table from.
                told = {"trunk": call.trunk, "heard": call.early.value, "cause": cause, "result": result.value}
                _log.info("a call that was not answered had sounded", extra=told)
        return Ended(call.attempt_id, at, cause, result.value if result else None, by_far_end and call.answered)

    def nobody_has(self, call: LineCall) -> None:
        """No node ever heard of it, and none will: it is never dialed from here on."""
        self.calls.pop(call.attempt_id, None)
        self._absent[call.attempt_id] = self.moment()
        self._say_absent(call.attempt_id)

    def line_free(self) -> None:
        """A channel ended: whoever waits for a line may have it."""
        self.placing.place()

    def _say_absent(self, attempt_id: UUID) -> None:
        self._tell(Reconciled(attempt_id, self.clock.now(), known=False, live=False))

    def _count_health(self, call: LineCall, fact: CallFact) -> None:
        load = self.load_of(call)
        if load is None or not isinstance(fact, Ended):
            return
        if fact.result == CallResult.CONGESTION:
            load.failed(self.moment())
        else:
            load.carried()

    # -- time --------------------------------------------------------------------------------------------------------

    def next_at(self) -> float:
        """When `tick` is needed (monotonic seconds)."""
        moments = [self._swept_at + _SWEEP_SECONDS]
        moments += [since + self.terms.away for _, since in self._awaited()]
        moments += [at for at in (self.placing.next_at(), self.redirects.next_at()) if at is not None]
        return min(moments)

    def tick(self) -> None:
        """Time has passed."""
        now = self.moment()
        for node, since in list(self._awaited()):
            if since + self.terms.away <= now:
                self._give_up(node)
        self.placing.place()
        self.redirects.tick()
        if self._swept_at + _SWEEP_SECONDS <= now:
            self._sweep(now)

    def _awaited(self) -> Iterator[tuple[NodeView, float]]:
        """Nodes that are away, and since when, as long as anything is hoped of them."""
        return ((node, node.lost_at) for node in self.nodes.values() if node.lost_at is not None and not node.given_up)

    def _give_up(self, node: NodeView) -> None:
        """It stays away: its calls are over in the books, and whatever of them still lives there ends when it is back."""
        node.gave_up()
        at = self.clock.now()
        for call in list(self.calls.values()):
            if call.node == node.name and not call.over and not call.adopting:
                if call.caller is None:
                    node.debts.add(call.attempt_id)
                call.looking = ""
                self.learn(call, Handed(call.attempt_id, at))
                self.learn(call, Ended(call.attempt_id, at, "node lost", None, by_resident=False))
            elif node.name in call.adopting:
                node.debts.add(call.attempt_id)
                self.inquiry.not_there(call, node)

    def _is_there(self, name: str) -> bool:
        """Of a node that is away, calls that are over in the books may live on: they are let go when it is back."""
        node = self.nodes.get(name)
        return node is None or node.there

    def _sweep(self, now: float) -> None:
        """Forget what nobody asks for any more."""
        self._swept_at = now
        self.callers.sweep(now)
        for attempt_id, call in list(self.calls.items()):
            if call.over and call.over_since + _REMEMBERED_SECONDS < now and self._is_there(call.node):
                del self.calls[attempt_id]
        for attempt_id, since in list(self._absent.items()):
            if since + _ABSENT_SECONDS < now:
                del self._absent[attempt_id]
