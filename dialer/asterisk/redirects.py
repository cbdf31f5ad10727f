"""Channels sent elsewhere. Pure.

Asterisk refuses a redirect of a channel that is still on its way from the one before: its thread has not taken that up
("Redirect failed, channel not up."). A colleague who takes up at once, or a busy node, is enough for that. So it is asked
again until the channel goes, is gone, or is wanted somewhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from dialer.asterisk import pending
from dialer.asterisk.wire import Action

if TYPE_CHECKING:
    from dialer.asterisk.switchboard import Act

_AGAIN_SECONDS = 0.02
_INSIST_SECONDS = 5.0
"""A channel that is not up for so long is about to end."""
_NOT_UP = "not up"


@dataclass(slots=True)
class _Redirect:
    """`again_at`: when it is asked again; None while Asterisk has not answered. Monotonic seconds."""

    node: str
    action: Action
    then: pending.Then
    until: float
    again_at: float | None = None


class Redirects:
    """The last one of every channel that Asterisk has not taken yet."""

    def __init__(self, act: Act, moment: Callable[[], float]) -> None:
        self._act = act
        self._moment = moment
        self._open: dict[tuple[str, str], _Redirect] = {}

    def send(self, node: str, action: Action, then: pending.Then) -> None:
        """`action`: a Redirect; `then` is told its last result. One of the same channel that was still open is not asked again."""
        redirect = _Redirect(node, action, then, self._moment() + _INSIST_SECONDS)
        self._open[_channel(redirect)] = redirect
        self._ask(redirect)

    def next_at(self) -> float | None:
        """When `tick` is of use; None while nothing waits to be asked again."""
        return min((one.again_at for one in self._open.values() if one.again_at is not None), default=None)

    def tick(self) -> None:
        """Ask again what is due."""
        now = self._moment()
        for redirect in list(self._open.values()):
            if redirect.again_at is not None and redirect.again_at <= now:
                redirect.again_at = None
                self._ask(redirect)

    def _ask(self, redirect: _Redirect) -> None:
        self._act(redirect.node, redirect.action, partial(self._answered, redirect))

    def _answered(self, redirect: _Redirect, result: pending.Result) -> None:
        last = self._open.get(_channel(redirect)) is redirect
        if last and _still_on_its_way(result) and self._moment() < redirect.until:
            redirect.again_at = self._moment() + _AGAIN_SECONDS
            return
        if last:
            del self._open[_channel(redirect)]
        redirect.then(result)


def _channel(redirect: _Redirect) -> tuple[str, str]:
    return redirect.node, redirect.action.fields["Channel"]


def _still_on_its_way(result: pending.Result) -> bool:
    if not isinstance(result, pending.Refused) or result.response is None:
        return False
    return _NOT_UP in result.response.headers.get("Message", "")
