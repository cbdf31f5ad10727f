"""What may be saved from a talk: the checks of the result form, pure, each with a sentence that says what to do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from callflow.codes import CallResult, Contact, Outcome
from callflow.identity import identity_confirmed
from callflow.result_form import ResultForm, UsableHours
from casefile.city import City
from casefile.clock import jst_date
from casefile.flags import FlagCode
from casefile.hours import HARD_CLOSING, HARD_OPENING
from casefile.phone_number import read_phone
from casefile.problems import Problem
from casefile.promises import PromiseFacts, PromiseLimits, check_promise
from casefile.vocabulary import ClaimGroup, ContactDirection, Purpose, TaxpayerKind

FLAGS_AN_OPERATOR_MAY_SET = (
    FlagCode.LAWYER,
    FlagCode.BANKRUPTCY,
    FlagCode.PUBLIC_ASSISTANCE,
    FlagCode.HEARING,
    FlagCode.DISASTER,
)
"""What a resident may say of himself and the room must heed at once; the core system confirms or ends it later."""

RESULTS_AN_OPERATOR_MAY_GIVE = (
    CallResult.ANSWERED,
    CallResult.VOICEMAIL,
    CallResult.NOT_IN_SERVICE,
    CallResult.NUMBER_CHANGED,
    CallResult.OUT_OF_REACH,
    CallResult.SUSPENDED,
    CallResult.FAX,
    CallResult.RECORDING_GUARD,
)
"""What an operator may hear on a line that was joined; announcements often come as an answer (DOMAIN.md §2.10)."""

_ABOUT_TAX = re.compile(
    r"税|滞納|延滞|差押|差し押さえ|督促|催告|未納|納付|分納|猶予|保険料|[¥\\]|[0-9一二三四五六七八九十百千万億,]円|[0-9]万"
)
"""Words and amounts that must not stand where somebody else may see or hear them."""

NEUTRAL_OUTCOMES = (
    Outcome.CALL_BACK_ASKED,
    Outcome.RECALL,
    Outcome.INFORMED,
    Outcome.GENUINE_CHECK,
    Outcome.MOVED,
    Outcome.DECEASED,
    Outcome.FOREIGN_LANGUAGE,
    Outcome.COMPLAINT,
    Outcome.CUT_OFF,
)
"""What can come of a talk in which no word of tax was said."""

_TAX_OUTCOMES = tuple(outcome for outcome in Outcome if outcome not in NEUTRAL_OUTCOMES)
_OF_PURPOSE = {
    Purpose.DUNNING: _TAX_OUTCOMES,
    Purpose.DIRECT_DEBIT: (Outcome.DIRECT_DEBIT, Outcome.REFUSED, Outcome.ASSESSMENT_QUERY, Outcome.REFUND_QUERY),
    Purpose.HEALTH_CHECK: (Outcome.REFUSED,),
    Purpose.SURVEY: (Outcome.REFUSED,),
}
_WITH_RECALL = (
    Outcome.RECALL,
    Outcome.CUT_OFF,
    Outcome.CALL_BACK_ASKED,
    Outcome.INFORMED,
    Outcome.FOREIGN_LANGUAGE,
    Outcome.GENUINE_CHECK,
)
_WRONG_PERSON = (Outcome.INFORMED, Outcome.GENUINE_CHECK, Outcome.COMPLAINT, Outcome.CUT_OFF)
_RECALL_WITHIN = timedelta(days=31)
_LONGEST_REMARKS = 4000
_CALLS = (ContactDirection.OUTBOUND, ContactDirection.INBOUND)


@dataclass(frozen=True, slots=True)
class CallFacts:
    """The attempt a form belongs to, as the ledger has it."""

    attempt_id: UUID
    addressee_no: str | None
    household_id: str | None
    phone_id: UUID | None
    e164: str | None
    campaign_id: UUID | None
    recall_id: UUID | None
    operator_id: UUID | None = None
    result: str | None = None


@dataclass(frozen=True, slots=True)
class FormFacts:
    """What a form is checked against. `phones`: usable phones of this person, e164 by id; `outstanding`: yen by period."""

    city: City
    now: datetime
    kind: TaxpayerKind
    household_id: str
    call: CallFacts | None
    phones: Mapping[UUID, str | None]
    outstanding: Mapping[int, int]
    may_see_purpose: bool = True

    def concerns_another_member(self, form: ResultForm) -> bool:
        """Whether the call was for somebody else of the household, and this form is a second record on it."""
        return (
            self.call is not None and self.call.addressee_no is not None and self.call.addressee_no != form.addressee_no
        )


def check(form: ResultForm, facts: FormFacts) -> list[Problem]:
    """Everything that keeps the form from being saved, and cautions (`blocking` false)."""
    return [
        *_call_problems(form, facts),
        *_contact_problems(form),
        *_identity_problems(form, facts),
        *_promise_problems(form, facts),
        *_recall_problems(form, facts),
        *_learned_problems(form, facts),
        *_remark_problems(form),
    ]


def outcomes_for(contact: Contact | None, purpose: Purpose, *, identity_confirmed: bool) -> tuple[Outcome, ...]:
    """Which 交渉結果 the screen may offer for a contact, in order; empty where nobody was spoken to."""
    if contact is None:
        return ()
    if contact is Contact.UNKNOWN:
        return (Outcome.CUT_OFF,)
    if contact is Contact.WRONG_PERSON:
        return _WRONG_PERSON
    if contact.is_right_party and identity_confirmed:
        return (*_OF_PURPOSE[purpose], *NEUTRAL_OUTCOMES)
    return NEUTRAL_OUTCOMES


def _call_problems(form: ResultForm, facts: FormFacts) -> Iterator[Problem]:
    if not facts.may_see_purpose:
        yield Problem("purpose", f"「{form.purpose.label}」の業務を扱う権限がありません。管理者に確認してください。")
    if form.attempt_id is not None and facts.call is None:
        yield Problem("attempt_id", "この通話の記録が見つかりません。画面を読み直してから登録してください。")
    if form.purpose is Purpose.DUNNING and form.claim_group is ClaimGroup.NONE:
        yield Problem("claim_group", "催告の記録には債権区分が必要です。案件を開き直してください。")
    if form.ended_at is not None and form.ended_at < form.started_at:
        yield Problem("ended_at", "終了時刻が開始時刻より前です。時刻を直してください。")
    if form.started_at > facts.now + timedelta(minutes=1):
        yield Problem("started_at", "開始時刻が未来になっています。時刻を直してください。")
    if facts.concerns_another_member(form) and facts.call is not None:
        if facts.call.household_id != facts.household_id:
            yield Problem("addressee_no", "この通話の世帯の方ではありません。別の記録として登録してください。")
        elif form.contact is not Contact.SELF or not _confirmed(form, facts):
            sentence = "同じ世帯の別の方の案件は、その方ご本人の本人確認(2項目)をしてから登録してください。"
            yield Problem("identity_items", sentence)


def _contact_problems(form: ResultForm) -> Iterator[Problem]:
    answered = form.result is CallResult.ANSWERED or form.direction not in _CALLS
    if form.direction in _CALLS and form.result not in RESULTS_AN_OPERATOR_MAY_GIVE:
        yield Problem(
            "result", f"架電結果「{form.result.label}」は自動で記録されます。聞こえたとおりの結果を選んでください。"
        )
    if not answered:
        if form.contact is not None or form.outcome is not None:
            sentence = f"架電結果が「{form.result.label}」のときは、接触相手と交渉結果は入力できません。"
            yield Problem("contact", sentence + "話ができたのなら架電結果を「応答」にしてください。")
        return
    if form.contact is None:
        yield Problem("contact", "接触相手を選んでください。")
        return
    if form.outcome is None:
        if form.contact not in (Contact.UNKNOWN, Contact.WRONG_PERSON):
            yield Problem("outcome", "交渉結果を選んでください。")
        return
    allowed = outcomes_for(form.contact, form.purpose, identity_confirmed=True)
    if form.outcome not in allowed:
        yield Problem("outcome", _why_not(form.contact, form.outcome, form.purpose))


def _why_not(contact: Contact, outcome: Outcome, purpose: Purpose) -> str:
    if contact.is_right_party:
        return f"「{purpose.label}」の業務では「{outcome.label}」は選べません。別の交渉結果を選んでください。"
    if contact in (Contact.UNKNOWN, Contact.WRONG_PERSON):
        return f"接触相手が「{contact.label}」のときは「{outcome.label}」は選べません。"
    return (
        f"ご本人以外({contact.label})とは税・料の話ができないため「{outcome.label}」は選べません。"
        "「折返し依頼(伝言)」「再コール指定」「案内のみ」などにしてください。"
    )


def _identity_problems(form: ResultForm, facts: FormFacts) -> Iterator[Problem]:
    if form.contact is None or not form.contact.is_right_party:
        if form.identity_items:
            yield Problem(
                "identity_items", "本人確認は、ご本人・法人担当者・代理人・相続人等と話したときだけ入力してください。"
            )
        if form.reason is not None:
            yield Problem("reason", "滞納理由は、本人確認をした方から聞いたときだけ入力してください。")
        return
    if _confirmed(form, facts):
        return
    if form.outcome is not None and form.outcome not in NEUTRAL_OUTCOMES:
        yield Problem(
            "identity_items", f"「{form.outcome.label}」には本人確認が必要です。" + _what_to_confirm(form, facts)
        )
    if form.reason is not None:
        yield Problem("reason", "滞納理由を聞くには本人確認が必要です。" + _what_to_confirm(form, facts))


def _what_to_confirm(form: ResultForm, facts: FormFacts) -> str:
    wanted = "所在地と担当者の氏名・役職" if facts.kind is TaxpayerKind.COMPANY else "氏名と、生年月日または住所"
    if form.contact in (Contact.AGENT, Contact.HEIR):
        wanted += "、委任・資格"
    return f"{wanted}を相手に言っていただき、確認した項目を選んでください。"


def _confirmed(form: ResultForm, facts: FormFacts) -> bool:
    return identity_confirmed(facts.kind, form.contact, form.identity_items)


def _promise_problems(form: ResultForm, facts: FormFacts) -> Iterator[Problem]:
    if form.outcome is not Outcome.PROMISE:
        if form.promise is not None:
            yield Problem("promise", "約束を登録するには、交渉結果を「納付約束」にしてください。")
        return
    if form.promise is None:
        yield Problem("promise", "約束の期日と金額を入力してください。")
        return
    limits = PromiseLimits.of(facts.city)
    known = PromiseFacts(jst_date(facts.now), facts.outstanding, facts.city.calendar, limits)
    yield from check_promise(form.promise, known)


def _recall_problems(form: ResultForm, facts: FormFacts) -> Iterator[Problem]:
    if form.recall is None:
        if form.outcome is Outcome.RECALL:
            yield Problem("recall", "再コールの日時と電話番号を入力してください。")
        return
    if form.outcome not in _WITH_RECALL:
        yield Problem("recall", "この交渉結果では再コールを予約できません。「再コール指定」にしてください。")
    if form.refuses_calls:
        yield Problem("recall", "架電拒否と再コールは同時に登録できません。どちらかを外してください。")
    yield from _note_problems(form.recall.note)
    if form.recall.phone_id not in facts.phones:
        yield Problem("recall.phone_id", "再コール先の番号がないか、使えない番号です。一覧から選び直してください。")
    if form.recall.call_at <= facts.now:
        yield Problem("recall.call_at", "再コールの日時が過ぎています。これからの日時にしてください。")
    elif form.recall.call_at > facts.now + _RECALL_WITHIN:
        yield Problem("recall.call_at", f"再コールは{_RECALL_WITHIN.days}日以内の日時にしてください。")
    elif not facts.city.settings.contact_hours.allow(form.recall.call_at, facts.city.calendar):
        yield Problem("recall.call_at", "再コールの日時が架電できる時間帯の外です。時間帯の中の日時にしてください。")


def _note_problems(note: str) -> Iterator[Problem]:
    """The note is on the screen before anybody's identity is known (DOMAIN.md §2.7)."""
    if _ABOUT_TAX.search(unicodedata.normalize("NFKC", note)):
        yield Problem(
            "recall.note",
            "再コールのメモは本人確認の前に表示されます。税や金額のことは備考に書き、メモから消してください。",
        )


