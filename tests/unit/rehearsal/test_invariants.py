"""Each invariant holds on sound rows, and each can be false: one spoiled row is enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from casefile.clock import at_jst
from rehearsal.evidence import (
    CallRow,
    DebtRow,
    Evidence,
    PromiseRow,
    ReceiptRow,
    RecordRow,
    TextRow,
    Told,
)
from rehearsal.invariants import INVARIANTS, judge_all

_TUESDAY = date(2026, 10, 6)
_MORNING = at_jst(_TUESDAY, 10)
_HOURS = dict.fromkeys(range(1, 6), (9, 20))
_CALL, _MISSED, _LOST, _EARLY, _OTHER = (UUID(int=n) for n in range(1, 6))
_RECORD, _PROMISE, _MESSAGE, _FOLLOW_UP, _TEXT_ATTEMPT, _PHONE = (UUID(int=n) for n in range(11, 17))


def _call(attempt_id: UUID, person: str, number: str, at: datetime, **more: object) -> CallRow:
    sound = CallRow(
        attempt_id=attempt_id, direction="outbound", purpose="dunning", claim_group="compulsory", addressee_no=person,
        household_id=f"H{person}", phone_id=_PHONE, e164=number, mode="auto", recall_id=None, state="ended",
        result="03", intended_at=at, handed_at=at, answered_at=None, speech_at=None, person_answered=False,
        connected_at=None, abandoned=False, ended_at=at + timedelta(seconds=30), decided_at=at, decision_matches=True,
        place="home",
    )  # fmt: skip
    return sound._replace(**more)  # type: ignore[arg-type]


def _sound() -> Evidence:
    answered = _MORNING + timedelta(seconds=9)
    heard = answered + timedelta(seconds=1)
    talked = {"answered_at": answered, "speech_at": heard, "person_answered": True}
    calls = [
        _call(_CALL, "1", "+81301111111", _MORNING, result="01", connected_at=heard + timedelta(seconds=1),
              ended_at=heard + timedelta(seconds=90), **talked),
        _call(_MISSED, "2", "+81302222222", _MORNING),
        _call(_LOST, "3", "+81303333333", _MORNING, result="13", abandoned=True, **talked),
        _call(_EARLY, "4", "+81304444444", _MORNING, result="01", ended_at=heard + timedelta(seconds=1), **talked),
    ]  # fmt: skip
    text = TextRow(
        message_id=_MESSAGE, follow_up_id=_FOLLOW_UP, attempt_id=_TEXT_ATTEMPT, addressee_no="2", e164="+819001234567",
        state="delivered", state_reason=None, sent_at=_MORNING, claim_group="compulsory", purpose="dunning",
        occasion="unreached", intended_at=_MORNING, decision_matches=True, holder="self",
    )  # fmt: skip
    debts = [DebtRow(n, str(n), "compulsory", 10_000, date(2026, 6, 30), date(2026, 7, 17)) for n in (1, 2, 3, 4)]
    receipts = [ReceiptRow("P1", 1, 4_000, "flash", date(2026, 10, 5), at_jst(_TUESDAY, 6), None)]
    records = [
        RecordRow(
            UUID(int=100 + n), call.attempt_id, "promise" if n == 0 else None, _PROMISE if n == 0 else None, "outbound"
        )
        for n, call in enumerate(calls)
    ]
    told = Told(
        rang={call.attempt_id: call.e164 or "" for call in calls},
        texted={str(_MESSAGE): "+819001234567"},
        promises=1,
        paid={"P1": 4_000},
        notice_days=11,
        weekday_hours=_HOURS,
    )
    promise = PromiseRow(_PROMISE, "open", 6_000, date(2026, 11, 10), "call", _RECORD)
    return Evidence(
        told=told, calls=calls, texts=[text], debts=debts, receipts=receipts, records=records, promises=[promise],
        follow_ups={"done": 1}, receipts_as_of=_TUESDAY, seals_broken=0, audit_entries=5, unsealed=0,
        forms={"axes_agree": True},
    )  # fmt: skip


def _with_call(index: int, **changed: object) -> Callable[[Evidence], Evidence]:
    def spoil(evidence: Evidence) -> Evidence:
        calls = list(evidence.calls)
        calls[index] = calls[index]._replace(**changed)  # type: ignore[arg-type]
        return replace(evidence, calls=calls)

    return spoil


def _more_calls(*more: CallRow) -> Callable[[Evidence], Evidence]:
    return lambda evidence: replace(evidence, calls=sorted([*evidence.calls, *more], key=lambda c: c.intended_at))


def _with_text(**changed: object) -> Callable[[Evidence], Evidence]:
    return lambda evidence: replace(evidence, texts=[evidence.texts[0]._replace(**changed)])  # type: ignore[arg-type]


def _twin_text(**changed: object) -> Callable[[Evidence], Evidence]:
    def spoil(evidence: Evidence) -> Evidence:
        twin = evidence.texts[0]._replace(message_id=_OTHER, **changed)  # type: ignore[arg-type]
        return replace(evidence, texts=[*evidence.texts, twin])

    return spoil


def _told(**changed: object) -> Callable[[Evidence], Evidence]:
    return lambda evidence: replace(evidence, told=replace(evidence.told, **changed))  # type: ignore[arg-type]


def _paid_in_full(evidence: Evidence) -> Evidence:
    return replace(evidence, receipts=[evidence.receipts[0]._replace(principal_yen=10_000)])


def _later(minutes: float) -> datetime:
    return _MORNING + timedelta(minutes=minutes)


_SPOILED: list[tuple[str, Callable[[Evidence], Evidence]]] = [
    ("no_contact_outside_hours", _with_call(1, handed_at=at_jst(_TUESDAY, 20))),
    ("no_contact_outside_hours", _with_call(1, handed_at=at_jst(date(2026, 10, 12), 10))),
    ("no_contact_outside_hours", _with_text(sent_at=at_jst(date(2026, 10, 11), 10))),
    ("no_contact_after_payment_was_imported", _paid_in_full),
    ("no_contact_before_due_date_and_demand_notice",
     lambda e: replace(e, debts=[d._replace(demand_notice_date=date(2026, 9, 28)) for d in e.debts])),
    ("no_contact_before_due_date_and_demand_notice",
     lambda e: replace(e, debts=[d._replace(due_date=_TUESDAY) for d in e.debts])),
    ("no_contact_before_due_date_and_demand_notice",
     lambda e: replace(e, debts=[d._replace(demand_notice_date=None) for d in e.debts])),
    ("every_outbound_attempt_has_an_allowing_decision", _with_call(0, decision_matches=None)),
    ("every_outbound_attempt_has_an_allowing_decision", _with_call(0, decided_at=_later(1))),
    ("every_outbound_attempt_has_an_allowing_decision", _with_text(decision_matches=False)),
    ("no_call_to_a_workplace_or_a_real_number", _with_call(1, place="work")),
    ("no_call_to_a_workplace_or_a_real_number", _with_call(1, e164="+81312345678")),
    ("number_within_its_caps", _more_calls(_call(_OTHER, "9", "+81302222222", _later(119)))),
    ("number_within_its_caps",
     _more_calls(_call(_OTHER, "9", "+81302222222", _later(150)), _call(UUID(int=6), "9", "+81302222222", _later(300)))),
    ("number_within_its_caps",
     _more_calls(*(_call(UUID(int=50 + n), "9", "+81309999999", _later(6 * n), result="02") for n in range(5)))),
    ("number_within_its_caps",
     _more_calls(*(_call(UUID(int=50 + n), "9", "+81309999999", _later(4 * n), result="02") for n in range(2)))),
    ("household_within_its_caps",
     _more_calls(*(_call(UUID(int=50 + n), "9", f"+8130999999{n}", _later(n)) for n in range(4)))),
    ("household_within_its_caps",
     _more_calls(_call(_OTHER, "1", "+81308888888", _later(60), person_answered=True, result="01"))),
    ("person_within_the_monthly_cap",
     _more_calls(*(_call(UUID(int=50 + n), "9", f"+8130999999{n}", _later(1_440 * n)) for n in range(7)))),
    ("texts_within_their_caps", _twin_text(occasion="another")),
    ("one_live_attempt_per_household", _more_calls(_call(_OTHER, "2", "+81308888888", _later(0.2)))),
    ("one_live_attempt_per_household", _more_calls(_call(_OTHER, "9", "+81302222222", _later(0.2)))),
    ("every_ended_call_has_one_record", lambda e: replace(e, records=e.records[1:])),
    ("every_ended_call_has_one_record", lambda e: replace(e, records=[*e.records, e.records[0]._replace(record_id=_OTHER)])),
    ("live_answer_joined_or_told", _with_call(0, connected_at=_MORNING + timedelta(seconds=12.5))),
    ("live_answer_joined_or_told", _with_call(3, ended_at=_later(1))),
    ("live_answers_are_conserved", _with_call(3, ended_at=_later(1))),
    ("results_partition_the_calls", _with_call(1, result=None)),
    ("results_partition_the_calls", _with_call(1, result="99")),
    ("results_partition_the_calls", _with_call(1, result="01")),
    ("results_partition_the_calls", _with_call(2, result="01")),
    ("nothing_is_left_hanging", _with_call(1, state="handed", ended_at=None)),
    ("nothing_is_left_hanging", _with_call(1, state="unknown")),
    ("no_promise_is_lost", lambda e: replace(e, promises=[])),
    ("no_promise_is_lost", _told(promises=2)),
    ("no_promise_is_lost", lambda e: replace(e, records=[r._replace(promise_id=None) for r in e.records])),
    ("no_promise_is_lost", lambda e: replace(e, promises=[e.promises[0]._replace(judge_on=_TUESDAY)])),
    ("no_text_but_to_the_persons_own_mobile", _with_text(e164="+81301111111")),
    ("no_text_but_to_the_persons_own_mobile", _with_text(holder="family")),
    ("no_text_twice_for_one_occasion", _twin_text(follow_up_id=_OTHER, sent_at=at_jst(date(2026, 10, 8), 10))),
    ("messages_are_conserved", _told(texted={})),
    ("messages_are_conserved", lambda e: replace(e, follow_ups={"done": 2})),
    ("messages_are_conserved", lambda e: replace(e, texts=[])),
    ("carrier_ledger_equals_attempts", _told(rang={})),
    ("carrier_ledger_equals_attempts", _with_call(1, handed_at=None)),
    ("carrier_ledger_equals_attempts", _with_call(1, e164="+81307777777")),
    ("receipts_equal_payments", _told(paid={"P1": 4_000, "P2": 1})),
    ("receipts_equal_payments", lambda e: replace(e, receipts=[e.receipts[0]._replace(principal_yen=3_999)])),
    ("audit_chain_is_whole", lambda e: replace(e, seals_broken=1)),
    ("audit_chain_is_whole", lambda e: replace(e, unsealed=1)),
]  # fmt: skip


def test_all_hold_on_sound_rows() -> None:
    assert judge_all(_sound()) == dict.fromkeys(INVARIANTS, True) | {"axes_agree": True}


@pytest.mark.parametrize(("name", "spoil"), _SPOILED, ids=[f"{name}-{n}" for n, (name, _) in enumerate(_SPOILED)])
def test_a_spoiled_row_is_seen(name: str, spoil: Callable[[Evidence], Evidence]) -> None:
    assert INVARIANTS[name](spoil(_sound())) is False


def test_every_invariant_has_a_test_that_it_can_be_false() -> None:
    assert {name for name, _ in _SPOILED} == set(INVARIANTS)


def test_every_invariant_says_what_it_means() -> None:
    assert all(check.__doc__ for check in INVARIANTS.values())


def test_a_booked_recall_may_come_the_same_day() -> None:
    recall = _call(
        _OTHER, "1", "+81301111111", _later(60), recall_id=UUID(int=70), result="01", person_answered=True,
        speech_at=_later(60), answered_at=_later(60), connected_at=_later(60),
    )  # fmt: skip
    evidence = _more_calls(recall)(_sound())
    assert INVARIANTS["household_within_its_caps"](evidence)
    assert INVARIANTS["number_within_its_caps"](evidence)


def test_a_booked_call_to_a_workplace_is_an_operators_own_decision() -> None:
    spoil = _with_call(1, place="work", mode="preview", recall_id=UUID(int=77))
    assert judge_all(spoil(_sound()))["no_call_to_a_workplace_or_a_real_number"]
