"""Residents whose telephones are one sipp: the number that is dialed decides what it plays after the answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dialer.asterisk.detection.sound import Sound
from tests.integration.dialer.playing_sipp import PlayingSipp

_ANSWER = Path(__file__).with_name("answers.xml")


def number_of(resident: int) -> str:
    return f"0900000{resident:04d}"


class Residents(PlayingSipp):
    """Takes calls to `number_of(0)` and on; each plays its own sound once and waits for the caller to hang up."""

    def __init__(self, sounds: Sequence[Sound], address: str, folder: Path) -> None:
        super().__init__(_scenario(len(sounds)), sounds, address, folder)


def _scenario(residents: int) -> str:
    """The template with a branch for each resident."""
    names = [f"r{resident}" for resident in range(residents)]
    asked = "\n".join(
        f'      <ereg regexp="sip:{number_of(each)}@" search_in="hdr" header="To:" assign_to="{name}"/>'
        for each, name in enumerate(names)
    )
    chosen = "\n".join(f'  <nop next="{each + 1}" test="{name}"/>' for each, name in enumerate(names))
    played = "\n".join(
        f'  <label id="{each + 1}"/>\n'
        f'  <nop next="{residents + 1}"><action><exec rtp_stream="{each}.ul,1,0"/></action></nop>'
        for each in range(residents)
    )
    text = _ANSWER.read_text(encoding="utf-8")
    for word, lines in {"ASKED": asked, "CHOSEN": chosen, "PLAYED": played, "LAST": str(residents + 1)}.items():
        text = text.replace(f"<!--{word}-->", lines).replace(f'"{word}"', f'"{lines}"')
    return text
