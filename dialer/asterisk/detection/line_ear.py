"""What every ear beside a node has: a door for the sound of lines, and a connection to the manager interface of its own, so that
neither a call's commands nor its answer ever wait for it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Generic
from uuid import UUID, uuid4

import structlog

from dialer.asterisk.ami import Ami, AmiAddress, AmiTerms
from dialer.asterisk.causes import Verdict
from dialer.asterisk.detection.audiosocket import AudioSocketServer, Listens, Patience, Said, listening_in
from dialer.asterisk.pending import Result
from dialer.asterisk.wire import Action, Event, LiveChannel

_log = structlog.get_logger(__name__)


class LineEar(ABC, Generic[Said]):
    """A `dialer.asterisk.causes.Ear` on one node; which lines are listened to, and when, is said by whoever takes its events.

    `name`: of its connection. `events`: which of Asterisk's it is told. `host`: the address of ours that the node reaches;
    loopback where both are one machine.
    """

    def __init__(
        self,
        name: str,
        address: AmiAddress,
        events: str,
        new_listener: Callable[[UUID], Listens[Said] | None],
        verdict: Callable[[UUID, Said], Verdict],
        host: str,
        patience: Patience | None = None,
    ) -> None:
        self._tell: Callable[[Verdict], None] = lambda _: None
        self._door = ""
        self._server: AudioSocketServer[Said] = AudioSocketServer(
            new_listener, lambda attempt_id, said: self._tell(verdict(attempt_id, said)), host, patience
        )
        self._ami = Ami(name, address, self, AmiTerms(events=events))

    def listen(self, tell: Callable[[Verdict], None]) -> None:
        """From now on `tell` is told, from a thread of ours, what is on each line that is listened to after this."""
        self._tell = tell
        self._door = self._server.start()
        self._ami.start()

    def wait_connected(self, seconds: float) -> bool:
        return self._ami.wait_connected(seconds)

    @property
    def lines(self) -> int:
        """Lines listened to now."""
        return self._server.lines

    def close(self) -> None:
        self._ami.close()
        self._server.close()

    def on_resync(self, channels: tuple[LiveChannel, ...]) -> None:
        """What began in a gap is nobody's to judge: its beginning is gone."""

    def on_lost(self, reason: str) -> None:
        """Lines already open go on to their end; new ones are not listened to."""

    @abstractmethod
    def on_event(self, event: Event) -> None:
        """Something happened on the node."""

    def _listen_to(self, attempt_id: UUID, channel: str) -> None:
        self._ami.submit(Action("Originate", listening_in(attempt_id, channel, self._door)), _noted, uuid4())


def _noted(result: Result) -> None:
    """Nothing depends on it: a line that is not listened to is judged without."""
    _log.debug("line_listened_to", result=type(result).__name__)
