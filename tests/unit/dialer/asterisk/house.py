"""A node with rooms: what its dialplan does when two or three of ours are in one call (`extensions-transfer.conf.jinja`).

Whatever the dialplan does by itself happens by `passes`: a quarter of a second of Asterisk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from dialer.asterisk import pending
from dialer.asterisk.node.node import ANNOUNCE, ASIDE, CONSULT, HOLD, JOIN, LISTEN, ROOM, TOGETHER
from dialer.asterisk.wire import Action, LiveChannel
from tests.unit.dialer.asterisk.world import Channel, FakeNode, World

_TALK = "talk"
_RINGING = "ringing"


@dataclass
class Telephone(Channel):
    """A line of ours. `context`: where it is; `with_`: the channel it talks to, rings for or listens to; `room`: the attempt."""

    context: str = ""
    with_: str = ""
    room: str = ""

    @property
    def to_a_resident(self) -> bool:
        return False

    @property
    def line(self) -> str:
        return self.name.removeprefix("PJSIP/").rpartition("-")[0]


def line_of(operator_id: UUID) -> str:
    return f"op-{operator_id.hex}"


class House(FakeNode):
    """`context_of`: where each resident's channel is. `rung`: how often each line of ours was rung. `left`: how many
    telephones of each line are gone. `absent`: lines no telephone is registered for. `ended_by_us`: channels the carrier
    itself hung up."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world, name)
        self.context_of: dict[str, str] = {}
        self.rung: Counter[str] = Counter()
        self.left: Counter[str] = Counter()
        self.absent: set[str] = set()
        self.ended_by_us: list[str] = []
        self._alone: Counter[str] = Counter()

    # -- who is there ------------------------------------------------------------------------------------------------

    def telephones(self, line: str = "") -> list[Telephone]:
        return [one for one in self.channels.values() if isinstance(one, Telephone) and line in ("", one.line)]

    def in_room(self, attempt: str) -> list[Telephone]:
        return [one for one in self.telephones() if one.context == ROOM and one.room == attempt]

    def resident(self, attempt: str) -> Channel | None:
        return self.channels.get(attempt)

    def where(self, attempt: str) -> str:
        """What the resident hears: "" where the call is over."""
        return self.context_of.get(attempt, "") if attempt in self.channels else ""

    def shown(self, channel: Channel) -> LiveChannel:
        context = channel.context if isinstance(channel, Telephone) else self.context_of.get(channel.uniqueid, "")
        if context == _TALK:
            context = JOIN
        return LiveChannel(channel.name, channel.uniqueid, "", channel.state, "", headers={"Context": context})

    # -- actions -----------------------------------------------------------------------------------------------------

    def _perform(self, action: Action, action_id: UUID | None, then: Callable[[pending.Result], None] | None) -> None:
        fields = action.fields
        if action.name == "Redirect" and "ExtraChannel" in fields:
            resident, operator = self._named(fields["Channel"]), self._named(fields["ExtraChannel"])
            if resident is None or operator is None:
                self._answer(then, "Error", Message="Channel does not exist.")
                return
            self._answer(then)
            if isinstance(operator, Telephone):
                operator.with_ = ""
            self._redirected(resident, fields["Context"], fields["Exten"])
            self._redirected(operator, fields["ExtraContext"], fields["ExtraExten"])
            return
        if action.name == "Originate" and fields["Channel"].startswith("PJSIP/op-"):
            self._answer(then)
            self._ring_listener(fields, action.variables)
            return
        if action.name == "Hangup" and self._named(fields["Channel"]) is not None:
            self.ended_by_us.append(fields["Channel"])
        super()._perform(action, action_id, then)

    def _ring_listener(self, fields: Mapping[str, str], variables: Mapping[str, str]) -> None:
        uniqueid, line = fields["ChannelId"], fields["Channel"].removeprefix("PJSIP/")
        if uniqueid in self.channels or line in self.absent:
            self._event("OriginateResponse", Response="Failure", Channel=fields["Channel"], Uniqueid=uniqueid)
            return
        phone = self._rings(line, uniqueid)
        phone.state = "Up"
        phone.variables |= variables
        self._event("OriginateResponse", Response="Success", Channel=phone.name, Uniqueid=uniqueid)
        self._redirected(phone, fields["Context"], fields["Exten"])

    def _rings(self, line: str, uniqueid: str = "") -> Telephone:
        self._number += 1
        phone = Telephone(f"PJSIP/{line}-{self._number:08x}", uniqueid or f"{self._number}.0", "Ringing")
        phone.context = _RINGING
        self.channels[phone.uniqueid] = phone
        self.rung[line] += 1
        self._event("Newchannel", Channel=phone.name, Uniqueid=phone.uniqueid)
        return phone

    def _redirected(self, channel: Channel, context: str, extension: str) -> None:
        if isinstance(channel, Telephone):
            self._sent(channel, context, extension)
            return
        attempt = channel.uniqueid
        if context == JOIN and "ANNOUNCED_AT" not in channel.variables:
            self._joined(channel, extension)
            return
        self._parted(attempt)
        self.context_of[attempt] = context
        if context in (ASIDE, TOGETHER):
            channel.variables["LETS_GO"] = "yes"
            self._alone[attempt] = 0
        elif context not in (HOLD, JOIN):
            super()._redirected(channel, context, extension)

    def _joined(self, channel: Channel, extension: str) -> None:
        """The operator's line is rung, and takes up by itself."""
        line = extension.partition("_")[0]
        self._parted(channel.uniqueid)
        if line in self.absent or self.operators_away:
            self._event("UserEvent", UserEvent="JoinFailed", AttemptId=channel.attempt, Operator=line)
            self.context_of[channel.uniqueid] = ANNOUNCE
            self._says_who_called(channel)
            return
        phone = self._rings(line)
        phone.state, phone.context, phone.with_ = "Up", _TALK, channel.uniqueid
        self.context_of[channel.uniqueid] = JOIN
        channel.variables["LINE"] = line
        super()._redirected(channel, JOIN, extension)

    def _sent(self, phone: Telephone, context: str, extension: str) -> None:
        phone.context, phone.with_, phone.room = context, "", ""
        if context == ROOM:
            phone.room = extension
        elif context == LISTEN and self._named(phone.variables["TARGET"]) is None:
            self.ends(phone, 16)
        elif context == LISTEN and extension == "barge":
            phone.context, phone.room = ROOM, phone.variables["ROOM"]
        elif context == LISTEN:
            phone.with_ = phone.variables["TARGET"]
        elif context == CONSULT:
            line, _, phone.room = extension.partition("_")
            if line in self.absent:
                self._colleague_away(phone)
            else:
                colleague = self._rings(line)
                colleague.with_, colleague.room = phone.uniqueid, phone.room

    def _parted(self, attempt: str) -> None:
        """The resident leaves a talk of two: a line that was not sent elsewhere with them ends."""
        for phone in self.telephones():
            if phone.context == _TALK and phone.with_ == attempt:
                self.ends(phone, 16)

    def _colleague_away(self, operator: Telephone) -> None:
        self._event("UserEvent", UserEvent="ColleagueAway", AttemptId=operator.room, Line="")
        operator.context = ROOM

    # -- what people do ----------------------------------------------------------------------------------------------

    def takes_up(self, line: str) -> None:
        for phone in self.telephones(line):
            operator = self.channels.get(phone.with_)
            if phone.context == _RINGING and isinstance(operator, Telephone):
                phone.state = "Up"
                phone.context = operator.context = ROOM
                phone.with_ = ""
                self._event("UserEvent", UserEvent="CalledIn", AttemptId=phone.room)

    def rings_off(self, line: str) -> None:
        for phone in self.telephones(line):
            self.ends(phone, 16)

    def resident_rings_off(self, attempt: str) -> None:
        channel = self.resident(attempt)
        if channel is not None:
            self._event("HangupRequest", Channel=channel.name, Uniqueid=channel.uniqueid)
            self.ends(channel, 16)

    # -- what the dialplan does by itself ----------------------------------------------------------------------------

    def ends(self, channel: Channel, q850: int, sip: str = "") -> None:
        if channel.uniqueid not in self.channels:
            return
        if isinstance(channel, Telephone):
            self._telephone_ends(channel, q850)
            return
        attempt = channel.uniqueid
        super().ends(channel, q850, sip)
        if not channel.to_a_resident:
            return
        self._parted(attempt)
        if "LETS_GO" in channel.variables:
            for phone in self._theirs(attempt, channel.variables.get("OPERATOR_CHANNEL", "")):
                self.ends(phone, 16)

    def _theirs(self, attempt: str, operator: str) -> list[Telephone]:
        return [one for one in self.telephones() if one.name == operator or one in self.in_room(attempt)]

    def _telephone_ends(self, phone: Telephone, q850: int) -> None:
        super().ends(phone, q850)
        self.left[phone.line] += 1
        if phone.context == _TALK and phone.with_ in self.channels:
            self.context_of[phone.with_] = HOLD
        elif phone.context == _RINGING:
            operator = self.channels.get(phone.with_)
            if isinstance(operator, Telephone) and operator.context == CONSULT:
                self._colleague_away(operator)
        elif phone.context == CONSULT:
            for rung in [one for one in self.telephones() if one.context == _RINGING and one.with_ == phone.uniqueid]:
                self.ends(rung, 16)
        elif phone.context == ROOM and self.where(phone.room) == TOGETHER and not self.in_room(phone.room):
            self.context_of[phone.room] = HOLD
        for spy in [one for one in self.telephones() if one.context == LISTEN and one.with_ == phone.name]:
            self.ends(spy, 16)

    def passes(self) -> None:
        """A quarter of a second: who waits looks who is there."""
        for channel in list(self._residents()):
            attempt = channel.uniqueid
            if self.context_of.get(attempt) == ASIDE:
                self._looks(channel, attempt)
            elif self.context_of.get(attempt) == TOGETHER and not self.in_room(attempt):
                self.context_of[attempt] = HOLD

    def _looks(self, channel: Channel, attempt: str) -> None:
        there = len(self.in_room(attempt))
        operator = self._named(channel.variables.get("OPERATOR_CHANNEL", ""))
        if operator is None:
            self.context_of[attempt] = TOGETHER if there else HOLD
            return
        self._alone[attempt] = self._alone[attempt] + 1 if there == 1 else 0
        if self._alone[attempt] >= 2:
            self.context_of[attempt] = TOGETHER

    def _residents(self) -> Iterator[Channel]:
        return (one for one in self.channels.values() if one.to_a_resident)
