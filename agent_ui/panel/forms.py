"""The result form: its pulldowns, its checks and its one transaction. The rules are the call flow's."""

from __future__ import annotations

from enum import Enum
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection

from agent_ui.context import PanelContext
from agent_ui.errors import Invalid
from agent_ui.identity import SignedIn, note
from agent_ui.panel import calls
from agent_ui.panel.schemas import (
    CheckedView,
    Code,
    Confirmed,
    ContactChoices,
    FormCodes,
    FormProblem,
    ResultInput,
    SubmittedView,
)
from callflow import form as result_form
from callflow.codes import CallResult, Contact, DelinquencyReason, Outcome
from callflow.form_rules import outcomes_for
from callflow.identity import IdentityItem
from callflow.recall import RecallWish
from callflow.result_form import LearnedPhone, ResultForm
from casefile.city import load_city
from casefile.problems import EntryRefused, Problem
from casefile.promises import PartDraft, PromiseDraft
from casefile.roles import Right
from casefile.vocabulary import ClaimGroup, ContactDirection, Labelled, PhoneHolder, PhonePlace, Purpose

_BY_HAND = (
    CallResult.ANSWERED,
    CallResult.BUSY,
    CallResult.NO_ANSWER,
    CallResult.VOICEMAIL,
    CallResult.NOT_IN_SERVICE,
    CallResult.NUMBER_CHANGED,
    CallResult.OUT_OF_REACH,
    CallResult.REJECTED,
    CallResult.SUSPENDED,
    CallResult.FAX,
    CallResult.RECORDING_GUARD,
)
"""架電結果 an operator may give; the others are the network's and the rules' own."""

_METHODS = {"slip": "納付書", "counter": "窓口", "convenience": "コンビニ", "app": "スマホ決済", "transfer": "口座振替"}
_SKIPS = ("直前に来庁・連絡あり", "資料の確認が必要", "職員が対応する", "時間帯が合わない", "その他")


def codes(person: SignedIn) -> FormCodes:
    """The pulldowns; keys are stable, so that fingers remember them."""
    person.require(Right.PANEL)
    return FormCodes(
        results=[Code(code=result.value, key=result.value, label=result.label) for result in _BY_HAND],
        contacts=_numbered(Contact),
        outcomes=_numbered(Outcome),
        reasons=_numbered(DelinquencyReason),
        methods=[Code(code=c, key=str(n), label=label) for n, (c, label) in enumerate(_METHODS.items(), 1)],
        holders=_numbered(PhoneHolder),
        places=_numbered(PhonePlace),
        skip_reasons=[Code(code=reason, key=str(n), label=reason) for n, reason in enumerate(_SKIPS, 1)],
        choices=[
            ContactChoices(
                contact=contact.value,
                right_party=contact.is_right_party,
                neutral=[one.value for one in outcomes_for(contact, Purpose.DUNNING, identity_confirmed=False)],
                confirmed=[one.value for one in outcomes_for(contact, Purpose.DUNNING, identity_confirmed=True)],
            )
            for contact in Contact
        ],
    )


def check(
    context: PanelContext, person: SignedIn, attempt_id: UUID, typed: ResultInput, confirmed: Confirmed | None
) -> CheckedView:
    """What would keep the form from being saved; writes nothing."""
    with context.database.transaction(person.municipality_id) as conn:
        form = _form(conn, person, attempt_id, typed, confirmed)
        city = load_city(conn, person.municipality_id)
        facts = result_form.load_facts(conn, city, form, context.clock.now(), person.user)
        problems = result_form.check(form, facts)
    return CheckedView(problems=[_shown(problem) for problem in problems])


def submit(
    context: PanelContext, person: SignedIn, attempt_id: UUID, typed: ResultInput, confirmed: Confirmed | None
) -> SubmittedView:
    """Save it with everything that follows, in one transaction. Raises Invalid with a sentence by field."""
    now = context.clock.now()
    try:
        with context.database.transaction(person.municipality_id) as conn:
            form = _form(conn, person, attempt_id, typed, confirmed)
            city = load_city(conn, person.municipality_id)
            done = result_form.submit(conn, city, form, now, context.ids, person.user)
            note(conn, context, person, "record.add", form.addressee_no, {"attempt": str(attempt_id)})
    except EntryRefused as refused:
        raise Invalid(
            "登録できませんでした。赤い欄を直してください。",
            [{"field": problem.field, "message": problem.sentence} for problem in refused.problems if problem.blocking],
        ) from refused
    return SubmittedView(
        record_id=done.record_id, summary=_summary(done), cautions=[caution.sentence for caution in done.cautions]
    )


