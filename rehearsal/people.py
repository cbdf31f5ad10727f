"""The people of the city at work: what they say on the phone, what they promise, when they really pay, who calls back.

Everything is drawn from the seed and from what happened to the person so far, never from identifiers of a run: the same
calls at the same moments give the same answers.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from callflow.codes import Contact, DelinquencyReason, Outcome
from casefile.clock import JST, at_jst, jst_date
from casefile.vocabulary import ClaimGroup
from rehearsal.city.debts import PAYMENT_METHODS
from rehearsal.city.model import Line, LineFate, Resident, SyntheticCity, Temper
from rehearsal.city.taxes import next_open, office_open
from rehearsal.speech import lines_of

_Shares = Mapping[Outcome, float]

# What the right person says once identity is clear; shares are ours, a promise in about four of ten contacts.
_WORDS: Mapping[Temper, _Shares] = {
    Temper.FORGETFUL: {
        Outcome.PROMISE: 0.66, Outcome.REISSUE: 0.10, Outcome.RECALL: 0.07, Outcome.DIRECT_DEBIT: 0.04,
        Outcome.CUT_OFF: 0.05, Outcome.INFORMED: 0.08,
    },
    Temper.SLIP_LOST: {Outcome.REISSUE: 0.55, Outcome.PROMISE: 0.30, Outcome.RECALL: 0.07, Outcome.INFORMED: 0.08},
    Temper.SHORT_OF_MONEY: {
        Outcome.PROMISE: 0.38, Outcome.INSTALMENT: 0.26, Outcome.RELIEF: 0.08, Outcome.HARDSHIP: 0.06,
        Outcome.RECALL: 0.08, Outcome.REFUSED: 0.07, Outcome.CUT_OFF: 0.07,
    },
    Temper.MANY_DEBTS: {
        Outcome.PROMISE: 0.16, Outcome.INSTALMENT: 0.30, Outcome.HARDSHIP: 0.20, Outcome.RELIEF: 0.08,
        Outcome.REFUSED: 0.14, Outcome.CUT_OFF: 0.12,
    },
    Temper.DISPUTES: {
        Outcome.ASSESSMENT_QUERY: 0.42, Outcome.REFUSED: 0.22, Outcome.COMPLAINT: 0.10, Outcome.PROMISE: 0.18,
        Outcome.REFUND_QUERY: 0.08,
    },
    Temper.MOVED_AWAY: {Outcome.MOVED: 0.45, Outcome.PROMISE: 0.33, Outcome.REISSUE: 0.22},
    Temper.ALREADY_PAID: {Outcome.CLAIMED_PAID: 1.0},
    Temper.UNWILLING: {
        Outcome.REFUSED: 0.40, Outcome.CUT_OFF: 0.24, Outcome.PROMISE: 0.22, Outcome.COMPLAINT: 0.06,
        Outcome.INFORMED: 0.08,
    },
}  # fmt: skip
_KEEPS: Mapping[Temper, float] = {
    Temper.FORGETFUL: 0.78,
    Temper.SLIP_LOST: 0.74,
    Temper.SHORT_OF_MONEY: 0.52,
    Temper.MANY_DEBTS: 0.28,
    Temper.DISPUTES: 0.55,
    Temper.MOVED_AWAY: 0.50,
    Temper.ALREADY_PAID: 0.90,
    Temper.UNWILLING: 0.22,
}
_REASONS: Mapping[Temper, DelinquencyReason] = {
    Temper.FORGETFUL: DelinquencyReason.FORGOT,
    Temper.SLIP_LOST: DelinquencyReason.SLIP_LOST,
    Temper.SHORT_OF_MONEY: DelinquencyReason.SHORT_OF_MONEY,
    Temper.MANY_DEBTS: DelinquencyReason.MANY_DEBTS,
    Temper.DISPUTES: DelinquencyReason.DISPUTES_AMOUNT,
    Temper.MOVED_AWAY: DelinquencyReason.AWAY_OR_MOVED,
    Temper.ALREADY_PAID: DelinquencyReason.OTHER,
    Temper.UNWILLING: DelinquencyReason.DISPUTES_SYSTEM,
}
# The chance that a nudge makes somebody pay within days, and that he calls back.
_PAYS_AFTER_SMS = {Temper.FORGETFUL: 0.42, Temper.SLIP_LOST: 0.15, Temper.SHORT_OF_MONEY: 0.12, Temper.MOVED_AWAY: 0.08}
_PAYS_AFTER_LETTER = {Temper.FORGETFUL: 0.16, Temper.SLIP_LOST: 0.10, Temper.SHORT_OF_MONEY: 0.05}
_PAYS_BY_HIMSELF_DAILY = {Temper.FORGETFUL: 0.012, Temper.SLIP_LOST: 0.003, Temper.SHORT_OF_MONEY: 0.004}
_CALLS_BACK = {"missed": 0.035, "message": 0.30, "sms": 0.07, "abandoned": 0.10}
_REFUSES_IDENTITY = 0.04
_TARGET_COMES_TO_THE_PHONE = 0.30


@dataclass(frozen=True, slots=True)
class Words:
    """What one conversation comes to. `speaker_no` is None where a stranger answers.

    `yen_share` is how much of what is owed is promised; `days` when; `parts` in how many parts.
    """

    speaker_no: str | None
    contact: Contact
    outcome: Outcome | None
    reason: DelinquencyReason | None
    talk_seconds: float
    resident_ends: bool
    yen_share: float
    days: int
    parts: int
    recall_hour: int | None
    spoken: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Payment:
    """Money on the counter: one 期別 of one person on one day."""

    day: date
    key: str
    yen: int
    method: str


@dataclass(frozen=True, slots=True, order=True)
class CallBack:
    """返電: somebody rings the city's number."""

    at: datetime
    e164: str
    addressee_no: str


