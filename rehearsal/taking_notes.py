"""What a robot operator writes down of a talk: the result form, filled in from what was said and what the screen shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from callflow.codes import CallResult, Contact, Outcome
from callflow.form import ClaimedPayment, ResultForm
from callflow.identity import IdentityItem
from callflow.recall import RecallWish
from casefile.city import City
from casefile.clock import at_jst, jst_date
from casefile.person.arrears import ArrearsLine
from casefile.promises import PartDraft, PromiseDraft
from casefile.vocabulary import ClaimGroup, ContactDirection, Purpose
from rehearsal.city.model import Resident
from rehearsal.people import Words

_ONE_DAY = timedelta(days=1)
_NEEDS_IDENTITY = frozenset(
    set(Outcome) - {Outcome.GENUINE_CHECK, Outcome.CALL_BACK_ASKED, Outcome.RECALL, Outcome.COMPLAINT, Outcome.CUT_OFF}
)


@dataclass(frozen=True, slots=True)
class Talk:
    """One conversation from the operator's side."""

    form_id: UUID
    attempt_id: UUID | None
    addressee_no: str
    purpose: Purpose
    claim_group: ClaimGroup
    phone_id: UUID | None
    direction: ContactDirection
    started_at: datetime
    ended_at: datetime
    words: Words


def fill_in(talk: Talk, target: Resident, lines: Sequence[ArrearsLine], city: City) -> ResultForm:
    """The form for what was said. A promise of nothing, or beyond what an operator may take, becomes what it really is."""
    words = talk.words
    outcome = words.outcome
    promise = recall = None
    if outcome is Outcome.PROMISE:
        promise = _promise(words, lines, jst_date(talk.started_at), city)
        if promise is None:
            outcome = Outcome.CLAIMED_PAID if not lines else Outcome.INSTALMENT
    if outcome is Outcome.RECALL:
        recall = _recall(words, talk, city)
        if recall is None:
            outcome = Outcome.CALL_BACK_ASKED
    return ResultForm(
        form_id=talk.form_id,
        addressee_no=talk.addressee_no,
        purpose=talk.purpose,
        claim_group=talk.claim_group,
        started_at=talk.started_at,
        ended_at=talk.ended_at,
        result=CallResult.ANSWERED,
        attempt_id=talk.attempt_id,
        direction=talk.direction,
        phone_id=talk.phone_id,
        contact=words.contact,
        identity_items=_identity(words.contact, outcome, target),
        outcome=outcome,
        reason=words.reason if words.contact.is_right_party and outcome in _NEEDS_IDENTITY else None,
        promise=promise,
        recall=recall,
        remarks=_REMARKS.get(outcome, "") if outcome else "",
        complaint=outcome is Outcome.COMPLAINT,
        claimed_payment=_claimed(talk) if outcome is Outcome.CLAIMED_PAID else None,
        new_whereabouts=_NEW_ADDRESS if outcome is Outcome.MOVED else "",
        language=target.language if outcome is Outcome.FOREIGN_LANGUAGE and target.language != "ja" else None,
    )


_NEW_ADDRESS = "(申出)市外へ転居済み。新住所は書面で確認する。"
_REMARKS = {
    Outcome.PROMISE: "お手元の納付書で納めるとのこと。",
    Outcome.REFUSED: "納付の意思なし。",
    Outcome.HARDSHIP: "生活状況を聞き取り、相談窓口を案内。",
    Outcome.INSTALMENT: "一括は困難とのこと。職員から折返す。",
    Outcome.CALL_BACK_ASKED: "本人不在。折返しを依頼。",
    Outcome.COMPLAINT: "架電について苦情。",
}


def _identity(contact: Contact, outcome: Outcome | None, target: Resident) -> tuple[IdentityItem, ...]:
    if not contact.is_right_party or outcome not in _NEEDS_IDENTITY:
        return ()
    if target.is_company:
        return (IdentityItem.LOCATION, IdentityItem.CONTACT_PERSON)
    second = IdentityItem.ADDRESS if target.birth_date is None else IdentityItem.BIRTH_DATE
    return (IdentityItem.NAME, second)


def _promise(words: Words, lines: Sequence[ArrearsLine], today: date, city: City) -> PromiseDraft | None:
    owed = sum(line.outstanding_yen for line in lines)
    if owed <= 0 or words.parts > 2:
        return None
    total = owed if words.yen_share >= 1 else max(min(owed, 1_000), round(owed * words.yen_share / 1_000) * 1_000)
    parts = 1 if total < 4_000 else words.parts
    due = _open_day(today + timedelta(days=words.days), city)
    last = _end_of_next_month(today)
    if parts == 1 or _open_day(due + timedelta(days=21), city) > last:
        return PromiseDraft((PartDraft(due, total),)) if due <= last else None
    first = total // 2 // 1_000 * 1_000
    later = _open_day(due + timedelta(days=21), city)
    return PromiseDraft((PartDraft(due, first), PartDraft(later, total - first)))


def _recall(words: Words, talk: Talk, city: City) -> RecallWish | None:
    """The hour that was asked for, on the next day on which the room works at that hour."""
    if words.recall_hour is None or talk.phone_id is None:
        return None
    today = jst_date(talk.started_at)
    for ahead in range(words.days % 3, 12):
        moment = at_jst(today + timedelta(days=ahead), words.recall_hour, 15)
        if moment > talk.ended_at + timedelta(minutes=30) and city.settings.contact_hours.allow(moment, city.calendar):
            return RecallWish(moment, talk.phone_id)
    return None


def _claimed(talk: Talk) -> ClaimedPayment:
    return ClaimedPayment(jst_date(talk.started_at) - _ONE_DAY, "コンビニ")


def _open_day(day: date, city: City) -> date:
    return day if city.calendar.is_open(day) else city.calendar.next_open(day)


def _end_of_next_month(day: date) -> date:
    month = day.month + 2
    return date(day.year + (month - 1) // 12, (month - 1) % 12 + 1, 1) - _ONE_DAY
