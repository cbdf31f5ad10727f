"""Residents whose telephones are one sipp: the number that is dialed decides what it plays after the answer."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from dialer.asterisk.detection.sound import Sound, to_mulaw
from tsunagaru.ports import free_port, free_range, listens

_COMES_UP_WITHIN = 10.0
_CALLS_AT_ONCE = 40
_ANSWER = Path(__file__).with_name("answers.xml")


def number_of(resident: int) -> str:
    return f"0900000{resident:04d}"


class Residents:
    """Takes calls to `number_of(0)` and on; each plays its own sound once and waits for the caller to hang up."""

    def __init__(self, sounds: Sequence[Sound], address: str, folder: Path) -> None:
        folder.mkdir(parents=True)
        for resident, sound in enumerate(sounds):
            (folder / f"{resident}.ul").write_bytes(to_mulaw(sound))
        (folder / "answers.xml").write_text(_scenario(len(sounds)), encoding="utf-8")
        self.address = address
        self.port = free_port(address)
        media = free_range(address, _CALLS_AT_ONCE * 4)
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    *("setpriv", "--pdeathsig", "KILL"),
                    *("sipp", "-sf", "answers.xml", "-nostdin", "-aa", "-i", address, "-p", str(self.port)),
                    *("-mi", address, "-mp", str(media), "-trace_err", "-error_file", "errors"),
                ],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + _COMES_UP_WITHIN
        while not listens(address, self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"sipp did not come up: {(folder / 'log').read_text(errors='replace')[-800:]}")
            time.sleep(0.02)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


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
