"""The other end of the line: sipp, one process for one way to behave, on a loopback address of its own.

sipp keeps a ledger of its own of every call that reached it: the number that was called and the call's Call-ID. It is
what the books are held against.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from casefile.errors import TsunagaruError
from dialer.asterisk.node.node import OperatorLine
from tsunagaru.ports import free_port, free_range, listens

_SCENARIOS = Path(__file__).parent / "far_ends"
_COMES_UP_WITHIN = 10.0
_REGISTERED_WITHIN = 30.0
_LEDGER = "ledger.log"


def sipp_or_why() -> None:
    """Raises TsunagaruError, saying what to do, where sipp is not installed."""
    if shutil.which("sipp") is None:
        raise TsunagaruError(
            "電話の相手役の sipp がありません。管理者が sip-tester パッケージを入れてから実行してください。"
        )


class FarEnd:
    """A sipp that takes calls as its scenario says. `words`: what stands in the scenario → what it means in this run."""

    def __init__(self, scenario: str, address: str, folder: Path, words: Mapping[str, object] | None = None) -> None:
        self.address = address
        self.port = free_port(address)
        self._folder = folder
        # Asterisk asks a registered phone every 15 s whether it is there: -aa says yes.
        self._process = _sipp(scenario, (address, self.port), folder, words or {}, "-aa")
        deadline = time.monotonic() + _COMES_UP_WITHIN
        while not listens(address, self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                said = (folder / f"{scenario}.out").read_text(errors="replace")[-500:]
                raise TsunagaruError(f"電話の相手役(sipp)が動きません。もう一度実行してください。{said}")
            time.sleep(0.02)

    def rung(self) -> Counter[str]:
        """How many calls came to each number, as it was called; a call that was asked for twice on its way counts once."""
        calls = {tuple(line.split()) for line in _lines(self._folder / _LEDGER) if len(line.split()) == 2}
        return Counter(number for number, _ in calls)

    @property
    def pid(self) -> int:
        return self._process.pid

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def register_desk_phones(lines: Sequence[OperatorLine], desk: FarEnd, node: tuple[str, int], folder: Path) -> None:
    """Register these lines at the node; calls to them arrive at `desk`. Raises TsunagaruError when the node refuses one."""
    folder.mkdir(exist_ok=True)
    rows = [f"{line.name};[authentication username={line.name} password={line.secret}]" for line in lines]
    inside = folder / "lines.csv"
    inside.touch(mode=0o600)
    inside.write_text("\n".join(["SEQUENTIAL", *rows, ""]), encoding="utf-8")
    words = ("-m", str(len(lines)), "-r", "50", "-inf", inside.name, "-key", "desk", f"{desk.address}:{desk.port}")
    own = (desk.address, free_port(desk.address))
    process = _sipp("register", own, folder, {}, *words, f"{node[0]}:{node[1]}")
    try:
        code = process.wait(_REGISTERED_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        code = process.wait()
    inside.unlink()
    if code != 0:
        raise TsunagaruError("内線の電話機をノードに登録できません。もう一度実行してください。")


def _sipp(
    scenario: str, own: tuple[str, int], folder: Path, words: Mapping[str, object], *options: str
) -> subprocess.Popen[bytes]:
    folder.mkdir(parents=True, exist_ok=True)
    # One second of a loud square wave in μ-law, said over and over.
    (folder / "speech.ul").write_bytes((b"\x90" * 10 + b"\x10" * 10) * 400)
    text = (_SCENARIOS / f"{scenario}.xml").read_text(encoding="utf-8")
    for word, meaning in words.items():
        text = text.replace(f'"{word}"', f'"{meaning}"')
    (folder / f"{scenario}.xml").write_text(text, encoding="utf-8")
    address, port = own
    with (folder / f"{scenario}.out").open("wb") as told:
        return subprocess.Popen(
            [
                # Whoever started it and is killed takes it along.
                *("setpriv", "--pdeathsig", "KILL"),
                *("sipp", "-sf", f"{scenario}.xml", "-nostdin", "-trace_logs", "-log_file", _LEDGER),
                *("-i", address, "-p", str(port), "-mi", address, "-mp", str(free_range(address, 4))),
                *options,
            ],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=subprocess.STDOUT,
        )


def _lines(path: Path) -> list[str]:
    return path.read_text(errors="replace").splitlines() if path.exists() else []
