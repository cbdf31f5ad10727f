"""What the telephones of the synthetic city do: `rehearsal.ringing` and `rehearsal.people` turned into scripts."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from callflow.events import Detected
from casefile.clock import Clock
from rehearsal.city.model import Line, SyntheticCity
from rehearsal.city.numbers import national, to_e164
from rehearsal.habits import Habits
from rehearsal.people import People, Words
from rehearsal.ringing import Beat, Story, story_of
from rehearsal.sip.residents import CallHome, Finished
from rehearsal.sip.script import (
    ANSWERS,
    FOREVER_SECONDS,
    HangUp,
    Listen,
    Press,
    Say,
    Script,
    Step,
    Tone,
    Wait,
)

# What a telephone network answers for a cause (Q.850 → SIP, RFC 3398 §7.2.4.1; 18–20 as the trunks' table reads them).
_CODES = {"1": 404, "17": 486, "19": 480, "20": 480, "21": 603, "22": 410, "34": 503}
_NOBODY_COMES = "19"
_RINGS_AT_MOST = 60
_NOT_IN_USE = "おかけになった電話番号は、現在使われておりません。番号をお確かめになって、おかけ直しください。"
_CHANGED = "おかけになった電話番号は、変更されております。番号をお確かめになって、おかけ直しください。"
_SUSPENDED = "おかけになった電話は、お客様のご都合により、おつなぎできません。"
_ANNOUNCEMENTS = {"05": _NOT_IN_USE, "06": _CHANGED, "09": _SUSPENDED}
_GREETINGS = (
    "ただいま、電話に出ることができません。発信音のあとに、お名前とご用件をお話しください。",
    "はい、留守番電話です。ただいま出かけております。ピーという音のあとに、メッセージをどうぞ。",
)
_GUARD = "この通話は、迷惑電話防止のため、録音されます。おつなぎするまで、しばらくお待ちください。"
_SILENT = "…"


class CityPhones:
    """The `Responder` of a whole city: the same seed rings, answers and says the same, whatever carries the call.

    `calls_home` gives the call-backs whose time has come by `clock`. `asked_for` names whom the operator asks for on a
    number where that is known; otherwise whoever the number is on file for.
    """

    def __init__(self, city: SyntheticCity, people: People, habits: Habits, seed: int, clock: Clock) -> None:
        self._city = city
        self._people = people
        self._habits = habits
        self._seed = seed
        self._clock = clock
        self._rings: Counter[str] = Counter()
        self._turn = threading.Lock()
        self._filed = _on_file(city)
        self.talks: dict[str, Words] = {}
        """What the last conversation on each number comes to, for robots who write it down."""

    def script_for(self, number: str, caller: str) -> Script:
        del caller
        e164 = number if number.startswith("+") else to_e164(number)
        now = self._clock.now()
        with self._turn:
            self._rings[e164] += 1
            rng = random.Random(f"{self._seed}:ring:{e164}:{self._rings[e164]}")
            line = self._city.lines.get(e164)
            habit = self._habits.of(line) if line else None
            chance = self._habits.answer_chance(line, now) if line else 0.0
            story = story_of(rng, line, habit, chance, _RINGS_AT_MOST)
            words = self._words(line, e164, now) if line and _somebody_comes(story) else None
            if words is not None:
                self.talks[e164] = words
        return script_of(story, words, rng)

    def finished(self, call: Finished) -> None:
        """Whoever missed a call, or heard only a tape, may ring back."""
        if not call.inbound:
            return
        e164 = call.number if call.number.startswith("+") else to_e164(call.number)
        with self._turn:
            if call.answered_at is None and call.code in (480, 487):
                self._people.missed_call(e164, self._clock.now())

    def calls_home(self) -> Sequence[CallHome]:
        now = self._clock.now()
        with self._turn:
            due = self._people.call_backs_until(now)
            return [self._call_home(call.e164, call.addressee_no, now) for call in due]

    def _call_home(self, e164: str, addressee_no: str, now: datetime) -> CallHome:
        words = self._people.calls_himself(addressee_no, now)
        self.talks[e164] = words
        manner = random.Random(f"{self._seed}:home:{e164}")
        # The menu is answered with 3: a person is wanted.
        steps = (Listen(quiet=1.0, at_most=20), Press("3"), *_conversation(words, manner))
        return CallHome(shown=national(e164), script=Script(steps=steps))

    def _words(self, line: Line, e164: str, now: datetime) -> Words:
        return self._people.converse(line, self._filed.get(e164), now)


def script_of(story: Story, words: Words | None, rng: random.Random) -> Script:
    """A story's beats as what a telephone does. `words` is what a person says, where one comes to the phone."""
    times = {beat.what: at for at, beat in story}
    delay = times.get("ring", 0.0)
    last_at, last = story[-1]
    if "answer" not in times:
        if last.cause == _NOBODY_COMES:
            return Script(delay=delay, rings=FOREVER_SECONDS, code=_CODES[last.cause])
        cause = int(last.cause) if last.cause.isdigit() else None
        return Script(delay=last_at, rings=0.0, code=_CODES.get(last.cause, 480), cause=cause)
    rings = times["answer"] - delay
    return Script(delay=delay, rings=rings, code=ANSWERS, steps=_after_the_answer(story, words, rng))


