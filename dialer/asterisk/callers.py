"""返電 as the nodes tell of them: who came, who waits, who is gone. Pure.

A node writes down every caller before it says so. Whoever comes while nobody listens is found there when somebody does,
and told once: as `Incoming` where they still wait, as `Missed` where they are gone. The engine's ledger knows by the
attempt's id whom another process was told of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from callflow.events import Answered, Ended, Handed, Incoming, Joined, Missed, TellClosed, TellPlace, Wish, Wished
from casefile.phone_number import read_phone
from dialer.asterisk import pending
from dialer.asterisk.line_call import Caller, LineCall
from dialer.asterisk.node.node import AFTER_HOURS, CALLER_DAYS, QUEUE
from dialer.asterisk.node_view import NodeView
from dialer.asterisk.past import CallerRecord, Past, ask_for_callers, callers_of
from dialer.asterisk.placing import placed_id
from dialer.asterisk.wire import Event

if TYPE_CHECKING:
    from dialer.asterisk.switchboard import Act, Switchboard

_SEEN_SECONDS = (CALLER_DAYS + 1) * 86_400.0


class Callers:
    """All callers of all nodes; those of other trunks than ours are another city's."""

    def __init__(self, board: Switchboard, act: Act) -> None:
        self._board = board
        self._act = act
        self._by_channel: dict[tuple[str, str], UUID] = {}
        self._seen: dict[UUID, float] = {}
        self._said: dict[str, Callable[[LineCall, Caller, Event, datetime], None]] = {
            "AfterHours": self._after_hours,
            "Declined": self._declined,
            "Wished": self._wished,
            "JoinFailed": self._join_failed,
        }

    def attempt_on(self, node: NodeView, uniqueid: str) -> UUID | None:
        """The call-back whose own channel this is."""
        return self._by_channel.get((node.name, uniqueid))

    # -- what the dialplan says --------------------------------------------------------------------------------------

    def said(self, node: NodeView, event: Event, at: datetime) -> None:
        """A UserEvent of a caller, or of none: others are left alone."""
        attempt_id, name = placed_id(event.get("AttemptId")), event.get("UserEvent")
        if attempt_id is None:
            return
        met = None
        if name in ("Incoming", "AfterHours"):
            met = self._meet(node, attempt_id, event.get("Line"), _number(event), event.get("Trunk"), at)
        call = self._board.calls.get(attempt_id)
        handler = self._said.get(name)
        if handler is not None and call is not None and call.caller is not None and call.node == node.name:
            handler(call, call.caller, event, at)
        if met is not None and met.asked:
            self._board.inquiry.look(met, node)
        elif met is not None:
            self._board.flush(met)

    def _after_hours(self, call: LineCall, caller: Caller, event: Event, at: datetime) -> None:
        del call, event, at
        caller.closed = True

    def _declined(self, call: LineCall, caller: Caller, event: Event, at: datetime) -> None:
        del call, event, at
        caller.declined = True

    def _wished(self, call: LineCall, caller: Caller, event: Event, at: datetime) -> None:
        caller.wish, caller.wished_at, caller.wish_told = _wish(event.get("Wish")), at, False
        if not call.looking:
            self._board.flush(call)

    def _join_failed(self, call: LineCall, caller: Caller, event: Event, at: datetime) -> None:
        """Back in the queue: the same operator may be asked again later."""
        del caller, event, at
        if not call.has(Joined):
            call.joining = None

    # -- what the node remembers -------------------------------------------------------------------------------------

    def came(self, node: NodeView) -> None:
        """A node is there: who called while we did not listen? Until it has answered it is asked for nobody else."""
        node.callers_known = False
        self._act(node.name, ask_for_callers(), lambda result: self._remembered(node, result))

    def _remembered(self, node: NodeView, result: pending.Result) -> None:
        if not node.there:
            return
        if not isinstance(result, pending.Answered) and not _none_there(result):
            self.came(node)
            return
        node.callers_known = True
        self._find(node, callers_of(result.events) if isinstance(result, pending.Answered) else ())
        self._board.inquiry.adopt_all()

    def _find(self, node: NodeView, records: Iterable[CallerRecord]) -> None:
        for record in records:
            known = self._board.calls.get(record.attempt_id)
            if record.attempt_id in self._seen and (known is None or known.caller is not None):
                continue
            came_at = min(node.ours(record.came_at), self._board.clock.now())
            call = self._meet(node, record.attempt_id, record.uniqueid, record.number, record.trunk, came_at)
            if call is not None:
                self._board.inquiry.look(call, node)

    def _meet(
        self, node: NodeView, attempt_id: UUID, uniqueid: str, number: str, trunk: str, came_at: datetime
    ) -> LineCall | None:
        """A caller of ours, seen for the first time; one whom the engine has asked for is known to it."""
        known = self._board.calls.get(attempt_id)
        if trunk not in node.trunks or (known is not None and known.caller is not None):
            return None
        call = known or LineCall(attempt_id, uniqueid)
        e164 = read_phone(number).e164 if number else None
        call.caller = Caller(Incoming(attempt_id, came_at, e164), introduced=call.asked)
        call.uniqueid, call.node, call.trunk = uniqueid, node.name, trunk
        call.channel = node.channels.get(uniqueid)
        # It is with us already: nothing is to be placed, and it may be joined at once.
        call.facts, call.untold = [Handed(attempt_id, came_at), Answered(attempt_id, came_at)], 0
        call.adopting, call.looking, call.reserving = set(), "", False
        self._board.calls[attempt_id] = call
        self._by_channel[node.name, uniqueid] = attempt_id
        self._seen[attempt_id] = self._board.moment()
        return call

    def learn_past(self, call: LineCall, caller: Caller, past: Past, ours: Callable[[datetime], datetime]) -> None:
        """What a node says of a caller who was asked for."""
        caller.closed, caller.declined = caller.closed or past.closed, caller.declined or past.declined
        wish = _wish(past.wish)
        if wish is not None and wish is not caller.wish:
            caller.wish, caller.wished_at, caller.wish_told = wish, self._board.clock.now(), False
        operator_id = past.operator_id or call.joining
        if past.joined_at is not None and operator_id is not None:
            call.joining = operator_id
            self._board.learn(call, Joined(call.attempt_id, operator_id, ours(past.joined_at)))

    # -- the engine --------------------------------------------------------------------------------------------------

    def tell_place(self, command: TellPlace) -> None:
        """The caller hears it at the next turn of what they hear; a join is never cut off by it."""
        call = self._board.calls.get(command.attempt_id)
        if call is not None and call.caller is not None and not call.over:
            self._board.note(call, "PLACE", str(command.place))

    def tell_closed(self, command: TellClosed) -> None:
        """The caller hears that nobody is here; `Missed` follows, also where they are gone already."""
        call = self._board.calls.get(command.attempt_id)
        if call is None or call.caller is None or call.caller.closed:
            return
        call.caller.closed = True
        if call.over:
            self._tell_missed(call, call.caller)
        else:
            self._board.redirect(call, AFTER_HOURS)

    def let_go(self, call: LineCall) -> None:
        """Whom the books have given up and who waits still is told so."""
        self._board.redirect(call, QUEUE, "nobody")

    def tell(self, call: LineCall, caller: Caller) -> None:
        """Tell what was held back of a caller."""
        fresh = [fact for fact in call.news() if isinstance(fact, Joined | Ended)]
        unmet, caller.introduced = not caller.introduced, caller.introduced or call.over or not caller.closed
        if caller.closed or (unmet and call.over):
            if any(isinstance(fact, Ended) for fact in fresh):
                self._tell_missed(call, caller)
            return
        if unmet:
            self._board.tell(caller.incoming)
        if not caller.wish_told and caller.wish is not None:
            caller.wish_told = True
            self._board.tell(Wished(call.attempt_id, caller.wished_at or caller.incoming.at, caller.wish))
        for fact in fresh:
            self._board.tell(fact)

    def _tell_missed(self, call: LineCall, caller: Caller) -> None:
        came, ended = caller.incoming, next(fact for fact in call.facts if isinstance(fact, Ended))
        self._board.tell(Missed(call.attempt_id, came.at, came.e164, ended.at, wanted=not caller.declined))

    # -- time --------------------------------------------------------------------------------------------------------

    def over(self, call: LineCall) -> None:
        self._by_channel.pop((call.node, call.uniqueid), None)

    def sweep(self, now: float) -> None:
        """Forget those whom no node remembers any more."""
        for attempt_id, since in list(self._seen.items()):
            if since + _SEEN_SECONDS < now:
                del self._seen[attempt_id]


def _number(event: Event) -> str:
    return "" if event.get("Withheld") == "yes" else event.get("Number")


def _wish(key: str) -> Wish | None:
    return Wish(key) if key in {wish.value for wish in Wish} else None


def _none_there(result: pending.Result) -> bool:
    return isinstance(result, pending.Refused) and result.reason is pending.Reason.ASTERISK_SAID_NO
