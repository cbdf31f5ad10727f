"""聴取 on the nodes: supervisors' channels, which hear an operator's or come into the call's room. Pure.

A supervisor has one such channel, by an id of its own, so that nobody is rung twice. It ends with what it hears
(`node/templates/extensions-transfer.conf.jinja`); here that is told to the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from callflow.events import Left, ListenIn, Listening, StopListening
from dialer.asterisk import pending
from dialer.asterisk.channel_actions import send, send_both
from dialer.asterisk.line_call import LineCall
from dialer.asterisk.node.node import LISTEN, ROOM, TOGETHER
from dialer.asterisk.node_view import NodeView, is_listener, listener_id
from dialer.asterisk.wire import Action

if TYPE_CHECKING:
    from dialer.asterisk.switchboard import Act, Switchboard


@dataclass(slots=True)
class _Listener:
    """A supervisor's channel. `stopped`: it ends as soon as it can be named. `lost`: the line was cut before it was known
    whether the node had heard of it."""

    attempt_id: UUID
    operator_id: UUID
    supervisor_id: UUID
    node: str
    how: Listening
    stopped: bool = False
    lost: bool = False


class Listeners:
    """Every supervisor who hears somebody, of all nodes."""

    def __init__(self, board: Switchboard, act: Act) -> None:
        self._board = board
        self._act = act
        self._listeners: dict[str, _Listener] = {}

    # -- the engine ------------------------------------------------------------------------------------------------

    def listen_in(self, command: ListenIn) -> None:
        """Ring the supervisor, or change how they take part."""
        call = self._board.answered_call(command.attempt_id)
        target, own = None, None
        if call is not None:
            target = self._board.channel_of(command.operator_id, call.node)
            own = self._board.endpoint_of(command.supervisor_id, call.node)
        if call is None or target is None or own is None:
            self._left(command.attempt_id, command.supervisor_id, self._board.clock.now())
            return
        uniqueid = listener_id(command.supervisor_id)
        before = self._listeners.get(uniqueid)
        listener = _Listener(call.attempt_id, command.operator_id, command.supervisor_id, call.node, command.how)
        self._listeners[uniqueid] = listener
        channel = self._board.nodes[call.node].channels.get(uniqueid)
        if command.how is Listening.BARGE:
            self._into_the_room(call, target, listener)
        if before is not None and before.attempt_id == call.attempt_id and not before.stopped and channel is not None:
            self._change(listener, channel)
            return
        fields = {
            "Channel": f"PJSIP/{own}",
            "Context": LISTEN,
            "Exten": command.how.value,
            "Priority": "1",
            "Timeout": "10000",
            "ChannelId": uniqueid,
            "Async": "true",
        }
        self._act(
            call.node,
            Action("Originate", fields, {"TARGET": target, "ROOM": str(call.attempt_id)}),
            pending.told_by_events,
        )

    def stop_listening(self, command: StopListening) -> None:
        """Let the supervisor's channel go; also one that a former process had rung."""
        uniqueid = listener_id(command.supervisor_id)
        listener = self._listeners.get(uniqueid)
        if listener is not None and listener.attempt_id != command.attempt_id:
            return
        if listener is not None:
            listener.stopped = True
        for node in self._board.nodes.values():
            channel = node.channels.get(uniqueid)
            if channel is not None:
                self._board.end_channel(node.name, channel)

    # -- the nodes -------------------------------------------------------------------------------------------------

    def came(self, node: NodeView) -> None:
        """After a gap: who is not there any more has left, and what was said into the gap is said again."""
        now = self._board.clock.now()
        for uniqueid, listener in list(self._listeners.items()):
            if listener.node != node.name:
                continue
            channel = node.channels.get(uniqueid)
            if channel is None:
                self.gone(uniqueid, now)
            elif listener.stopped:
                self._board.end_channel(node.name, channel)
            elif listener.lost:
                self._say_again(listener, node, channel)

    def began(self, node: NodeView, uniqueid: str, channel: str) -> None:
        """A listener's channel is there: one that nobody wants, or wants any more, is let go."""
        if not is_listener(uniqueid):
            return
        listener = self._listeners.get(uniqueid)
        if listener is None or listener.stopped:
            self._board.end_channel(node.name, channel)

    def gone(self, uniqueid: str, at: datetime) -> None:
        """A listener's channel did not come up, or has ended."""
        listener = self._listeners.pop(uniqueid, None)
        if listener is not None:
            self._left(listener.attempt_id, listener.supervisor_id, at)

    def _say_again(self, listener: _Listener, node: NodeView, channel: str) -> None:
        listener.lost = False
        call = self._board.answered_call(listener.attempt_id)
        target = self._board.channel_of(listener.operator_id, node.name)
        if call is not None and target is not None and listener.how is Listening.BARGE:
            call.barged = node.contexts.get(call.uniqueid) == TOGETHER
            self._into_the_room(call, target, listener)
        self._change(listener, channel)

    # -- actions ---------------------------------------------------------------------------------------------------

    def _change(self, listener: _Listener, channel: str) -> None:
        place = send(channel, LISTEN, listener.how.value)
        if listener.how is Listening.BARGE:
            place = send(channel, ROOM, str(listener.attempt_id))
        self._board.redirects.send(listener.node, place, partial(_note_loss, listener))

    def _into_the_room(self, call: LineCall, operator: str, listener: _Listener) -> None:
        """割り込む: all three meet in the call's room, so that the recording hears them too."""
        if call.channel is None or call.barged:
            return
        call.barged = True
        self._board.note(call, "OPERATOR_CHANNEL", operator)
        both = send_both(call.channel, TOGETHER, operator, ROOM, str(call.attempt_id))
        self._board.redirects.send(call.node, both, partial(_note_loss, listener))

    def _left(self, attempt_id: UUID, supervisor_id: UUID, at: datetime) -> None:
        self._board.tell(Left(attempt_id, supervisor_id, at))


def _note_loss(listener: _Listener, result: pending.Result) -> None:
    listener.lost = listener.lost or pending.may_be_lost(result)
