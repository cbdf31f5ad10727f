"""One call played by its script, in a thread of its own; a call that ends ends the play at its next breath."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence

from rehearsal.sip.call import Call
from rehearsal.sip.media import Stream
from rehearsal.sip.script import ANSWERS, GoOn, HangUp, Listen, Press, Say, Script, Step, Tone, Wait
from rehearsal.sip.sound import FRAME, RATE, SILENCE, silence, tone
from rehearsal.sip.voice import Voice

_BREATH = 0.05
_GOES_ON_WITHIN = 5.0
_SENTENCE_READY_WITHIN = 25.0


class Performance:
    """`begin` returns at once. What is to be said is made while it still rings; `ask` is called where the script ends open,
    and `go_on` answers it.
    """

    def __init__(self, call: Call, script: Script, voice: Voice, ask: Callable[[], None]) -> None:
        self._call = call
        self._script = script
        self._voice = voice
        self._ask = ask
        self._answers: queue.SimpleQueue[tuple[Step, ...]] = queue.SimpleQueue()
        self._spoken: dict[Say, _Spoken] = {}
        self.failure = ""

    def begin(self) -> None:
        self._prepare(self._script.steps)
        threading.Thread(target=self._play, name="sip-resident", daemon=True).start()

    def go_on(self, steps: tuple[Step, ...]) -> None:
        self._answers.put(steps)

    def _prepare(self, steps: Sequence[Step]) -> None:
        new = [step for step in steps if isinstance(step, Say) and step not in self._spoken]
        if new:
            self._spoken |= {say: _Spoken() for say in new}
            threading.Thread(target=self._make_sentences, args=(new,), name="sip-voice", daemon=True).start()

    def _make_sentences(self, sentences: Sequence[Say]) -> None:
        for say in sentences:
            if self._call.ended.is_set():
                return
            self._spoken[say].sound = self._voice.speak(say)
            self._spoken[say].ready.set()

    def _play(self) -> None:
        try:
            if self._take_up():
                self._act_all(self._script.steps)
        except Exception as error:
            # Nobody sits at this phone: whatever goes wrong, the line is freed.
            self.failure = type(error).__name__
            self._call.hangup()

    def _act_all(self, steps: Sequence[Step]) -> None:
        for step in steps:
            if self._call.ended.is_set():
                return
            if isinstance(step, GoOn):
                self._act_all(self._told_to_go_on())
            else:
                self._act(step)

    def _told_to_go_on(self) -> tuple[Step, ...]:
        self._ask()
        try:
            steps = self._answers.get(timeout=_GOES_ON_WITHIN)
        except queue.Empty:
            return (HangUp(),)
        self._prepare(steps)
        return steps

    def _take_up(self) -> bool:
        """From the first ring to the answer; False where it comes to none."""
        call, script = self._call, self._script
        if not call.inbound:
            call.taken_up.wait()
            return not call.ended.is_set()
        if call.ended.wait(script.delay):
            return False
        if script.rings > 0:
            call.ring()
        if call.ended.wait(script.rings):
            return False
        if script.code != ANSWERS:
            call.refuse(script.code, script.cause)
            return False
        call.answer()
        return not call.ended.is_set()

    def _act(self, step: Wait | Say | Tone | Press | Listen | HangUp) -> None:
        stream = self._call.stream
        assert stream is not None
        match step:
            case Wait():
                self._call.ended.wait(step.seconds)
            case Say():
                spoken = self._spoken[step]
                spoken.ready.wait(_SENTENCE_READY_WITHIN)
                self._send(stream, spoken.sound)
            case Tone():
                self._send(stream, _sound_of(step))
            case Press():
                stream.press(step.keys)
                self._until_sent(stream, at_most=len(step.keys) * 1.0 + 1)
            case Listen():
                self._listen(stream, step)
            case HangUp():
                self._call.hangup()

    def _send(self, stream: Stream, sound: bytes) -> None:
        stream.write(sound)
        self._until_sent(stream, at_most=len(sound) / RATE * 1.5 + 1)

    def _until_sent(self, stream: Stream, at_most: float) -> None:
        deadline = time.monotonic() + at_most
        while stream.speaking and time.monotonic() < deadline and not self._call.ended.wait(_BREATH):
            pass

    def _listen(self, stream: Stream, step: Listen) -> None:
        deadline = time.monotonic() + step.at_most
        heard_before = stream.hearing.voiced_frames
        while time.monotonic() < deadline and not self._call.ended.wait(_BREATH):
            if stream.hearing.voiced_frames > heard_before and stream.quiet_seconds >= step.quiet:
                return


class _Spoken:
    def __init__(self) -> None:
        self.ready = threading.Event()
        self.sound = SILENCE * FRAME


def _sound_of(step: Tone) -> bytes:
    if step.off <= 0:
        return tone(step.hertz, step.seconds, step.dbfs)
    period = tone(step.hertz, step.on, step.dbfs) + silence(step.off)
    return (period * (int(step.seconds / (step.on + step.off)) + 1))[: round(step.seconds * RATE)]
