"""The ear beside a node for lines that are not answered yet: has what sounds on them heard, and passes on what it is.

A call that rings or sounds is told of by an event (`EARLY_EVENT`), on trunks that say so alone. The channel that listens hears
the resident's and says nothing into it; it ends with that one, with its answer, with the engine's process, and at the latest
after the longest time a call may ring. Where this ear is down nothing is said, and a call's cause decides.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from uuid import UUID

from dialer.asterisk.ami import AmiAddress
from dialer.asterisk.causes import Verdict
from dialer.asterisk.detection.audiosocket import Patience
from dialer.asterisk.detection.early import Early, EarlyListener
from dialer.asterisk.detection.line_ear import LineEar
from dialer.asterisk.detection.sound import Sound
from dialer.asterisk.node.node import EARLY_EVENT
from dialer.asterisk.placing import placed_id
from dialer.asterisk.trunks import trunk_of
from dialer.asterisk.wire import Event

RINGS_AT_MOST = 60.0
"""Seconds: no campaign lets a telephone ring longer (`dialer.campaigns`)."""
_SOUNDS = frozenset({"RINGING", "PROGRESS"})
"""180 and 183: either may bring sound along."""


@dataclass(slots=True)
class LineBeforeAnswer:
    """Tells what a classifier has heard each time that changes. It goes on to the end: what follows may tell otherwise."""

    classifier: EarlyListener
    done: bool = False
    _told: Early = Early.UNKNOWN

    def hear(self, frame: Sound) -> Early | None:
        self.classifier.hear(frame)
        heard = self.classifier.heard
        if heard is self._told:
            return None
        self._told = heard
        return heard


@dataclass(slots=True)
class SoundingLines:
    """The calls on their way that sound, on the trunks that are listened to: by the events of one node, in order. Pure."""

    trunks: Collection[str]
    attempts: set[UUID] = field(default_factory=set)

    def begun(self, event: Event) -> tuple[UUID, str] | None:
        """The attempt and the channel that begins to sound with this event; once a call, however often it is told."""
        if event.name != EARLY_EVENT or event.get("DialStatus") not in _SOUNDS:
            return None
        attempt_id, channel = placed_id(event.get("DestUniqueid")), event.get("DestChannel")
        if attempt_id is None or attempt_id in self.attempts or trunk_of(channel) not in self.trunks:
            return None
        self.attempts.add(attempt_id)
        return attempt_id, channel

    def over(self, event: Event) -> UUID | None:
        """The attempt that is answered or has ended with this event."""
        answered = event.name == "Newstate" and event.get("ChannelStateDesc") == "Up"
        attempt_id = placed_id(event.get("Uniqueid")) if answered or event.name == "Hangup" else None
        if attempt_id is None or attempt_id not in self.attempts:
            return None
        self.attempts.discard(attempt_id)
        return attempt_id


class EarlyEar(LineEar[Early]):
    """On the lines of some trunks of one node, before their answer. `new_classifier`: whatever keeps `EarlyListener`."""

    def __init__(
        self,
        name: str,
        address: AmiAddress,
        new_classifier: Callable[[], EarlyListener],
        trunks: Collection[str],
        host: str = "127.0.0.1",
    ) -> None:
        patience = Patience(mute=RINGS_AT_MOST, longest=RINGS_AT_MOST)
        super().__init__(f"{name}-early-ear", address, "call", self._listener_for, _verdict, host, patience)
        self._lines = SoundingLines(trunks)
        self._new_classifier = new_classifier

    def on_lost(self, reason: str) -> None:
        """Who answers is not heard of any more: no line is listened to on the chance that nobody did."""
        del reason
        while self._lines.attempts:
            self._server.let_go(self._lines.attempts.pop())

    def on_event(self, event: Event) -> None:
        begun = self._lines.begun(event)
        if begun is not None:
            self._listen_to(*begun)
            return
        over = self._lines.over(event)
        if over is not None:
            self._server.let_go(over)

    def _listener_for(self, attempt_id: UUID) -> LineBeforeAnswer | None:
        # Whoever comes a moment after the answer finds itself unwanted.
        return LineBeforeAnswer(self._new_classifier()) if attempt_id in self._lines.attempts else None


def _verdict(attempt_id: UUID, early: Early) -> Verdict:
    return Verdict(attempt_id, None, early)
