"""What must never be false, each judged from committed rows alone, by code of its own.

None of these calls the gate, the ledger or a rule of the house: a fault there must not hide itself here.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

import jpholiday

from casefile.clock import JST
from rehearsal.evidence import CallRow, DebtRow, Evidence, ReceiptRow, TextRow

Invariant = Callable[[Evidence], bool]

_SYNTHETIC = re.compile(r"\+81(?:90|70|50)0\d{7}|\+8130\d{7}")
_SYNTHETIC_MOBILE = re.compile(r"\+81(?:90|70)0\d{7}")
_NOT_A_CALL = {"11", "12", "15"}
_KNOWN_RESULTS = {f"{number:02d}" for number in range(1, 16)}
_JOIN_LIMIT = timedelta(seconds=2)
_TWO_HOURS = timedelta(hours=2)
_FIVE_MINUTES = timedelta(minutes=5)
_SENT = {"sending", "unknown", "sent", "delivered", "failed"}


# -- when and whom -----------------------------------------------------------------------------------------------------


def no_contact_outside_hours(evidence: Evidence) -> bool:
    """No call was handed over and no text sent outside the city's hours, on a holiday, or outside 8:00–21:00."""
    moments = [call.handed_at for call in _outbound(evidence) if call.handed_at]
    moments += [message.sent_at for message in evidence.texts if message.sent_at]
    return all(_within_hours(moment, evidence.told.weekday_hours) for moment in moments)


def no_contact_after_payment_was_imported(evidence: Evidence) -> bool:
    """Whoever was called or texted for 催告 still owed something, after every receipt loaded until that moment."""
    books = _Books(evidence)
    return all(books.owes(no, group, moment, lambda _: True) for no, group, moment in _dunning_moments(evidence))


def no_contact_before_due_date_and_demand_notice(evidence: Evidence) -> bool:
    """Whoever was called or texted for 催告 owed a period past its due date, its 督促状 sent the city's days ago."""
    books = _Books(evidence)
    notice = timedelta(days=evidence.told.notice_days)

    def ripe_on(day: date) -> Callable[[DebtRow], bool]:
        return lambda debt: (
            debt.due_date < day and debt.demand_notice_date is not None and debt.demand_notice_date + notice <= day
        )

    return all(books.owes(no, group, moment, ripe_on(_day(moment))) for no, group, moment in _dunning_moments(evidence))


def every_outbound_attempt_has_an_allowing_decision(evidence: Evidence) -> bool:
    """Call or text: decided for the same person, channel and number, no later than it was handed over."""
    for call in _outbound(evidence):
        if not call.decision_matches or call.decided_at is None or call.decided_at > call.intended_at:
            return False
    return all(bool(message.decision_matches) for message in evidence.texts if message.state in _SENT)


def no_call_to_a_workplace_or_a_real_number(evidence: Evidence) -> bool:
    """勤務先 is never dialed automatically (a booked call to it an operator makes), and no number dialed can exist."""
    return all(
        not (call.place == "work" and call.mode == "auto")
        and call.e164 is not None
        and _SYNTHETIC.fullmatch(call.e164) is not None
        for call in _outbound(evidence)
    )


# -- how often ---------------------------------------------------------------------------------------------------------


def number_within_its_caps(evidence: Evidence) -> bool:
    """At most 2 calls a number a day, 2 h apart; busy ones aside, of which at most 3 repeats, 5 min apart (§2.8)."""
    by_number: dict[str, list[CallRow]] = defaultdict(list)
    for call in _handed(evidence):
        by_number[call.e164 or ""].append(call)
    return all(_number_is_within(calls) for calls in by_number.values())


