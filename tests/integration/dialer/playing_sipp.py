"""A far end that plays sounds: one sipp, whose scenario says which of them goes to whom."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from dialer.asterisk.detection.sound import Sound, to_mulaw
from tsunagaru.ports import free_port, free_range, listens

_COMES_UP_WITHIN = 10.0
_CALLS_AT_ONCE = 40


class PlayingSipp:
    """Takes calls until it is closed. The sounds lie beside its scenario: 0.ul, 1.ul and so on."""

    def __init__(self, scenario: str, sounds: Sequence[Sound], address: str, folder: Path) -> None:
        folder.mkdir(parents=True)
        for number, sound in enumerate(sounds):
            (folder / f"{number}.ul").write_bytes(to_mulaw(sound))
        (folder / "scenario.xml").write_text(scenario, encoding="utf-8")
        self.address = address
        self.port = free_port(address)
        media = free_range(address, _CALLS_AT_ONCE * 4)
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    *("setpriv", "--pdeathsig", "KILL"),
                    *("sipp", "-sf", "scenario.xml", "-nostdin", "-aa", "-i", address, "-p", str(self.port)),
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
