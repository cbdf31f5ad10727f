"""What is heard before the answer: the decision alone, on sounds put together here."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.asterisk.detection.early import Early, EarlySounds
from dialer.asterisk.detection.early_ear import LineBeforeAnswer, SoundingLines
from dialer.asterisk.detection.scenes import busy, ring_back, tone
from dialer.asterisk.detection.sound import RATE, Sound, frames_of, from_mulaw, samples, to_mulaw
from dialer.asterisk.node.node import EARLY_EVENT
from dialer.asterisk.wire import Event
from tests.unit.dialer.line_sounds import line, quiet, speech

RING_BACK, BUSY, VOICE, ANNOUNCEMENT = Early.RING_BACK, Early.BUSY, Early.VOICE, Early.ANNOUNCEMENT


def information_tone(gap: float = 0.0) -> Sound:
    """950, 1400, 1800 Hz, 330 ms each (ITU-T E.180/Q.35)."""
    return np.concatenate([part for hertz in (950, 1400, 1800) for part in (tone(hertz, 0.33), np.zeros(samples(gap)))])


def told(*parts: Sound) -> list[Early]:
    """Everything a line's ear says of these, one after the other, in the order it says it."""
    heard = LineBeforeAnswer(EarlySounds())
    said = (heard.hear(frame) for frame in frames_of(from_mulaw(to_mulaw(line(*parts)))))
    return [each for each in said if each is not None]


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ([0.3 * ring_back(3)], [RING_BACK]),
        ([0.3 * busy(4)], [BUSY]),
        ([speech(4)], [VOICE]),
        ([quiet(6)], []),
        ([0.3 * tone(400, 5)], []),  # 400 Hz without an end is no busy tone
        ([0.3 * np.concatenate([tone(400, 0.25), np.zeros(2_000)] * 8)], []),
        ([0.3 * tone(440, 0.5), quiet(0.5)] * 4, []),  # another country's
        ([0.3 * information_tone(), quiet(0.3), speech(2)], [ANNOUNCEMENT]),
        ([0.3 * information_tone(0.03), quiet(0.3), speech(2)], [ANNOUNCEMENT]),
        ([0.3 * tone(950, 0.33), quiet(0.5), 0.3 * tone(1400, 0.33), 0.3 * tone(1800, 0.33)], []),
        ([0.3 * tone(1800, 0.33), 0.3 * tone(1400, 0.33), 0.3 * tone(950, 0.33)], []),
        # The tone behind an announcement is its end, behind ring-back somebody's refusal or the end of a patience.
        ([speech(3), quiet(0.5), 0.3 * busy(5)], [VOICE]),
        ([0.3 * information_tone(), speech(2), 0.3 * busy(5)], [ANNOUNCEMENT]),
        ([0.3 * ring_back(2), 0.3 * busy(5)], [RING_BACK]),
        # What is said behind a tone counts: it was no talk that somebody else has.
        ([0.3 * busy(4), speech(3)], [BUSY, VOICE]),
        ([0.3 * ring_back(2), speech(3)], [RING_BACK, VOICE]),
    ],
)
def test_a_sound_and_what_is_said_of_it(parts: list[Sound], says: list[Early]) -> None:
    assert told(quiet(0.5), *parts, quiet(0.5)) == says


@settings(derandomize=True, max_examples=12, deadline=None)
@given(
    begins=st.floats(0, 1.0),
    level=st.floats(-30, -8),
    noise=st.floats(-75, -55),
    sound=st.sampled_from([(ring_back(2), {RING_BACK}), (busy(5), {BUSY})]),
)
def test_tones_are_known_wherever_listening_begins(
    begins: float, level: float, noise: float, sound: tuple[Sound, set[Early]]
) -> None:
    """The ear comes a moment late, on loud and faint lines."""
    tones, known = sound
    heard = tones[samples(begins) :] * 10 ** (level / 20)
    behind = np.random.default_rng(5).standard_normal(len(heard)) * 10 ** (noise / 20)
    assert set(told(heard + behind)) == known


@settings(derandomize=True, max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**31), level=st.floats(-60, -32))
def test_noise_is_nothing(seed: int, level: float) -> None:
    noise = np.random.default_rng(seed).standard_normal(5 * RATE) * 10 ** (level / 20)
    assert told(noise) == []


def test_an_ear_of_another_make_says_what_it_knows_once() -> None:
    class Knows:
        heard = Early.UNKNOWN

        def hear(self, frame: Sound) -> None:
            self.heard = Early.OUT_OF_REACH

    line_heard = LineBeforeAnswer(Knows())
    assert [line_heard.hear(np.zeros(160)) for _ in range(3)] == [Early.OUT_OF_REACH, None, None]
    assert not line_heard.done


CALL, LINE = UUID(int=9), "PJSIP/hikari-0000001a"


def on_its_way(status: str, uniqueid: str = str(CALL), channel: str = LINE) -> Event:
    return Event(EARLY_EVENT, {"DialStatus": status, "DestUniqueid": uniqueid, "DestChannel": channel})


def happens(name: str, state: str = "", uniqueid: str = str(CALL)) -> Event:
    return Event(name, {"Uniqueid": uniqueid, "ChannelStateDesc": state})


@pytest.mark.parametrize("status", ["RINGING", "PROGRESS"])
def test_a_call_that_begins_to_sound_is_listened_to_once(status: str) -> None:
    lines = SoundingLines({"hikari"})
    assert lines.begun(on_its_way(status)) == (CALL, LINE)
    assert [lines.begun(on_its_way(again)) for again in ("RINGING", "PROGRESS")] == [None, None]


@pytest.mark.parametrize(
    "event",
    [
        on_its_way("PROCEEDING"),
        on_its_way("PROGRESS", channel="PJSIP/deaf-0000001a"),
        on_its_way("PROGRESS", channel="AudioSocket/127.0.0.1:9019-x"),
        on_its_way("RINGING", uniqueid="node-1-1795360130.2", channel="PJSIP/op-1-0000001a"),
        happens("Newstate", "Ringing"),
        happens("Newchannel"),
    ],
)
def test_nothing_else_is_listened_to(event: Event) -> None:
    lines = SoundingLines({"hikari"})
    assert lines.begun(event) is None
    assert lines.over(event) is None
    assert not lines.attempts


@pytest.mark.parametrize("end", [happens("Newstate", "Up"), happens("Hangup")])
def test_it_is_over_with_the_answer_or_the_end_of_this_call(end: Event) -> None:
    lines = SoundingLines({"hikari"})
    lines.begun(on_its_way("PROGRESS"))
    others = [happens(end.name, end.get("ChannelStateDesc"), uniqueid=other) for other in (str(UUID(int=8)), "1.2")]
    assert [lines.over(other) for other in (*others, happens("Newstate", "Ringing"))] == [None, None, None]
    assert lines.over(end) == CALL
    assert lines.over(end) is None
    assert not lines.attempts
