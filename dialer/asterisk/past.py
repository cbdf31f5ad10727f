"""What a node remembers of a call: its own database for a call that is over, channel variables for one that is live.

Written by the dialplan (`node/templates/extensions.conf.jinja`, contexts ended, answered, join, announce); times there are
milliseconds of the node's clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from callflow.events import Detected
from dialer.asterisk.detection.policy import Detector
from dialer.asterisk.node.node import CALLERS, MEMORY
from dialer.asterisk.wire import Action, Event

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

_VARIABLES = (
    "ANSWERED_AT",
    "DETECT",
    "HEARD",
    "JOINED_AT",
    "JOINED_WITH",
    "COLLEAGUE",
    "ANNOUNCED_AT",
    "CLOSED",
    "DECLINED",
    "WISH",
)


@dataclass(frozen=True, slots=True)
class Past:
    """What a node says of a call; times are the node's. `ended_at` None: it lives.

    `listened`: somebody listens on its line, and what was heard may be still to come. `colleague_id`: 取次, whom the operator
    had called in.
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
    closed: bool = False
    declined: bool = False
    wish: str = ""
    colleague_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class CallerRecord:
    """A call-back as its node has written it down when it came; the time is the node's. `number` empty: not shown."""

    attempt_id: UUID
    came_at: datetime
    number: str
    trunk: str
    uniqueid: str


def ask_for_callers() -> Action:
    """Ask for everybody who called in the last days."""
    return Action("DBGetTree", {"Family": CALLERS})


def callers_of(events: Iterable[Event]) -> list[CallerRecord]:
    """The callers in the answer, in the order of their coming; what cannot be read is none of ours."""
    found = []
    for event in events:
        parts, came_at = event.get("Val").split("|"), moment(event.get("Val").partition("|")[0])
        attempt_id = operator_of(event.get("Key").rpartition("/")[2])
        if event.name == "DBGetTreeResponse" and len(parts) == 5 and came_at is not None and attempt_id is not None:
            number_shown, withheld, trunk, uniqueid = parts[1:]
            found.append(CallerRecord(attempt_id, came_at, "" if withheld == "yes" else number_shown, trunk, uniqueid))
    return sorted(found, key=lambda caller: (caller.came_at, caller.attempt_id))


def ask_of_the_dead(attempt_id: UUID, day: datetime) -> Action:
    """Ask what was written on this day (UTC) of a call that is over."""
    return Action("DBGet", {"Family": f"{MEMORY}/{day.astimezone(UTC):%Y%m%d}", "Key": str(attempt_id)})


def ask_of_the_living(channel: str) -> Action:
    """Ask a channel for what has happened to it so far."""
    return Action("Status", {"Channel": channel, "Variables": ",".join(_VARIABLES)})


def days_to_ask(now: datetime) -> tuple[datetime, datetime]:
    """The days (UTC) on which a call that is still asked for may have ended: this one and the one before, by the node's clock."""
    return now, now - timedelta(days=1)


def past_of_the_dead(record: str) -> Past | None:
    """A record of the node's database; None if it is none of ours."""
    parts = record.split("|")
    if len(parts) != 13:
        return None
    ended, q850, sip, by, answered, heard, joined, operator, announced, trunk, closed, declined, wish = parts
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
        closed=closed == "yes",
        declined=declined == "yes",
        wish=wish,
    )


def past_of_the_living(variables: Mapping[str, str]) -> Past:
    """What the variables of a live channel say."""
    return Past(
        moment(variables.get("ANSWERED_AT", "")),
        HEARD.get(variables.get("HEARD", "")),
        moment(variables.get("JOINED_AT", "")),
        operator_of(variables.get("JOINED_WITH", "")),
        moment(variables.get("ANNOUNCED_AT", "")),
        # Of a variable that is not set Asterisk says "(null)".
        listened=variables.get("DETECT") in set(Detector),
        closed=variables.get("CLOSED") == "yes",
        declined=variables.get("DECLINED") == "yes",
        wish=variables.get("WISH", ""),
        colleague_id=operator_of(variables.get("COLLEAGUE", "")),
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