def household_within_its_caps(evidence: Evidence) -> bool:
    """At most 3 calls a household a day, and one live answer, 放棄呼 included; the booked 再コール is free of the latter."""
    by_day: dict[tuple[str | None, date], list[CallRow]] = defaultdict(list)
    for call in _handed(evidence):
        by_day[call.household_id, _day(call.intended_at)].append(call)
    for calls in by_day.values():
        if sum(call.result != "02" for call in calls) > 3:
            return False
        answered = False
        for call in calls:
            if answered and call.recall_id is None:
                return False
            answered = answered or call.person_answered
    return True


def person_within_the_monthly_cap(evidence: Evidence) -> bool:
    """At most 6 calls a person in a calendar month of Japan."""
    months = Counter((call.addressee_no, _day(call.intended_at).replace(day=1)) for call in _handed(evidence))
    return all(count <= 6 for count in months.values())


def texts_within_their_caps(evidence: Evidence) -> bool:
    """At most one text a person a day, and 4 a month."""
    sent = [message for message in evidence.texts if message.sent_at]
    days = Counter((message.addressee_no, _sent_day(message)) for message in sent)
    months = Counter((message.addressee_no, _sent_day(message).replace(day=1)) for message in sent)
    return all(count <= 1 for count in days.values()) and all(count <= 4 for count in months.values())


def one_live_attempt_per_household(evidence: Evidence) -> bool:
    """No two outbound calls of one household, or of one number, were ever live at once."""
    return _never_overlap(evidence, lambda call: call.household_id) and _never_overlap(evidence, lambda call: call.e164)


# -- what became of it -------------------------------------------------------------------------------------------------


def every_ended_call_has_one_record(evidence: Evidence) -> bool:
    """One 交渉記録 for each outbound call that was handed over and ended; none stands for two."""
    records = Counter(record.attempt_id for record in evidence.records if record.attempt_id)
    return all(records[call.attempt_id] == 1 for call in _outbound(evidence) if call.handed_at and call.ended_at)


def live_answer_joined_or_told(evidence: Evidence) -> bool:
    """Every live answer met an operator within 2 s, or was told who called (放棄呼), or hung up within 2 s itself."""
    return all(_was_served(call) for call in _handed(evidence) if call.person_answered and call.ended_at)


def live_answers_are_conserved(evidence: Evidence) -> bool:
    """h = t + d + e (REPORTS.md §6.0)."""
    ended = [call for call in _handed(evidence) if call.ended_at]
    live = sum(call.person_answered for call in ended)
    joined = sum(call.connected_at is not None and not call.abandoned for call in ended)
    abandoned = sum(call.abandoned for call in ended)
    early = sum(_cut_early(call) for call in ended)
    return live == joined + abandoned + early


def results_partition_the_calls(evidence: Evidence) -> bool:
    """Each call that ended carries exactly one known 架電結果, a live answer 01 or 13 and nothing else one of these."""
    for call in _outbound(evidence):
        if call.ended_at is None:
            continue
        if call.result not in _KNOWN_RESULTS or (call.result in ("01", "13")) != call.person_answered:
            return False
        if (call.result == "13") != call.abandoned:
            return False
    return True


def nothing_is_left_hanging(evidence: Evidence) -> bool:
    """When the rehearsal is over, no call is live and none is unknown."""
    return all(call.state == "ended" and call.ended_at is not None for call in evidence.calls)


def no_promise_is_lost(evidence: Evidence) -> bool:
    """As many promises as were made on the phone, each with its record; what was to be judged has been."""
    ours = [promise for promise in evidence.promises if promise.source != "import"]
    told = {record.promise_id for record in evidence.records if record.promise_id}
    if len(ours) != evidence.told.promises or not {promise.promise_id for promise in ours} <= told:
        return False
    as_of = evidence.receipts_as_of
    return all(
        promise.promised_yen > 0 and not (promise.state == "open" and as_of is not None and promise.judge_on <= as_of)
        for promise in ours
    )


# -- texts -------------------------------------------------------------------------------------------------------------


def no_text_but_to_the_persons_own_mobile(evidence: Evidence) -> bool:
    """A text goes to a mobile number that is the person's own (本人)."""
    return all(
        message.e164 is not None and _SYNTHETIC_MOBILE.fullmatch(message.e164) is not None and message.holder == "self"
        for message in evidence.texts
        if message.state in _SENT
    )


