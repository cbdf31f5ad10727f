"""Whose identity this desk has confirmed, in the signed session: which items matched, never their content.

Kept for the call at hand and the one before: a call that comes in the middle of a wrap-up takes the desk, and the wrap-up's
rest follows, when nobody can be asked any more.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.sessions import SessionMixin

from agent_ui.panel.schemas import Confirmed, ConfirmedMembers

_PERSON = "identity"
_MEMBERS = "members"
_CALLS = 2


def person_in(session: SessionMixin, attempt_id: UUID | None) -> Confirmed | None:
    """What the person of this call has said, or whoever speaks for them."""
    kept = _of(session, _PERSON, attempt_id)
    return Confirmed.model_validate(kept) if kept else None


def members_in(session: SessionMixin, attempt_id: UUID | None) -> ConfirmedMembers | None:
    """Which other members of the household were confirmed in this call: items by 宛名番号."""
    kept = _of(session, _MEMBERS, attempt_id)
    return ConfirmedMembers.model_validate(kept) if kept else None


def keep_person(session: SessionMixin, attempt_id: UUID, contact: str, items: list[str]) -> None:
    _keep(session, _PERSON, attempt_id, {"contact": contact, "items": items})


def keep_member(session: SessionMixin, attempt_id: UUID, addressee_no: str, items: list[str]) -> None:
    """Beside the members confirmed in this call already."""
    before = members_in(session, attempt_id)
    _keep(session, _MEMBERS, attempt_id, {"items": {**(before.items if before else {}), addressee_no: items}})


def _of(session: SessionMixin, what: str, attempt_id: UUID | None) -> dict[str, Any] | None:
    return next((kept for kept in _all(session, what) if kept["attempt_id"] == str(attempt_id)), None)


def _keep(session: SessionMixin, what: str, attempt_id: UUID, said: dict[str, Any]) -> None:
    others = [kept for kept in _all(session, what) if kept["attempt_id"] != str(attempt_id)]
    session[what] = [{"attempt_id": str(attempt_id), **said}, *others][:_CALLS]


def _all(session: SessionMixin, what: str) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] | dict[str, Any] = session.get(what) or []
    return [kept] if isinstance(kept, dict) else kept