def _learned_problems(form: ResultForm, facts: FormFacts) -> Iterator[Problem]:
    if form.learned_phone is not None:
        own = frozenset({facts.city.caller_number})
        read = read_phone(form.learned_phone.raw, facts.city.area_code, own)
        if read.e164 is None:
            why = read.problem or "電話番号として読めません"
            yield Problem(
                "learned_phone.raw", f"新しい電話番号を登録できません({why})。もう一度聞き取って入力してください。"
            )
        if form.learned_phone.hours is not None:
            yield from _hour_problems("learned_phone.hours", form.learned_phone.hours)
    if form.learned_hours is not None:
        if form.learned_hours.phone_id not in facts.phones:
            yield Problem("learned_hours.phone_id", "時間帯を登録する番号がないか、使えない番号です。")
        yield from _hour_problems("learned_hours", form.learned_hours.hours)
    if any(code not in FLAGS_AN_OPERATOR_MAY_SET for code in form.learned_flags):
        labels = "、".join(flag.label for flag in FLAGS_AN_OPERATOR_MAY_SET)
        yield Problem("learned_flags", f"この画面で登録できる注意区分は、{labels}です。")


def _hour_problems(field: str, hours: UsableHours) -> Iterator[Problem]:
    try:
        opens, closes = time.fromisoformat(hours.opens), time.fromisoformat(hours.closes)
    except ValueError:
        yield Problem(field, "時間帯は 09:00 のように入力してください。")
        return
    if not HARD_OPENING <= opens < closes <= HARD_CLOSING:
        yield Problem(field, "時間帯は8:00から21:00までの間で、終わりを始まりより後にしてください。")
    if any(not 1 <= day <= 7 for day in hours.weekdays):
        yield Problem(field, "曜日を選び直してください。")


def _remark_problems(form: ResultForm) -> Iterator[Problem]:
    if len(form.remarks) > _LONGEST_REMARKS:
        yield Problem("remarks", f"備考は{_LONGEST_REMARKS}文字以内にしてください。")
    if form.outcome is Outcome.COMPLAINT and not form.remarks.strip():
        yield Problem("remarks", "苦情の内容を備考に入力してください。")
    if form.outcome is Outcome.MOVED and not (form.new_whereabouts.strip() or form.remarks.strip()):
        yield Problem("new_whereabouts", "聞き取った転居先・居所を入力してください。")
