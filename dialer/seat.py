"""One operator's seat as the engine holds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from dialer.messages import Candidate, Part, SeatRow, SeatState
from dialer.pacing import AgentState
from dialer.pull import PullTally

OFFLINE_WISH = "offline"
"""`Seat.pausing` of somebody who has asked to sign out."""
SCREEN_GONE = "接続切れ"
"""Reason of a pause nobody asked for: the operator's screen is gone, and with it whoever would greet the resident."""

LINE_SILENT = "電話応答なし"
"""Reason of a pause nobody asked for: this operator's telephone did not answer."""


@dataclass(slots=True)
class Seat:
    """`pausing`: the pause (or OFFLINE_WISH) that begins when no call needs this operator any more; asked for at `wished_at`.

    `put_off`: the call whose wrap-up another call, or the end of a timed wrap-up, has put off; it follows.
    """

    operator_id: UUID
    state: SeatState
    since: datetime
    pause_reason: str | None = None
    attempt_id: UUID | None = None
    campaign_id: UUID | None = None
    assigned_campaign_id: UUID | None = None
    offered: Candidate | None = None
    pausing: str | None = None
    asked: bool = False
    """Its offer lies before the gate."""
    part: Part | None = None
    """取次: its call is another's, and this is what it does there."""
    put_off: UUID | None = None
    put_off_campaign: UUID | None = None
    put_off_at: datetime | None = None
    pulls: PullTally = field(default_factory=PullTally)
    wished_at: datetime | None = None
    stood_aside: int | None = None
    """Its wrap-up is the rest of one that was put off for so many seconds."""
    pulled: bool = False
    """The call it is reserved for came in the middle of a wrap-up."""

    def serves(self, campaign_id: UUID | None) -> bool:
        """Whether calls of this campaign may come here. Call-backs are of none, and come to everybody."""
        return campaign_id is None or self.assigned_campaign_id in (None, campaign_id)

    @property
    def may_put_off_wrapup(self) -> bool:
        """One at a time, once, and not by whoever is about to leave."""
        return self.part is None and self.put_off is None and self.pausing is None and self.stood_aside is None

    def seconds_put_off(self, at: datetime) -> int:
        """How long the wrap-up has stood aside."""
        return round((at - (self.put_off_at or at)).total_seconds())

    @property
    def on_the_floor(self) -> bool:
        """At work: talks, writes or waits; whoever is in a pause is not."""
        return self.state not in ("offline", "paused")

    @property
    def agent_state(self) -> AgentState | None:
        """As a pacer sees it; None while it is not there for calls."""
        return _AGENT.get(self.state)

    def row(self) -> SeatRow:
        return SeatRow(
            self.operator_id,
            self.state,
            self.since,
            self.pause_reason,
            self.attempt_id,
            self.campaign_id,
            self.assigned_campaign_id,
            self.offered,
            self.pausing,
            self.part,
            self.put_off,
            self.put_off_at,
            self.pulls,
        )

    @classmethod
    def from_row(cls, row: SeatRow) -> Seat:
        """Without its offer: a new engine offers anew."""
        return cls(
            row.operator_id,
            row.state,
            row.since,
            row.pause_reason,
            row.attempt_id,
            row.campaign_id,
            row.assigned_campaign_id,
            None,
            row.pausing,
            part=row.part,
            put_off=row.put_off,
            put_off_at=row.put_off_at,
            pulls=row.pulls,
        )


_AGENT: dict[SeatState, AgentState] = {
    "ready": "ready",
    "reserved": "talking",
    "talking": "talking",
    "wrapup": "wrapup",
    "paused": "paused",
}
