"""Users, roles and rights (I23), and signing in with a password (I25)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ColumnElement, Connection, Row, Select, delete, insert, select, true, update

from casefile.ids import Ids
from casefile.problems import EntryRefused, Problem, refuse_if_blocking
from casefile.roles import DEFAULT_ROLES, Right, RoleSpec
from casefile.tables import Role, UserAccount, UserRole
from casefile.vocabulary import Purpose

__all__ = [
    "DEFAULT_ROLES",
    "LockRule",
    "PasswordPolicy",
    "Right",
    "RoleSpec",
    "SignIn",
    "SignInResult",
    "User",
    "authenticate",
    "create_user",
    "end_sessions",
    "list_users",
    "load_user",
    "password_problems",
    "set_active",
    "set_password",
    "set_roles",
    "user_of_session",
]


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """Complexity and expiry of passwords. `max_age_days` 0: they do not expire."""

    min_length: int = 10
    min_kinds: int = 3
    max_age_days: int = 180


@dataclass(frozen=True, slots=True)
class LockRule:
    """After `free_failures` wrong passwords in a row each further one doubles the wait, up to `longest`."""

    free_failures: int = 4
    first: timedelta = timedelta(seconds=30)
    longest: timedelta = timedelta(hours=1)

    def wait_after(self, failed_count: int) -> timedelta:
        """How long nobody may sign in after this many failures in a row."""
        beyond = failed_count - self.free_failures
        if beyond <= 0:
            return timedelta(0)
        doublings = min(beyond - 1, 20)
        return min(self.first * (1 << doublings), self.longest)


@dataclass(frozen=True, slots=True)
class User:
    """A person who may sign in, with everything his roles give him."""

    user_id: UUID
    login: str
    display_name: str
    active: bool
    session_key: str
    roles: tuple[str, ...]
    rights: frozenset[Right]
    purposes: frozenset[Purpose]
    password_changed_at: datetime

    def may(self, right: Right) -> bool:
        return self.active and right in self.rights

    def may_see(self, purpose: Purpose) -> bool:
        return self.active and purpose in self.purposes


class SignInResult(StrEnum):
    """What came of a sign-in. The last three are for the audit log alone: the person reads one and the same sentence."""

    SIGNED_IN = "signed_in"
    PASSWORD_EXPIRED = "password_expired"  # noqa: S105 - a state, not a secret
    REFUSED = "refused"
    LOCKED = "locked"
    INACTIVE = "inactive"

    @property
    def sentence(self) -> str:
        """What the person is told: never whether the login exists, nor what was wrong."""
        if self is SignInResult.SIGNED_IN:
            return "サインインしました。"
        if self is SignInResult.PASSWORD_EXPIRED:
            return "パスワードの有効期限が切れています。新しいパスワードを設定してください。"
        return (
            "サインインできません。ログインIDとパスワードを確かめてください。"
            "続けて失敗すると待ち時間が長くなります。しばらく待っても入れないときは管理者に連絡してください。"
        )


@dataclass(frozen=True, slots=True)
class SignIn:
    """`user` is given with SIGNED_IN and PASSWORD_EXPIRED only."""

    result: SignInResult
    user: User | None


def create_user(
    conn: Connection,
    municipality_id: int,
    *,
    login: str,
    display_name: str,
    password: str,
    roles: Iterable[str],
    now: datetime,
    ids: Ids,
    policy: PasswordPolicy = PasswordPolicy(),
) -> User:
    """Add a user. Raises EntryRefused (login taken or malformed, weak password, unknown role)."""
    codes = tuple(sorted(set(roles)))
    problems = [*_login_problems(conn, municipality_id, login), *password_problems(password, login, policy)]
    problems += _role_problems(conn, municipality_id, codes)
    if not display_name.strip():
        problems.append(Problem("display_name", "氏名を入力してください。"))
    refuse_if_blocking(problems)
    user_id = ids.new()
    conn.execute(
        insert(UserAccount),
        {
            "municipality_id": municipality_id,
            "user_id": user_id,
            "login": login,
            "display_name": display_name.strip(),
            "password_hash": _HASHER.hash(password),
            "active": True,
            "session_key": secrets.token_urlsafe(32),
            "failed_count": 0,
            "locked_until": None,
            "password_changed_at": now,
            "created_at": now,
        },
    )
    _store_roles(conn, municipality_id, user_id, codes)
    return _known(load_user(conn, municipality_id, user_id))


def set_password(
    conn: Connection,
    municipality_id: int,
    user_id: UUID,
    password: str,
    now: datetime,
    policy: PasswordPolicy = PasswordPolicy(),
) -> User:
    """Set a new password, end all sessions and lift a lock. Raises EntryRefused (weak, or the same as before)."""
    row = conn.execute(_account(municipality_id).where(UserAccount.user_id == user_id).with_for_update()).one_or_none()
    if row is None:
        raise EntryRefused([Problem("user_id", "利用者が見つかりません。一覧を開き直してください。")])
    problems = password_problems(password, row.login, policy)
    if _matches(row.password_hash, password):
        problems.append(Problem("password", "前と同じパスワードは使えません。別のパスワードにしてください。"))
    refuse_if_blocking(problems)
    conn.execute(
        update(UserAccount)
        .where(UserAccount.municipality_id == municipality_id, UserAccount.user_id == user_id)
        .values(
            password_hash=_HASHER.hash(password),
            password_changed_at=now,
            session_key=secrets.token_urlsafe(32),
            failed_count=0,
            locked_until=None,
        )
    )
    return _known(load_user(conn, municipality_id, user_id))


def set_roles(conn: Connection, municipality_id: int, user_id: UUID, roles: Iterable[str]) -> User:
    """Give the user exactly these roles; his sessions end, so that old rights do not live on."""
    codes = tuple(sorted(set(roles)))
    refuse_if_blocking(_role_problems(conn, municipality_id, codes))
    mine = (UserRole.municipality_id == municipality_id) & (UserRole.user_id == user_id)
    conn.execute(delete(UserRole).where(mine))
    _store_roles(conn, municipality_id, user_id, codes)
    end_sessions(conn, municipality_id, user_id)
    return _known(load_user(conn, municipality_id, user_id))


def set_active(conn: Connection, municipality_id: int, user_id: UUID, active: bool) -> None:
    """Close or reopen an account. Closing ends every session at once; nothing of the person's history is removed."""
    conn.execute(
        update(UserAccount)
        .where(UserAccount.municipality_id == municipality_id, UserAccount.user_id == user_id)
        .values(active=active, session_key=secrets.token_urlsafe(32), failed_count=0, locked_until=None)
    )


