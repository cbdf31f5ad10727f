"""A gateway that notes what it was given, and the follow-ups of a small room."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, insert

from callflow.tables import FollowUp
from sms.gateways import Accepted, DeliveryState, GatewayAnswer, GatewayTimeout, NotTaken
from tests.people import key


@dataclass
class NotingGateway:
    """Takes every text once; `silent` lets the answer to chosen numbers get lost, after or before they were taken."""

    name: str = "test"
    connected: bool = True
    taken: dict[UUID, tuple[str, str]] = field(default_factory=dict)
    sends: int = 0
    refuse: dict[str, DeliveryState] = field(default_factory=dict)
    lose_answer: set[str] = field(default_factory=set)
    lose_request: set[str] = field(default_factory=set)

    def send(self, message_id: UUID, e164: str, text: str) -> GatewayAnswer:
        self.sends += 1
        if e164 in self.lose_request:
            raise GatewayTimeout
        if e164 in self.refuse:
            return NotTaken(self.refuse[e164])
        self.taken.setdefault(message_id, (e164, text))
        if e164 in self.lose_answer:
            raise GatewayTimeout
        return Accepted(f"ref-{message_id}")

    def lookup(self, message_id: UUID) -> GatewayAnswer | None:
        return Accepted(f"ref-{message_id}") if message_id in self.taken else None


def follow_up(
    conn: Connection,
    municipality_id: int,
    no: str,
    due_at: datetime,
    *,
    trigger: str = "unreached",
    occasion: str = "unreached:1",
    claim_group: str = "compulsory",
) -> UUID:
    """An SMS that is to follow."""
    follow_up_id = key("follow-up", no, occasion)
    conn.execute(
        insert(FollowUp).values(
            municipality_id=municipality_id,
            follow_up_id=follow_up_id,
            channel="sms",
            purpose="dunning",
            claim_group=claim_group,
            addressee_no=no,
            trigger=trigger,
            occasion=occasion,
            due_at=due_at,
            state="waiting",
            created_at=due_at,
        )
    )
    return follow_up_id