class People:
    """The truth about money and intentions; it changes only by what happens to people."""

    def __init__(self, city: SyntheticCity, seed: int) -> None:
        self.city = city
        self._seed = seed
        self._owed: dict[str, dict[str, int]] = {
            no: {debt.key: debt.unpaid_yen for debt in debts} for no, debts in city.debts.items()
        }
        self._groups = {debt.key: debt.claim_group for debts in city.debts.values() for debt in debts}
        self._told: dict[str, int] = {}
        self._intentions: list[tuple[date, int, str, str, int]] = []
        self._call_backs: list[CallBack] = []
        self._count = 0
        self.promises_heard = 0
        """How many promises were written down, by the count of those who made them."""
        self._plan_the_already_paid()

    # -- on the phone ------------------------------------------------------------------------------------------------

    def converse(self, line: Line, target_no: str | None, at: datetime) -> Words:
        """Who speaks on this line and what the conversation comes to; `target_no` is the person asked for.

        Two conversations with one person differ; the same one at the same place of a run is the same.
        """
        rng = self._dice("talk", target_no or "", line.e164)
        target = self.city.residents.get(target_no or "")
        if line.fate is LineFate.WRONG or target is None:
            return self._stranger(rng)
        speaker = self._speaker(rng, line, target)
        if speaker is None:
            return self._stranger(rng)
        if speaker.addressee_no != target.addressee_no and rng.random() >= _TARGET_COMES_TO_THE_PHONE:
            return self._family(rng, speaker, target, at)
        return self._right_person(rng, target, at)

    def calls_himself(self, addressee_no: str | None, at: datetime) -> Words:
        """返電: the person on the line is the person it is about."""
        target = self.city.residents.get(addressee_no or "")
        rng = self._dice("call-back", addressee_no or "")
        return self._stranger(rng) if target is None else self._right_person(rng, target, at)

    def _speaker(self, rng: random.Random, line: Line, target: Resident) -> Resident | None:
        owners = [self.city.residents[no] for no in line.owners]
        if target.is_company:
            return target if target.addressee_no in line.owners else None
        if line.mobile:
            return owners[0] if rng.random() < 0.95 else (target if target in owners else owners[0])
        if len(owners) == 1 or rng.random() < 0.42:
            return target if target in owners else owners[0]
        return rng.choice(owners)

    def _stranger(self, rng: random.Random) -> Words:
        silent = rng.random() < 0.15
        contact = Contact.UNKNOWN if silent else Contact.WRONG_PERSON
        return Words(
            None, contact, None, None, 8 + rng.expovariate(1 / 14), True, 0.0, 0, 1, None, lines_of(contact, None, None)
        )

    def _family(self, rng: random.Random, speaker: Resident, target: Resident, at: datetime) -> Words:
        contact = _relation(speaker, target)
        recall = contact.is_contact and rng.random() < 0.15
        outcome = Outcome.RECALL if recall else Outcome.CALL_BACK_ASKED
        if not recall and contact.is_contact:
            self._maybe_call_back(rng, target, at, "message")
        return Words(
            speaker.addressee_no, contact, outcome, None, 14 + rng.lognormvariate(3.2, 0.5), rng.random() < 0.5, 0.0,
            rng.randint(0, 2), 1, rng.choice((18, 19)) if recall else None, lines_of(contact, outcome, speaker),
        )  # fmt: skip

    def _right_person(self, rng: random.Random, target: Resident, at: datetime) -> Words:
        contact = Contact.COMPANY_CONTACT if target.is_company else Contact.SELF
        talk = min(1_500.0, max(15.0, rng.lognormvariate(4.62, 0.75)))
        if rng.random() < _REFUSES_IDENTITY:
            words = lines_of(contact, Outcome.GENUINE_CHECK, target)
            return Words(
                target.addressee_no, contact, Outcome.GENUINE_CHECK, None, talk / 2, True, 0.0, 0, 1, None, words
            )
        outcome = self._outcome(rng, target)
        if target.language != "ja" and rng.random() < 0.5:
            outcome = Outcome.FOREIGN_LANGUAGE
        self._after_outcome(rng, target, outcome, at)
        return Words(
            speaker_no=target.addressee_no,
            contact=contact,
            outcome=outcome,
            reason=_REASONS[target.temper] if outcome is not Outcome.CUT_OFF else None,
            talk_seconds=talk,
            resident_ends=outcome is Outcome.CUT_OFF or rng.random() < 0.4,
            yen_share=1.0 if rng.random() < 0.7 else rng.choice((0.3, 0.5)),
            days=rng.randint(3, 24),
            parts=rng.choice((1, 1, 1, 1, 2, 3)),
            recall_hour=rng.choice((10, 14, 18, 19)) if outcome is Outcome.RECALL else None,
            spoken=lines_of(contact, outcome, target),
        )

    def _outcome(self, rng: random.Random, target: Resident) -> Outcome:
        if not any(self._owed.get(target.addressee_no, {}).values()):
            return Outcome.CLAIMED_PAID
        shares = _WORDS[target.temper]
        return rng.choices(list(shares), weights=list(shares.values()))[0]

    def _after_outcome(self, rng: random.Random, target: Resident, outcome: Outcome, at: datetime) -> None:
        """What people do of their own accord after such a talk; a promise is settled by `promised`."""
        if outcome in (Outcome.REISSUE, Outcome.INFORMED, Outcome.MOVED) and rng.random() < 0.45:
            self._intend(rng, target.addressee_no, jst_date(at), (4, 16), share=1.0)

    # -- what follows ------------------------------------------------------------------------------------------------

    def promised(self, addressee_no: str, parts: Sequence[tuple[date, int]], keys: Sequence[str], on: date) -> None:
        """A promise was written down: due days with yen, about these 期別. Decides in truth what will be paid."""
        self.promises_heard += 1
        rng = self._dice("promise", addressee_no)
        temper = self.city.residents[addressee_no].temper
        fate = rng.random()
        keeps = _KEEPS[temper]
        for due, yen in parts:
            if fate < keeps:
                day = max(on + timedelta(days=1), due - timedelta(days=rng.randint(0, 4)))
                self._pay_keys(addressee_no, min(day, due), keys, yen)
            elif fate < keeps + 0.08:
                self._pay_keys(addressee_no, due + timedelta(days=rng.randint(1, 6)), keys, yen)
            elif fate < keeps + 0.16:
                self._pay_keys(addressee_no, due, keys, max(1_000, yen // 3 // 1_000 * 1_000))

    def missed_call(self, e164: str, at: datetime, why: str = "missed") -> None:
        """The number shows on the display of somebody who did not answer ("missed") or heard a tape ("abandoned")."""
        line = self.city.lines.get(e164)
        if line is None or line.fate is not LineFate.RIGHT or not line.owners:
            return
        target = self.city.residents[line.owners[0]]
        self._maybe_call_back(self._dice("missed", target.addressee_no), target, at, why)

    def got_sms(self, e164: str, at: datetime) -> None:
        """A text was delivered: some pay within days, some call."""
        line = self.city.lines.get(e164)
        if line is None or line.fate is not LineFate.RIGHT:
            return
        target = self.city.residents[line.owners[0]]
        rng = self._dice("sms", target.addressee_no)
        if rng.random() < _PAYS_AFTER_SMS.get(target.temper, 0.03):
            self._intend(rng, target.addressee_no, jst_date(at), (1, 9), share=1.0)
        else:
            self._maybe_call_back(rng, target, at, "sms")

    def got_letter(self, addressee_no: str, on: date) -> None:
        """A reminder lies in the box: some pay within two weeks."""
        rng = self._dice("letter", addressee_no)
        if rng.random() < _PAYS_AFTER_LETTER.get(self.city.residents[addressee_no].temper, 0.01):
            self._intend(rng, addressee_no, on, (2, 14), share=1.0)

    def _maybe_call_back(self, rng: random.Random, target: Resident, at: datetime, why: str) -> None:
        if rng.random() >= _CALLS_BACK[why]:
            return
        own = [phone.e164 for phone in target.phones if phone.e164 and self.city.lines[phone.e164].owners]
        if own:
            when = _office_time(at + timedelta(seconds=round(rng.expovariate(1 / 5_400)) + 60), rng)
            heapq.heappush(self._call_backs, CallBack(when, rng.choice(own), target.addressee_no))

    def call_backs_until(self, moment: datetime) -> list[CallBack]:
        """Take those whose time has come, in order."""
        due = []
        while self._call_backs and self._call_backs[0].at <= moment:
            due.append(heapq.heappop(self._call_backs))
        return due

    def next_call_back(self) -> datetime | None:
        return self._call_backs[0].at if self._call_backs else None

    # -- money -------------------------------------------------------------------------------------------------------

    def pay_day(self, day: date) -> list[Payment]:
        """Everything that is paid on a day: what was intended, and what some pay by themselves."""
        self._spontaneous(day)
        payments = []
        while self._intentions and self._intentions[0][0] <= day:
            _, _, no, key, yen = heapq.heappop(self._intentions)
            paid = min(yen, self._owed[no].get(key, 0))
            if paid > 0:
                self._owed[no][key] -= paid
                rng = random.Random(f"{self._seed}:method:{key}:{day}")
                payments.append(Payment(day, key, paid, rng.choice(PAYMENT_METHODS)))
        return payments

    def owed_by(self, addressee_no: str, group: ClaimGroup | None = None) -> int:
        """What a person owes in truth, in yen."""
        owed = self._owed.get(addressee_no, {})
        return sum(yen for key, yen in owed.items() if group is None or self._groups[key] is group)

    def _spontaneous(self, day: date) -> None:
        rng = random.Random(f"{self._seed}:spontaneous:{day}")
        for no in self._owed:
            chance = _PAYS_BY_HIMSELF_DAILY.get(self.city.residents[no].temper, 0.0)
            if chance and rng.random() < chance:
                self._intend(rng, no, day, (0, 0), share=rng.choice((1.0, 1.0, 0.5)))

    def _plan_the_already_paid(self) -> None:
        """They paid in the last days; the till's files come in the first days of the rehearsal."""
        for no in self._owed:
            if self.city.residents[no].temper is Temper.ALREADY_PAID:
                rng = random.Random(f"{self._seed}:paid:{no}")
                self._intend(rng, no, self.city.as_of, (1, 4), share=1.0)

    def _intend(self, rng: random.Random, no: str, since: date, days: tuple[int, int], share: float) -> None:
        day = since + timedelta(days=rng.randint(*days))
        for key, yen in self._owed.get(no, {}).items():
            wanted = yen if share >= 1 else round(yen * share / 1_000) * 1_000
            if wanted > 0:
                self._push(day, no, key, wanted)

    def _pay_keys(self, no: str, day: date, keys: Sequence[str], yen: int) -> None:
        """Spend `yen` on these 期別, oldest first."""
        for key in sorted(keys):
            spent = min(yen, self._owed[no].get(key, 0))
            if spent > 0:
                self._push(day, no, key, spent)
                yen -= spent

    def _push(self, day: date, no: str, key: str, yen: int) -> None:
        self._count += 1
        heapq.heappush(self._intentions, (day, self._count, no, key, yen))

    def _dice(self, *about: str) -> random.Random:
        """Fresh dice for the n-th thing of its kind that happens to somebody."""
        name = ":".join(about)
        count = self._told[name] = self._told.get(name, 0) + 1
        return random.Random(f"{self._seed}:{name}:{count}")


def _office_time(moment: datetime, rng: random.Random) -> datetime:
    """`moment` itself within office hours (weekdays 9:00–17:00), otherwise some time on the next morning it is open."""
    local = moment.astimezone(JST)
    if office_open(local.date()) and 9 <= local.hour < 17:
        return moment
    day = local.date() if local.hour < 9 else local.date() + timedelta(days=1)
    return at_jst(next_open(day), 9) + timedelta(seconds=rng.randint(0, 10_000))


def _relation(speaker: Resident, target: Resident) -> Contact:
    if speaker.household_id != target.household_id:
        return Contact.WORKPLACE if speaker.is_company else Contact.RELATIVE
    pair = {speaker.relation, target.relation}
    if "世帯主" in pair and pair & {"妻", "夫"}:
        return Contact.SPOUSE
    if speaker.relation in ("母", "父") or (target.relation == "子" and speaker.relation in ("世帯主", "妻", "夫")):
        return Contact.FAMILY_PARENT
    return Contact.FAMILY_CHILD if speaker.relation == "子" else Contact.FAMILY_OTHER