def end_sessions(conn: Connection, municipality_id: int, user_id: UUID) -> None:
    """Make every session of the user invalid from now on."""
    conn.execute(
        update(UserAccount)
        .where(UserAccount.municipality_id == municipality_id, UserAccount.user_id == user_id)
        .values(session_key=secrets.token_urlsafe(32))
    )


def authenticate(
    conn: Connection,
    municipality_id: int,
    login: str,
    password: str,
    now: datetime,
    policy: PasswordPolicy = PasswordPolicy(),
    lock_rule: LockRule = LockRule(),
) -> SignIn:
    """Check a login and a password; counts failures and makes the next try wait. Commit the transaction either way.

    The account's row is locked meanwhile, so that parallel guesses are counted one by one; an unknown login and a
    locked account cost the same time as a wrong password.
    """
    row = conn.execute(_account(municipality_id).where(UserAccount.login == login).with_for_update()).one_or_none()
    matches = _matches(row.password_hash if row else _NOBODYS_HASH, password)
    if row is None:
        return SignIn(SignInResult.REFUSED, None)
    if row.locked_until is not None and now < row.locked_until:
        return SignIn(SignInResult.LOCKED, None)
    if not matches:
        _count_failure(conn, municipality_id, row.user_id, row.failed_count + 1, now, lock_rule)
        return SignIn(SignInResult.REFUSED, None)
    if not row.active:
        return SignIn(SignInResult.INACTIVE, None)
    _count_success(conn, municipality_id, row.user_id, password, row.password_hash)
    user = load_user(conn, municipality_id, row.user_id)
    expired = policy.max_age_days and now >= row.password_changed_at + timedelta(days=policy.max_age_days)
    return SignIn(SignInResult.PASSWORD_EXPIRED if expired else SignInResult.SIGNED_IN, user)


def load_user(conn: Connection, municipality_id: int, user_id: UUID) -> User | None:
    """The user with his rights, or None."""
    return _user(conn, municipality_id, UserAccount.user_id == user_id)


def user_of_session(conn: Connection, municipality_id: int, session_key: str) -> User | None:
    """The active user whose present session key this is, or None (signed out, closed, rights changed)."""
    user = _user(conn, municipality_id, UserAccount.session_key == session_key)
    return user if user and user.active else None


def list_users(conn: Connection, municipality_id: int) -> list[User]:
    """All users by login."""
    return _users(conn, municipality_id, true())


def password_problems(password: str, login: str, policy: PasswordPolicy = PasswordPolicy()) -> list[Problem]:
    """What is too weak about a password (pure)."""
    problems = []
    if len(password) < policy.min_length:
        problems.append(Problem("password", f"パスワードは{policy.min_length}文字以上にしてください。"))
    if sum(bool(re.search(kind, password)) for kind in _KINDS) < policy.min_kinds:
        sentence = f"英大文字・英小文字・数字・記号のうち{policy.min_kinds}種類以上を使ってください。"
        problems.append(Problem("password", sentence))
    if login and login.lower() in password.lower():
        problems.append(Problem("password", "パスワードにログインIDを含めないでください。"))
    return problems


