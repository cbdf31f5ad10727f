"""POST, GET and DELETE of the session."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import session
from flask_limiter import Limiter
from flask_login import current_user, login_user, logout_user
from flask_wtf.csrf import generate_csrf

from agent_ui.context import PanelContext
from agent_ui.identity import SignedIn, note, signed_in
from agent_ui.signin import service
from agent_ui.signin.schemas import PasswordChange, SessionView, SignInForm
from agent_ui.voice import service as voice


def blueprint(context: PanelContext, limiter: Limiter) -> APIBlueprint:
    """The session under /api/session."""
    api = APIBlueprint("signin", __name__, url_prefix="/api/session", tag="サインイン")

    @api.get("")
    @api.output(SessionView)
    def show() -> SessionView:
        """Who is signed in, and the token for changing requests."""
        return _view(context, signed_in() if current_user.is_authenticated else None)

    @api.post("")
    @limiter.limit(context.sign_in_rate)
    @api.input(SignInForm, arg_name="form")
    @api.output(SessionView)
    def enter(form: SignInForm) -> SessionView:
        """Sign in."""
        person = service.sign_in(context, form.municipality_id, form.login, form.password)
        session.clear()
        session.permanent = True
        login_user(person)
        return _view(context, person)

    @api.post("/password")
    @limiter.limit(context.sign_in_rate)
    @api.input(PasswordChange, arg_name="form")
    @api.output(SessionView)
    def change(form: PasswordChange) -> SessionView:
        """Set a new password with the present one, expired or not; signs in, and ends every other session."""
        person = service.change_password(context, form.municipality_id, form.login, form.password, form.new_password)
        session.clear()
        session.permanent = True
        login_user(person)
        return _view(context, person)

    @api.delete("")
    @api.output(SessionView)
    def leave() -> SessionView:
        """Sign out; the token in the answer is a new one."""
        if current_user.is_authenticated:
            person = signed_in()
            with context.database.transaction(person.municipality_id) as conn:
                note(conn, context, person, "session.signed_out")
            voice.end(context, person)
            logout_user()
        session.clear()
        return _view(context, None)

    return api


def _view(context: PanelContext, person: SignedIn | None) -> SessionView:
    user = None
    if person is not None:
        with context.database.transaction(person.municipality_id) as conn:
            user = service.user_view(conn, person)
    return SessionView(
        user=user,
        csrf_token=generate_csrf(),
        municipalities=[] if user else service.municipalities(context),
        now=context.clock.now().isoformat(),
        clock_speed=context.clock_speed,
        password_rules=service.password_rules(),
    )
