"""取次 and 聴取 on the nodes: which lines of ours are in which call, and who is brought in, let go or listens. Pure.

What becomes of the three when one of them is gone is the dialplan's own affair (`node/templates/extensions-transfer.conf.jinja`);
here it is told to the engine. An operator's line has one channel at a time, and is known by its name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from callflow.events import (
    CalledIn,
    Confer,
    Consult,
    HandOver,
    Left,
    ListenIn,
    Listening,
    StopListening,
    TakeBack,
)
from dialer.asterisk import pending
from dialer.asterisk.line_call import LineCall
from dialer.asterisk.node.node import ASIDE, CONSULT, LISTEN, ROOM, TOGETHER
from dialer.asterisk.node_view import NodeView
from dialer.asterisk.wire import Action

if TYPE_CHECKING:
    from dialer.asterisk.switchboard import Act, Switchboard


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of ours in a call."""

    attempt_id: UUID
    operator_id: UUID
    node: str


@dataclass(slots=True)
class _Listener:
    """A supervisor's channel, by the id we gave it; `stopped`: it ends as soon as it can be named."""

    attempt_id: UUID
    supervisor_id: UUID
    node: str
    how: Listening
    stopped: bool = False


class Transfers:
    """All conversations of more than two, of all nodes."""

    def __init__(self, board: Switchboard, act: Act) -> None:
        self._board = board
        self._act = act
        self._lines: dict[str, _Line] = {}
        self._unwanted: set[str] = set()
        self._listeners: dict[str, _Listener] = {}
        self.commands: dict[type[Any], Callable[[Any], None]] = {
            Consult: self._consult,
            Confer: self._confer,
            HandOver: self._hand_over,
            TakeBack: self._take_back,
            ListenIn: self._listen_in,
            StopListening: self._stop_listening,
        }

    # -- the engine ------------------------------------------------------------------------------------------------

    def expect(self, call: LineCall, endpoint: str, operator_id: UUID) -> None:
        """This line of ours comes into the call."""
        self._lines[endpoint] = _Line(call.attempt_id, operator_id, call.node)
        self._unwanted.discard(endpoint)

    def _consult(self, command: Consult) -> None:
        call = self._board.answered_call(command.attempt_id)
        if call is not None and call.colleague == command.colleague_id:
            return
        operator, colleague = self._endpoints(call, command)
        node = self._board.nodes[call.node] if call is not None else None
        channel = node.channel_of(operator) if node is not None and operator is not None else None
        if call is None or call.channel is None or colleague is None or operator is None or channel is None:
            self._left(command.attempt_id, command.colleague_id)
            return
        call.joining, call.colleague = command.operator_id, command.colleague_id
        call.barged = False
        self.expect(call, operator, command.operator_id)
        self.expect(call, colleague, command.colleague_id)
        self._note(call, "OPERATOR_CHANNEL", channel)
        both = _send_both(call.channel, ASIDE, channel, CONSULT, f"{colleague}_{call.attempt_id}")
        self._board.redirects.send(call.node, both, partial(self._asked, call, command.colleague_id))

    def _asked(self, call: LineCall, colleague_id: UUID, result: pending.Result) -> None:
        """One of the two channels was gone: nothing has happened."""
        if isinstance(result, pending.Refused) and call.colleague == colleague_id:
            call.colleague = None
            self._left(call.attempt_id, colleague_id)

    def _confer(self, command: Confer) -> None:
        call = self._board.answered_call(command.attempt_id)
        if call is not None:
            self._know(call, command)
            self._board.redirect(call, TOGETHER)

    def _hand_over(self, command: HandOver) -> None:
        call = self._board.answered_call(command.attempt_id)
        if call is None:
            return
        self._know(call, command)
        operator, colleague = self._endpoints(call, command)
        call.joining, call.colleague = command.colleague_id, None
        # What the node knows of the call from now on: whose page is waited for, and who is told to a new engine.
        self._note(call, "JOINED_WITH", command.colleague_id.hex)
        self._note(call, "WHO", command.colleague_id.hex)
        if colleague is not None:
            self._note(call, "LINE", colleague)
        self._board.redirect(call, TOGETHER)
        self._hang_up(call.node, operator)

    def _take_back(self, command: TakeBack) -> None:
        """With the colleague gone the resident is put together with whoever is there."""
        call = self._board.answered_call(command.attempt_id)
        if call is None:
            return
        self._know(call, command)
        _, colleague = self._endpoints(call, command)
        call.colleague = None
        self._hang_up(call.node, colleague)

    def _listen_in(self, command: ListenIn) -> None:
        call = self._board.answered_call(command.attempt_id)
        target, own = self._channel_in(call, command.operator_id), None
        if call is not None:
            own = self._board.endpoint_of(command.supervisor_id, call.node)
        if call is None or target is None or own is None:
            self._left(command.attempt_id, command.supervisor_id)
            return
        uniqueid = _listener_id(command.supervisor_id)
        before = self._listeners.get(uniqueid)
        listener = _Listener(call.attempt_id, command.supervisor_id, call.node, command.how)
        self._listeners[uniqueid] = listener
        channel = self._board.nodes[call.node].channels.get(uniqueid)
        if command.how is Listening.BARGE:
            self._into_the_room(call, target)
        if before is not None and before.attempt_id == call.attempt_id and not before.stopped and channel is not None:
            self._change(listener, channel)
            return
        fields = {
            "Channel": f"PJSIP/{own}",
            **_place(listener),
            "Timeout": "10000",
            "ChannelId": uniqueid,
            "Async": "true",
        }
        self._act(call.node, Action("Originate", fields, {"TARGET": target}), _whatever)

    def _change(self, listener: _Listener, channel: str) -> None:
        place = Action("Redirect", {"Channel": channel, **_place(listener)})
        self._board.redirects.send(listener.node, place, _whatever)

    def _into_the_room(self, call: LineCall, operator: str) -> None:
        """割り込む: all three meet in the call's room, so that the recording hears them too."""
        if call.channel is None or call.barged:
            return
        call.barged = True
        self._note(call, "OPERATOR_CHANNEL", operator)
        both = _send_both(call.channel, TOGETHER, operator, ROOM, str(call.attempt_id))
        self._board.redirects.send(call.node, both, _whatever)

    def _stop_listening(self, command: StopListening) -> None:
        listener = self._listeners.get(_listener_id(command.supervisor_id))
        if listener is None or listener.attempt_id != command.attempt_id:
            return
        listener.stopped = True
        channel = self._board.nodes[listener.node].channels.get(_listener_id(command.supervisor_id))
        if channel is not None:
            self._act(listener.node, _hangup(channel), _whatever)

    # -- the nodes -------------------------------------------------------------------------------------------------

    def came(self, node: NodeView) -> None:
        """After a gap: who is not there any more has left."""
        now = self._board.clock.now()
        for endpoint, line in list(self._lines.items()):
            if line.node == node.name and node.channel_of(endpoint) is None:
                self._gone(endpoint, now)
        for uniqueid, listener in list(self._listeners.items()):
            if listener.node == node.name and uniqueid not in node.channels:
                self.not_begun(uniqueid, now)

    def began(self, node: NodeView, uniqueid: str, channel: str) -> None:
        """A channel is there: one that nobody wants any more is let go."""
        listener = self._listeners.get(uniqueid)
        if _endpoint(channel) in self._unwanted or (listener is not None and listener.stopped):
            self._act(node.name, _hangup(channel), _whatever)

    def ended(self, node: NodeView, uniqueid: str, channel: str, at: datetime) -> None:
        """A channel is gone: if it was a line of ours, it has left the conversation."""
        endpoint = _endpoint(channel)
        line = self._lines.get(endpoint)
        self._unwanted.discard(endpoint)
        if uniqueid in self._listeners:
            self.not_begun(uniqueid, at)
        elif line is not None and line.node == node.name:
            self._gone(endpoint, at)

    def not_begun(self, uniqueid: str, at: datetime) -> None:
        """A listener's channel did not come up, or is gone."""
        listener = self._listeners.pop(uniqueid, None)
        if listener is not None:
            self._board.tell(Left(listener.attempt_id, listener.supervisor_id, at))

    def met(self, call: LineCall, at: datetime) -> None:
        """The colleague took up."""
        if call.colleague is not None:
            self._board.tell(CalledIn(call.attempt_id, call.colleague, at))

    def away(self, call: LineCall, at: datetime) -> None:
        """The colleague did not take up."""
        if call.colleague is not None:
            colleague, call.colleague = call.colleague, None
            self._board.tell(Left(call.attempt_id, colleague, at))

    def _gone(self, endpoint: str, at: datetime) -> None:
        line = self._lines.pop(endpoint)
        call = self._board.calls.get(line.attempt_id)
        if call is None or call.over:
            return
        if call.colleague == line.operator_id:
            call.colleague = None
        # Whoever comes back is joined by the line itself, outside the room.
        call.barged = False
        self._board.tell(Left(line.attempt_id, line.operator_id, at))

    # -- who is where ----------------------------------------------------------------------------------------------

    def _endpoints(self, call: LineCall | None, command: Any) -> tuple[str | None, str | None]:
        if call is None:
            return None, None
        endpoint_of = self._board.endpoint_of
        return endpoint_of(command.operator_id, call.node), endpoint_of(command.colleague_id, call.node)

    def _know(self, call: LineCall, command: Confer | HandOver | TakeBack) -> None:
        """A carrier that began anew learns from the command who is in the call."""
        for endpoint, who in zip(
            self._endpoints(call, command), (command.operator_id, command.colleague_id), strict=True
        ):
            if endpoint is not None and endpoint not in self._lines:
                self.expect(call, endpoint, who)
        call.colleague = command.colleague_id

    def _channel_in(self, call: LineCall | None, operator_id: UUID) -> str | None:
        endpoint = self._board.endpoint_of(operator_id, call.node) if call is not None else None
        return self._board.nodes[call.node].channel_of(endpoint) if call is not None and endpoint else None

    def _hang_up(self, node: str, endpoint: str | None) -> None:
        if endpoint is None:
            return
        channel = self._board.nodes[node].channel_of(endpoint)
        if channel is not None:
            self._act(node, _hangup(channel), _whatever)
        elif endpoint in self._lines:
            self._unwanted.add(endpoint)

    def _note(self, call: LineCall, name: str, value: str) -> None:
        if call.channel is not None:
            fields = {"Channel": call.channel, "Variable": name, "Value": value}
            self._act(call.node, Action("Setvar", fields), _whatever)

    def _left(self, attempt_id: UUID, operator_id: UUID) -> None:
        self._board.tell(Left(attempt_id, operator_id, self._board.clock.now()))


