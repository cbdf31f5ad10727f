"""The rules of the gate, pure: facts, a request and a moment in; every reason against the contact out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from casefile.city import City
from casefile.clock import JST, jst
from casefile.gate.caps import cap_refusals
from casefile.gate.facts import ActiveFlag, Facts, History, Moment, PersonFacts, PhoneFacts
from casefile.gate.reasons import Reason, Refusal
from casefile.gate.request import ContactRequest
from casefile.hours import HARD_LIMIT
from casefile.vocabulary import Channel, ClaimGroup, Effect, HoldKind, LineType, PhoneHolder, PhonePlace, Purpose

_PURPOSES = frozenset(purpose.value for purpose in Purpose)
_CHANNELS = frozenset({Channel.CALL.value, Channel.SMS.value})
_DEBTS = frozenset({ClaimGroup.COMPULSORY.value, ClaimGroup.ORDINARY.value})
_DIALABLE = frozenset({LineType.LANDLINE.value, LineType.MOBILE.value, LineType.IP.value})
_HOLD_REASONS = {
    HoldKind.CLAIMED_PAID.value: Reason.CLAIMED_PAID,
    HoldKind.SLIP_REISSUE.value: Reason.SLIP_REISSUE,
    HoldKind.DIRECT_DEBIT.value: Reason.DIRECT_DEBIT,
    HoldKind.RECALL.value: Reason.RECALL_BOOKED,
    HoldKind.STAFF.value: Reason.STAFF_HOLD,
}

Refusals = Iterator[Refusal]


def refusals(request: ContactRequest, facts: Facts, history: History, city: City, moment: Moment) -> list[Refusal]:
    """Every reason why this contact may not be made now; none means it may."""
    found = list(_request_refusals(request, facts, moment))
    person = facts.person
    if person is None:
        return found
    found += _stop_refusals(person, facts)
    if request.purpose == Purpose.DUNNING.value:
        found += _debt_refusals(facts, city, moment)
        found += _agreement_refusals(request, facts, moment)
    found += _hold_refusals(request, facts)
    found += _person_refusals(request, person, facts, city)
    found += _hour_refusals(request, facts, city, moment)
    found += _number_refusals(request, person, facts, city)
    found += cap_refusals(request, person.household_id, facts, history, city, moment)
    return found


def warnings(facts: Facts) -> list[str]:
    """What the operator must know before speaking; it refuses nothing."""
    return [flag.label for flag in facts.flags if flag.effect == Effect.WARN.value]


def _request_refusals(request: ContactRequest, facts: Facts, moment: Moment) -> Refusals:
    if facts.person is None:
        yield Refusal(Reason.UNKNOWN_PERSON)
    if request.purpose not in _PURPOSES:
        yield Refusal(Reason.PURPOSE_BARRED)
    if request.channel not in _CHANNELS or (request.channel == Channel.SMS.value) != (request.mode == "sms"):
        yield Refusal(Reason.CHANNEL_BARRED)
    if request.purpose == Purpose.DUNNING.value and request.claim_group not in _DEBTS:
        yield Refusal(Reason.CLAIM_WALL)
    # The hard limit stands first and alone: it needs no fact and no setting.
    if jst(moment.now).time() not in HARD_LIMIT:
        yield Refusal(Reason.HARD_HOURS)


def _stop_refusals(person: PersonFacts, facts: Facts) -> Refusals:
    for stop in facts.stops:
        detail = f"{_clock(stop.started_at)}から、{stop.reason}"
        if stop.district_code is None:
            yield Refusal(Reason.STOPPED_CITY, detail)
        elif stop.district_code == person.district_code:
            yield Refusal(Reason.STOPPED_DISTRICT, detail)


def _debt_refusals(facts: Facts, city: City, moment: Moment) -> Refusals:
    """催告 needs one unpaid period that is past due, demanded long enough ago and not barred by time (DOMAIN.md §2.2)."""
    yield from _owed_refusal(facts, city.settings.demand_notice_days, moment)
    as_of, limit = facts.receipts_as_of, city.settings.receipts_max_open_days
    if as_of is None:
        yield Refusal(Reason.RECEIPTS_MISSING)
    elif city.calendar.open_days_between(as_of, moment.day) > limit:
        yield Refusal(Reason.RECEIPTS_STALE, f"基準日 {as_of}、{limit}開庁日まで")


def _owed_refusal(facts: Facts, notice_days: int, moment: Moment) -> Refusals:
    today, wait = moment.day, timedelta(days=notice_days)
    owed = [row for row in facts.owed if row.yen > 0]
    if not owed:
        yield Refusal(Reason.NOTHING_OWED)
        return
    owed = [row for row in owed if row.limitation_date is None or row.limitation_date >= today]
    if not owed:
        latest = max(row.limitation_date for row in facts.owed if row.limitation_date is not None)
        yield Refusal(Reason.LIMITATION_PASSED, f"時効予定日 {latest}")
        return
    due = [row for row in owed if row.due_date < today]
    if not due:
        yield Refusal(Reason.NOT_DUE, f"納期限 {min(row.due_date for row in owed)}")
        return
    notices = [row.demand_notice_date for row in due if row.demand_notice_date is not None]
    if not notices:
        yield Refusal(Reason.NO_DEMAND_NOTICE, f"納期限 {min(row.due_date for row in due)}")
    elif min(notices) + wait > today:
        notice = min(notices)
        yield Refusal(Reason.DEMAND_NOTICE_RECENT, f"発付 {notice}、{notice + wait} から連絡できます")


def _agreement_refusals(request: ContactRequest, facts: Facts, moment: Moment) -> Refusals:
    if facts.plan_no is not None:
        yield Refusal(Reason.PLAN_KEPT, f"分納番号 {facts.plan_no}")
    if facts.promise is not None:
        promise_id, judge_on = facts.promise
        # On the day of judgement itself the receipts of that day are still to come.
        if judge_on >= moment.day and promise_id != request.promise_id:
            yield Refusal(Reason.PROMISE_OPEN, f"履行判定日 {judge_on}")


def _hold_refusals(request: ContactRequest, facts: Facts) -> Refusals:
    for hold in facts.holds:
        if hold.exempt_id is None or hold.exempt_id not in (request.recall_id, request.promise_id):
            yield Refusal(_HOLD_REASONS[hold.kind], f"{_clock(hold.until)}まで" if hold.until else "")


def _person_refusals(request: ContactRequest, person: PersonFacts, facts: Facts, city: City) -> Refusals:
    by_staff = request.mode in ("preview", "manual") and facts.requester_is_staff
    for flag in facts.flags:
        if flag.effect == Effect.REFUSE.value:
            yield Refusal(Reason.FLAG_REFUSES, _flag_words(flag))
        elif (flag.effect == Effect.STAFF.value or not flag.known) and not by_staff:
            yield Refusal(Reason.FLAG_STAFF, _flag_words(flag))
    if person.language not in city.settings.languages and not by_staff:
        yield Refusal(Reason.LANGUAGE, f"言語 {person.language}")


def _number_refusals(request: ContactRequest, person: PersonFacts, facts: Facts, city: City) -> Refusals:
    phone = facts.phone
    if request.e164 is None and (phone is None or phone.e164 is None):
        yield Refusal(Reason.NO_NUMBER)
        return
    if phone is None or phone.e164 != request.e164:
        yield Refusal(Reason.NUMBER_NOT_ON_FILE)
        return
    if phone.dropped:
        yield Refusal(Reason.NUMBER_DROPPED)
    if phone.ng_reason is not None:
        yield Refusal(Reason.NUMBER_NG, phone.ng_reason)
    if phone.line_type not in _DIALABLE:
        yield Refusal(Reason.NUMBER_BARRED)
    if phone.e164 == city.caller_number:
        yield Refusal(Reason.OWN_NUMBER)
    if request.channel == Channel.SMS.value:
        yield from _text_refusals(phone)
    elif request.mode == "auto" and _is_workplace(person, phone):
        yield Refusal(Reason.WORKPLACE_AUTO)


def _text_refusals(phone: PhoneFacts) -> Refusals:
    if phone.line_type != LineType.MOBILE.value:
        yield Refusal(Reason.SMS_NOT_MOBILE)
    if phone.holder != PhoneHolder.SELF.value:
        yield Refusal(Reason.SMS_NOT_SELF)


def _is_workplace(person: PersonFacts, phone: PhoneFacts) -> bool:
    """A company's own office is where a company is called; a person's workplace is not (DOMAIN.md §2.8)."""
    at_work = phone.place == PhonePlace.WORK.value and person.kind == "person"
    return at_work or phone.holder == PhoneHolder.EMPLOYER.value


def _hour_refusals(request: ContactRequest, facts: Facts, city: City, moment: Moment) -> Refusals:
    local = moment.now.astimezone(JST)
    texting = request.channel == Channel.SMS.value
    window = (city.settings.sms_hours if texting else city.settings.contact_hours).on(moment.day, city.calendar)
    if window is None:
        yield Refusal(Reason.OFFICE_CLOSED)
    elif local.time() not in window:
        yield Refusal(Reason.CITY_HOURS, f"今日は {window}")
    if request.hours is not None and not request.hours.allow(moment.now, city.calendar):
        yield Refusal(Reason.CAMPAIGN_HOURS)
    hours = facts.phone.usable_hours if facts.phone else None
    if hours and not _usable(hours, local):
        yield Refusal(Reason.PHONE_HOURS, f"{hours.get('from', '')}〜{hours.get('to', '')}")


def _usable(hours: dict[str, object], local: datetime) -> bool:
    """Whether a resident's wish ({"weekdays", "from", "to"}, each optional) covers this moment."""
    weekdays = hours.get("weekdays")
    if isinstance(weekdays, list) and weekdays and local.isoweekday() not in weekdays:
        return False
    opens = time.fromisoformat(str(hours.get("from") or "00:00"))
    closes = str(hours.get("to") or "")
    return local.time() >= opens and (not closes or closes == "24:00" or local.time() < time.fromisoformat(closes))


def _flag_words(flag: ActiveFlag) -> str:
    return f"{flag.label}、{flag.valid_to} まで" if flag.valid_to else flag.label


def _clock(moment: datetime) -> str:
    return f"{jst(moment):%Y-%m-%d %H:%M}"
