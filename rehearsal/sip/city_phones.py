"""What the telephones of the synthetic city do: `rehearsal.ringing` and `rehearsal.people` turned into scripts."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from callflow.events import Detected
from casefile.clock import Clock
from rehearsal.city.model import Line, LineFate, SyntheticCity
from rehearsal.city.numbers import national, to_e164
from rehearsal.habits import Habits
from rehearsal.people import People, Words
from rehearsal.ringing import Beat, Story, story_of
from rehearsal.sip.residents import CallHome, Finished, SipResidents
from rehearsal.sip.script import (
    ANSWERS,
    FOREVER_SECONDS,
    GoOn,
    HangUp,
    Listen,
    Press,
    Say,
    Script,
    Step,
    Tone,
    Wait,
)
from rehearsal.sip.signalling import Address

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


class CityPhones:
    """The `Responder` of a whole city: the same seed rings, answers and says the same, whatever carries the call.

    `joined` tells, for a number, the 宛名番号 of whom an operator who is on the line asks for, or None while there is none;
    without it every caller is an operator who asks for whoever the number is on file for. `calls_home` gives the call-backs
    whose time has come by `clock`.
    """

    def __init__(
        self,
        city: SyntheticCity,
        people: People,
        habits: Habits,
        seed: int,
        clock: Clock,
        joined: Callable[[str], str | None] | None = None,
    ) -> None:
        self._city = city
        self._people = people
        self._habits = habits
        self._seed = seed
        self._clock = clock
        self._joined = joined
        self._rings: Counter[str] = Counter()
        self._turn = threading.Lock()
        self._filed = _on_file(city)
        self._came_to_the_phone: set[str] = set()
        self._called_home: dict[str, str] = {}
        self.talks: dict[str, Words] = {}
        """What the last conversation on each number (E.164) comes to, for robots who write it down."""

    def script_for(self, number: str, caller: str) -> Script:
        del caller
        e164 = _e164(number)
        now = self._clock.now()
        with self._turn:
            self._rings[e164] += 1
            rng = random.Random(f"{self._seed}:ring:{e164}:{self._rings[e164]}")
            line = self._city.lines.get(e164)
            habit = self._habits.of(line) if line else None
            chance = self._habits.answer_chance(line, now) if line else 0.0
            story = story_of(rng, line, habit, chance, _RINGS_AT_MOST)
            self._called_home.pop(e164, None)
            if any(beat.detected is Detected.PERSON for _, beat in story):
                self._came_to_the_phone.add(e164)
        return script_of(story, self._hello(line, rng), rng)

    def goes_on(self, number: str) -> tuple[Step, ...]:
        """Somebody speaks to the resident: an operator, or only the office's own announcement."""
        e164 = _e164(number)
        with self._turn:
            asked_for = self._filed.get(e164) if self._joined is None else self._joined(e164)
            if asked_for is None and self._joined is not None:
                return (Listen(quiet=2.0, at_most=15.0), HangUp())
            self._came_to_the_phone.discard(e164)
            words = self.talks[e164] = self._words(e164, asked_for)
        return _conversation(words, _manner(e164, self._seed))

    def finished(self, call: Finished) -> None:
        """Whoever missed a call, or heard only a tape, may ring back."""
        if not call.inbound:
            return
        e164 = _e164(call.number)
        with self._turn:
            waited = e164 in self._came_to_the_phone
            self._came_to_the_phone.discard(e164)
            if call.answered_at is None and call.code in (480, 487):
                self._people.missed_call(e164, self._clock.now())
            elif call.answered_at is not None and waited:
                self._people.missed_call(e164, self._clock.now(), "abandoned")

    def calls_home(self) -> Sequence[CallHome]:
        with self._turn:
            due = self._people.call_backs_until(self._clock.now())
            self._called_home |= {call.e164: call.addressee_no for call in due}
        # The menu is answered with 3: a person is wanted.
        steps = (Listen(quiet=1.0, at_most=20), Press("3"), Listen(quiet=0.8, at_most=120), GoOn())
        return [CallHome(shown=national(call.e164), script=Script(steps=steps)) for call in due]

    def caller_behind(self, e164: str) -> str | None:
        """宛名番号 of whoever rang the city last from this number (E.164), who says so when asked."""
        return self._called_home.get(e164)

    def _words(self, e164: str, asked_for: str | None) -> Words:
        now = self._clock.now()
        if e164 in self._called_home:
            return self._people.calls_himself(asked_for or self._called_home[e164], now)
        line = self._city.lines.get(e164) or Line(e164, LineFate.WRONG, False, (), False, False)
        return self._people.converse(line, asked_for, now)

    def _hello(self, line: Line | None, rng: random.Random) -> Say:
        """What is said on taking up, before anybody knows who calls."""
        owner = self._city.residents.get(line.owners[0]) if line and line.owners else None
        if owner is not None and owner.is_company:
            text = f"はい、{owner.name}でございます。"
        elif owner is not None and line is not None and line.fate is LineFate.RIGHT and rng.random() < 0.6:
            text = f"はい、{owner.name.split(' ')[0]}です。"
        else:
            text = rng.choice(("はい。", "もしもし。", "はい、もしもし。"))
        return Say(text, *_manner(line.e164 if line else "", self._seed))


