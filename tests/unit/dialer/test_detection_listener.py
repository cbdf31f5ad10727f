"""What the listener says of lines put together from tones, noise and speech-like sound; no voice is needed for these."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callflow.events import Detected
from dialer.asterisk.detection.audiosocket import listening_in
from dialer.asterisk.detection.forest import Forest, grow, load, save
from dialer.asterisk.detection.judging import Judgement, Share, Turn, judge
from dialer.asterisk.detection.listener import DECIDES_AT, Listener
from dialer.asterisk.detection.policy import HEARD_WITHIN_SECONDS
from dialer.asterisk.detection.scenes import Scene, ring_back, tone
from dialer.asterisk.detection.sound import FRAME_SECONDS, RATE, Sound, samples
from dialer.asterisk.detection.voice import FEATURES, spans, timing
from tests.unit.dialer.line_sounds import a_tone, line, quiet, speech

AWAITS = Forest((), 0.0, 0.0, {})
NEVER_AWAITS = Forest((), 0.0, 2.0, {})
PERSON, MACHINE, FAX, GUARD = Detected.PERSON, Detected.MACHINE, Detected.FAX, Detected.RECORDING_GUARD


def turns(sound: Sound, forest: Forest = AWAITS) -> list[tuple[Detected, float]]:
    judged = judge(Scene("person", sound, 0.0), Listener(forest))
    return [(turn.said, round(turn.at, 2)) for turn in judged.turns]


@pytest.mark.parametrize("word", [0.25, 0.4, 0.5])
def test_a_short_word_and_quiet_is_a_person_before_the_time_is_up(word: float) -> None:
    [(said, at)] = turns(line(quiet(0.2), speech(word), quiet(3)))
    assert said is PERSON
    assert at < 0.2 + word + 0.8


def test_silence_is_a_person_who_waits() -> None:
    assert turns(quiet(4)) == [(PERSON, round(DECIDES_AT * FRAME_SECONDS, 2))]


def test_who_is_uncertain_goes_to_a_person() -> None:
    [(said, at)] = turns(line(quiet(0.1), speech(8), quiet(1)), NEVER_AWAITS)
    assert said is PERSON
    assert at <= HEARD_WITHIN_SECONDS


@pytest.mark.parametrize("greeting", [1.6, 2.4, 4.0])
def test_a_resident_with_a_long_greeting_is_a_person_soon_after_it(greeting: float) -> None:
    (first, at), (last, then) = turns(line(quiet(0.1), speech(greeting), quiet(2.5)))
    assert (first, last) == (GUARD, PERSON)
    assert at <= HEARD_WITHIN_SECONDS
    assert 0 < then - (greeting + 0.1) < 1.2


def test_a_machine_is_known_by_its_beep() -> None:
    (first, _), (last, then) = turns(line(quiet(0.3), speech(6), quiet(0.4), 0.3 * tone(1_000, 0.5), quiet(3)))
    assert (first, last) == (GUARD, MACHINE)
    assert then < 7.2 + 0.8


def test_a_voice_after_the_beep_is_a_person() -> None:
    *_, (last, _) = turns(line(quiet(0.3), speech(6), quiet(0.4), 0.3 * tone(1_000, 0.3), speech(0.6), quiet(1)))
    assert last is PERSON


def test_a_recorder_phone_is_awaited_until_its_bell() -> None:
    (first, _), (last, then) = turns(line(quiet(0.3), speech(7), quiet(0.6), 0.3 * ring_back(2), speech(0.5), quiet(1)))
    assert (first, last) == (GUARD, PERSON)
    assert then > 7.9


def test_a_recorder_phone_whose_bell_is_not_heard_is_awaited_until_somebody_speaks() -> None:
    (first, _), (last, then) = turns(line(quiet(0.3), speech(7), quiet(6), speech(0.5), quiet(1)))
    assert (first, last) == (GUARD, PERSON)
    assert 13.3 < then < 14.2


def test_a_recording_that_never_breathes_is_a_machine() -> None:
    *_, (last, at) = turns(line(quiet(0.3), speech(17)))
    assert last is MACHINE
    assert at >= 15


@pytest.mark.parametrize("hertz", [1_100, 2_100])
def test_a_fax_is_known_within_half_a_second_of_its_tone(hertz: float) -> None:
    [(said, at)] = turns(line(quiet(0.3), 0.3 * tone(hertz, 2.6)))
    assert said is FAX
    assert at < 0.8


@settings(derandomize=True, max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["speech", "quiet", "tone"]), st.floats(0.1, 1.5)), min_size=1, max_size=8),
    st.floats(0, 1),
)
def test_whatever_is_heard_the_first_turn_is_in_time_and_the_last_word_is_one(
    parts: list[tuple[str, float]], threshold: float
) -> None:
    made = {"speech": speech, "quiet": quiet, "tone": a_tone}
    sound = line(*(made[kind](seconds) for kind, seconds in parts), quiet(HEARD_WITHIN_SECONDS))
    told = turns(sound, Forest((), 0.0, threshold, {}))
    assert told[0][1] <= HEARD_WITHIN_SECONDS
    assert len(told) <= 2
    assert all(said is GUARD for said, _ in told[:-1])
    # Nobody is called a machine in the first turn, whatever the forest believes.
    assert told[0][0] is not MACHINE


def test_noise_that_swells_is_no_voice() -> None:
    noise = np.random.default_rng(3).standard_normal(samples(6)) * 0.03
    swelling = noise * (1 + 0.5 * np.sin(2 * np.pi * 0.4 * np.arange(len(noise)) / RATE))
    assert turns(np.asarray(swelling)) == [(PERSON, round(DECIDES_AT * FRAME_SECONDS, 2))]


def test_timing_counts_voices_and_pauses_in_seconds() -> None:
    found = dict(zip(FEATURES, timing([(10, 30), (50, 60)], 100), strict=True))
    assert found["silence_before_voice"] == pytest.approx(0.2)
    assert found["voice_total"] == pytest.approx(0.6)
    assert found["voice_share"] == pytest.approx(30 / 90)
    assert (found["voices"], found["pauses"]) == (2, 1)
    assert found["first_pause"] == pytest.approx(0.4)
    assert found["silence_at_end"] == pytest.approx(0.8)


def test_a_closed_consonant_does_not_part_a_voice() -> None:
    levels = [-70.0] * 20 + [-20.0] * 10 + [-70.0] * 7 + [-20.0] * 10 + [-70.0] * 20
    assert spans(levels, [False] * len(levels)) == [(20, 47)]


def test_the_forest_learns_what_parts_the_rows_and_is_the_same_after_saving(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    table = rng.random((400, len(FEATURES)))
    trees, prior = grow(table, table[:, 4] > 0.5)
    forest = Forest(trees, prior, 0.5, {"seed": 5})
    long, short = np.full(len(FEATURES), 0.5), np.full(len(FEATURES), 0.5)
    long[4], short[4] = 0.9, 0.1
    assert forest.probability(long) > 0.95
    assert forest.probability(short) < 0.05
    save(forest, tmp_path / "model.json")
    assert load(tmp_path / "model.json") == forest


def test_the_forest_that_comes_with_the_program_fits_the_features() -> None:
    forest = load()
    assert 0 < forest.threshold <= 1
    assert forest.trees


def test_people_are_wronged_by_a_machine_said_and_by_waiting_too_long() -> None:
    person = Scene("person", quiet(1), 2.0)
    awaited = Turn(GUARD, 1.4)
    assert Judgement(person, (Turn(MACHINE, 1.4),)).wronged
    assert Judgement(person, (awaited,)).wronged
    assert Judgement(person, (awaited, Turn(PERSON, 3.6))).wronged
    assert not Judgement(person, (awaited, Turn(PERSON, 2.8))).wronged
    # Said nothing: the engine takes whoever is there for a person.
    assert not Judgement(person, ()).wronged


def test_the_interval_is_clopper_and_pearsons() -> None:
    assert Share(0, 1_000).upper == pytest.approx(0.003682, abs=1e-5)
    assert (Share(5, 100).lower, Share(5, 100).upper) == pytest.approx((0.01643, 0.11284), abs=1e-4)
    assert Share(3, 3).upper == 1


def test_the_channel_that_listens_hears_the_resident_alone_and_says_nothing() -> None:
    asked = listening_in(UUID(int=5), "PJSIP/hikari-0000001a", "127.0.0.1:9019")
    assert asked["Channel"] == f"AudioSocket/127.0.0.1:9019/{UUID(int=5)}"
    assert asked["Data"] == "PJSIP/hikari-0000001a,qoSE"
