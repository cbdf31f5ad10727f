"""The ear beside a node: has lines that are answered listened to by a detector of ours, and passes on what it says.

Which lines, their calls say themselves: they were placed with DETECT=listen, and the event of their answer tells so.

Where it is down nothing is said, and the engine takes whoever is there for a person.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from uuid import UUID

from callflow.events import Detected
from dialer.asterisk.ami import AmiAddress
from dialer.asterisk.causes import Ear, Verdict
from dialer.asterisk.detection.line_ear import LineEar
from dialer.asterisk.detection.listener import LineListener
from dialer.asterisk.detection.policy import Detector
from dialer.asterisk.trunks import trunk_of
from dialer.asterisk.wire import Event


class NodeEar(LineEar[Detected]):
    """On the lines of one node that are answered.

    `trunks`: others' calls are not listened to; None: all are ours. `marked`: the DETECT of the calls to listen to.
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
        super().__init__(f"{name}-ear", address, "user", lambda _: new_listener(), Verdict, host)
        self._trunks = trunks
        self._marked = marked

    def on_event(self, event: Event) -> None:
        if event.get("UserEvent") != "Answered" or event.get("Detect") != self._marked:
            return
        attempt_id, channel = UUID(event.headers["AttemptId"]), event.headers["Channel"]
        if self._trunks is None or trunk_of(channel) in self._trunks:
            self._listen_to(attempt_id, channel)


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
