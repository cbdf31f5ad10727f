"""The operator's telephone line, for as long as the shift lasts."""

from __future__ import annotations

import secrets

from agent_ui.context import PanelContext
from agent_ui.identity import SignedIn
from agent_ui.panel import seats
from agent_ui.signin.schemas import Done
from agent_ui.voice.schemas import LineView, NodeLine
from casefile.roles import Right
from dialer.asterisk import lines
from dialer.seat import SCREEN_GONE

_SECRET_BYTES = 24


def give(context: PanelContext, person: SignedIn) -> LineView:
    """The line of this operator's browser: the one of the shift that goes on, or a new one.

    Raises Forbidden without the right to the panel, or to listen (聴取): a line alone makes nobody ready for calls.
    """
    if not person.may(Right.LISTEN_IN):
        person.require(Right.PANEL)
    urls = {node.name: node.wss_url for node in context.voice_nodes}
    operator_id = person.user.user_id
    with context.database.transaction(person.municipality_id) as conn:
        if lines.has_desk_phone(conn, operator_id):
            return LineView(kind="desk", lines=[], valid_until=None)
        given = lines.give_browser_lines(
            conn, person.municipality_id, operator_id, list(urls), context.clock.now(), _draw_secret
        )
    if not given:
        return LineView(kind="none", lines=[], valid_until=None)
    return LineView(
        kind="browser",
        lines=[
            NodeLine(node=one.line.node, wss_url=urls[one.line.node], user=one.line.endpoint, secret=one.secret)
            for one in given
        ],
        valid_until=given[0].valid_until,
    )


def end(context: PanelContext, person: SignedIn) -> None:
    """The shift is over: its secrets are worth nothing from now on."""
    with context.database.transaction(person.municipality_id) as conn:
        lines.end_browser_lines(conn, person.user.user_id, context.clock.now())


def lost(context: PanelContext, person: SignedIn) -> Done:
    """The operator cannot be heard, which for a resident is the same as a desk without a screen (DOMAIN.md §2.8)."""
    return seats.say(context, person, "pause", detail={"reason": SCREEN_GONE})


def _draw_secret() -> str:
    return secrets.token_urlsafe(_SECRET_BYTES)
