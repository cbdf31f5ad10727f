"""What sounds before the answer, on a real Asterisk: all scenarios of `scenarios.toml` at once, and then nothing is left."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import psutil
import pytest

from dialer.asterisk.node.running import RunningNode
from tests.integration.dialer.asterisk_early.conftest import SCENARIOS
from tests.integration.dialer.asterisk_early.far_end import number_of
from tests.integration.dialer.asterisk_early.stage import Stage, channels
from tests.waiting import until

pytestmark = [pytest.mark.debian]

_RING_SECONDS = 15


def _number(name: str) -> str:
    return next(number_of(number) for number, each in enumerate(SCENARIOS) if each["name"] == name)


@dataclass(frozen=True)
class Told:
    """Of one call: what the ear said, what the carrier told; and how many channels listened to all calls at the most."""

    ears: list[str]
    books: list[str]


@pytest.fixture(scope="module")
def told(early_asterisk: RunningNode) -> dict[str, Told]:
    """Every scenario's call, placed together; when all are over nothing of them is left."""
    threads, files = threading.active_count(), psutil.Process().num_fds()
    stage = Stage(early_asterisk.node)
    try:
        attempts = {
            each["name"]: stage.dial(
                each.get("trunk", "early"), number_of(number), each.get("ring_seconds", _RING_SECONDS)
            )
            for number, each in enumerate(SCENARIOS)
        }
        until(lambda: [stage.ended(attempt_id) for attempt_id in attempts.values()], 40, all)
        until(lambda: channels(early_asterisk), 10, lambda left: not left)
        assert stage.aid.ear.lines == 0
        found = {
            name: Told(stage.ears(attempt_id), stage.books.words(attempt_id)) for name, attempt_id in attempts.items()
        }
    finally:
        stage.close()
    until(threading.active_count, 5, lambda now: now <= threads)
    until(psutil.Process().num_fds, 5, lambda now: now <= files)
    return found


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["name"])
def test_what_sounds_before_the_answer(scenario: dict[str, Any], told: dict[str, Told]) -> None:
    assert told[scenario["name"]] == Told(scenario["ears"], scenario["books"])


def test_an_engine_that_ends_leaves_no_listening_channel_and_the_telephone_rings_on(
    early_asterisk: RunningNode,
) -> None:
    stage = Stage(early_asterisk.node)
    try:
        stage.dial("early", _number("ring-back, and nobody answers"), _RING_SECONDS)
        until(lambda: stage.aid.said, 10)
        assert len(channels(early_asterisk, "AudioSocket/")) == 1
        (rings,) = channels(early_asterisk, "PJSIP/")
        # Whoever is called hears nothing of it: not one packet was sent.
        assert _sent(early_asterisk.console("pjsip show channelstats"), rings) == 0
    finally:
        stage.close()
    until(lambda: channels(early_asterisk, "AudioSocket/"), 10, lambda left: not left)
    assert channels(early_asterisk) == [rings]
    early_asterisk.console(f"channel request hangup {rings}")
    until(lambda: channels(early_asterisk), 10, lambda left: not left)


def test_who_answers_is_listened_to_no_longer(early_asterisk: RunningNode) -> None:
    stage = Stage(early_asterisk.node)
    try:
        attempt_id = stage.dial("early", _number("ring-back, then somebody answers"), _RING_SECONDS)
        until(lambda: channels(early_asterisk, "AudioSocket/"), 10)
        until(lambda: stage.books.words(attempt_id), 10, lambda words: "answered" in words)
        until(lambda: channels(early_asterisk, "AudioSocket/"), 10, lambda left: not left)
        (talks,) = channels(early_asterisk)
        early_asterisk.console(f"channel request hangup {talks}")
        until(lambda: stage.ended(attempt_id), 10)
    finally:
        stage.close()


def _sent(statistics: str, channel: str) -> int:
    """Packets transmitted on a channel: behind codec and the five figures of what was received."""
    line = next(line for line in statistics.splitlines() if channel.removeprefix("PJSIP/")[:18] in line)
    return int(line.split("ulaw")[1].split()[4])
