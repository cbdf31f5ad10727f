"""The quick version of `tsunagaru bench detection`: few scenes, the same judgement."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest

from callflow.events import Detected
from dialer.asterisk.detection.forest import load
from dialer.asterisk.detection.judging import judge_all
from dialer.asterisk.detection.listener import Listener
from dialer.asterisk.detection.policy import HEARD_WITHIN_SECONDS
from dialer.asterisk.detection.scenes import scenes
from dialer.asterisk.detection.sound import from_mulaw, to_mulaw
from dialer.asterisk.detection.speech import sentences, speak
from tsunagaru.commands import bench_detection

pytestmark = [pytest.mark.debian]

COUNTS = {"person": 40, "silent": 10, "machine": 20, "guard": 10, "announcement": 4, "fax": 8}


def test_nobody_is_lost_and_no_recorder_phone_is_hung_up_on(detection_root: Path) -> None:
    forest = load()
    judged = judge_all(scenes(speak(detection_root, sentences("held_out")), COUNTS, 21), lambda: Listener(forest))
    assert not [each.scene.kind for each in judged if each.wronged or each.lost_guard]
    assert all(each.turns[0].at <= HEARD_WITHIN_SECONDS for each in judged)
    assert all(each.first is Detected.FAX for each in judged if each.scene.kind == "fax")
    # It is of use as well: most machines and recorder phones are not taken for a person at once.
    awaited = [each.first is not Detected.PERSON for each in judged if each.scene.kind in ("machine", "guard")]
    assert sum(awaited) > len(awaited) / 2


def test_the_same_seed_makes_the_same_scenes_of_sound_a_telephone_line_carries(detection_root: Path) -> None:
    said = speak(detection_root, sentences("held_out"))
    counts = {"person": 2, "machine": 1, "guard": 1, "fax": 1}
    first, again, other = (scenes(said, counts, seed) for seed in (5, 5, 6))
    assert all(np.array_equal(one.sound, two.sound) for one, two in zip(first, again, strict=True))
    assert not np.array_equal(first[0].sound, other[0].sound)
    for scene in first:
        assert np.array_equal(from_mulaw(to_mulaw(scene.sound)), scene.sound)


def test_what_is_learned_from_shares_no_sentence_and_no_speaker_with_what_is_judged_by() -> None:
    learned, held_out = sentences("learned"), sentences("held_out")
    assert not {each.speaker for each in learned} & {each.speaker for each in held_out}
    # A person's second word is in both; it is said after the verdict is due.
    first_words = [{each.text for each in part if each.kind != "again"} for part in (learned, held_out)]
    assert not first_words[0] & first_words[1]


def test_the_page_is_written_with_its_figures(
    detection_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "detection.md"
    code = bench_detection.run(Namespace(people=10, seed=4, learn=False, page=page, live=None))
    assert code == 0
    written = page.read_text(encoding="utf-8")
    assert capsys.readouterr().out.splitlines()[0] in written
    assert "TABLES" not in written
    assert "録音装置を切ってしまう" in written
