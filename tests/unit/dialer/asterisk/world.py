"""Nodes of a world without sockets: enough of Asterisk to ring once too often, if the carrier let it.

Each node has a wire in both directions. Whatever is on a wire when it is cut is lost or, on the way to the node, may be
delivered much later: a dead process's kernel goes on sending what it had written.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID, uuid5

from callflow.events import CarrierEvent
from casefile.clock import VirtualClock
from dialer.asterisk import pending
from dialer.asterisk.causes import our_cause_tables
from dialer.asterisk.detection.policy import Detector
from dialer.asterisk.lines import Line
from dialer.asterisk.node.node import AFTER_HOURS, CALLERS, JOIN, MEMORY, QUEUE, Trunk
from dialer.asterisk.node_view import NodeView
from dialer.asterisk.switchboard import BoardTerms, Switchboard
from dialer.asterisk.wire import Action, Event, LiveChannel, Response

START = datetime(2026, 10, 5, 1, 0, tzinfo=UTC)
CLOCK_ERROR = timedelta(seconds=37)
"""The nodes' clocks are wrong by this."""
TRUNK = Trunk("hikari", "192.0.2.1", 5060, "0300000000", cps=50, lines=10)
OPERATOR = UUID(int=77)
_KEPT = ("ANSWERED_AT", "HEARD", "JOINED_AT", "JOINED_WITH", "ANNOUNCED_AT", "CLOSED", "DECLINED", "WISH")


class Lines:
    def line_of(self, operator_id: UUID, node: str | None = None) -> Line | None:
        return Line(node or "", f"op-{operator_id.hex}")


@dataclass
class Channel:
    """`not_up`: so many redirects more are refused, because its thread has not taken up the one before."""

    name: str
    uniqueid: str
    state: str = "Down"
    variables: dict[str, str] = field(default_factory=dict)
    not_up: int = 0

    @property
    def to_a_resident(self) -> bool:
        return self.name.startswith("PJSIP/")

    @property
    def attempt(self) -> str:
        return self.variables.get("ATTEMPT", self.uniqueid)

    @property
    def is_a_callers(self) -> bool:
        return "ATTEMPT" in self.variables


