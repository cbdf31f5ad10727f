"""What an operator's browser is told of its telephone line."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from agent_ui.signin.schemas import Shown


class NodeLine(Shown):
    """One registration: `user` and `secret` are the SIP account, of this shift alone."""

    node: str
    wss_url: str
    user: str
    secret: str


class LineView(Shown):
    """How this operator speaks.

    `browser`: by the browser, registered at every one of `lines`. `desk`: by a desk phone; the browser needs no
    microphone. `none`: no real telephone line here (rehearsal). No server outside is asked for addresses (STUN).
    """

    kind: Literal["browser", "desk", "none"]
    lines: list[NodeLine]
    valid_until: datetime | None
