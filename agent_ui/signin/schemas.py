"""What signing in sends and shows."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Shown(BaseModel):
    """What leaves the server: frozen once made."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Done(Shown):
    """It was done."""

    ok: bool


class MunicipalityView(Shown):
    municipality_id: int
    name: str
    prefecture: str


class UserView(Shown):
    user_id: str
    login: str
    display_name: str
    municipality_id: int
    municipality_name: str
    section_name: str
    roles: list[str]
    rights: list[str]


class SessionView(Shown):
    """Whether somebody is signed in, and the token every changing request carries back in X-CSRFToken.

    `now` is the server's moment and `clock_speed` its seconds in a real one: a demo's clock may run ahead.
    """

    user: UserView | None
    csrf_token: str
    municipalities: list[MunicipalityView]
    now: str
    clock_speed: float
    password_rules: list[str]


class SignInForm(BaseModel):
    """The municipality may be left out where the installation serves one only."""

    municipality_id: int | None = None
    login: str = Field(max_length=100)
    password: str = Field(max_length=200)


class PasswordChange(SignInForm):
    """A new password for whoever knows the present one, expired or not."""

    new_password: str = Field(max_length=200)
