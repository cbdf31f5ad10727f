"""Passwords, waiting times and what each role may do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefile.accounts import LockRule, SignInResult, password_problems
from casefile.roles import DEFAULT_ROLES, Right
from casefile.vocabulary import Purpose


@pytest.mark.parametrize(
    ("password", "weak"),
    [
        ("Rakuda-2026", False),
        ("rakuda 2026 !", False),
        ("Short-1", True),
        ("onlylettershere", True),
        ("tanaka-T-2026", True),
        ("", True),
    ],
)
def test_weak_passwords_are_named(password: str, weak: bool) -> None:
    assert bool(password_problems(password, "tanaka")) is weak


@given(st.integers(0, 200))
def test_the_wait_grows_and_has_an_end(failures: int) -> None:
    rule = LockRule()
    wait, next_wait = rule.wait_after(failures), rule.wait_after(failures + 1)
    assert wait <= next_wait <= rule.longest
    assert (wait > timedelta(0)) == (failures > rule.free_failures)
    if timedelta(0) < next_wait < rule.longest:
        assert next_wait == 2 * wait or wait == timedelta(0)


def test_whoever_may_not_sign_in_reads_one_sentence() -> None:
    sentences = {result.sentence for result in (SignInResult.REFUSED, SignInResult.LOCKED, SignInResult.INACTIVE)}
    assert len(sentences) == 1


_ROLES = {role.role_code: role for role in DEFAULT_ROLES}


def test_the_health_clerk_sees_no_tax() -> None:
    clerk = _ROLES["health_clerk"]
    assert clerk.purposes == (Purpose.HEALTH_CHECK,)
    assert Right.TAX_DATA not in clerk.rights


def test_an_operator_grants_opens_and_exports_nothing() -> None:
    powers = {Right.COLLECTOR_CASES, Right.OPEN_PROTECTED, Right.EXPORT, Right.CAMPAIGNS, Right.CORRECT_RECORDS}
    assert not powers & set(_ROLES["operator"].rights)


def test_the_administrator_sees_no_case_and_the_auditor_changes_nothing() -> None:
    assert not _ROLES["admin"].purposes
    assert set(_ROLES["auditor"].rights) == {Right.AUDIT, Right.REPORTS}


def test_drafting_and_approving_a_text_are_two_persons() -> None:
    supervisor = set(_ROLES["supervisor"].rights)
    assert Right.SMS_TEMPLATES in supervisor
    assert Right.SMS_APPROVE not in supervisor


def test_every_right_is_held_by_somebody() -> None:
    assert {right for role in DEFAULT_ROLES for right in role.rights} == set(Right)