def open_city_phones(
    phones: CityPhones, node: Address, own: Sequence[Address], voices: Path, root: Path | None, office_number: str
) -> SipResidents:
    """The telephones of a city behind the trunks of a node, switched on: `stop()` and `figures()` are theirs.

    Raises PhonesNotStarted, in Japanese.
    """
    residents = SipResidents(node, own, phones, voices, root, office_number=office_number)
    residents.start()
    return residents


def script_of(story: Story, hello: Say, rng: random.Random) -> Script:
    """A story's beats as what a telephone does. `hello` is what a person says who comes to it."""
    times = {beat.what: at for at, beat in story}
    delay = times.get("ring", 0.0)
    last_at, last = story[-1]
    if "answer" not in times:
        if last.cause == _NOBODY_COMES:
            return Script(delay=delay, rings=FOREVER_SECONDS, code=_CODES[last.cause])
        cause = int(last.cause) if last.cause.isdigit() else None
        return Script(delay=last_at, rings=0.0, code=_CODES.get(last.cause, 480), cause=cause)
    rings = times["answer"] - delay
    return Script(delay=delay, rings=rings, code=ANSWERS, steps=_after_the_answer(story, hello, rng))


def _after_the_answer(story: Story, hello: Say, rng: random.Random) -> tuple[Step, ...]:
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
                # Who takes up the telephone says so, and then it is the caller's turn.
                wait = Wait(round(rng.uniform(0.3, 1.0), 2))
                steps += (wait, hello, Listen(quiet=0.8, at_most=12.0), GoOn())
    return steps


def _guard(story: Story, heard: Sequence[Beat]) -> tuple[Step, ...]:
    """It warns, then rings the bell inside the house: to the caller 400 Hz, one second on, two off."""
    last_at = story[-1][0]
    answered = next(at for at, beat in story if beat.what == "answer")
    bell = Tone(400, max(4.0, last_at - answered - 8.0), on=1.0, off=2.0, dbfs=-20)
    somebody = any(beat.detected is Detected.PERSON for beat in heard)
    return (Wait(0.3), Say(_GUARD), bell) if somebody else (Wait(0.3), Say(_GUARD), bell, HangUp())


def _conversation(words: Words, manner: tuple[float, float]) -> tuple[Step, ...]:
    """Turn by turn after the hello: a sentence, then the operator's turn."""
    steps: tuple[Step, ...] = ()
    for sentence in words.spoken[1:]:
        steps += (Say(sentence, *manner), Listen(quiet=0.8, at_most=12.0))
    if words.resident_ends:
        return (*steps, Wait(1.0), HangUp())
    # The operator ends it; a resident left alone rings off.
    return (*steps, Wait(words.talk_seconds + 60.0), HangUp())


def _manner(e164: str, seed: int) -> tuple[float, float]:
    """How somebody speaks, always the same: speed, and half tones above or below the voice."""
    rng = random.Random(f"{seed}:voice:{e164}")
    return round(rng.uniform(0.85, 1.1), 2), round(rng.uniform(-3.0, 4.0), 1)


def _e164(number: str) -> str:
    return number if number.startswith("+") or not number else to_e164(number)


def _on_file(city: SyntheticCity) -> dict[str, str]:
    filed: dict[str, str] = {}
    for no, resident in city.residents.items():
        for phone in resident.phones:
            if phone.e164 and (phone.e164 not in filed or no in city.debts):
                filed[phone.e164] = no
    return filed