def _summary(done: result_form.Submitted) -> list[str]:
    said = ["交渉記録を登録しました。"]
    if done.promise_id:
        said.append("納付約束を登録しました。")
    if done.recall_id:
        said.append("再コールを予約しました。")
    if done.requests:
        said.append(f"担当課への依頼を{len(done.requests)}件開きました。")
    return said


def _shown(problem: Problem) -> FormProblem:
    return FormProblem(field=problem.field, message=problem.sentence, blocking=problem.blocking)


def _numbered(words: type[Labelled]) -> list[Code]:
    members = list(words)
    width = len(str(len(members)))
    return [
        Code(code=member.value, key=str(number).zfill(width), label=member.label)
        for number, member in enumerate(members, 1)
    ]


Word = TypeVar("Word", bound=Enum)


def _word(words: type[Word], code: str, field: str) -> Word:
    try:
        return words(code)
    except ValueError as error:
        raise Invalid(
            "登録できませんでした。一覧から選び直してください。",
            [{"field": field, "message": "一覧から選び直してください。"}],
        ) from error


def _word_or_none(words: type[Word], code: str | None, field: str) -> Word | None:
    return _word(words, code, field) if code else None


def _form(
    conn: Connection, person: SignedIn, attempt_id: UUID, typed: ResultInput, confirmed: Confirmed | None
) -> ResultForm:
    """What was typed, with what only the server may say: whose call it is and what identity was confirmed."""
    attempt = calls.own_attempt(conn, person, attempt_id)
    if attempt.addressee_no is None:
        raise Invalid("相手が誰か分からない通話です。検索で個人を開いて確かめ、統括責任者に記録を依頼してください。")
    contact = _word_or_none(Contact, typed.contact, "contact")
    here = confirmed is not None and confirmed.attempt_id == attempt_id
    # Items belong to the contact that said them; a machine or a relative after all takes none along.
    items = confirmed.items if confirmed and here and contact and contact.is_right_party else []
    return ResultForm(
        form_id=typed.form_id,
        addressee_no=attempt.addressee_no,
        purpose=Purpose(attempt.purpose),
        claim_group=ClaimGroup(attempt.claim_group),
        started_at=attempt.connected_at or attempt.answered_at or attempt.intended_at,
        ended_at=attempt.ended_at,
        result=_word(CallResult, typed.result, "result"),
        attempt_id=attempt_id,
        direction=ContactDirection(attempt.direction),
        phone_id=attempt.phone_id,
        contact=contact,
        identity_items=tuple(IdentityItem(item) for item in items),
        outcome=_word_or_none(Outcome, typed.outcome, "outcome"),
        reason=_word_or_none(DelinquencyReason, typed.reason, "reason"),
        promise=_promise(typed),
        recall=_recall(attempt, person, typed),
        remarks=typed.remarks.strip(),
        complaint=typed.complaint,
        refuses_calls=typed.refuses_calls,
        refuses_sms=typed.refuses_sms,
        learned_phone=_learned(typed),
        new_whereabouts=typed.whereabouts.strip(),
        language=typed.language or None,
    )


def _recall(attempt: Any, person: SignedIn, typed: ResultInput) -> RecallWish | None:
    if typed.recall_at is None:
        return None
    return RecallWish(
        call_at=typed.recall_at,
        phone_id=attempt.phone_id,
        operator_id=person.user.user_id if typed.recall_mine else None,
        note=typed.recall_note.strip(),
    )


def _learned(typed: ResultInput) -> LearnedPhone | None:
    if not typed.learned_phone.strip():
        return None
    return LearnedPhone(
        raw=typed.learned_phone.strip(),
        place=_word_or_none(PhonePlace, typed.learned_place, "learned_phone") or PhonePlace.CONTACT,
        holder=_word_or_none(PhoneHolder, typed.learned_holder, "learned_phone") or PhoneHolder.SELF,
    )


def _promise(typed: ResultInput) -> PromiseDraft | None:
    if not typed.promise:
        return None
    parts = tuple(PartDraft(due_on=part.due_on, promised_yen=part.yen) for part in typed.promise)
    return PromiseDraft(parts=parts, method=typed.method)
