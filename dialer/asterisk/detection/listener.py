"""Listens to one answered line, frame by frame, and says what is there. Pure: its time is the number of frames it heard.

It speaks in at most two turns. The first is there 1.5 s after the answer: PERSON (somebody spoke shortly and waits; nobody
spoke; or we are not sure), FAX, or RECORDING_GUARD: a voice that speaks on as recordings do. Whether that is a machine, a
recorder phone whose bell will ring next, or a resident with much to say is not to be known yet (DOMAIN.md §2.9), so it is
awaited, and the second turn says: MACHINE after its beep or fifteen seconds of voice without a pause of 1.2 s, PERSON once
the voice stops early, or a voice or the bell comes after quiet: an operator who hears it ring is better than a silent line.
In the first turn a machine is never said.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from callflow.events import Detected
from dialer.asterisk.detection.forest import Forest
from dialer.asterisk.detection.sound import FRAME_SECONDS, Sound, level_db
from dialer.asterisk.detection.tones import Tone, ToneMeter
from dialer.asterisk.detection.voice import Span, spans, timing

_FIRST_LOOK = 20
_LOOKS_EVERY = 5
DECIDES_AT = 62
"""1.24 s of sound; the way from the line to here and on to the engine takes 0.1 to 0.25 s (docs/detection.md)."""
_WAITS = 25
"""Half a second without a voice after a short word: somebody waits for us."""
_SHORT_WORDS = 1.2
_SPOKE = 35
_SPOKE_LONG = 45
"""0.7 or 0.9 s of quiet end a resident's greeting; a machine's sentences mostly follow sooner, or its beep does."""
_A_WORD_OR_TWO = 2.5
_A_GREETING = 5.0
"""Seconds of voice; people's greetings are shorter, warnings of recorder phones longer."""
_A_PAUSE = 60
_BREATHLESS = 15.0
_AFTER_BEEP = 20
_A_WORD = 8
_QUIET_BEFORE = 5
_STANDS_OUT_DB = 6.0


class LineListener(Protocol):
    """What listens to one line. Another detector takes our place by keeping this."""

    def hear(self, frame: Sound) -> Detected | None:
        """Take 20 ms of sound; says something when there is something to say."""
        ...

    @property
    def done(self) -> bool:
        """Nothing more will be said."""
        ...


@dataclass(slots=True)
class Listener:
    """Our detector. `forest` judges the timing of a voice that still speaks when the first turn must be there."""

    forest: Forest
    said: Detected | None = None
    _levels: list[float] = field(default_factory=list)
    _tonal: list[bool] = field(default_factory=list)
    _meter: ToneMeter = field(default_factory=ToneMeter)
    _beeped_at: int | None = None
    _rang_at: int | None = None

    @property
    def done(self) -> bool:
        return self.said not in (None, Detected.RECORDING_GUARD)

    def hear(self, frame: Sound) -> Detected | None:
        if self.done:
            return None
        self._levels.append(level_db(frame))
        tone = self._meter.hear(frame)
        self._note(tone)
        found = self._first_turn(tone) if self.said is None else self._second_turn(tone)
        self.said = found or self.said
        return found

    @property
    def _heard(self) -> int:
        return len(self._levels)

    def _note(self, tone: Tone | None) -> None:
        self._tonal.append(self._meter.sounding)
        if self._meter.frames == 3:
            self._tonal[-3:] = [True] * min(3, len(self._tonal))
        if tone is None or not self._began_in_quiet():
            return
        if tone is Tone.BEEP:
            self._beeped_at = self._heard
        elif tone is Tone.CALL_TONE:
            self._rang_at = self._heard

    def _began_in_quiet(self) -> bool:
        """A long vowel can be as pure as a beep, but stands in the middle of a word."""
        begun = self._heard - self._meter.frames
        before = self._levels[max(0, begun - _QUIET_BEFORE) : begun]
        return not before or max(before) <= self._levels[-1] - _STANDS_OUT_DB

    def _first_turn(self, tone: Tone | None) -> Detected | None:
        if tone is Tone.FAX:
            return Detected.FAX
        if self._heard < DECIDES_AT and (self._heard < _FIRST_LOOK or self._heard % _LOOKS_EVERY):
            return None
        found = self._spans()
        if self._somebody_waits(found):
            return Detected.PERSON
        if self._heard < DECIDES_AT:
            return None
        if self._meter.sounding:
            # A tone that is not yet known: no person speaks like that.
            return Detected.RECORDING_GUARD
        recorded = bool(found) and self.forest.probability(timing(found, self._heard)) >= self.forest.threshold
        return Detected.RECORDING_GUARD if recorded else Detected.PERSON

    def _somebody_waits(self, found: list[Span]) -> bool:
        voice = sum(ends - begins for begins, ends in found) * FRAME_SECONDS
        return bool(found) and voice <= _SHORT_WORDS and self._heard - found[-1][1] >= _WAITS

    def _second_turn(self, tone: Tone | None) -> Detected | None:
        if tone is Tone.FAX:
            return Detected.FAX
        if self._heard % _LOOKS_EVERY:
            return None
        found = self._spans()
        if not found:
            return None
        quiet = self._heard - found[-1][1]
        if self._beeped_at is not None:
            return self._after_beep(found, self._beeped_at)
        if self._rang_at is not None or self._speaks_after_quiet(found):
            return Detected.PERSON
        voice = sum(ends - begins for begins, ends in found) * FRAME_SECONDS
        silent = not self._meter.sounding
        if silent and quiet >= (_SPOKE if voice <= _A_WORD_OR_TWO else _SPOKE_LONG) and voice <= _A_GREETING:
            return Detected.PERSON
        return Detected.MACHINE if voice >= _BREATHLESS else None

    def _after_beep(self, found: list[Span], beeped_at: int) -> Detected | None:
        """Quiet after the beep: the machine listens. A voice: it was none, and somebody is there."""
        if sum(ends - max(begins, beeped_at) for begins, ends in found if ends > beeped_at) >= _A_WORD:
            return Detected.PERSON
        return Detected.MACHINE if self._heard - beeped_at >= _AFTER_BEEP and not self._meter.sounding else None

    def _speaks_after_quiet(self, found: list[Span]) -> bool:
        begins, ends = found[-1]
        if len(found) < 2 or ends - begins < _A_WORD:
            return False
        return begins - found[-2][1] >= _A_PAUSE

    def _spans(self) -> list[Span]:
        return spans(self._levels, self._tonal)
