"""The other end of the line: sipp, one process for one way to behave, on a loopback address of its own."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from tsunagaru.ports import free_port, free_range, listens

SCENARIOS = Path(__file__).parent / "far_ends"
_COMES_UP_WITHIN = 10.0
_ECHOES = ((), ("-rtp_echo",))


class FarEnd:
    """A sipp that takes calls as its scenario says; `code` is what the scenario `refuse` answers."""

    def __init__(self, scenario: str, address: str, folder: Path, code: str = "") -> None:
        self.address = address
        self.port = free_port(address)
        # Asterisk asks a registered phone every 15 s whether it is there: -aa says yes.
        echoes = ("-rtp_echo",) if scenario == "echo" else ()
        self._process = _sipp(scenario, address, self.port, folder, "-aa", *echoes, code=code)
        deadline = time.monotonic() + _COMES_UP_WITHIN
        while not listens(address, self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"sipp did not come up: {(folder / f'{scenario}.log').read_text()[-500:]}")
            time.sleep(0.02)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


class Caller:
    """A sipp that calls the node once and waits for the node to hang up.

    `scenario`: `call-press` presses `key` soon after the answer, `call-leave` rings off by itself.
    """

    def __init__(
        self, address: str, node: tuple[str, int], caller: str, folder: Path, scenario: str = "call", key: str = "1"
    ) -> None:
        words = ("-m", "1", "-key", "caller", caller, "-key", "key", key, f"{node[0]}:{node[1]}")
        self._process = _sipp(scenario, address, free_port(address), folder, *words)

    def ended_well(self, within: float) -> bool:
        """Whether the call was answered, and ended by the node."""
        return self._process.wait(within) == 0

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def register_desk_phone(line: str, secret: str, desk: FarEnd, node: tuple[str, int], folder: Path) -> None:
    """Register a desk phone's line at the node; calls to it arrive at `desk`."""
    words = ("-m", "1", "-key", "line", line, "-key", "desk", f"{desk.address}:{desk.port}", "-au", line, "-ap", secret)
    process = _sipp("register", desk.address, free_port(desk.address), folder, *words, f"{node[0]}:{node[1]}")
    code = process.wait(_COMES_UP_WITHIN)
    assert code == 0, (folder / "register.log").read_text()[-2000:]


def _sipp(scenario: str, address: str, port: int, folder: Path, *words: str, code: str = "") -> subprocess.Popen[bytes]:
    folder.mkdir(exist_ok=True)
    # One second of a loud square wave in μ-law, said over and over.
    (folder / "speech.ul").write_bytes((b"\x90" * 10 + b"\x10" * 10) * 400)
    text = (SCENARIOS / f"{scenario}.xml").read_text(encoding="utf-8")
    (folder / f"{scenario}.xml").write_text(text.replace("CODE", code), encoding="utf-8")
    media = free_range(address, 100)
    with (folder / f"{scenario}.log").open("wb") as log:
        return subprocess.Popen(
            [
                # A test run that is killed takes its far ends along.
                *("setpriv", "--pdeathsig", "KILL"),
                *("sipp", "-sf", f"{scenario}.xml", "-nostdin", "-trace_err", "-error_file", f"{scenario}.err"),
                *("-i", address, "-p", str(port), "-mi", address, "-mp", str(media)),
                *words,
            ],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
