"""What may be saved from a talk."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.codes import CallResult, Contact, DelinquencyReason, Outcome
from callflow.form_rules import NEUTRAL_OUTCOMES, CallFacts, FormFacts, check, outcomes_for
from callflow.identity import IdentityItem, identity_confirmed
from callflow.recall import RecallWish
from callflow.result_form import LearnedHours, LearnedPhone, ResultForm, UsableHours
from casefile.clock import at_jst
from casefile.promises import PartDraft, PromiseDraft
from casefile.vocabulary import ClaimGroup, ContactDirection, PhoneHolder, PhonePlace, Purpose, TaxpayerKind
from tests.unit.callflow.test_retry import CITY

DAY = date(2026, 9, 8)
NOW = at_jst(DAY, 10)
PHONE, DEAD = UUID(int=1), UUID(int=2)
IDENTITY = (IdentityItem.NAME, IdentityItem.BIRTH_DATE)
ATTEMPT = UUID(int=7)

FORM = ResultForm(
    form_id=UUID(int=9),
    addressee_no="A1",
    purpose=Purpose.DUNNING,
    claim_group=ClaimGroup.COMPULSORY,
    started_at=NOW - timedelta(minutes=4),
    ended_at=NOW,
    result=CallResult.ANSWERED,
    attempt_id=ATTEMPT,
    contact=Contact.SELF,
    identity_items=IDENTITY,
    outcome=Outcome.INFORMED,
)
FACTS = FormFacts(
    city=CITY,
    now=NOW,
    kind=TaxpayerKind.PERSON,
    household_id="H1",
    call=CallFacts(ATTEMPT, "A1", "H1", PHONE, "+819000000001", None, None),
    phones={PHONE: "+819000000001"},
    outstanding={1: 30000},
)
PROMISE = PromiseDraft((PartDraft(date(2026, 9, 30), 30000),))


def wrong(form: ResultForm, facts: FormFacts = FACTS) -> set[str]:
    """The fields that keep the form from being saved."""
    problems = check(form, facts)
    assert all(problem.sentence.endswith("。") for problem in problems)
    return {problem.field for problem in problems if problem.blocking}


def filled(**changes: Any) -> ResultForm:
    return replace(FORM, **changes)


def test_a_plain_talk_is_saved() -> None:
    assert not check(FORM, FACTS)


def test_a_promise_of_the_person_himself_is_saved() -> None:
    assert not wrong(filled(outcome=Outcome.PROMISE, promise=PROMISE, reason=DelinquencyReason.FORGOT))


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome not in NEUTRAL_OUTCOMES])
def test_nothing_taxable_without_identity(outcome: Outcome) -> None:
    promise = PROMISE if outcome is Outcome.PROMISE else None
    unsure = filled(outcome=outcome, promise=promise, identity_items=(IdentityItem.NAME,))
    assert "identity_items" in wrong(unsure)


@pytest.mark.parametrize("contact", [Contact.SPOUSE, Contact.FAMILY_CHILD, Contact.RELATIVE, Contact.WORKPLACE])
def test_nothing_taxable_with_the_family_or_at_work(contact: Contact) -> None:
    taxable = set(Outcome) - set(NEUTRAL_OUTCOMES)
    offered = set(outcomes_for(contact, Purpose.DUNNING, identity_confirmed=True))
    assert not offered & taxable
    for outcome in taxable:
        assert "outcome" in wrong(filled(contact=contact, identity_items=(), outcome=outcome))
    assert not wrong(filled(contact=contact, identity_items=(), outcome=Outcome.CALL_BACK_ASKED))


def test_a_reason_for_arrears_is_not_heard_from_the_family() -> None:
    form = filled(
        contact=Contact.SPOUSE,
        identity_items=(),
        outcome=Outcome.CALL_BACK_ASKED,
        reason=DelinquencyReason.FORGOT,
    )
    assert wrong(form) == {"reason"}


@given(st.sampled_from(Contact), st.sampled_from(Outcome), st.sets(st.sampled_from(IdentityItem)))
def test_what_can_be_saved_was_offered_by_the_screen(
    contact: Contact, outcome: Outcome, items: set[IdentityItem]
) -> None:
    form = filled(
        contact=contact,
        outcome=outcome,
        identity_items=tuple(items),
        promise=PROMISE if outcome is Outcome.PROMISE else None,
        recall=RecallWish(at_jst(DAY, 15), PHONE) if outcome is Outcome.RECALL else None,
        remarks="備考",
    )
    confirmed = identity_confirmed(TaxpayerKind.PERSON, contact, items)
    saved = not wrong(form)
    assert not saved or outcome in outcomes_for(contact, Purpose.DUNNING, identity_confirmed=confirmed)


@pytest.mark.parametrize(
    ("kind", "contact", "items", "enough"),
    [
        (TaxpayerKind.PERSON, Contact.SELF, {"name", "birth_date"}, True),
        (TaxpayerKind.PERSON, Contact.SELF, {"name", "address"}, True),
        (TaxpayerKind.PERSON, Contact.SELF, {"birth_date", "address"}, False),
        (TaxpayerKind.PERSON, Contact.SPOUSE, {"name", "birth_date", "address"}, False),
        (TaxpayerKind.COMPANY, Contact.COMPANY_CONTACT, {"location", "contact_person"}, True),
        (TaxpayerKind.COMPANY, Contact.COMPANY_CONTACT, {"name", "birth_date"}, False),
        (TaxpayerKind.PERSON, Contact.AGENT, {"name", "address"}, False),
        (TaxpayerKind.PERSON, Contact.AGENT, {"name", "address", "delegation"}, True),
        (TaxpayerKind.PERSON, Contact.HEIR, {"name", "address"}, False),
    ],
)
def test_two_items_make_the_identity(kind: TaxpayerKind, contact: Contact, items: set[str], enough: bool) -> None:
    assert identity_confirmed(kind, contact, {IdentityItem(item) for item in items}) is enough


def test_nobody_spoke_on_a_machine() -> None:
    assert wrong(filled(result=CallResult.VOICEMAIL)) == {"contact"}
    assert not wrong(filled(result=CallResult.VOICEMAIL, contact=None, outcome=None, identity_items=()))


def test_results_of_the_network_are_not_the_operators_to_give() -> None:
    assert "result" in wrong(filled(result=CallResult.BUSY, contact=None, outcome=None, identity_items=()))


def test_another_member_needs_to_be_verified_himself() -> None:
    other = filled(addressee_no="A2", outcome=Outcome.INFORMED)
    assert not wrong(other)
    assert "identity_items" in wrong(replace(other, identity_items=(IdentityItem.NAME,)))
    assert "identity_items" in wrong(replace(other, contact=Contact.SPOUSE, identity_items=()))


def test_a_stranger_to_the_household_gets_no_record_on_this_call() -> None:
    assert wrong(filled(addressee_no="B1"), replace(FACTS, household_id="H9")) == {"addressee_no"}


def test_a_recall_lies_in_the_hours_on_a_usable_phone() -> None:
    def recalled(hour: int, phone: UUID = PHONE, day: date = DAY) -> set[str]:
        return wrong(filled(outcome=Outcome.RECALL, recall=RecallWish(at_jst(day, hour), phone)))

    assert not recalled(18)
    assert recalled(9) == {"recall.call_at"}, "that was an hour ago"
    assert recalled(20) == {"recall.call_at"}
    assert recalled(11, day=date(2026, 9, 12)) == {"recall.call_at"}, "a Saturday"
    assert recalled(11, day=date(2026, 11, 10)) == {"recall.call_at"}
    assert recalled(18, DEAD) == {"recall.phone_id"}
    assert wrong(filled(outcome=Outcome.RECALL)) == {"recall"}


def test_refusing_calls_and_asking_for_one_do_not_go_together() -> None:
    form = filled(outcome=Outcome.RECALL, recall=RecallWish(at_jst(DAY, 18), PHONE), refuses_calls=True)
    assert wrong(form) == {"recall"}


def test_a_new_number_is_one_that_may_be_dialed() -> None:
    def heard(raw: str) -> set[str]:
        return wrong(filled(learned_phone=LearnedPhone(raw, PhonePlace.MOBILE, PhoneHolder.SELF)))

    assert not heard("090-0123-4567")
    assert heard("0120-000-000") == {"learned_phone.raw"}
    assert heard("12") == {"learned_phone.raw"}
    assert heard("03-0000-1111") == {"learned_phone.raw"}, "the office's own number"


@pytest.mark.parametrize(
    "hours", [UsableHours("07:00", "09:00"), UsableHours("12:00", "11:00"), UsableHours("夜", "21:00")]
)
def test_asked_hours_lie_between_eight_and_twenty_one(hours: UsableHours) -> None:
    assert wrong(filled(learned_hours=LearnedHours(PHONE, hours))) == {"learned_hours"}


def test_a_complaint_says_what_it_is_about() -> None:
    assert wrong(filled(outcome=Outcome.COMPLAINT, remarks=" ")) == {"remarks"}
    assert not wrong(filled(outcome=Outcome.COMPLAINT, remarks="夜の電話について"))


def test_other_purposes_know_nothing_of_tax() -> None:
    health = filled(purpose=Purpose.HEALTH_CHECK, claim_group=ClaimGroup.NONE)
    assert not wrong(health)
    for outcome in (Outcome.PROMISE, Outcome.CLAIMED_PAID, Outcome.INSTALMENT):
        assert "outcome" in wrong(replace(health, outcome=outcome))


def test_without_the_right_nothing_is_saved() -> None:
    assert wrong(FORM, replace(FACTS, may_see_purpose=False)) == {"purpose"}


def test_a_lost_call_is_said_aloud() -> None:
    assert wrong(FORM, replace(FACTS, call=None)) == {"attempt_id"}
    assert not wrong(filled(attempt_id=None, direction=ContactDirection.COUNTER), replace(FACTS, call=None))


def test_only_some_flags_are_the_operators_to_set() -> None:
    assert not wrong(filled(learned_flags=("lawyer",)))
    assert wrong(filled(learned_flags=("grace",))) == {"learned_flags"}
