"""What a process of telephones is: the residents behind one trunk, or operators at their desks. Runs in the child."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from rehearsal.sip.call import Call, Change
from rehearsal.sip.media import Hearing, MediaPump
from rehearsal.sip.performing import Performance
from rehearsal.sip.phone import Phone
from rehearsal.sip.script import Script, from_plain, steps_from_plain
from rehearsal.sip.sound import tone
from rehearsal.sip.voice import Voice

Plain = dict[str, Any]
Tell = Callable[[Plain], None]
_ASKED_WITHIN = 5.0
_REGISTERED_WITHIN = 10.0
_TONE_SECONDS = 2.0


class Role(Protocol):
    """Takes commands, tells what happens; `tend` is called several times a second."""

    def start(self) -> Plain:
        """Switch everything on; what there is to know of it."""
        ...

    def obey(self, command: Mapping[str, Any]) -> None: ...

    def tend(self) -> None: ...

    def is_well(self) -> bool: ...

    def figures(self) -> Plain: ...

    def stop(self) -> None: ...


class Residents:
    """All telephones behind one trunk: whoever is called, and how, is asked of the process that started this one.

    Told: `rings` (answer with `play`), `asks` (answer with `go_on`), `answered`, `ended`. Obeyed also: `dial`, `hang_up`.
    """

    def __init__(self, terms: Mapping[str, Any], tell: Tell) -> None:
        self._tell = tell
        self.pump = MediaPump()
        root = terms.get("root")
        self._voice = Voice(Path(terms["voices"]), Path(root) if root else None)
        self._phone = Phone(
            (terms["node"][0], terms["node"][1]),
            (terms["own"][0], terms["own"][1]),
            self.pump,
            self._changed,
            username="residents",
            most_calls=terms["most_calls"],
            longest_call_seconds=terms["longest_call_seconds"],
        )
        self._names: dict[Call, str] = {}
        self._asked: dict[str, tuple[float, Call]] = {}
        self._plays: dict[str, Performance] = {}
        self._unanswered = 0
        self._answered = 0
        self._ended = 0

    def start(self) -> Plain:
        self._phone.start()
        return {"port": self._phone.address[1], "voice": self._voice.is_real}

    def _changed(self, call: Call, change: Change) -> None:
        if change is Change.RINGS_HERE:
            name = self._names[call] = uuid4().hex
            self._asked[name] = (time.monotonic() + _ASKED_WITHIN, call)
            self._tell(
                {"what": "rings", "call": name, "number": call.request.dialed, "caller": call.request.caller or ""}
            )
        elif change is Change.ANSWERED:
            self._answered += 1
            self._tell({"what": "answered", "call": self._names.get(call, ""), "at": call.answered_at})
        elif change is Change.ENDED:
            self._ended += 1
            name = self._names.pop(call, "")
            self._asked.pop(name, None)
            play = self._plays.pop(name, None)
            self._tell(end_of(call) | {"call": name, "failure": play.failure if play else ""})

    def obey(self, command: Mapping[str, Any]) -> None:
        match command["do"]:
            case "play":
                _, call = self._asked.pop(command["call"], (0.0, None))
                if call is not None:
                    self._play(call, command["call"], from_plain(command["script"]))
            case "dial":
                call = self._phone.call(command["to"], command["shown"])
                self._names[call] = command["call"]
                self._play(call, command["call"], from_plain(command["script"]))
            case "go_on":
                play = self._plays.get(command["call"])
                if play is not None:
                    play.go_on(steps_from_plain(command["steps"]))
            case "hang_up":
                for call, name in list(self._names.items()):
                    if name == command["call"]:
                        call.hangup()

    def _play(self, call: Call, name: str, script: Script) -> None:
        play = Performance(call, script, self._voice, lambda: self._tell({"what": "asks", "call": name}))
        self._plays[name] = play
        play.begin()

    def tend(self) -> None:
        """Whoever asks what to do and hears nothing is not at home."""
        now = time.monotonic()
        for name, (deadline, call) in list(self._asked.items()):
            if now > deadline:
                self._asked.pop(name, None)
                self._unanswered += 1
                call.refuse(480)

    def is_well(self) -> bool:
        return self._phone.sip.alive

    def figures(self) -> Plain:
        return {
            "live": len(self._phone.live_calls()),
            "answered": self._answered,
            "ended": self._ended,
            "no_room": self._phone.refused_for_want_of_room,
            "not_told_what_to_do": self._unanswered,
            "unreadable": self._phone.sip.unreadable,
            "failures": self._phone.failures + self.pump.failures,
            "skipped_steps": self.pump.skipped,
        }

    def stop(self) -> None:
        self._phone.stop()
        self.pump.close()


class Operators:
    """Operators without a head: each registers its line, takes up whatever rings, says a tone and counts what it hears."""

    def __init__(self, terms: Mapping[str, Any], tell: Tell) -> None:
        self._tell = tell
        self.pump = MediaPump()
        self._hertz = float(terms["hertz"])
        self._tone = tone(self._hertz, _TONE_SECONDS)
        self._phones = {
            line["name"]: Phone(
                (terms["node"][0], terms["node"][1]),
                (terms["own"], 0),
                self.pump,
                self._changed,
                line["name"],
                line["secret"],
                most_calls=1,
                longest_call_seconds=terms["longest_call_seconds"],
            )
            for line in terms["lines"]
        }
        self._answered = 0
        self._ended = 0

    def start(self) -> Plain:
        for phone in self._phones.values():
            phone.start()
            phone.sip.register(within=0)
        deadline = time.monotonic() + _REGISTERED_WITHIN
        while any(phone.sip.is_registering for phone in self._phones.values()) and time.monotonic() < deadline:
            time.sleep(0.02)
        missing = [name for name, phone in self._phones.items() if not phone.sip.registered.is_set()]
        return {"registered": len(self._phones) - len(missing), "missing": missing}

    def _changed(self, call: Call, change: Change) -> None:
        line = call.phone.username
        if change is Change.RINGS_HERE:
            call.answer()
        elif change is Change.ANSWERED:
            self._answered += 1
            self._tell({"what": "answered", "line": line, "at": call.answered_at})
        elif change is Change.KEY and call.stream is not None:
            self._tell({"what": "key", "line": line, "keys": call.stream.hearing.keys})
        elif change is Change.ENDED:
            self._ended += 1
            self._tell(end_of(call) | {"line": line})

    def obey(self, command: Mapping[str, Any]) -> None:
        phone = self._phones[command["line"]]
        for call in phone.live_calls():
            match command["do"]:
                case "hang_up":
                    call.hangup()
                case "press" if call.stream is not None:
                    call.stream.press(command["keys"])

    def tend(self) -> None:
        """Go on speaking."""
        for phone in self._phones.values():
            for call in phone.live_calls():
                if call.stream is not None and call.taken_up.is_set() and not call.stream.speaking:
                    call.stream.write(self._tone)

    def is_well(self) -> bool:
        return all(phone.sip.alive for phone in self._phones.values())

    def figures(self) -> Plain:
        phones = self._phones.values()
        return {
            "registered": sum(phone.sip.registered.is_set() for phone in phones),
            "live": sum(len(phone.live_calls()) for phone in phones),
            "answered": self._answered,
            "ended": self._ended,
            "failures": sum(phone.failures for phone in phones) + self.pump.failures,
            "skipped_steps": self.pump.skipped,
        }

    def stop(self) -> None:
        for phone in self._phones.values():
            phone.stop()
        self.pump.close()


ROLES: Mapping[str, Callable[[Mapping[str, Any], Tell], Role]] = {"residents": Residents, "operators": Operators}


def end_of(call: Call) -> Plain:
    """What there is to say of a call that is over."""
    stream = call.stream
    hearing = stream.hearing if stream is not None else Hearing()
    return {
        "what": "ended",
        "code": call.code,
        "cause": call.cause,
        "by_far_end": call.by_far_end,
        "answered_at": call.answered_at,
        "ended_at": call.ended_at,
        "sent": stream.sent if stream is not None else 0,
        "packets": hearing.packets,
        "lost": hearing.lost,
        "first_at": hearing.first_at,
        "first_voice_at": hearing.first_voice_at,
        "voiced_seconds": hearing.voiced_seconds,
        "level_dbfs": hearing.level_dbfs,
        "keys": hearing.keys,
    }
