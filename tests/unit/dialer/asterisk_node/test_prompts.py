"""What a line says: the city is named, taxes never are, and a city's own recording goes before."""

from __future__ import annotations

import shutil
import subprocess
import wave
from pathlib import Path

import pytest

from dialer.asterisk.node.node import PLACES
from dialer.asterisk.node.prompts import HOLD_MUSIC, SPEAK, Wording, texts, write_prompts

CITY = Wording("みどり市役所")


def record(path: Path, rate: int) -> None:
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, rate, 0, "NONE", "NONE"))
        sound.writeframes(b"\0\0" * rate)


def test_the_city_is_named_and_no_word_of_taxes_is_said() -> None:
    said = texts(CITY)
    assert "こちらは、みどり市役所です" in said["who-called"]
    # Whoever hears the menu has called the city by themselves; it tells nothing of anybody.
    menu = said.pop("menu")
    assert all(key in menu for key in ("再発行は1", "納付済みの方は2", "ご相談は3"))
    assert not [word for text in said.values() for word in ("税", "滞納", "納付", "催告") if word in text]


def test_the_section_is_named_only_where_it_is_given() -> None:
    assert "納税課" in texts(Wording("みどり市役所", section="納税課"))["who-called"]
    assert "課" not in texts(CITY)["who-called"]


def test_every_place_in_the_queue_has_words() -> None:
    said = texts(CITY)
    assert "次に" in said["place-1"]
    assert all(f"{place}番目" in said[f"place-{place}"] for place in range(2, PLACES + 1))
    assert "place-many" in said


def test_whoever_waits_hears_a_tune_or_the_citys_own_music(tmp_path: Path) -> None:
    write_prompts(tmp_path / "ours", CITY)
    with wave.open(str(tmp_path / "ours" / "hold-music.wav")) as tune:
        assert (tune.getframerate(), tune.getnframes()) == (8000, 64_000)
    record(tmp_path / "hold-music.wav", 8000)
    write_prompts(tmp_path / "theirs", CITY, tmp_path)
    assert (tmp_path / "theirs" / "hold-music.wav").read_bytes() == (tmp_path / "hold-music.wav").read_bytes()


def test_a_city_named_after_taxes_is_refused() -> None:
    with pytest.raises(ValueError, match="別の項目"):
        texts(Wording("みどり市役所納税課"))


def test_a_recording_takes_the_voices_place(tmp_path: Path) -> None:
    recorded, sounds = tmp_path / "recorded", tmp_path / "sounds"
    recorded.mkdir()
    record(recorded / "who-called.wav", 8000)
    to_speak = write_prompts(sounds, CITY, recorded)
    assert set(to_speak) == set(texts(CITY)) - {"who-called"}
    assert (sounds / "who-called.wav").is_file()
    assert not (sounds / "who-called.txt").exists()
    assert "みどり市役所" in (sounds / "greeting.txt").read_text(encoding="utf-8")


def test_a_tone_that_stands_in_for_a_voice_is_not_kept_for_it(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("cmp", "cp", "mv", "rm", "touch"):
        (tools / name).symlink_to(shutil.which(name) or "")
    # Asked for a tone it makes one (the tenth word); there is no voice.
    (tools / "sox").write_text('#!/bin/sh\ntouch "${10}"\n', encoding="utf-8")
    (tools / "sox").chmod(0o755)
    sounds = tmp_path / "sounds"
    write_prompts(sounds, CITY)
    told = subprocess.run(
        ["/bin/sh", SPEAK, sounds], env={"PATH": str(tools)}, check=True, capture_output=True, text=True
    )
    assert "no Japanese voice" in told.stderr
    assert {path.stem for path in sounds.glob("*.wav")} == {*texts(CITY), HOLD_MUSIC}
    assert {path.suffix for path in sounds.iterdir()} == {".txt", ".wav"}


def test_a_recording_a_line_can_not_play_is_refused(tmp_path: Path) -> None:
    record(tmp_path / "greeting.wav", 44100)
    with pytest.raises(ValueError, match=r"greeting\.wav は8kHz"):
        write_prompts(tmp_path / "sounds", CITY, tmp_path)
    (tmp_path / "greeting.wav").write_bytes(b"no sound")
    with pytest.raises(ValueError, match=r"greeting\.wav は8kHz"):
        write_prompts(tmp_path / "sounds", CITY, tmp_path)
