"""Putting candidates before the gate, and what becomes of their places in the list when it refuses.

Twice: all that a supply brought, ahead of their turn and without locks, so that no operator waits for refusals; and each
one for the dial itself, which alone lets a call through.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, insert

from callflow import recall
from casefile.city import City
from casefile.gate import Admission, ContactRequest, Mode, admit, screen
from casefile.ids import Ids
from dialer.aftermath import RECALL_AGAIN, EntryChange, write_entries
from dialer.asterisk.detection.policy import Detection
from dialer.messages import Candidate, LineTerms, Supplied, Wanted
from dialer.recording_terms import terms_at
from dialer.second_look import PASSING, after_refusal
from dialer.supply import CampaignFacts
from dialer.tables import ReachPick


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one asking. `taken`: booked calls that somebody else has made; `changes`: of places in lists.

    `lines`: what is done on the lines of these calls, by campaign.
    """

    admissions: list[tuple[Wanted, Admission]]
    lines: Mapping[UUID | None, LineTerms]
    taken: list[Wanted]
    changes: list[EntryChange]

    @property
    def intended(self) -> bool:
        """Whether any call was let through."""
        return bool(self.lines)


def ask(
    conn: Connection,
    city: City,
    campaigns: Mapping[UUID, CampaignFacts],
    wanted: Sequence[Wanted],
    now: datetime,
    ids: Ids,
    floor_id: UUID,
    epoch: int,
) -> Answered:
    """Gate, decision and intent, in the caller's transaction with the check of the epoch; raises LostFloor."""
    free, taken = _take_recalls(conn, city, wanted)
    requests = [_request(want.candidate, want.mode, want.operator_id, campaigns, ids) for want in free]
    answers = admit(conn, city, requests, now, floor_id=floor_id, epoch=epoch)
    refused = [(want.candidate, answer) for want, answer in zip(free, answers, strict=True) if not answer.allowed]
    changes = [after_refusal(candidate, answer.reasons, now) for candidate, answer in refused]
    put_off = [change for change in changes if change is not None]
    write_entries(conn, city.id, put_off, now)
    for candidate, _ in refused:
        if candidate.recall_id is not None:
            recall.put_back(conn, city.id, candidate.recall_id, now + RECALL_AGAIN)
    _write_expected(conn, city, [(answer, want.candidate) for want, answer in zip(free, answers, strict=True)])
    allowed = {want.candidate.campaign_id for want, answer in zip(free, answers, strict=True) if answer.allowed}
    return Answered(list(zip(free, answers, strict=True)), _lines(conn, city, campaigns, allowed, now), taken, put_off)


def screened(
    conn: Connection,
    city: City,
    campaigns: Mapping[UUID, CampaignFacts],
    supplied: Supplied,
    now: datetime,
    ids: Ids,
) -> Supplied:
    """The supply without those whom the gate refuses for today at any rate; their places in the list are put off."""
    asked: dict[UUID, Candidate] = {}
    requests = []
    for candidate in supplied.candidates:
        request = _request(candidate, "preview" if candidate.reserved else "auto", None, campaigns, ids)
        asked[request.request_id] = candidate
        requests.append(request)
    put_off = []
    for answer in screen(conn, city, requests, now, PASSING.keys()):
        change = after_refusal(asked.pop(answer.request_id), answer.reasons, now)
        if change is not None:
            put_off.append(change)
    write_entries(conn, city.id, put_off, now)
    return replace(supplied, candidates=tuple(asked.values()))


def _write_expected(conn: Connection, city: City, admitted: Sequence[tuple[Admission, Candidate]]) -> None:
    """What was expected of each call that was let through, and how it came to be next."""
    rows = [
        {"municipality_id": city.id, "attempt_id": answer.attempt_id, "p_live": candidate.answer_probability}
        | asdict(candidate.expected)
        for answer, candidate in admitted
        if answer.attempt_id is not None and candidate.expected is not None
    ]
    if rows:
        conn.execute(insert(ReachPick), rows)


def _lines(
    conn: Connection, city: City, campaigns: Mapping[UUID, CampaignFacts], asked: Collection[UUID | None], now: datetime
) -> dict[UUID | None, LineTerms]:
    """Read in the transaction that writes the intent, so that a call is under what its own moment says."""
    found: dict[UUID | None, LineTerms] = {}
    for campaign_id in asked:
        facts = campaigns.get(campaign_id) if campaign_id else None
        listen = facts is not None and facts.detection is not Detection.NONE
        found[campaign_id] = LineTerms(terms_at(conn, city, campaign_id, now).mode, listen)
    return found


def _take_recalls(conn: Connection, city: City, wanted: Sequence[Wanted]) -> tuple[list[Wanted], list[Wanted]]:
    """Booked calls are taken once; gives those still to be had, and those somebody else has taken."""
    free: list[Wanted] = []
    taken: list[Wanted] = []
    for want in wanted:
        booked = want.candidate.recall_id
        is_free = booked is None or recall.start(conn, city.id, booked)
        (free if is_free else taken).append(want)
    return free, taken


def _request(
    candidate: Candidate, mode: Mode, operator_id: UUID | None, campaigns: Mapping[UUID, CampaignFacts], ids: Ids
) -> ContactRequest:
    facts = campaigns.get(candidate.campaign_id) if candidate.campaign_id else None
    return ContactRequest(
        request_id=ids.new(),
        addressee_no=candidate.addressee_no,
        phone_id=candidate.phone_id,
        e164=candidate.e164,
        channel="call",
        purpose=candidate.purpose,
        claim_group=candidate.claim_group,
        campaign_id=candidate.campaign_id,
        mode=mode,
        recall_id=candidate.recall_id,
        requested_by=operator_id,
        caps=facts.caps if facts else None,
        hours=facts.hours if facts else None,
    )
