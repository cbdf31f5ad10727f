"""The ear beside a node: has lines that are answered listened to by a detector of ours, and passes on what it says.

Which lines, their calls say themselves: they were placed with DETECT=listen, and the event of their answer tells so.

It has a connection to the node's manager interface of its own, so that a call's own commands never wait for it. Where it is
down nothing is said, and the engine takes whoever is there for a person.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from uuid import UUID, uuid4

import structlog

from callflow.events import Detected
from dialer.asterisk.ami import Ami, AmiAddress, AmiTerms
from dialer.asterisk.causes import Ear, Verdict
from dialer.asterisk.detection.audiosocket import AudioSocketServer, listening_in
from dialer.asterisk.detection.listener import LineListener
from dialer.asterisk.detection.policy import Detector
from dialer.asterisk.pending import Result
from dialer.asterisk.trunks import trunk_of
from dialer.asterisk.wire import Action, Event, LiveChannel

_log = structlog.get_logger(__name__)


class NodeEar:
    """A `dialer.asterisk.causes.Ear` on one node.

    `host`: the address of ours that the node reaches; loopback where both are one machine. `trunks`: others' calls are
    not listened to; None: all are ours. `marked`: the DETECT of the calls to listen to.
    """

    def __init__(
        self,
        name: str,
        address: AmiAddress,
        new_listener: Callable[[], LineListener],
        host: str = "127.0.0.1",
        trunks: Collection[str] | None = None,
        marked: Detector = Detector.LISTENER,
    ) -> None:
        self._trunks = trunks
        self._marked = marked
        self._tell: Callable[[Verdict], None] = lambda _: None
        self._door = ""
        self._server: AudioSocketServer[Detected] = AudioSocketServer(
            lambda _: new_listener(), lambda attempt_id, heard: self._tell(Verdict(attempt_id, heard)), host
        )
        self._ami = Ami(f"{name}-ear", address, self, AmiTerms(events="user"))

    def listen(self, tell: Callable[[Verdict], None]) -> None:
        """From now on `tell` is told, from a thread of ours, what is on each line answered after this."""
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
        """What was answered in a gap is nobody's to judge: its first seconds are gone."""

    def on_lost(self, reason: str) -> None:
        """Lines already open go on to their end; new ones are not listened to."""

    def on_event(self, event: Event) -> None:
        if event.get("UserEvent") != "Answered" or event.get("Detect") != self._marked:
            return
        attempt_id, channel = UUID(event.headers["AttemptId"]), event.headers["Channel"]
        if self._trunks is not None and trunk_of(channel) not in self._trunks:
            return
        self._ami.submit(Action("Originate", listening_in(attempt_id, channel, self._door)), _noted, uuid4())


class RoomEar:
    """The ears of all nodes as one, for a carrier over several."""

    def __init__(self, ears: Sequence[Ear]) -> None:
        self._ears = tuple(ears)

    def listen(self, tell: Callable[[Verdict], None]) -> None:
        for ear in self._ears:
            ear.listen(tell)

    def close(self) -> None:
        for ear in self._ears:
            ear.close()


def _noted(result: Result) -> None:
    """Nothing depends on it: a line that is not listened to is a person's."""
    _log.debug("line_listened_to", result=type(result).__name__)
