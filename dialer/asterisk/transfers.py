"""取次 on the nodes: which lines of ours are in which call, and who is brought in or let go. Pure.

What becomes of the three when one of them is gone is the dialplan's own affair (`node/templates/extensions-transfer.conf.jinja`);
here it is told to the engine. An operator's line has one channel in a call at a time, and is known by its name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from callflow.events import CalledIn, Confer, Consult, HandOver, Left, TakeBack
from dialer.asterisk import pending
from dialer.asterisk.channel_actions import hang_up, send, send_both
from dialer.asterisk.line_call import LineCall
from dialer.asterisk.node.node import ASIDE, CONSULT, ROOM, TOGETHER
from dialer.asterisk.node_view import NodeView, is_listener

if TYPE_CHECKING:
    from dialer.asterisk.switchboard import Act, Switchboard

_MET = (ROOM, f"{CONSULT}-met")
_NOBODY = "-"


@dataclass(slots=True)
class _Line:
    """A line of ours in a call. `channel`: None while it is still to come. `met`: a colleague who took up, and it was told."""

    attempt_id: UUID
    operator_id: UUID
    node: str
    channel: str | None = None
    met: bool = False


@dataclass(slots=True)
class _Said:
    """The last command of a call; `open`: so many of its actions have no answer yet. `lost`: one of them may never have arrived."""

    command: Confer | HandOver | TakeBack
    open: int = 0
    lost: bool = False


class Transfers:
    """All conversations of more than two, of all nodes."""

    def __init__(self, board: Switchboard, act: Act) -> None:
        self._board = board
        self._act = act
        self._lines: dict[str, _Line] = {}
        self._unwanted: dict[str, UUID] = {}
        self._said: dict[UUID, _Said] = {}
        self.commands: dict[type[Any], Callable[[Any], None]] = {
            Consult: self._consult,
            Confer: self._confer,
            HandOver: self._hand_over,
            TakeBack: self._take_back,
        }

    # -- the engine ------------------------------------------------------------------------------------------------

    def expect(self, call: LineCall, endpoint: str, operator_id: UUID, channel: str | None = None) -> None:
        """This line of ours comes into the call, or is in it."""
        self._lines[endpoint] = _Line(call.attempt_id, operator_id, call.node, channel)
        self._unwanted.pop(endpoint, None)

    def _consult(self, command: Consult) -> None:
        call = self._board.answered_call(command.attempt_id)
        if call is not None and call.colleague == command.colleague_id:
            return
        operator, colleague = self._endpoints(call, command)
        channel = self._board.nodes[call.node].channel_of(operator) if call is not None and operator else None
        if call is None or call.channel is None or colleague is None or operator is None or channel is None:
            self._left(command.attempt_id, command.colleague_id, self._board.clock.now())
            return
        self._said.pop(call.attempt_id, None)
        call.joining, call.colleague = command.operator_id, command.colleague_id
        call.barged = False
        self.expect(call, operator, command.operator_id, channel)
        self.expect(call, colleague, command.colleague_id)
        self._board.nodes[call.node].contexts.pop(call.uniqueid, None)
        self._board.note(call, "OPERATOR_CHANNEL", channel)
        self._board.note(call, "COLLEAGUE", command.colleague_id.hex)
        both = send_both(call.channel, ASIDE, channel, CONSULT, f"{colleague}_{call.attempt_id}")
        self._board.redirects.send(call.node, both, partial(self._asked, call, command.colleague_id))

    def _asked(self, call: LineCall, colleague_id: UUID, result: pending.Result) -> None:
        """One of the two channels was gone: nothing has happened."""
        if isinstance(result, pending.Refused) and call.colleague == colleague_id:
            self.away(call, self._board.clock.now())

    def _confer(self, command: Confer) -> None:
        call = self._board.answered_call(command.attempt_id)
        if call is not None:
            self._know(call, command)
            call.colleague = command.colleague_id
            if self._board.nodes[call.node].contexts.get(call.uniqueid) != TOGETHER:
                self._together(call, self._say(command))

    def _hand_over(self, command: HandOver) -> None:
        call = self._board.answered_call(command.attempt_id)
        if call is None:
            return
        self._know(call, command)
        call.joining, call.colleague = command.colleague_id, None
        said = self._say(command)
        self._note_line(call, command)
        self._together(call, said)
        self._let_go(call, command.operator_id, said)
        self._note_colleagues(call, command)

    def _take_back(self, command: TakeBack) -> None:
        """With the colleague gone the resident is put together with whoever is there."""
        call = self._board.answered_call(command.attempt_id)
        if call is None:
            return
        self._know(call, command)
        call.colleague = None
        self._let_go(call, command.colleague_id, self._say(command))
        self._board.note(call, "COLLEAGUE", _NOBODY)

    def _say(self, command: Confer | HandOver | TakeBack) -> _Said:
        said = self._said[command.attempt_id] = _Said(command)
        return said

    def _say_again(self, call: LineCall, node: NodeView, said: _Said) -> None:
        """It went into the gap, or not: done twice it does no harm. Whoever is not asked to wait any more stays where they are."""
        command, said.lost = said.command, False
        if isinstance(command, HandOver):
            self._note_line(call, command)
        if not isinstance(command, TakeBack) and node.contexts.get(call.uniqueid) == ASIDE:
            self._together(call, said)
        if isinstance(command, HandOver):
            self._let_go(call, command.operator_id, said)
            self._note_colleagues(call, command)
        elif isinstance(command, TakeBack):
            self._let_go(call, command.colleague_id, said)

    # -- the nodes -------------------------------------------------------------------------------------------------

    def came(self, node: NodeView) -> None:
        """After a gap: who is not there any more has left, who took up has met, and what was said into the gap is said again."""
        now = self._board.clock.now()
        for endpoint, line in list(self._lines.items()):
            if line.node != node.name:
                continue
            line.channel = line.channel or node.channel_of(endpoint)
            if line.channel not in node.channels.values():
                self._gone(endpoint, now)
        for endpoint in list(self._unwanted):
            channel = node.channel_of(endpoint)
            if channel is not None:
                self._show_out(node, endpoint, channel)
        for call in [one for one in self._board.calls.values() if one.node == node.name and not one.over]:
            self._meet(call, node, now)
            said = self._said.get(call.attempt_id)
            if said is not None and said.lost:
                self._say_again(call, node, said)

    def adopt(self, call: LineCall, node: NodeView, colleague_id: UUID | None) -> None:
        """A call of a former engine: who is in it, and whether operator and colleague of a 取次 are still there."""
        now = self._board.clock.now()
        for who in (call.joining, colleague_id):
            endpoint = self._board.endpoint_of(who, node.name) if who is not None else None
            channel = node.channel_of(endpoint) if endpoint is not None else None
            if who is not None and endpoint is not None and channel is not None:
                self.expect(call, endpoint, who, channel)
        if colleague_id is None:
            return
        call.colleague = colleague_id
        if self._line_of(call, colleague_id) is None:
            self.away(call, now)
            return
        self._meet(call, node, now)
        if call.joining is not None and self._line_of(call, call.joining) is None:
            self._left(call.attempt_id, call.joining, now)

    def began(self, node: NodeView, uniqueid: str, channel: str) -> None:
        """A channel is there: one that nobody wants any more is let go."""
        if is_listener(uniqueid):
            return
        endpoint = _endpoint(channel)
        line = self._lines.get(endpoint)
        if line is not None and line.channel is None and line.node == node.name:
            line.channel = channel
        elif endpoint in self._unwanted:
            self._show_out(node, endpoint, channel)

    def ended(self, node: NodeView, channel: str, at: datetime) -> None:
        """A channel is gone: if it was a line of ours, it has left the conversation."""
        endpoint = _endpoint(channel)
        line = self._lines.get(endpoint)
        if line is not None and line.node == node.name and line.channel == channel:
            self._gone(endpoint, at)

    def met(self, call: LineCall, at: datetime) -> None:
        """The colleague took up."""
        line = self._line_of(call, call.colleague)
        if call.colleague is not None and (line is None or not line.met):
            if line is not None:
                line.met = True
            self._board.tell(CalledIn(call.attempt_id, call.colleague, at))

    def away(self, call: LineCall, at: datetime) -> None:
        """The colleague did not take up."""
        if call.colleague is None:
            return
        colleague, call.colleague = call.colleague, None
        for endpoint, line in list(self._lines.items()):
            if line.attempt_id == call.attempt_id and line.operator_id == colleague:
                del self._lines[endpoint]
        self._left(call.attempt_id, colleague, at)

    def _meet(self, call: LineCall, node: NodeView, at: datetime) -> None:
        """The colleague may have taken up while nobody listened."""
        line = self._line_of(call, call.colleague)
        if line is not None and line.channel is not None and node.context_of(line.channel) in _MET:
            self.met(call, at)

    def _gone(self, endpoint: str, at: datetime) -> None:
        line = self._lines.pop(endpoint)
        call = self._board.calls.get(line.attempt_id)
        if call is None or call.over:
            return
        if call.colleague == line.operator_id:
            call.colleague = None
        # Whoever comes back is joined by the line itself, outside the room.
        call.barged = False
        self._left(line.attempt_id, line.operator_id, at)

    # -- who is where ----------------------------------------------------------------------------------------------

    def _endpoints(self, call: LineCall | None, command: Any) -> tuple[str | None, str | None]:
        if call is None:
            return None, None
        endpoint_of = self._board.endpoint_of
        return endpoint_of(command.operator_id, call.node), endpoint_of(command.colleague_id, call.node)

    def _line_of(self, call: LineCall, operator_id: UUID | None) -> _Line | None:
        return next(
            (
                line
                for line in self._lines.values()
                if line.attempt_id == call.attempt_id and line.operator_id == operator_id
            ),
            None,
        )

    def _know(self, call: LineCall, command: Confer | HandOver | TakeBack) -> None:
        """A carrier that began anew learns from the command who is in the call."""
        for endpoint, who in zip(
            self._endpoints(call, command), (command.operator_id, command.colleague_id), strict=True
        ):
            channel = self._board.nodes[call.node].channel_of(endpoint) if endpoint is not None else None
            if endpoint is not None and channel is not None and endpoint not in self._lines:
                self.expect(call, endpoint, who, channel)

    # -- actions ---------------------------------------------------------------------------------------------------

    def _note_colleagues(self, call: LineCall, command: HandOver) -> None:
        """Whom a new engine finds joined. The last of all: until then it says once more that the call is handed over."""
        self._board.note(call, "JOINED_WITH", command.colleague_id.hex)
        self._board.note(call, "COLLEAGUE", _NOBODY)

    def _note_line(self, call: LineCall, command: HandOver) -> None:
        """Whose page is waited for from now on."""
        self._board.note(call, "WHO", command.colleague_id.hex)
        _, colleague = self._endpoints(call, command)
        if colleague is not None:
            self._board.note(call, "LINE", colleague)

    def _together(self, call: LineCall, said: _Said) -> None:
        if call.channel is not None:
            said.open += 1
            self._board.redirects.send(call.node, send(call.channel, TOGETHER), partial(self._heard, said))

    def _let_go(self, call: LineCall, operator_id: UUID, said: _Said) -> None:
        """Hang up a line of ours in this call; one that is still to come is hung up when it comes. Never one that is in
        another call by now."""
        endpoint = self._board.endpoint_of(operator_id, call.node)
        line = self._lines.get(endpoint) if endpoint is not None else None
        if endpoint is None or (line is not None and line.attempt_id != call.attempt_id):
            return
        channel = line.channel if line is not None else None
        if channel is None:
            self._unwanted[endpoint] = call.attempt_id
        else:
            said.open += 1
            self._act(call.node, hang_up(channel), partial(self._heard, said))

    def _show_out(self, node: NodeView, endpoint: str, channel: str) -> None:
        """A line came too late, into a call that still goes on; elsewhere it is welcome."""
        call = self._board.calls.get(self._unwanted[endpoint])
        if call is None or call.over:
            del self._unwanted[endpoint]
        elif call.node == node.name:
            self._board.end_channel(node.name, channel)

    def _heard(self, said: _Said, result: pending.Result) -> None:
        said.open -= 1
        said.lost = said.lost or pending.may_be_lost(result)
        attempt_id = said.command.attempt_id
        if not said.open and not said.lost and self._said.get(attempt_id) is said:
            del self._said[attempt_id]

    def _left(self, attempt_id: UUID, operator_id: UUID, at: datetime) -> None:
        self._board.tell(Left(attempt_id, operator_id, at))


def _endpoint(channel: str) -> str:
    return channel.removeprefix("PJSIP/").rpartition("-")[0]