class FakeNode:
    """One Asterisk. `invited` counts how often each attempt reached the network."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.channels: dict[str, Channel] = {}
        self.memory: dict[str, str] = {}
        self.invited: Counter[str] = Counter()
        self.connected = False
        self.operators_away = False
        self.to_node: deque[tuple[Action, UUID | None, Callable[[pending.Result], None]]] = deque()
        self.late: deque[tuple[Action, UUID | None]] = deque()
        self.to_carrier: deque[tuple[Callable[[pending.Result], None] | None, Callable[[], None]]] = deque()
        self.arrived: deque[Callable[[], None]] = deque()
        self._number = 0

    # -- the wire ----------------------------------------------------------------------------------------------------

    def submit(self, action: Action, then: Callable[[pending.Result], None], action_id: UUID | None) -> None:
        if self.connected:
            self.to_node.append((action, action_id, then))
        else:
            self.arrived.append(partial(then, pending.Refused(UUID(int=0), pending.Reason.NOT_CONNECTED)))

    def connect(self) -> None:
        self.connected = True
        board, channels = self.world.board, tuple(self.shown(one) for one in self.channels.values())
        self.to_carrier.append((None, lambda: board.came(self.name, channels)))

    def shown(self, channel: Channel) -> LiveChannel:
        """A channel as CoreShowChannels tells of it."""
        return LiveChannel(channel.name, channel.uniqueid, channel.uniqueid, channel.state, "")

    def cut(self, arrives: int, still_comes: int) -> None:
        """The first `arrives` messages of the node and the first `still_comes` actions to it are not lost."""
        board = self.world.board
        for _ in range(min(arrives, len(self.to_carrier))):
            self._arrives()
        self.to_carrier.clear()
        for number, (action, action_id, then) in enumerate(self.to_node):
            if number < still_comes:
                self.late.append((action, action_id))
            self.arrived.append(partial(then, pending.Unknown(UUID(int=0), pending.Reason.CONNECTION_LOST)))
        self.to_node.clear()
        for then in self._unanswered:
            self.arrived.append(partial(then, pending.Unknown(UUID(int=0), pending.Reason.CONNECTION_LOST)))
        self._unanswered.clear()
        if self.connected:
            self.arrived.append(lambda: board.lost(self.name))
        self.connected = False

    @property
    def _unanswered(self) -> list[Callable[[pending.Result], None]]:
        return self.world.unanswered[self.name]

    def deliver(self) -> None:
        """The next message reaches the carrier."""
        if not self.arrived and self.to_carrier:
            self._arrives()
        if self.arrived:
            self.arrived.popleft()()

    def _arrives(self) -> None:
        answered, told = self.to_carrier.popleft()
        if answered is not None:
            self._unanswered.remove(answered)
        self.arrived.append(told)

    def work(self) -> None:
        """The node takes the next action."""
        if self.to_node:
            action, action_id, then = self.to_node.popleft()
            self._unanswered.append(then)
            self._perform(action, action_id, then)

    def work_late(self) -> None:
        """An action of a connection that is long gone arrives."""
        if self.late:
            action, action_id = self.late.popleft()
            self._perform(action, action_id, None)

    def _answer(
        self, then: Callable[[pending.Result], None] | None, status: str = "Success", *events: Event, **headers: str
    ) -> None:
        if then is None:
            return
        response = Response(status, headers)
        result: pending.Result = pending.Answered(UUID(int=0), response, events)
        if status == "Error":
            result = pending.Refused(UUID(int=0), pending.Reason.ASTERISK_SAID_NO, response)

        self.to_carrier.append((then, partial(then, result)))

    def _event(self, name: str, **headers: str) -> None:
        if self.connected:
            stamped = {**headers, "Timestamp": f"{self.now.timestamp():.6f}"}
            board = self.world.board
            self.to_carrier.append((None, lambda: board.event(self.name, Event(name, stamped))))

    # -- Asterisk ----------------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        return self.world.clock.now() + CLOCK_ERROR

    def _ms(self) -> str:
        return str(round(self.now.timestamp() * 1000))

    def _perform(self, action: Action, action_id: UUID | None, then: Callable[[pending.Result], None] | None) -> None:
        fields = action.fields
        match action.name:
            case "Ping":
                self._answer(then, Timestamp=f"{self.now.timestamp():.6f}")
            case "Originate":
                self._answer(then)
                self._originate(fields["Channel"], fields["ChannelId"], action.variables)
            case "Status":
                self._status(fields["Channel"], then)
            case "DBGet":
                record = self.memory.get(f"{fields['Family']}/{fields['Key']}")
                if record is None:
                    self._answer(then, "Error")
                else:
                    self._answer(then, "Success", Event("DBGetResponse", {"Val": record}))
            case "DBGetTree":
                family = f"/{fields['Family']}/"
                kept = [(f"/{key}", value) for key, value in self.memory.items() if f"/{key}".startswith(family)]
                rows = [Event("DBGetTreeResponse", {"Key": key, "Val": value}) for key, value in kept]
                self._answer(then, "Success", *rows)
            case "Setvar":
                named = self._named(fields["Channel"])
                self._answer(then, "Success" if named else "Error")
                if named:
                    named.variables[fields["Variable"]] = fields["Value"]
            case "Redirect" | "Hangup":
                found = self._named(fields["Channel"])
                if found and found.not_up and action.name == "Redirect":
                    found.not_up -= 1
                    self._answer(then, "Error", Message="Redirect failed, channel not up.")
                    return
                self._answer(then, "Success" if found else "Error")
                if found and action.name == "Hangup":
                    self.ends(found, 16)
                elif found:
                    self._redirected(found, fields["Context"], fields["Exten"])

    def _originate(self, to: str, uniqueid: str, variables: Mapping[str, str]) -> None:
        if uniqueid in self.channels:
            self._event("OriginateResponse", Response="Failure", Channel=to, Uniqueid=uniqueid)
            return
        self._number += 1
        held = to.startswith("Local/")
        name = f"Local/s@absent-{self._number:08x};1" if held else f"PJSIP/{TRUNK.name}-{self._number:08x}"
        self.channels[uniqueid] = Channel(name, uniqueid, "Up" if held else "Down", dict(variables))
        self._event("Newchannel", Channel=name, Uniqueid=uniqueid)
        if held:
            self._event("OriginateResponse", Response="Success", Channel=name, Uniqueid=uniqueid)
        else:
            self.invited[uniqueid] += 1

    def _status(self, name: str, then: Callable[[pending.Result], None] | None) -> None:
        channel = self._named(name)
        if channel is None:
            self._answer(then, "Error")
            return
        pairs = [f"{key}={value}" for key, value in channel.variables.items()]
        headers = {"Variable": pairs[0]} if pairs else {}
        repeated = tuple(("Variable", pair) for pair in pairs[1:])
        self._answer(then, "Success", Event("Status", headers, repeated))

    def _named(self, name: str) -> Channel | None:
        return next((one for one in self.channels.values() if one.name == name), None)

    def _redirected(self, channel: Channel, context: str, extension: str) -> None:
        attempt = channel.attempt
        if context == QUEUE:
            self.ends(channel, 16)
        elif context == AFTER_HOURS:
            channel.variables["CLOSED"] = "yes"
            self._event("UserEvent", UserEvent="AfterHours", **self._who(channel))
        elif context == JOIN and "ANNOUNCED_AT" not in channel.variables:
            line, _, operator = extension.partition("_")
            if self.operators_away:
                self._event("UserEvent", UserEvent="JoinFailed", AttemptId=attempt, Operator=line)
                return
            channel.variables |= {"JOINED_AT": self._ms(), "JOINED_WITH": operator}
            self._event("UserEvent", UserEvent="Joined", AttemptId=attempt, Operator=line, OperatorId=operator)
        elif "ANNOUNCED_AT" not in channel.variables:
            self._says_who_called(channel)

    def _says_who_called(self, channel: Channel) -> None:
        channel.variables["ANNOUNCED_AT"] = self._ms()
        self._event("UserEvent", UserEvent="Announcing", AttemptId=channel.attempt)

    # -- callers -----------------------------------------------------------------------------------------------------

    def somebody_calls(self, attempt_id: UUID, number: str, trunk: str = TRUNK.name, *, closed: bool = False) -> None:
        """返電: written down first, told then; `closed` outside the hours."""
        self._number += 1
        channel = Channel(f"PJSIP/{trunk}-{self._number:08x}", f"{self._number}.{self._number}", "Up")
        channel.variables |= {"ATTEMPT": str(attempt_id), "NUMBER": number, "TRUNK": trunk}
        self.channels[channel.uniqueid] = channel
        self._event("Newchannel", Channel=channel.name, Uniqueid=channel.uniqueid)
        withheld = "no" if number else "yes"
        record = "|".join((self._ms(), number, withheld, trunk, channel.uniqueid))
        self.memory[f"{CALLERS}/{self.now:%Y%m%d}/{attempt_id}"] = record
        if closed:
            channel.variables["CLOSED"] = "yes"
        self._event("UserEvent", UserEvent="AfterHours" if closed else "Incoming", **self._who(channel))

    def _who(self, channel: Channel) -> dict[str, str]:
        number = channel.variables["NUMBER"]
        who = {"AttemptId": channel.attempt, "Line": channel.uniqueid, "Number": number}
        return who | {"Withheld": "no" if number else "yes", "Trunk": channel.variables["TRUNK"]}

    def presses(self, channel: Channel, key: str) -> None:
        """A key of the menu, or after hours the key that wants no call of ours."""
        if channel.variables.get("CLOSED") == "yes":
            if key == "1":
                channel.variables["DECLINED"] = "yes"
                self._event("UserEvent", UserEvent="Declined", AttemptId=channel.attempt)
            return
        channel.variables["WISH"] = key
        self._event("UserEvent", UserEvent="Wished", AttemptId=channel.attempt, Wish=key)

    # -- the far end -------------------------------------------------------------------------------------------------

    def proceeds(self, channel: Channel, choice: int) -> None:
        """The resident's telephone, or the dialplan, does the next thing."""
        names = {"Channel": channel.name, "Uniqueid": channel.uniqueid}
        if channel.state == "Down":
            if choice % 3 == 0:
                self._event("HangupRequest", **names)
                self.ends(channel, 17, "486")
            else:
                channel.state = "Ringing"
                self._event("Newstate", ChannelStateDesc="Ringing", **names)
        elif channel.state == "Ringing":
            if choice % 3 == 0:
                self.ends(channel, 19, "480")
            else:
                channel.state = "Up"
                channel.variables["ANSWERED_AT"] = self._ms()
                self._event(
                    "UserEvent",
                    UserEvent="Answered",
                    AttemptId=channel.uniqueid,
                    Detect=channel.variables.get("DETECT", ""),
                )
        elif choice % 2 or {"JOINED_AT", "ANNOUNCED_AT"} & set(channel.variables):
            self._event("HangupRequest", **names)
            self.ends(channel, 16)
        else:
            self._says_who_called(channel)

    def ends(self, channel: Channel, q850: int, sip: str = "") -> None:
        del self.channels[channel.uniqueid]
        if channel.to_a_resident:
            kept = [channel.variables.get(name, "") for name in _KEPT]
            parts = [self._ms(), str(q850), sip, "far", *kept[:5], TRUNK.name, *kept[5:]]
            self.memory[f"{MEMORY}/{self.now:%Y%m%d}/{channel.attempt}"] = "|".join(parts)
        headers = {"Channel": channel.name, "Uniqueid": channel.uniqueid, "Cause": str(q850)}
        self._event("Hangup", **(headers | ({"TechCause": sip} if sip else {})))

    def crashes(self) -> None:
        """Asterisk is killed: no channel is left and nothing is written down."""
        self.channels.clear()
        self.late.clear()
        self.cut(0, 0)