_HASHER = PasswordHasher()
_NOBODYS_HASH = _HASHER.hash(secrets.token_urlsafe(16))
_KINDS = (r"[A-Z]", r"[a-z]", r"[0-9]", r"[^A-Za-z0-9]")
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{2,31}")


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _count_failure(
    conn: Connection, municipality_id: int, user_id: UUID, failed_count: int, now: datetime, rule: LockRule
) -> None:
    wait = rule.wait_after(failed_count)
    conn.execute(
        update(UserAccount)
        .where(UserAccount.municipality_id == municipality_id, UserAccount.user_id == user_id)
        .values(failed_count=failed_count, locked_until=now + wait if wait else None)
    )


def _count_success(conn: Connection, municipality_id: int, user_id: UUID, password: str, stored: str) -> None:
    fresh = {"password_hash": _HASHER.hash(password)} if _HASHER.check_needs_rehash(stored) else {}
    conn.execute(
        update(UserAccount)
        .where(UserAccount.municipality_id == municipality_id, UserAccount.user_id == user_id)
        .values(failed_count=0, locked_until=None, **fresh)
    )


def _account(municipality_id: int) -> Select[*tuple[Any, ...]]:
    return select(
        UserAccount.user_id,
        UserAccount.login,
        UserAccount.password_hash,
        UserAccount.active,
        UserAccount.failed_count,
        UserAccount.locked_until,
        UserAccount.password_changed_at,
    ).where(UserAccount.municipality_id == municipality_id)


def _user(conn: Connection, municipality_id: int, which: ColumnElement[bool]) -> User | None:
    return next(iter(_users(conn, municipality_id, which)), None)


def _users(conn: Connection, municipality_id: int, which: ColumnElement[bool]) -> list[User]:
    rows = conn.execute(
        select(
            UserAccount.user_id,
            UserAccount.login,
            UserAccount.display_name,
            UserAccount.active,
            UserAccount.session_key,
            UserAccount.password_changed_at,
            Role.role_code,
            Role.rights,
            Role.purposes,
        )
        .outerjoin(
            UserRole,
            (UserRole.municipality_id == UserAccount.municipality_id) & (UserRole.user_id == UserAccount.user_id),
        )
        .outerjoin(Role, (Role.municipality_id == UserRole.municipality_id) & (Role.role_code == UserRole.role_code))
        .where(UserAccount.municipality_id == municipality_id, which)
        .order_by(UserAccount.login, Role.role_code)
    ).all()
    return [_from_rows(list(group)) for _, group in groupby(rows, key=lambda row: row.user_id)]


def _from_rows(rows: list[Row[*tuple[Any, ...]]]) -> User:
    first = rows[0]
    held = [row for row in rows if row.role_code is not None]
    return User(
        user_id=first.user_id,
        login=first.login,
        display_name=first.display_name,
        active=first.active,
        session_key=first.session_key,
        roles=tuple(row.role_code for row in held),
        rights=frozenset(Right(right) for row in held for right in row.rights),
        purposes=frozenset(Purpose(purpose) for row in held for purpose in row.purposes),
        password_changed_at=first.password_changed_at,
    )


def _store_roles(conn: Connection, municipality_id: int, user_id: UUID, codes: tuple[str, ...]) -> None:
    if codes:
        conn.execute(
            insert(UserRole),
            [{"municipality_id": municipality_id, "user_id": user_id, "role_code": code} for code in codes],
        )


def _login_problems(conn: Connection, municipality_id: int, login: str) -> list[Problem]:
    if not _LOGIN.fullmatch(login):
        sentence = "ログインIDは半角の英小文字・数字・.・_・-で3~32文字にしてください(先頭は英数字)。"
        return [Problem("login", sentence)]
    if conn.execute(_account(municipality_id).where(UserAccount.login == login)).first():
        return [Problem("login", "このログインIDは使われています。別のログインIDにしてください。")]
    return []


def _role_problems(conn: Connection, municipality_id: int, codes: tuple[str, ...]) -> list[Problem]:
    known = set(conn.scalars(select(Role.role_code).where(Role.municipality_id == municipality_id)))
    unknown = [code for code in codes if code not in known]
    if unknown:
        return [Problem("roles", f"役割「{'、'.join(unknown)}」は登録されていません。一覧から選んでください。")]
    return [] if codes else [Problem("roles", "役割を一つ以上選んでください。")]


def _known(user: User | None) -> User:
    if user is None:
        raise EntryRefused([Problem("user_id", "利用者が見つかりません。一覧を開き直してください。")])
    return user
