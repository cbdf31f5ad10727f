"""Signing in against the case file's accounts."""

from __future__ import annotations

from sqlalchemy import Connection, select

from agent_ui.context import PanelContext
from agent_ui.errors import Invalid, PasswordExpired
from agent_ui.identity import SignedIn, note
from agent_ui.signin.schemas import MunicipalityView, UserView
from casefile import accounts, audit
from casefile.accounts import SignIn, SignInResult
from casefile.problems import EntryRefused
from casefile.tables import Municipality, Role

_NOT_THE_PRESENT_ONE = "今のパスワードを確かめてください。続けて失敗すると待ち時間が長くなります。分からないときは管理者に連絡してください。"
_RULE_OF_LOGIN = "ログインIDを含めず、前と違うパスワードにしてください。"
_WEAK = "新しいパスワードを設定できませんでした。決まりを確かめて入力し直してください。"


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
    """The person, if login and password fit and no delay after failures is running.

    Raises Invalid with a sentence, or PasswordExpired where only a new password is missing.
    """
    chosen = _chosen(context, municipality_id)
    answer = _authenticate(context, chosen, login, password, "session")
    if answer.user is None:
        raise Invalid(answer.result.sentence)
    if answer.result is SignInResult.PASSWORD_EXPIRED:
        raise PasswordExpired(answer.result.sentence)
    return SignedIn(chosen, answer.user)


def change_password(
    context: PanelContext, municipality_id: int | None, login: str, password: str, new_password: str
) -> SignedIn:
    """Set a new password with the present one, expired or not, and sign in with it; every other session ends.

    Guesses of the present one count and wait as at sign-in. Raises Invalid with a sentence by field.
    """
    chosen = _chosen(context, municipality_id)
    answer = _authenticate(context, chosen, login, password, "password")
    if answer.user is None:
        raise Invalid(_NOT_THE_PRESENT_ONE, [{"field": "password", "message": _NOT_THE_PRESENT_ONE}])
    try:
        with context.database.transaction(chosen) as conn:
            user = accounts.set_password(conn, chosen, answer.user.user_id, new_password, context.clock.now())
            person = SignedIn(chosen, user)
            note(conn, context, person, "password.changed")
    except EntryRefused as refused:
        found = [{"field": "new_password", "message": problem.sentence} for problem in refused.problems]
        raise Invalid(_WEAK, found) from refused
    return person


def password_rules() -> list[str]:
    """What a new password has to be, in sentences: what would be said of an empty one, and of its likeness to others."""
    return [*(problem.sentence for problem in accounts.password_problems("", "")), _RULE_OF_LOGIN]


def _authenticate(context: PanelContext, municipality_id: int, login: str, password: str, what: str) -> SignIn:
    """Ask for the password in a transaction of its own, so that a failure stays counted whatever comes after."""
    now = context.clock.now()
    with context.database.transaction(municipality_id) as conn:
        answer = accounts.authenticate(conn, municipality_id, login, password, now)
        audit.note(
            conn,
            municipality_id,
            ids=context.ids,
            at=now,
            user_id=answer.user.user_id if answer.user else None,
            # What was typed as a login may be a password typed into the wrong field: it is not kept.
            actor=answer.user.login if answer.user else "-",
            action=f"{what}.{answer.result}",
        )
    return answer


def _chosen(context: PanelContext, wanted: int | None) -> int:
    """The municipality asked for, or the only one there is."""
    known = [city.municipality_id for city in municipalities(context)]
    if wanted is None and len(known) == 1:
        return known[0]
    if wanted not in known:
        raise Invalid("団体を選んでください。", [{"field": "municipality_id", "message": "団体を選んでください。"}])
    return wanted


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
