"""What the synthetic city's telephones do on a real line is what they do in the rehearsal."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from callflow.events import Detected
from casefile.clock import SystemClock
from rehearsal.city import CityPlan, build_city
from rehearsal.city.model import LineFate, SyntheticCity
from rehearsal.city.numbers import national
from rehearsal.habits import Habits
from rehearsal.people import People
from rehearsal.ringing import Beat, Story
from rehearsal.sip.city_phones import CityPhones, script_of
from rehearsal.sip.residents import Finished
from rehearsal.sip.script import FOREVER_SECONDS, GoOn, HangUp, Listen, Say, Script, Tone

NOON = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


class Moving(SystemClock):
    def __init__(self) -> None:
        self.moment = NOON

    def now(self) -> datetime:
        return self.moment


class Standing(SystemClock):
    def now(self) -> datetime:
        return NOON


@pytest.fixture(scope="module")
def city() -> SyntheticCity:
    return build_city(CityPlan(seed=3, households=120))


@pytest.fixture
def phones(city: SyntheticCity) -> CityPhones:
    return CityPhones(city, People(city, 3), Habits(city, 3), 3, Standing())


def played(story: Story) -> Script:
    return script_of(story, Say("はい。"), random.Random(1))


@pytest.mark.parametrize(
    ("cause", "result", "code"),
    [("17", "02", 486), ("1", "05", 404), ("22", "06", 410), ("21", "08", 603), ("34", "12", 503), ("20", "07", 480)],
)
def test_what_the_network_says_is_said_in_sip(cause: str, result: str, code: int) -> None:
    script = played([(2.5, Beat("end", cause=cause, result=result))])
    assert (script.code, script.cause, script.delay, script.rings) == (code, int(cause), 2.5, 0.0)


def test_nobody_at_home_lets_it_ring() -> None:
    script = played([(2.0, Beat("ring")), (32.0, Beat("end", cause="19", result="03"))])
    assert (script.delay, script.rings) == (2.0, FOREVER_SECONDS)


def test_a_machine_greets_beeps_and_listens() -> None:
    beats = [(2.0, Beat("ring")), (17.0, Beat("answer")), (18.0, Beat("heard", Detected.MACHINE, result="04"))]
    script = played([*beats, (77.0, Beat("end", cause="16", by_resident=True))])
    assert (script.rings, script.code) == (15.0, 200)
    kinds = [type(step) for step in script.steps]
    assert kinds.index(Say) < kinds.index(Tone) < kinds.index(HangUp)


@pytest.mark.parametrize("somebody", [True, False])
def test_the_recorder_speaks_first_and_then_rings(somebody: bool) -> None:
    beats = [(2.0, Beat("ring")), (3.0, Beat("answer")), (4.0, Beat("heard", Detected.RECORDING_GUARD))]
    end = (15.0, Beat("heard", Detected.PERSON)) if somebody else (31.0, Beat("end", cause="16", result="14"))
    steps = played([*beats, end]).steps
    warning, bell = next(step for step in steps if isinstance(step, Say)), next(s for s in steps if isinstance(s, Tone))
    assert "録音" in warning.text
    assert (bell.hertz, bell.on, bell.off) == (400, 1.0, 2.0)
    assert (GoOn() in steps) is somebody


def test_every_number_of_the_city_has_something_to_do_and_the_same_each_time(city: SyntheticCity) -> None:
    def scripts() -> list[Script]:
        phones = CityPhones(city, People(city, 3), Habits(city, 3), 3, Standing())
        return [phones.script_for(national(e164), "0300000000") for e164 in sorted(city.lines)]

    once = scripts()
    assert once == scripts()
    assert {script.code for script in once} >= {200, 404}
    assert any(script.rings == FOREVER_SECONDS for script in once)
    spoken = [step.text for script in once for step in script.steps if isinstance(step, Say)]
    assert any("です" in text for text in spoken)


def test_a_number_that_belongs_to_nobody_is_dead(phones: CityPhones) -> None:
    codes = {phones.script_for("09009999999", "").code for _ in range(20)}
    assert codes <= {404, 200, 503}


def test_who_missed_a_call_may_ring_back(city: SyntheticCity, phones: CityPhones) -> None:
    people = People(city, 3)
    phones = CityPhones(city, people, Habits(city, 3), 3, Standing())
    for e164, line in city.lines.items():
        if line.fate is LineFate.RIGHT:
            end = Finished(national(e164), True, 487, None, True, None, 0.0, 0.0, -90.0, 0, 0, "")
            phones.finished(end)
    planned = people.next_call_back()
    assert planned is not None
    assert planned > NOON
    assert phones.calls_home() == []


def _answered(phones: CityPhones, city: SyntheticCity) -> str:
    """A number on which a person comes to the phone now."""
    for e164 in sorted(city.lines):
        for _ in range(5):
            if GoOn() in phones.script_for(national(e164), "").steps and city.lines[e164].fate is LineFate.RIGHT:
                return e164
    raise AssertionError("nobody is at home in the whole city")


def test_an_operator_on_the_line_is_spoken_to_and_a_tape_is_not(city: SyntheticCity) -> None:
    asked: dict[str, str | None] = {}
    people = People(city, 3)
    phones = CityPhones(city, people, Habits(city, 3), 3, Standing(), joined=asked.get)
    e164 = _answered(phones, city)
    assert [type(step) for step in phones.goes_on(national(e164))] == [Listen, HangUp]
    assert phones.talks == {}
    asked[e164] = city.lines[e164].owners[0]
    steps = phones.goes_on(national(e164))
    said = [step.text for step in steps if isinstance(step, Say)]
    assert said == list(phones.talks[e164].spoken[1:])
    assert isinstance(steps[-1], HangUp)
    assert phones.talks[e164].speaker_no in (*city.lines[e164].owners, None)


def test_who_calls_back_speaks_of_himself(city: SyntheticCity) -> None:
    people = People(city, 3)
    clock = Moving()
    phones = CityPhones(city, people, Habits(city, 3), 3, clock)
    for e164, line in sorted(city.lines.items()):
        if line.fate is LineFate.RIGHT:
            phones.finished(Finished(national(e164), True, 487, None, True, None, 0.0, 0.0, -90.0, 0, 0, ""))
    clock.moment += timedelta(days=3)
    calls = phones.calls_home()
    assert calls
    assert calls[0].script.steps[-1] == GoOn()
    assert phones.goes_on(calls[0].shown)
    (words,) = phones.talks.values()
    assert words.speaker_no is not None
