"""Who is signed in, what that person may do, and the one check every service makes first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from apiflask import APIFlask
from flask_login import LoginManager, UserMixin, current_user
from sqlalchemy import Connection

from agent_ui.context import PanelContext
from agent_ui.errors import Forbidden, NotSignedIn
from casefile import accounts, audit
from casefile.accounts import User
from casefile.db import Json
from casefile.roles import Right

_NOT_SIGNED_IN = "サインインしていません。もう一度サインインしてください。"


@dataclass(frozen=True, slots=True)
class SignedIn(UserMixin):  # type: ignore[misc,unused-ignore]
    """The person behind a request, within the municipality of the session."""

    municipality_id: int
    user: User

    def get_id(self) -> str:
        """What the signed cookie carries: the municipality and a key that ends with the session, never a name."""
        return f"{self.municipality_id}:{self.user.session_key}"

    def may(self, right: Right) -> bool:
        return self.user.may(right)

    def require(self, right: Right) -> None:
        """Raises Forbidden unless this person holds the right."""
        if not self.may(right):
            raise Forbidden(
                f"この操作には「{right.label}」の権限が必要です。必要な場合は管理者に権限の追加を依頼してください。"
            )


def signed_in() -> SignedIn:
    """The person of this request. Raises NotSignedIn."""
    if not current_user.is_authenticated:
        raise NotSignedIn(_NOT_SIGNED_IN)
    return cast("SignedIn", current_user._get_current_object())  # noqa: SLF001


def note(
    conn: Connection,
    context: PanelContext,
    person: SignedIn,
    action: str,
    addressee_no: str | None = None,
    detail: Json | None = None,
) -> None:
    """Write down who did what with whose case (I24), in the transaction that did it."""
    audit.note(
        conn,
        person.municipality_id,
        ids=context.ids,
        at=context.clock.now(),
        user_id=person.user.user_id,
        actor=person.user.login,
        action=action,
        addressee_no=addressee_no,
        detail=detail,
    )


def install(app: APIFlask, context: PanelContext) -> None:
    """Load the person from the signed session at each request; a changed session key ends every session at once."""
    manager = LoginManager()
    manager.session_protection = "basic"

    @manager.user_loader  # type: ignore[untyped-decorator,unused-ignore]
    def load(identity: str) -> SignedIn | None:
        municipality, separator, key = identity.partition(":")
        if not separator or not municipality.isdigit():
            return None
        with context.database.transaction(int(municipality)) as conn:
            user = accounts.user_of_session(conn, int(municipality), key)
        return SignedIn(int(municipality), user) if user else None

    @manager.unauthorized_handler  # type: ignore[untyped-decorator,unused-ignore]
    def refuse() -> None:
        raise NotSignedIn(_NOT_SIGNED_IN)

    manager.init_app(app)
