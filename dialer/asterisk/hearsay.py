"""What the nodes tell, put into facts of calls. Pure.

Names of events are Asterisk's; what the dialplan itself says comes as UserEvents
(`node/templates/extensions.conf.jinja`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from callflow.events import Announcing, Answered, Detected, Handed, Heard, Joined, Ringing
from dialer.asterisk.line_call import LineCall
from dialer.asterisk.node.node import GUARD
from dialer.asterisk.node_view import NodeView
from dialer.asterisk.past import HEARD, number, operator_of
from dialer.asterisk.placing import placed_id
from dialer.asterisk.trunks import trunk_of
from dialer.asterisk.wire import Event

if TYPE_CHECKING:
    from dialer.asterisk.switchboard import Switchboard

_NO_CIRCUIT = 34
_log = logging.getLogger("tsunagaru.asterisk")


class Hearsay:
    """Reads events of one node after the other; facts go to the board."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self._events: dict[str, Callable[[NodeView, Event, datetime], None]] = {
            "Newchannel": self._new_channel,
            "Newstate": self._new_state,
            "HangupRequest": self._hangup_request,
            "Hangup": self._hangup,
            "BridgeEnter": self._bridge_enter,
            "OriginateResponse": self._originate_response,
            "UserEvent": self._user_event,
        }
        self._said: dict[str, Callable[[LineCall, Event, datetime], None]] = {
            "Answered": self._answered,
            "Heard": self._verdict,
            "Joined": self._joined,
            "Announcing": self._announcing,
            "CalledIn": lambda call, _, at: self._board.transfers.met(call, at),
            "ColleagueAway": lambda call, _, at: self._board.transfers.away(call, at),
        }

    def read(self, node: NodeView, event: Event) -> None:
        """Something happened on a node."""
        handler = self._events.get(event.name)
        if handler is not None:
            handler(node, event, node.time_of(event, self._board.clock.now()))

    def heard(self, call: LineCall, detected: Detected, at: datetime) -> None:
        """What was heard after the answer. A recording guard's bell is waited for, and nothing is said to it meanwhile;
        a person behind it has two seconds of patience like everybody. Whoever is spoken to already stays where they are:
        a verdict that comes late is news and no more."""
        guarded = any(isinstance(fact, Heard) and fact.detected is Detected.RECORDING_GUARD for fact in call.facts)
        news = self._board.learn(call, Heard(call.attempt_id, at, detected))
        if not news or not call.answered or call.spoken_to:
            return
        if detected is Detected.RECORDING_GUARD:
            self._board.redirect(call, GUARD)
        elif detected is Detected.PERSON and guarded:
            self._board.redirect(call, GUARD, "person")

    # -- channels ----------------------------------------------------------------------------------------------------

    def _new_channel(self, node: NodeView, event: Event, at: datetime) -> None:
        del at
        uniqueid, channel = event.get("Uniqueid"), event.get("Channel")
        node.begins(uniqueid, channel)
        if _nobody_ordered(node, event):
            _log.warning("a call nobody ordered is ended", extra={"node": node.name, "trunk": trunk_of(channel)})
            self._board.end_channel(node.name, channel)
            return
        self._board.transfers.began(node, uniqueid, channel)
        self._board.listeners.began(node, uniqueid, channel)
        call = self._board.call_on(node, uniqueid)
        if call is not None and trunk_of(channel):
            self._board.seen(call, channel)

    def _new_state(self, node: NodeView, event: Event, at: datetime) -> None:
        if event.get("ChannelStateDesc") != "Ringing":
            return
        node.ringing.add(event.get("Uniqueid"))
        call = self._board.call_on(node, event.get("Uniqueid"))
        if call is not None and trunk_of(event.get("Channel")):
            self._board.learn(call, Ringing(call.attempt_id, at))

    def _hangup_request(self, node: NodeView, event: Event, at: datetime) -> None:
        """The far end rings off or refuses. (What we or the dialplan end comes without this event.)"""
        del at
        call = self._board.call_on(node, event.get("Uniqueid"))
        if call is not None:
            call.by_far_end = True

    def _hangup(self, node: NodeView, event: Event, at: datetime) -> None:
        uniqueid = event.get("Uniqueid")
        node.ends(uniqueid)
        self._board.transfers.ended(node, event.get("Channel"), at)
        self._board.listeners.gone(uniqueid, at)
        call = self._board.call_on(node, uniqueid)
        # Of a call that is being asked for the end is found where the node wrote it down, with all that was before it.
        if call is not None and trunk_of(event.get("Channel")) and not call.looking:
            q850, sip = number(event.get("Cause")), number(event.get("TechCause"))
            self._board.learn(call, self._board.ended(call, at, q850, sip, call.by_far_end))
        self._board.line_free()

    def _originate_response(self, node: NodeView, event: Event, at: datetime) -> None:
        if event.get("Response") != "Success":
            self._board.listeners.gone(event.get("Uniqueid"), at)
        attempt_id = placed_id(event.get("Uniqueid"))
        call = self._board.calls.get(attempt_id) if attempt_id is not None else None
        if call is None:
            return
        succeeded = event.get("Response") == "Success"
        if event.get("Channel").startswith("Local/"):
            self._board.inquiry.reserved(call, node, succeeded)
        elif call.node == node.name and not succeeded and call.channel is None and not call.looking:
            # No channel came of it: the node does not know the trunk, or cannot reach it.
            self._board.placing.unplace(call)
            self._board.learn(call, Handed(call.attempt_id, at))
            self._board.learn(call, self._board.ended(call, at, _NO_CIRCUIT, None, by_far_end=False))

    def _bridge_enter(self, node: NodeView, event: Event, at: datetime) -> None:
        call = self._board.call_on(node, event.get("Uniqueid"))
        if call is not None and call.joining is not None:
            self._board.learn(call, Joined(call.attempt_id, call.joining, at))

    # -- the dialplan ------------------------------------------------------------------------------------------------

    def _user_event(self, node: NodeView, event: Event, at: datetime) -> None:
        self._board.callers.said(node, event, at)
        attempt_id = placed_id(event.get("AttemptId"))
        if attempt_id is None:
            return
        known = self._board.calls.get(attempt_id)
        handler = self._said.get(event.get("UserEvent"))
        if known is not None and handler is not None and known.node == node.name:
            handler(known, event, at)

    def _answered(self, call: LineCall, event: Event, at: datetime) -> None:
        self._board.learn(call, Answered(call.attempt_id, at))
        if not event.get("Detect"):
            self._board.learn(call, Heard(call.attempt_id, at, Detected.PERSON))

    def _verdict(self, call: LineCall, event: Event, at: datetime) -> None:
        self.heard(call, HEARD.get(event.get("Status"), Detected.PERSON), at)

    def _joined(self, call: LineCall, event: Event, at: datetime) -> None:
        operator_id = operator_of(event.get("OperatorId")) or call.joining
        if operator_id is not None:
            call.joining = operator_id
            self._board.learn(call, Joined(call.attempt_id, operator_id, at))

    def _announcing(self, call: LineCall, event: Event, at: datetime) -> None:
        del event
        if not call.has(Joined):
            self._board.learn(call, Announcing(call.attempt_id, at))


def _nobody_ordered(node: NodeView, event: Event) -> bool:
    """Whether one of our trunks is about to be called by itself: a telephone of ours, or the network, that a call was placed to
    sends it on to another number (302), and Asterisk follows. Every call of ours has its attempt's id."""
    outward = event.get("ChannelStateDesc") == "Down"
    return outward and trunk_of(event.get("Channel")) in node.trunks and placed_id(event.get("Uniqueid")) is None