def no_text_twice_for_one_occasion(evidence: Evidence) -> bool:
    """The same person is never texted twice for the same occasion."""
    sent = Counter((message.addressee_no, message.occasion) for message in evidence.texts if message.state in _SENT)
    return all(count == 1 for count in sent.values())


def messages_are_conserved(evidence: Evidence) -> bool:
    """Each follow-up taken up became one message; and exactly the texts the gateway was given are those we say we sent."""
    by_follow_up = Counter(message.follow_up_id for message in evidence.texts)
    taken = sum(count for state, count in evidence.follow_ups.items() if state not in ("waiting", "cancelled"))
    sent = {str(message.message_id): message.e164 for message in evidence.texts if message.state in _SENT}
    return (
        all(count == 1 for count in by_follow_up.values())
        and taken == len(by_follow_up)
        and sent == dict(evidence.told.texted)
    )


# -- against the world's own books -------------------------------------------------------------------------------------


def carrier_ledger_equals_attempts(evidence: Evidence) -> bool:
    """What rang is what we say we dialed: the same attempts, the same numbers."""
    ours = {call.attempt_id: call.e164 for call in _outbound(evidence) if call.handed_at}
    return ours == dict(evidence.told.rang)


def receipts_equal_payments(evidence: Evidence) -> bool:
    """Every payment of the tills' files is a receipt of the same yen; none is there twice or lost."""
    ours = {
        receipt.receipt_no: receipt.principal_yen
        for receipt in evidence.receipts
        if receipt.receipt_no in evidence.told.paid and receipt.cancelled_on is None
    }
    return ours == dict(evidence.told.paid)


def audit_chain_is_whole(evidence: Evidence) -> bool:
    """Every entry is sealed and the chain recomputes to itself."""
    return evidence.seals_broken == 0 and evidence.unsealed == 0 and evidence.audit_entries > 0


INVARIANTS: Mapping[str, Invariant] = {
    function.__name__: function
    for function in (
        no_contact_outside_hours,
        no_contact_after_payment_was_imported,
        no_contact_before_due_date_and_demand_notice,
        every_outbound_attempt_has_an_allowing_decision,
        no_call_to_a_workplace_or_a_real_number,
        number_within_its_caps,
        household_within_its_caps,
        person_within_the_monthly_cap,
        texts_within_their_caps,
        one_live_attempt_per_household,
        every_ended_call_has_one_record,
        live_answer_joined_or_told,
        live_answers_are_conserved,
        results_partition_the_calls,
        nothing_is_left_hanging,
        no_promise_is_lost,
        no_text_but_to_the_persons_own_mobile,
        no_text_twice_for_one_occasion,
        messages_are_conserved,
        carrier_ledger_equals_attempts,
        receipts_equal_payments,
        audit_chain_is_whole,
    )
}


def judge_all(evidence: Evidence) -> dict[str, bool]:
    """Every invariant by name, and those of the reports."""
    return {name: check(evidence) for name, check in INVARIANTS.items()} | dict(evidence.forms)


# -- how it is computed ------------------------------------------------------------------------------------------------


def _outbound(evidence: Evidence) -> Iterable[CallRow]:
    return (call for call in evidence.calls if call.direction == "outbound")


def _handed(evidence: Evidence) -> list[CallRow]:
    """架電 of REPORTS.md §6.0: handed to the network, and not the network's own failure."""
    return [call for call in _outbound(evidence) if call.handed_at and call.result not in _NOT_A_CALL]


def _day(moment: datetime) -> date:
    return moment.astimezone(JST).date()


def _sent_day(message: TextRow) -> date:
    assert message.sent_at is not None
    return _day(message.sent_at)