class World:
    """Two nodes and one engine after the other."""

    def __init__(self, away: float = 30.0, node_of: Callable[[World, str], FakeNode] | None = None) -> None:
        self.clock = VirtualClock(START)
        self._away = away
        self.unanswered: dict[str, list[Callable[[pending.Result], None]]] = {"a": [], "b": []}
        self.nodes = [(node_of or FakeNode)(self, name) for name in ("a", "b")]
        self.lives: list[list[CarrierEvent]] = []
        self.originated: Counter[UUID] = Counter()
        self._attempts = 0
        self.new_engine()

    def new_engine(self) -> None:
        """The old one is dead: what comes back from the nodes reaches nobody."""
        self.told: list[CarrierEvent] = []
        self.lives.append(self.told)
        told = self.told
        self.board = Switchboard(
            [NodeView.of(node.name, (TRUNK,), self.moment()) for node in self.nodes],
            Lines(),
            our_cause_tables(),
            BoardTerms(hand_over=2.0, away=self._away, detector=Detector.LISTENER),
            self.clock,
            self.moment,
            self._act,
            told.append,
        )

    def moment(self) -> float:
        return self.clock.now().timestamp()

    def _act(
        self, node: str, action: Action, then: Callable[[pending.Result], None], action_id: UUID | None = None
    ) -> None:
        next(one for one in self.nodes if one.name == node).submit(action, then, action_id)

    def kill_engine(self, still_comes: int) -> None:
        for node in self.nodes:
            node.cut(0, still_comes)
            node.arrived.clear()
        self.new_engine()

    def new_attempt(self) -> UUID:
        self._attempts += 1
        return uuid5(UUID(int=0), str(self._attempts))

    def invited(self, attempt_id: UUID) -> int:
        return sum(node.invited[str(attempt_id)] for node in self.nodes)

    def settle(self) -> None:
        """Everything on its way arrives, until nothing moves any more."""
        for _ in range(5_000):
            moving = [node for node in self.nodes if node.arrived or node.to_carrier or node.to_node]
            if not moving:
                return
            for node in moving:
                node.deliver()
                node.work()
        raise AssertionError("the carrier and the nodes never come to rest")
