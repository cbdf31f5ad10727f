"""Signing in against the case file's accounts."""

from __future__ import annotations

from sqlalchemy import Connection, select

from agent_ui.context import PanelContext
from agent_ui.errors import Invalid
from agent_ui.identity import SignedIn
from agent_ui.signin.schemas import MunicipalityView, UserView
from casefile import accounts, audit
from casefile.accounts import SignInResult
from casefile.tables import Municipality, Role

_EXPIRED = "パスワードの有効期限が切れています。管理者に新しいパスワードの設定を依頼してください。"


def municipalities(context: PanelContext) -> list[MunicipalityView]:
    """Whom one may sign in to; names and codes are readable before sign-in, nothing else is."""
    with context.database.transaction(None) as conn:
        found = conn.execute(
            select(Municipality.municipality_id, Municipality.name, Municipality.prefecture).order_by(
                Municipality.municipality_id
            )
        ).all()
    return [MunicipalityView(municipality_id=row[0], name=row[1], prefecture=row[2]) for row in found]


def sign_in(context: PanelContext, municipality_id: int | None, login: str, password: str) -> SignedIn:
    """The person, if login and password fit and no delay after failures is running. Raises Invalid with a sentence."""
    chosen = municipality_id if municipality_id is not None else _only_one(context)
    now = context.clock.now()
    with context.database.transaction(chosen) as conn:
        answer = accounts.authenticate(conn, chosen, login, password, now)
        audit.note(
            conn,
            chosen,
            ids=context.ids,
            at=now,
            user_id=answer.user.user_id if answer.user else None,
            # What was typed as a login may be a password typed into the wrong field: it is not kept.
            actor=answer.user.login if answer.user else "-",
            action=f"session.{answer.result}",
        )
    # Raised after the transaction, so that the failure stays counted.
    if answer.result is SignInResult.PASSWORD_EXPIRED:
        raise Invalid(_EXPIRED)
    if answer.user is None:
        raise Invalid(answer.result.sentence)
    return SignedIn(chosen, answer.user)


def _only_one(context: PanelContext) -> int:
    found = municipalities(context)
    if len(found) != 1:
        raise Invalid("団体を選んでください。", [{"field": "municipality_id", "message": "団体を選んでください。"}])
    return found[0].municipality_id


def user_view(conn: Connection, person: SignedIn) -> UserView:
    """What the top bar shows of the person."""
    city = conn.execute(
        select(Municipality.name, Municipality.section_name).where(
            Municipality.municipality_id == person.municipality_id
        )
    ).one()
    names = conn.scalars(
        select(Role.name)
        .where(Role.municipality_id == person.municipality_id, Role.role_code.in_(person.user.roles))
        .order_by(Role.role_code)
    )
    return UserView(
        user_id=str(person.user.user_id),
        login=person.user.login,
        display_name=person.user.display_name,
        municipality_id=person.municipality_id,
        municipality_name=city.name,
        section_name=city.section_name,
        roles=list(names),
        rights=sorted(person.user.rights),
    )
