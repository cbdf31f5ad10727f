"""Users, their rights, and signing in."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Connection, select

from casefile import accounts
from casefile.accounts import (
    SignInResult,
    User,
    authenticate,
    create_user,
    list_users,
    set_active,
    set_password,
    set_roles,
    user_of_session,
)
from casefile.city import City
from casefile.clock import VirtualClock, at_jst
from casefile.ids import TimeOrderedIds
from casefile.problems import EntryRefused
from casefile.roles import Right
from casefile.tables import UserAccount
from casefile.vocabulary import Purpose

NOW = at_jst(date(2026, 9, 8), 10)
PASSWORD = "Rakuda-2026"


@dataclass
class Office:
    conn: Connection
    city: City
    ids: TimeOrderedIds

    def hire(self, login: str = "tanaka", roles: tuple[str, ...] = ("operator",), password: str = PASSWORD) -> User:
        return create_user(
            self.conn,
            self.city.id,
            login=login,
            display_name="田中",
            password=password,
            roles=roles,
            now=NOW,
            ids=self.ids,
        )

    def sign_in(self, password: str = PASSWORD, *, login: str = "tanaka", now: datetime = NOW) -> SignInResult:
        return authenticate(self.conn, self.city.id, login, password, now).result


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 as it is, only cheaper: the parameters stand in every hash."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(accounts, "_HASHER", cheap)
    monkeypatch.setattr(accounts, "_NOBODYS_HASH", cheap.hash("nobody"))


@pytest.fixture
def office(passing: Connection, shared_city: City) -> Office:
    return Office(passing, shared_city, TimeOrderedIds(VirtualClock(NOW).now, random.Random(1)))


def test_a_user_has_what_his_roles_give(office: Office) -> None:
    user = office.hire(roles=("operator", "health_clerk"))
    assert user.roles == ("health_clerk", "operator")
    assert user.may(Right.PANEL)
    assert not user.may(Right.USERS)
    assert user.may_see(Purpose.HEALTH_CHECK)
    assert user.may_see(Purpose.DUNNING)
    assert [known.login for known in list_users(office.conn, office.city.id)] == ["tanaka"]


def test_the_password_is_stored_only_as_a_hash(office: Office) -> None:
    office.hire()
    stored = office.conn.execute(select(UserAccount.password_hash)).scalar_one()
    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored


@pytest.mark.parametrize(
    ("login", "roles", "password", "field"),
    [
        ("Tanaka", ("operator",), PASSWORD, "login"),
        ("t", ("operator",), PASSWORD, "login"),
        ("sato", ("nobody",), PASSWORD, "roles"),
        ("sato", (), PASSWORD, "roles"),
        ("sato", ("operator",), "short", "password"),
    ],
)
def test_users_that_are_not_taken_on(
    office: Office, login: str, roles: tuple[str, ...], password: str, field: str
) -> None:
    with pytest.raises(EntryRefused) as refused:
        office.hire(login, roles, password)
    assert field in {problem.field for problem in refused.value.problems}


def test_a_login_is_given_once(office: Office) -> None:
    office.hire()
    with pytest.raises(EntryRefused):
        office.hire()


def test_signing_in_and_not(office: Office) -> None:
    user = office.hire()
    found = authenticate(office.conn, office.city.id, "tanaka", PASSWORD, NOW)
    assert (found.result, found.user) == (SignInResult.SIGNED_IN, user)
    assert office.sign_in("Wrong-2026x") is SignInResult.REFUSED
    assert office.sign_in(login="nobody") is SignInResult.REFUSED


def test_failures_in_a_row_make_even_the_right_password_wait(office: Office) -> None:
    office.hire()
    for _ in range(5):
        assert office.sign_in("Wrong-2026x") is SignInResult.REFUSED
    assert office.sign_in() is SignInResult.LOCKED
    assert office.sign_in(now=NOW + timedelta(seconds=29)) is SignInResult.LOCKED
    assert office.sign_in("Wrong-2026x", now=NOW + timedelta(seconds=30)) is SignInResult.REFUSED
    later = NOW + timedelta(seconds=30)
    assert office.sign_in(now=later + timedelta(seconds=59)) is SignInResult.LOCKED
    assert office.sign_in(now=later + timedelta(seconds=60)) is SignInResult.SIGNED_IN
    assert office.sign_in("Wrong-2026x", now=later + timedelta(seconds=61)) is SignInResult.REFUSED
    assert office.sign_in(now=later + timedelta(seconds=62)) is SignInResult.SIGNED_IN


def test_a_closed_account_stays_out_and_its_session_ends(office: Office) -> None:
    user = office.hire()
    assert user_of_session(office.conn, office.city.id, user.session_key) == user
    set_active(office.conn, office.city.id, user.user_id, False)
    assert office.sign_in() is SignInResult.INACTIVE
    assert user_of_session(office.conn, office.city.id, user.session_key) is None


def test_new_rights_and_new_passwords_end_old_sessions(office: Office) -> None:
    user = office.hire()
    changed = set_roles(office.conn, office.city.id, user.user_id, ["supervisor"])
    assert changed.may(Right.FLOOR)
    assert changed.session_key != user.session_key
    renewed = set_password(office.conn, office.city.id, user.user_id, "Suzume-2026", NOW)
    assert renewed.session_key != changed.session_key
    assert office.sign_in() is SignInResult.REFUSED
    assert office.sign_in("Suzume-2026") is SignInResult.SIGNED_IN


def test_the_same_password_again_is_no_new_one(office: Office) -> None:
    user = office.hire()
    with pytest.raises(EntryRefused):
        set_password(office.conn, office.city.id, user.user_id, PASSWORD, NOW)


def test_an_old_password_has_to_be_renewed(office: Office) -> None:
    office.hire()
    assert office.sign_in(now=NOW + timedelta(days=179)) is SignInResult.SIGNED_IN
    assert office.sign_in(now=NOW + timedelta(days=180)) is SignInResult.PASSWORD_EXPIRED
