"""What became of a call while nobody listened: a node is asked, and never dials.

A live channel tells by its variables, an ended call by what the node wrote down at its end. Where a node knows neither,
a command of a dead process might still be on its way to it; so the attempt's id is taken: a channel that waits silently
gets it as its unique id. Asterisk gives an id to one channel only, so either we get it, and no Originate of that attempt
can ever make a channel, or one has it already, and then it is known. (Its `PreDialGoSub` would be the plainer way, but
Asterisk 22.10 heeds it in a synchronous Originate alone.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from callflow.codes import CallResult
from callflow.events import Announcing, Answered, Detected, Handed, Heard, Joined, Ringing
from dialer.asterisk import pending
from dialer.asterisk.line_call import LineCall
from dialer.asterisk.node.node import ABSENT
from dialer.asterisk.node_view import NodeView
from dialer.asterisk.past import (
    Past,
    ask_of_the_dead,
    ask_of_the_living,
    days_to_ask,
    past_of_the_dead,
    past_of_the_living,
)
from dialer.asterisk.trunks import trunk_of
from dialer.asterisk.wire import Action, Event

if TYPE_CHECKING:
    from dialer.asterisk.switchboard import Act, Switchboard

_MOST_LOOKS = 40
_VERDICT_WITHIN = timedelta(seconds=1.4)


class Inquiry:
    """Asks for one call at a time per call; `LineCall.looking` names the node that is being asked."""

    def __init__(self, board: Switchboard, act: Act) -> None:
        self._board = board
        self._act = act

    # -- whom to ask -------------------------------------------------------------------------------------------------

    def adopt_from(self, call: LineCall, nodes: Iterable[NodeView]) -> None:
        """Ask them all. Nobody waits for one that was given up: it answers for the attempt when it is back."""
        for node in nodes:
            if node.given_up:
                node.debts.add(call.attempt_id)
            else:
                call.adopting.add(node.name)
        if call.adopting:
            self.adopt(call)
        else:
            self._board.nobody_has(call)

    def adopt(self, call: LineCall) -> None:
        """Ask the next node that is there for a call a former process may have placed; if none is, wait."""
        for name in sorted(call.adopting):
            if self._board.nodes[name].there and self._board.nodes[name].callers_known:
                call.looks = 0
                self.look(call, self._board.nodes[name])
                return

    def adopt_all(self) -> None:
        """A node is there that was not: ask it for everything it may know."""
        for call in list(self._board.calls.values()):
            if call.adopting and not call.looking:
                self.adopt(call)

    def look(self, call: LineCall, node: NodeView) -> None:
        """Ask this node, from the beginning."""
        call.looking, call.reserving = node.name, False
        call.looks += 1
        channel = node.channels.get(call.uniqueid)
        if call.looks > _MOST_LOOKS:
            self._lost_track(call)
        elif channel is None:
            self._ask_the_dead(call, node, days_to_ask(node.theirs(self._board.clock.now())), held=False)
        elif not trunk_of(channel):
            # Its id was taken by us, or by one before us.
            self.not_there(call, node)
        else:
            self._act(node.name, ask_of_the_living(channel), partial(self._living, call, node))

    def not_there(self, call: LineCall, node: NodeView) -> None:
        """This node never had it and never will."""
        call.looking = ""
        if call.adopting:
            call.adopting.discard(node.name)
            if call.adopting:
                self.adopt(call)
            else:
                self._board.nobody_has(call)
            return
        call.unsure = False
        self._board.placing.unplace(call)
        self._board.refuse(call, "not placed", CallResult.CONGESTION)

    def interrupted(self, name: str) -> None:
        """A node is gone: what it was asked is asked again when it is back; others are asked meanwhile."""
        for call in list(self._board.calls.values()):
            if call.looking == name:
                call.looking, call.reserving = "", False
        self.adopt_all()

    def pay_debts(self, node: NodeView) -> None:
        """Attempts that were given up while it was away: what lives of them ends, what might still come cannot."""
        for attempt_id in sorted(node.debts):
            channel = node.channels.get(str(attempt_id))
            if channel is None:
                self._act(node.name, _hold(str(attempt_id)), pending.told_by_events)
            elif trunk_of(channel):
                self._board.end_channel(node.name, channel)
        node.debts.clear()

    # -- what it answers ---------------------------------------------------------------------------------------------

    def _living(self, call: LineCall, node: NodeView, result: pending.Result) -> None:
        if call.looking != node.name:
            return
        if isinstance(result, pending.Answered):
            status = next((event for event in result.events if event.name == "Status"), None)
            variables = status.variables("Variable") if status is not None else {}
            self._found(call, node, past_of_the_living(variables))
        elif _asterisk_said_no(result):
            node.ends(call.uniqueid)
            self.look(call, node)
        elif result.reason is pending.Reason.NO_ANSWER:
            self.look(call, node)

    def _ask_the_dead(self, call: LineCall, node: NodeView, days: Sequence[datetime], *, held: bool) -> None:
        action = ask_of_the_dead(call.attempt_id, days[0])
        self._act(node.name, action, partial(self._dead, call, node, days[1:], held))

    def _dead(
        self, call: LineCall, node: NodeView, days: Sequence[datetime], held: bool, result: pending.Result
    ) -> None:
        if call.looking != node.name:
            return
        past = _written(result.events) if isinstance(result, pending.Answered) else None
        if past is not None:
            self._found(call, node, past)
        elif isinstance(result, pending.Answered) or _asterisk_said_no(result):
            if days:
                self._ask_the_dead(call, node, days, held=held)
            elif held:
                self.not_there(call, node)
            elif call.caller is None and (call.adopting or call.unsure):
                self._take_its_id(call, node)
            elif call.uniqueid in node.channels:
                # It has come a moment ago: the news of its channel overtook nothing but the first question.
                self.look(call, node)
            else:
                self._gone(call)
        elif result.reason is pending.Reason.NO_ANSWER:
            self.look(call, node)

    def _take_its_id(self, call: LineCall, node: NodeView) -> None:
        call.reserving = True
        self._act(node.name, _hold(call.uniqueid), partial(self._asked_for_its_id, call, node))

    def _asked_for_its_id(self, call: LineCall, node: NodeView, result: pending.Result) -> None:
        waits = isinstance(result, pending.Answered)
        if call.looking == node.name and call.reserving and not waits and node.there:
            self.look(call, node)

    def reserved(self, call: LineCall, node: NodeView, succeeded: bool) -> None:
        """Asterisk tells whether the id is ours. It may have been another's a moment ago: the dead are asked again."""
        if not call.reserving or call.looking != node.name:
            return
        call.reserving = False
        if succeeded:
            self._ask_the_dead(call, node, days_to_ask(node.theirs(self._board.clock.now())), held=True)
        else:
            self.look(call, node)

    # -- what follows ------------------------------------------------------------------------------------------------

    def _found(self, call: LineCall, node: NodeView, past: Past) -> None:
        channel = node.channels.get(call.uniqueid) if past.ended_at is None else None
        if past.ended_at is None and channel is None:
            # It has ended since it answered for itself.
            self.look(call, node)
            return
        call.node, call.channel = node.name, channel
        call.trunk = call.trunk or past.trunk or trunk_of(channel or "")
        adopted = bool(call.adopting)
        call.adopting, call.unsure, call.reserving = set(), False, False
        now = self._board.clock.now()
        self._learn_past(call, node, past, now)
        call.looking, call.looks = "", 0
        self._board.flush(call)
        if adopted and not call.over:
            self._board.transfers.adopt(call, node, past.colleague_id)
        if call.hangup_wanted and not call.over:
            self._board.let_go(call)

    def _learn_past(self, call: LineCall, node: NodeView, past: Past, now: datetime) -> None:
        """Times of the node's clock become ours; none lies in the future."""

        def ours(at: datetime) -> datetime:
            return min(node.ours(at), now)

        if call.caller is not None:
            self._board.callers.learn_past(call, call.caller, past, ours)
        else:
            self._learn_call(call, node, past, now, ours)
        if past.ended_at is not None:
            self._board.learn(call, self._board.ended(call, ours(past.ended_at), past.q850, past.sip, past.by_far_end))

    def _learn_call(
        self, call: LineCall, node: NodeView, past: Past, now: datetime, ours: Callable[[datetime], datetime]
    ) -> None:
        attempt_id, learn = call.attempt_id, self._board.learn
        known = [at for at in (past.answered_at, past.ended_at) if at is not None]
        learn(call, Handed(attempt_id, ours(min(known)) if known else now))
        if call.uniqueid in node.ringing:
            learn(call, Ringing(attempt_id, now))
        if past.answered_at is not None:
            answered = ours(past.answered_at)
            learn(call, Answered(attempt_id, answered))
            later = [ours(at) for at in (past.joined_at, past.announced_at, past.ended_at) if at is not None]
            if not past.listened:
                learn(call, Heard(attempt_id, answered, past.heard or Detected.PERSON))
            elif past.heard is not None:
                learn(call, Heard(attempt_id, min([answered + _VERDICT_WITHIN, now, *later]), past.heard))
        if past.joined_at is not None and (past.operator_id or call.joining) is not None:
            call.joining = past.operator_id or call.joining
            assert call.joining is not None
            learn(call, Joined(attempt_id, call.joining, ours(past.joined_at)))
        elif past.announced_at is not None:
            learn(call, Announcing(attempt_id, ours(past.announced_at)))

    def _gone(self, call: LineCall) -> None:
        """It was there, and the node knows nothing of it any more: Asterisk itself ended without a word."""
        call.looking = ""
        self._board.learn(call, self._board.ended(call, self._board.clock.now(), None, None, by_far_end=False))
        self._board.flush(call)

    def _lost_track(self, call: LineCall) -> None:
        """The node contradicts itself all the time; the engine asks again in a while."""
        call.looking, call.looks, call.unsure = "", 0, True
        if call.adopting:
            self._board.calls.pop(call.attempt_id, None)


def _hold(uniqueid: str) -> Action:
    """Take an id: a channel that leads nowhere and rings nobody."""
    return Action(
        "Originate",
        {
            "Channel": f"Local/s@{ABSENT}/n",
            "Context": ABSENT,
            "Exten": "s",
            "Priority": "1",
            "Timeout": "5000",
            "ChannelId": uniqueid,
            "OtherChannelId": f"{uniqueid}-absent",
            "Async": "true",
        },
    )


def _written(events: Sequence[Event]) -> Past | None:
    return next((past_of_the_dead(event.get("Val")) for event in events if event.name == "DBGetResponse"), None)


def _asterisk_said_no(result: pending.Result) -> bool:
    return isinstance(result, pending.Refused) and result.reason is pending.Reason.ASTERISK_SAID_NO
