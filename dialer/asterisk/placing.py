"""Calls on their way to a trunk: who waits for a line, which trunk takes it, and what becomes of the Originate. Pure.

An Originate is never sent twice: its ActionID and its channel's unique id are the attempt's id, and only one of which
certainly not a byte was written goes to another trunk.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from callflow.codes import CallResult
from callflow.events import Dial, Handed
from dialer.asterisk import pending
from dialer.asterisk.call_variables import detection_variables, recording_variables
from dialer.asterisk.line_call import LineCall
from dialer.asterisk.node.node import ANSWERED
from dialer.asterisk.trunks import emptiest
from dialer.asterisk.wire import Action

if TYPE_CHECKING:
    from dialer.asterisk.switchboard import Act, Switchboard


class Placing:
    """First come, first served, over all trunks of all nodes that are there."""

    def __init__(self, board: Switchboard, act: Act) -> None:
        self._board = board
        self._act = act
        self._waiting: deque[tuple[LineCall, Dial, float]] = deque()

    def dial(self, call: LineCall, command: Dial) -> None:
        """Place it as soon as a trunk has room; after the hand-over time it is refused."""
        if not (_may_be_dialed(command.e164) and _may_be_dialed(command.caller_number)):
            self._board.refuse(call, "not a number", CallResult.INVALID_NUMBER)
            return
        self._waiting.append((call, command, self._board.moment() + self._board.terms.hand_over))
        self.place()

    def leave(self, call: LineCall) -> bool:
        """Whether it was still waiting for a trunk; it waits no longer."""
        for entry in self._waiting:
            if entry[0] is call:
                self._waiting.remove(entry)
                return True
        return False

    def place(self) -> None:
        """Give waiting calls to trunks with room."""
        now = self._board.moment()
        while self._waiting:
            call, command, until = self._waiting[0]
            found = emptiest(self._board.loads(), now) if until > now else None
            if found is None and until > now:
                return
            self._waiting.popleft()
            if found is None:
                self._board.refuse(call, "no line free", CallResult.CONGESTION)
                continue
            call.node, load = found
            call.trunk = load.trunk.name
            load.start(call.attempt_id, now)
            self._originate(call, command, until, load.trunk.numbers)

    def next_at(self) -> float | None:
        """When `place` is of use again; None while nobody waits."""
        if not self._waiting:
            return None
        now = self._board.moment()
        free = [load.free_at(now) for _, load in self._board.loads()]
        return min([until for _, _, until in self._waiting] + [at for at in free if at is not None])

    def unplace(self, call: LineCall) -> None:
        """Its channel is seen, or none will come."""
        load = self._board.load_of(call)
        if load is not None:
            load.unplace(call.attempt_id)

    def _originate(self, call: LineCall, command: Dial, until: float, numbers: str) -> None:
        fields = {
            "Channel": f"PJSIP/{_as_wanted(command.e164, numbers)}@{call.trunk}",
            "Context": ANSWERED,
            "Exten": "s",
            "Priority": "1",
            "CallerID": f"<{_as_wanted(command.caller_number, numbers)}>",
            "Timeout": str(command.ring_seconds * 1000),
            "ChannelId": str(call.attempt_id),
            "Async": "true",
        }
        terms = self._board.terms
        variables = {
            **terms.variables,
            **recording_variables(command.recording),
            **detection_variables(terms.detector, listen=command.listen),
        }
        then = partial(self._originated, call, command, until)
        self._act(call.node, Action("Originate", fields, variables), then, call.attempt_id)

    def _originated(self, call: LineCall, command: Dial, until: float, result: pending.Result) -> None:
        if call.over or call.has(Handed):
            return
        if isinstance(result, pending.Answered):
            self._board.taken(call)
        elif isinstance(result, pending.Unknown):
            call.unsure = True
            if result.reason is pending.Reason.NO_ANSWER:
                self._board.look(call)
        elif result.reason is pending.Reason.ASTERISK_SAID_NO:
            self.unplace(call)
            self._board.refuse(call, "refused by the node", CallResult.CONGESTION)
        else:
            # Not one byte left: as if it had never been tried. What it took of the trunk's calls a second stays taken,
            # so that it is not tried in a circle until the loss of the line is heard of.
            self.unplace(call)
            call.node = call.trunk = ""
            if call.hangup_wanted:
                self._board.refuse(call, "cancelled", CallResult.STOPPED_BY_RULE)
                return
            self._waiting.appendleft((call, command, until))
            self.place()


def placed_id(text: str) -> UUID | None:
    """The attempt a channel's unique id names, where it was originated by us."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _may_be_dialed(e164: str) -> bool:
    """A Japanese number in E.164: ten or eleven digits with its zero (DOMAIN.md §2.9)."""
    digits = e164.removeprefix("+81")
    return digits != e164 and digits.isascii() and digits.isdigit() and len(digits) in (9, 10)


def _as_wanted(e164: str, numbers: str) -> str:
    """A Japanese number as the trunk wants it: `national` 0312345678, `e164` +81312345678."""
    return e164 if numbers == "e164" else f"0{e164.removeprefix('+81')}"
