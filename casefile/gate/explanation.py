"""Why a person was not, or would not be, called or texted: every number, channel and purpose in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from casefile.city import City
from casefile.clock import jst
from casefile.errors import TsunagaruError
from casefile.gate.admission import decide
from casefile.gate.reasons import sentence_of
from casefile.gate.request import ContactRequest, GateAnswer
from casefile.phone_number import mask
from casefile.tables import Arrears, GateDecision, Phone, Taxpayer
from casefile.vocabulary import Channel, ClaimGroup, Purpose

_PAST = 20
_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Line:
    """What the gate would answer for one number, channel, purpose and 債権の別. `phone_id` None: no number at all."""

    phone_id: UUID | None
    e164: str | None
    channel: str
    purpose: str
    claim_group: str
    answer: GateAnswer

    @property
    def title(self) -> str:
        """Such as 「催告(地方税・強制徴収公債権)を電話で」."""
        purpose, group = Purpose(self.purpose), ClaimGroup(self.claim_group)
        of_group = f"({group.label})" if purpose is Purpose.DUNNING else ""
        return f"{purpose.label}{of_group}を{Channel(self.channel).label}で"


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

    def text(self) -> str:
        """Everything in Japanese, for the command line; numbers are masked."""
        written = [f"宛名番号 {self.addressee_no}({jst(self.at):%Y-%m-%d %H:%M} 現在)"]
        for titled, lines in _grouped(self.lines):
            written += ["", f"■ {titled}"]
            for numbers, answer in _same_answers(lines):
                written.append(f"  {numbers}: {'連絡できます。' if answer.allowed else '連絡できません。'}")
                written += [f"    ・{sentence}" for sentence in answer.sentences]
                written += [f"    ・注意: {warning}" for warning in answer.warnings]
        written += ["", "■ 最近、実際に断った記録"]
        written += [line for past in self.past for line in _past_lines(past)] or ["  ありません。"]
        return "\n".join(written)


def explain(conn: Connection, city: City, addressee_no: str, now: datetime) -> Explanation:
    """Ask the gate about every phone × channel × purpose of a person, automatic mode, and list stored refusals.

    催告 is asked for each side of the wall on which the person ever owed something. Raises TsunagaruError when nobody
    has this 宛名番号.
    """
    known = select(Taxpayer.addressee_no).where(
        Taxpayer.municipality_id == city.id, Taxpayer.addressee_no == addressee_no
    )
    if conn.execute(known).first() is None:
        raise TsunagaruError(f"宛名番号「{addressee_no}」の人は登録されていません。番号を確かめてください。")
    phones: list[tuple[UUID | None, str | None]] = [
        (row.phone_id, row.e164)
        for row in conn.execute(
            select(Phone.phone_id, Phone.e164)
            .where(Phone.municipality_id == city.id, Phone.addressee_no == addressee_no)
            .order_by(Phone.position, Phone.phone_id)
        )
    ]
    requests = [
        ContactRequest(
            request_id=_NOBODY,
            addressee_no=addressee_no,
            phone_id=phone_id,
            e164=e164,
            channel=channel.value,
            purpose=purpose.value,
            claim_group=claim_group,
            campaign_id=None,
            mode="sms" if channel is Channel.SMS else "auto",
        )
        for purpose, claim_group in _subjects(conn, city, addressee_no)
        for channel in (Channel.CALL, Channel.SMS)
        for phone_id, e164 in phones or [(None, None)]
    ]
    answers = decide(conn, city, requests, now)
    lines = tuple(
        Line(request.phone_id, request.e164, request.channel, request.purpose, request.claim_group, answer)
        for request, answer in zip(requests, answers, strict=True)
    )
    return Explanation(addressee_no, now, lines, _past(conn, city, addressee_no, now))


def _subjects(conn: Connection, city: City, addressee_no: str) -> list[tuple[Purpose, str]]:
    groups = conn.execute(
        select(Arrears.claim_group)
        .distinct()
        .where(Arrears.municipality_id == city.id, Arrears.addressee_no == addressee_no)
        .order_by(Arrears.claim_group)
    ).scalars()
    dunning = [(Purpose.DUNNING, group) for group in list(groups) or [ClaimGroup.COMPULSORY.value]]
    others = [(purpose, ClaimGroup.NONE.value) for purpose in Purpose if purpose is not Purpose.DUNNING]
    return dunning + others


def _past(conn: Connection, city: City, addressee_no: str, now: datetime) -> tuple[PastRefusal, ...]:
    rows = conn.execute(
        select(GateDecision)
        .where(
            GateDecision.municipality_id == city.id,
            GateDecision.addressee_no == addressee_no,
            GateDecision.allowed.is_(False),
            GateDecision.decided_at <= now,
        )
        .order_by(GateDecision.decided_at.desc(), GateDecision.decision_id.desc())
        .limit(_PAST)
    )
    return tuple(_refusal(row) for row in rows)


def _refusal(row: Row[Any]) -> PastRefusal:
    sentences = tuple(sentence_of(code, row.detail.get(code, "")) for code in row.reasons)
    return PastRefusal(row.decided_at, row.e164, row.channel, row.purpose, row.claim_group, row.campaign_id, sentences)


def _grouped(lines: tuple[Line, ...]) -> list[tuple[str, list[Line]]]:
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(line.title, []).append(line)
    return list(groups.items())


def _same_answers(lines: list[Line]) -> list[tuple[str, GateAnswer]]:
    """Numbers with the same answer in one line."""
    answers: dict[tuple[object, ...], list[Line]] = {}
    for line in lines:
        answers.setdefault((line.answer.refusals, line.answer.warnings), []).append(line)
    return [("、".join(_number(line) for line in same), same[0].answer) for same in answers.values()]


def _number(line: Line) -> str:
    if line.e164 is not None:
        return mask(line.e164)
    return "読めない番号" if line.phone_id else "電話番号なし"


def _past_lines(past: PastRefusal) -> list[str]:
    number = mask(past.e164) if past.e164 else "番号なし"
    head = f"  {jst(past.decided_at):%Y-%m-%d %H:%M} {Channel(past.channel).label} {number}"
    return [head, *(f"    ・{sentence}" for sentence in past.sentences)]