def _within_hours(moment: datetime, hours: Mapping[int, tuple[int, int]]) -> bool:
    local = moment.astimezone(JST)
    opens, closes = hours.get(local.isoweekday(), (24, 0))
    year_end = (local.month, local.day) >= (12, 29) or (local.month, local.day) <= (1, 3)
    return max(opens, 8) <= local.hour < min(closes, 21) and not year_end and not jpholiday.is_holiday(local.date())


def _dunning_moments(evidence: Evidence) -> Iterable[tuple[str, str, datetime]]:
    for call in _outbound(evidence):
        if call.purpose == "dunning" and call.handed_at:
            yield call.addressee_no or "", call.claim_group, call.intended_at
    for message in evidence.texts:
        if message.purpose == "dunning" and message.state in _SENT and message.intended_at:
            yield message.addressee_no, message.claim_group, message.intended_at


class _Books:
    """What each person owed at any moment, from what was levied and the receipts loaded until then."""

    def __init__(self, evidence: Evidence) -> None:
        self._debts: dict[tuple[str, str], list[DebtRow]] = defaultdict(list)
        for debt in evidence.debts:
            self._debts[debt.addressee_no, debt.claim_group].append(debt)
        paid: dict[int, list[ReceiptRow]] = defaultdict(list)
        for receipt in evidence.receipts:
            if receipt.arrears_id is not None and receipt.cancelled_on is None:
                paid[receipt.arrears_id].append(receipt)
        self._paid: dict[int, tuple[list[datetime], list[int]]] = {}
        for arrears_id, receipts in paid.items():
            receipts.sort(key=lambda receipt: (receipt.loaded_at, receipt.receipt_no))
            total = 0
            sums = []
            for receipt in receipts:
                total += receipt.principal_yen
                sums.append(total)
            self._paid[arrears_id] = ([receipt.loaded_at for receipt in receipts], sums)

    def owes(self, no: str, group: str, moment: datetime, wanted: Callable[[DebtRow], bool]) -> bool:
        """Whether a wanted period of the case was unpaid at `moment`."""
        return any(
            debt.assessed_yen > self._paid_until(debt.arrears_id, moment)
            for debt in self._debts.get((no, group), ())
            if wanted(debt)
        )

    def _paid_until(self, arrears_id: int, moment: datetime) -> int:
        times, sums = self._paid.get(arrears_id, ([], []))
        count = bisect_right(times, moment)
        return sums[count - 1] if count else 0


def _number_is_within(calls: Sequence[CallRow]) -> bool:
    plain = [call for call in calls if call.result != "02"]
    if any(count > 2 for count in Counter(_day(call.intended_at) for call in plain).values()):
        return False
    for before, after in pairwise(plain):
        if after.recall_id is None and after.intended_at - before.intended_at < _TWO_HOURS:
            return False
    busy = [call for call in calls if call.result == "02"]
    if any(count > 4 for count in Counter(_day(call.intended_at) for call in busy).values()):
        return False
    return all(
        after.intended_at - before.intended_at >= _FIVE_MINUTES
        for before, after in pairwise(busy)
        if after.recall_id is None
    )


def _never_overlap(evidence: Evidence, key: Callable[[CallRow], str | None]) -> bool:
    until: dict[str | None, datetime] = {}
    for call in _outbound(evidence):
        free = until.get(key(call))
        if free is not None and call.intended_at < free:
            return False
        if call.ended_at is not None:
            until[key(call)] = call.ended_at
    return True


def _was_served(call: CallRow) -> bool:
    heard = call.speech_at or call.answered_at
    if call.abandoned:
        return True
    if heard is None:
        return False
    if call.connected_at is not None:
        return call.connected_at - heard <= _JOIN_LIMIT
    return _cut_early(call)


def _cut_early(call: CallRow) -> bool:
    heard = call.speech_at or call.answered_at
    if not call.person_answered or call.connected_at is not None or call.abandoned:
        return False
    return heard is not None and call.ended_at is not None and call.ended_at - heard <= _JOIN_LIMIT
