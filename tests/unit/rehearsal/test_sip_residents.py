"""The residents' telephones as their owner holds them: what fails on the way ends neither the owner's care nor outlives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from rehearsal.sip import residents as of_residents
from rehearsal.sip import voice as of_voice
from rehearsal.sip.residents import CallHome, Finished, SipResidents
from rehearsal.sip.script import Say, Script, Step
from rehearsal.sip.voice import Voice, babble
from tests.waiting import until

NODE = ("127.0.0.1", 5060)


class AtHome:
    """A responder who fails once to say who calls."""

    def __init__(self) -> None:
        self.asked = 0

    def script_for(self, number: str, caller: str) -> Script:
        raise NotImplementedError

    def goes_on(self, number: str) -> tuple[Step, ...]:
        raise NotImplementedError

    def finished(self, call: Finished) -> None:
        raise NotImplementedError

    def calls_home(self) -> Sequence[CallHome]:
        self.asked += 1
        if self.asked == 1:
            raise LookupError("the city's book is closed")
        return ()


def test_who_fails_to_say_who_calls_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_residents, "_LOOKS_EVERY", 0.01)
    home = AtHome()
    residents = SipResidents(NODE, [], home, tmp_path)
    residents.start()
    try:
        until(lambda: home.asked, fits=lambda asked: asked > 1)
    finally:
        residents.stop()
    assert residents.figures()["failures"] == 1


def test_telephones_that_come_up_while_all_are_switched_off_are_switched_off_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    switched_off: list[int] = []
    lost: list[Callable[[str], None]] = []

    class Process:
        """Telephones without a process."""

        figures: Mapping[str, int] = MappingProxyType({})

        def __init__(self, terms: object, told: object, tell_lost: Callable[[str], None]) -> None:
            lost.append(tell_lost)
            self.number = len(lost)

        def start(self) -> dict[str, Any]:
            if self.number == 2:
                # The owner has had enough in this very moment: he knows of the first one only.
                residents._closing.set()
            return {"port": 5070, "voice": False}

        def stop(self) -> None:
            switched_off.append(self.number)

    monkeypatch.setattr(of_residents, "PhoneProcess", Process)
    residents = SipResidents(NODE, [("127.0.0.2", 0)], AtHome(), tmp_path)
    residents.start()
    lost[0]("gone")
    assert switched_off == [2]
    residents.stop()


def test_a_sentence_there_was_no_time_for_is_spoken_another_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    say = Say("はい、もしもし。")
    monkeypatch.setattr(of_voice, "_own_voice", lambda: ("false",))
    assert Voice(tmp_path).speak(say) == babble(say.text)
    monkeypatch.setattr(of_voice, "_own_voice", lambda: ("echo",))
    spoken = Voice(tmp_path).speak(say)
    assert spoken != babble(say.text)
    monkeypatch.setattr(of_voice, "_own_voice", lambda: ("false",))
    assert Voice(tmp_path).speak(say) == spoken