def _send_both(resident: str, context: str, operator: str, their_context: str, extension: str) -> Action:
    """The resident's channel and an operator's go elsewhere at once, or neither does."""
    fields = {
        "Channel": resident,
        "Context": context,
        "Exten": "s",
        "Priority": "1",
        "ExtraChannel": operator,
        "ExtraContext": their_context,
        "ExtraExten": extension,
        "ExtraPriority": "1",
    }
    return Action("Redirect", fields)


def _listener_id(supervisor_id: UUID) -> str:
    """The id of a supervisor's listening channel: Asterisk gives an id to one channel only, so that nobody is rung twice."""
    return f"listen-{supervisor_id.hex}"


def _place(listener: _Listener) -> dict[str, str]:
    """Where a supervisor's channel belongs."""
    if listener.how is Listening.BARGE:
        return {"Context": ROOM, "Exten": str(listener.attempt_id), "Priority": "1"}
    return {"Context": LISTEN, "Exten": listener.how.value, "Priority": "1"}


def _endpoint(channel: str) -> str:
    return channel.removeprefix("PJSIP/").rpartition("-")[0]


def _hangup(channel: str) -> Action:
    return Action("Hangup", {"Channel": channel, "Cause": "16"})


def _whatever(result: pending.Result) -> None:
    """What follows is told by events."""
