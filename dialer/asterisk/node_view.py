"""What the carrier knows of one node: whether it is there, which channels live on it, how full its trunks are. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from dialer.asterisk.node.node import Trunk
from dialer.asterisk.trunks import TrunkLoad, trunk_of
from dialer.asterisk.wire import Event, LiveChannel

_LISTENER = "listen-"


@dataclass(slots=True)
class NodeView:
    """`channels`: unique id → channel name. `contexts`: where each of them was when the line came
    up, unless it was sent elsewhere since. `lost_at`: monotonic seconds since when it is away, None while it is there.

    `ahead`: how far our clock is ahead of the node's. `debts`: attempts given up as absent while it was away; their ids
    are held as soon as it is back. `callers_known`: it has told who called while we did not listen.
    """

    name: str
    trunks: dict[str, TrunkLoad]
    lost_at: float | None
    channels: dict[str, str] = field(default_factory=dict)
    contexts: dict[str, str] = field(default_factory=dict)
    ringing: set[str] = field(default_factory=set)
    ahead: timedelta | None = None
    debts: set[UUID] = field(default_factory=set)
    given_up: bool = False
    callers_known: bool = False

    @classmethod
    def of(cls, name: str, trunks: tuple[Trunk, ...], now: float) -> NodeView:
        return cls(name, {trunk.name: TrunkLoad(trunk) for trunk in trunks}, now)

    @property
    def there(self) -> bool:
        return self.lost_at is None

    def came(self, channels: tuple[LiveChannel, ...]) -> None:
        """Connected: these channels live, and no others."""
        self.lost_at, self.given_up = None, False
        self.channels, self.ringing = {}, set()
        self.contexts = {channel.uniqueid: channel.headers.get("Context", "") for channel in channels}
        for load in self.trunks.values():
            load.busy = 0
            load.placed.clear()
        for channel in channels:
            self.begins(channel.uniqueid, channel.name)
            if channel.state == "Ringing":
                self.ringing.add(channel.uniqueid)

    def gave_up(self) -> None:
        """Nothing is hoped of it any more until it is back: no channel of it counts."""
        since = self.lost_at
        self.came(())
        self.lost_at, self.given_up = since, True

    def begins(self, uniqueid: str, channel: str) -> None:
        if uniqueid in self.channels:
            return
        self.channels[uniqueid] = channel
        load = self.trunks.get(trunk_of(channel))
        if load is not None:
            load.busy += 1

    def line_channel(self, uniqueid: str) -> str | None:
        """The live channel of this id to somebody's telephone; one that only holds the id is nobody's."""
        channel = self.channels.get(uniqueid)
        return channel if channel is not None and trunk_of(channel) else None

    def channel_of(self, endpoint: str) -> str | None:
        """The live channel a line has in somebody's call, if there is one."""
        beginning = f"PJSIP/{endpoint}-"
        return next(
            (
                name
                for uniqueid, name in self.channels.items()
                if name.startswith(beginning) and not is_listener(uniqueid)
            ),
            None,
        )

    def context_of(self, channel: str) -> str:
        """Where a channel was when the line came up."""
        return next(
            (self.contexts.get(uniqueid, "") for uniqueid, name in self.channels.items() if name == channel), ""
        )

    def ends(self, uniqueid: str) -> None:
        channel = self.channels.pop(uniqueid, "")
        self.ringing.discard(uniqueid)
        load = self.trunks.get(trunk_of(channel))
        if load is not None:
            load.busy -= 1

    def ours(self, at: datetime) -> datetime:
        """A time of the node's clock on ours."""
        return at + (self.ahead or timedelta())

    def theirs(self, at: datetime) -> datetime:
        """A time of our clock on the node's."""
        return at - (self.ahead or timedelta())

    def time_of(self, event: Event, now: datetime) -> datetime:
        """When it happened, by our clock; `now` where the node does not say, or its clock is not known yet."""
        stamp = timestamp(event.get("Timestamp"))
        return now if stamp is None or self.ahead is None else min(self.ours(stamp), now)

    def compare_clocks(self, stamp: str, now: datetime) -> None:
        """The node said what its clock shows, just now."""
        shown = timestamp(stamp)
        if shown is not None:
            self.ahead = now - shown


def listener_id(supervisor_id: UUID) -> str:
    """The id of a supervisor's listening channel: Asterisk gives an id to one channel only, so that nobody is rung twice."""
    return f"{_LISTENER}{supervisor_id.hex}"


def is_listener(uniqueid: str) -> bool:
    """Whether a channel is a supervisor's who hears somebody: it is a line in nobody's call."""
    return uniqueid.startswith(_LISTENER)


def timestamp(text: str) -> datetime | None:
    """AMI's `Timestamp`: seconds since 1970 with a fraction."""
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except (ValueError, OverflowError):
        return None