def _after_the_answer(story: Story, words: Words | None, rng: random.Random) -> tuple[Step, ...]:
    heard = [beat for _, beat in story if beat.what == "heard"]
    steps: tuple[Step, ...] = ()
    for beat in heard:
        match beat.detected:
            case Detected.FAX:
                # CED: 2100 Hz for three seconds (ITU-T T.30).
                steps += (Tone(2100, 3.3), Wait(30), HangUp())
            case Detected.ANNOUNCEMENT:
                text = _ANNOUNCEMENTS.get(beat.result or "", _NOT_IN_USE)
                steps += (Say(text), Wait(1), Say(text), HangUp())
            case Detected.MACHINE:
                steps += (Wait(0.6), Say(rng.choice(_GREETINGS)), Tone(1000, 0.5), Wait(60), HangUp())
            case Detected.RECORDING_GUARD:
                steps += _guard(story, heard)
            case Detected.PERSON:
                steps += _conversation(words, rng)
    return steps


def _guard(story: Story, heard: Sequence[Beat]) -> tuple[Step, ...]:
    """It warns, then rings the bell inside the house: to the caller 400 Hz, one second on, two off."""
    last_at = story[-1][0]
    answered = next(at for at, beat in story if beat.what == "answer")
    bell = Tone(400, max(4.0, last_at - answered - 8.0), on=1.0, off=2.0, dbfs=-20)
    somebody = any(beat.detected is Detected.PERSON for beat in heard)
    return (Wait(0.3), Say(_GUARD), bell) if somebody else (Wait(0.3), Say(_GUARD), bell, HangUp())


def _conversation(words: Words | None, rng: random.Random) -> tuple[Step, ...]:
    """Turn by turn: a sentence, then the operator's turn."""
    manner = (round(rng.uniform(0.85, 1.1), 2), round(rng.uniform(-3.0, 4.0), 1))
    said = words.spoken if words is not None else ("はい。", "もしもし。")
    steps: tuple[Step, ...] = (Wait(round(rng.uniform(0.3, 1.0), 2)),)
    for sentence in said:
        if not sentence.startswith(_SILENT):
            steps += (Say(sentence, *manner),)
        steps += (Listen(quiet=0.8, at_most=12.0),)
    if words is None or words.resident_ends:
        return (*steps, Wait(1.0), HangUp())
    # The operator ends it; a resident left alone rings off.
    return (*steps, Wait(words.talk_seconds + 60.0), HangUp())


def _somebody_comes(story: Story) -> bool:
    return any(beat.detected is Detected.PERSON for _, beat in story)


def _on_file(city: SyntheticCity) -> dict[str, str]:
    filed: dict[str, str] = {}
    for no, resident in city.residents.items():
        for phone in resident.phones:
            if phone.e164 and (phone.e164 not in filed or no in city.debts):
                filed[phone.e164] = no
    return filed
