"""What a node remembers of a call: its own database for a call that is over, channel variables for one that is live.

Written by the dialplan (`node/templates/extensions.conf.jinja`, contexts ended, answered, join, announce); times there are
milliseconds of the node's clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from callflow.events import Detected
from dialer.asterisk.detection.policy import Detector
from dialer.asterisk.node.node import MEMORY
from dialer.asterisk.wire import Action

HEARD = {
    "HUMAN": Detected.PERSON,
    "PERSON": Detected.PERSON,
    "NOTSURE": Detected.PERSON,
    "MACHINE": Detected.MACHINE,
    "FAX": Detected.FAX,
    "ANNOUNCEMENT": Detected.ANNOUNCEMENT,
    "GUARD": Detected.RECORDING_GUARD,
}
"""A detector's word on the line → what was heard. Whoever is uncertain is a person (TELEPHONY.md §6)."""

_VARIABLES = ("ANSWERED_AT", "DETECT", "AMDSTATUS", "HEARD", "JOINED_AT", "JOINED_WITH", "ANNOUNCED_AT")


@dataclass(frozen=True, slots=True)
class Past:
    """What a node says of a call; times are the node's. `ended_at` None: it lives.

    `listened`: somebody listens on its line, and what was heard may be still to come.
    """

    answered_at: datetime | None = None
    heard: Detected | None = None
    joined_at: datetime | None = None
    operator_id: UUID | None = None
    announced_at: datetime | None = None
    ended_at: datetime | None = None
    q850: int | None = None
    sip: int | None = None
    by_far_end: bool = False
    trunk: str = ""
    listened: bool = False


def ask_of_the_dead(attempt_id: UUID, day: datetime) -> Action:
    """Ask what was written on this day (UTC) of a call that is over."""
    return Action("DBGet", {"Family": f"{MEMORY}/{day.astimezone(UTC):%Y%m%d}", "Key": str(attempt_id)})


def ask_of_the_living(channel: str) -> Action:
    """Ask a channel for what has happened to it so far."""
    return Action("Status", {"Channel": channel, "Variables": ",".join(_VARIABLES)})


def days_to_ask(now: datetime) -> tuple[datetime, datetime]:
    """The days (UTC) on which a call that is still asked for may have ended: this one and the one before."""
    return now, now - timedelta(days=1)


def past_of_the_dead(record: str) -> Past | None:
    """A record of the node's database; None if it is none of ours."""
    parts = record.split("|")
    if len(parts) != 10:
        return None
    ended, q850, sip, by, answered, heard, joined, operator, announced, trunk = parts
    ended_at = moment(ended)
    if ended_at is None:
        return None
    return Past(
        moment(answered),
        HEARD.get(heard),
        moment(joined),
        operator_of(operator),
        moment(announced),
        ended_at,
        number(q850),
        number(sip),
        by == "far",
        trunk,
    )


def past_of_the_living(variables: Mapping[str, str]) -> Past:
    """What the variables of a live channel say."""
    return Past(
        moment(variables.get("ANSWERED_AT", "")),
        HEARD.get(variables.get("HEARD") or variables.get("AMDSTATUS", "")),
        moment(variables.get("JOINED_AT", "")),
        operator_of(variables.get("JOINED_WITH", "")),
        moment(variables.get("ANNOUNCED_AT", "")),
        # Of a variable that is not set Asterisk says "(null)".
        listened=variables.get("DETECT") in set(Detector),
    )


def moment(milliseconds: str) -> datetime | None:
    """A time as the dialplan writes it."""
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC) if milliseconds.isdecimal() else None


def number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None


def operator_of(text: str) -> UUID | None:
    """Who an operator is, as it goes through the dialplan (`join_extension`)."""
    try:
        return UUID(hex=text)
    except ValueError:
        return None


def join_extension(endpoint: str, operator_id: UUID) -> str:
    """The extension of context JOIN: the line to ring, and who it is."""
    return f"{endpoint}_{operator_id.hex}"
