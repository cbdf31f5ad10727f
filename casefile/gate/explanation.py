"""Why a person was not, or would not be, called or texted: every number, channel and purpose in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from casefile.city import City
from casefile.gate.request import GateAnswer


@dataclass(frozen=True, slots=True)
class Line:
    """What the gate would answer for one number, channel, purpose and 債権の別. `phone_id` None: no number at all."""

    phone_id: UUID | None
    e164: str | None
    channel: str
    purpose: str
    claim_group: str
    answer: GateAnswer


@dataclass(frozen=True, slots=True)
class PastRefusal:
    """A refusal the gate has stored, newest first in an explanation."""

    decided_at: datetime
    e164: str
    channel: str
    purpose: str
    claim_group: str
    campaign_id: UUID | None
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The gate's view of one person at one moment."""

    addressee_no: str
    at: datetime
    lines: tuple[Line, ...]
    past: tuple[PastRefusal, ...]


def explain(conn: Connection, city: City, addressee_no: str, now: datetime) -> Explanation:
    """Ask the gate about every phone × channel × purpose of a person, automatic mode, and list stored refusals.

    Raises TsunagaruError when nobody has this 宛名番号.
    """
    raise NotImplementedError
