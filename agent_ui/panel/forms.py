"""The result form: its pulldowns, its checks and its one transaction. The rules are the call flow's."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Connection, select

from agent_ui.context import PanelContext
from agent_ui.errors import Invalid
from agent_ui.identity import SignedIn, note
from agent_ui.panel import calls, members
from agent_ui.panel.schemas import (
    CheckedView,
    Code,
    Confirmed,
    ConfirmedMembers,
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
from casefile.tables import Phone
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
        return _check(conn, context, person, _form(conn, person, attempt_id, typed, confirmed))


def check_member(
    context: PanelContext,
    person: SignedIn,
    attempt_id: UUID,
    addressee_no: str,
    typed: ResultInput,
    confirmed: ConfirmedMembers | None,
) -> CheckedView:
    """The same for another member of the household, who was confirmed in this call."""
    with context.database.transaction(person.municipality_id) as conn:
        form = _member_form(conn, context, person, attempt_id, addressee_no, typed, confirmed)
        return _check(conn, context, person, form)


def submit(
    context: PanelContext, person: SignedIn, attempt_id: UUID, typed: ResultInput, confirmed: Confirmed | None
) -> SubmittedView:
    """Save it with everything that follows, in one transaction. Raises Invalid with a sentence by field."""
    with context.database.transaction(person.municipality_id) as conn:
        return _submit(conn, context, person, _form(conn, person, attempt_id, typed, confirmed))


def submit_member(
    context: PanelContext,
    person: SignedIn,
    attempt_id: UUID,
    addressee_no: str,
    typed: ResultInput,
    confirmed: ConfirmedMembers | None,
) -> SubmittedView:
    """Save another member's result as a second record on the call. Raises Forbidden before that member is confirmed."""
    with context.database.transaction(person.municipality_id) as conn:
        form = _member_form(conn, context, person, attempt_id, addressee_no, typed, confirmed)
        return _submit(conn, context, person, form)


def _check(conn: Connection, context: PanelContext, person: SignedIn, form: ResultForm) -> CheckedView:
    city = load_city(conn, person.municipality_id)
    facts = result_form.load_facts(conn, city, form, context.clock.now(), person.user)
    return CheckedView(problems=[_shown(problem) for problem in result_form.check(form, facts)])


def _submit(conn: Connection, context: PanelContext, person: SignedIn, form: ResultForm) -> SubmittedView:
    city = load_city(conn, person.municipality_id)
    try:
        done = result_form.submit(conn, city, form, context.clock.now(), context.ids, person.user)
    except EntryRefused as refused:
        raise Invalid(
            "登録できませんでした。赤い欄を直してください。",
            [{"field": problem.field, "message": problem.sentence} for problem in refused.problems if problem.blocking],
        ) from refused
    note(conn, context, person, "record.add", form.addressee_no, {"attempt": str(form.attempt_id)})
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
        recall=_recall(attempt.phone_id, person, typed),
        remarks=typed.remarks.strip(),
        complaint=typed.complaint,
        refuses_calls=typed.refuses_calls,
        refuses_sms=typed.refuses_sms,
        learned_phone=_learned(typed),
        new_whereabouts=typed.whereabouts.strip(),
        language=typed.language or None,
    )


def _member_form(
    conn: Connection,
    context: PanelContext,
    person: SignedIn,
    attempt_id: UUID,
    addressee_no: str,
    typed: ResultInput,
    confirmed: ConfirmedMembers | None,
) -> ResultForm:
    """The same form for another member: answered, by that member in person, with the items that member said."""
    attempt = calls.own_attempt(conn, person, attempt_id)
    items = members.require_confirmed(conn, context, attempt, addressee_no, confirmed)
    whole = _form(conn, person, attempt_id, typed, None)
    phone_id = _phone_of_member(conn, addressee_no, attempt.e164)
    return replace(
        whole,
        addressee_no=addressee_no,
        result=CallResult.ANSWERED,
        contact=Contact.SELF,
        identity_items=tuple(IdentityItem(item) for item in items),
        # The line is the household's; the number's row of the person called is not this member's.
        phone_id=phone_id,
        recall=_recall(phone_id, person, typed),
        ended_at=attempt.ended_at or context.clock.now(),
    )


def _phone_of_member(conn: Connection, addressee_no: str, e164: str | None) -> UUID | None:
    """The member's own row of the number on the line, or else the first number that can be called."""
    usable = select(Phone.phone_id).where(
        Phone.addressee_no == addressee_no,
        Phone.e164.is_not(None),
        Phone.ng_reason.is_(None),
        Phone.dropped_at.is_(None),
    )
    return conn.scalar(usable.order_by((Phone.e164 == e164).desc(), Phone.position, Phone.phone_id).limit(1))


def _recall(phone_id: UUID | None, person: SignedIn, typed: ResultInput) -> RecallWish | None:
    if typed.recall_at is None:
        return None
    if phone_id is None:
        sentence = "再コールできる番号がありません。「番号を追加」で登録してから、統括責任者に予約を依頼してください。"
        raise Invalid("登録できませんでした。赤い欄を直してください。", [{"field": "recall", "message": sentence}])
    return RecallWish(
        call_at=typed.recall_at,
        phone_id=phone_id,
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
