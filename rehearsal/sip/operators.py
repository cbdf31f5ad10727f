"""`SipOperators`: operators without a head, for tests and the bench of a full room. They say nothing but a tone."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.sip.phone import LONGEST_CALL_SECONDS, MOST_CALLS
from rehearsal.sip.signalling import Address
from rehearsal.sip.supervisor import PhoneProcess, PhonesNotStarted


@dataclass(frozen=True, slots=True)
class DeskLine:
    """A line of the node that a desk phone registers (`OperatorLine` with `webrtc` false)."""

    name: str
    secret: str


@dataclass(frozen=True, slots=True)
class DeskCall:
    """A call an operator had. Times are seconds of the machine's clock (epoch).

    `first_voice_at`: when the resident's voice first came. `heard_seconds` of it came, at `level_dbfs`.
    """

    line: str
    answered_at: float | None
    ended_at: float
    by_far_end: bool
    first_packet_at: float | None
    first_voice_at: float | None
    heard_seconds: float
    level_dbfs: float
    packets: int
    lost: int
    sent: int
    keys: str


class SipOperators:
    """Up to 60 lines in one process; more lines are spread over several. `own` is the address they speak from."""

    def __init__(
        self,
        node: Address,
        lines: Sequence[DeskLine],
        own: str = "127.0.0.1",
        *,
        hertz: float = 400.0,
        lines_a_process: int = MOST_CALLS,
        longest_call_seconds: float = LONGEST_CALL_SECONDS,
    ) -> None:
        size = min(lines_a_process, MOST_CALLS)
        self._turn = threading.Lock()
        self._calls: list[DeskCall] = []
        self._live: dict[str, float] = {}
        self._keys: dict[str, str] = {}
        self._process_of: dict[str, PhoneProcess] = {}
        self._processes: list[PhoneProcess] = []
        self.lost_processes = 0
        for first in range(0, len(lines), size):
            some = lines[first : first + size]
            terms = {
                "role": "operators",
                "node": list(node),
                "own": own,
                "hertz": hertz,
                "longest_call_seconds": longest_call_seconds,
                "lines": [{"name": line.name, "secret": line.secret} for line in some],
            }
            process = PhoneProcess(terms, self._happened, self._was_lost)
            self._processes.append(process)
            self._process_of |= {line.name: process for line in some}

    def start(self) -> None:
        """Returns when every line is registered. Raises PhonesNotStarted, naming the lines that are not."""
        missing: list[str] = []
        try:
            for process in self._processes:
                missing += process.start()["missing"]
            if missing:
                raise PhonesNotStarted(
                    f"内線 {'、'.join(missing)} を登録できません。ノードの設定と合言葉を確かめてください。"
                )
        except PhonesNotStarted:
            self.stop()
            raise

    @property
    def calls(self) -> tuple[DeskCall, ...]:
        """Those that are over, in order of their end."""
        with self._turn:
            return tuple(self._calls)

    @property
    def talking(self) -> Mapping[str, float]:
        """The lines that have a call now, and since when."""
        with self._turn:
            return dict(self._live)

    def keys_heard(self, line: str) -> str:
        """What the far end of this line's last call pressed so far."""
        with self._turn:
            return self._keys.get(line, "")

    def hang_up(self, line: str) -> None:
        """Ring off on this line."""
        self._process_of[line].send({"do": "hang_up", "line": line})

    def press(self, line: str, keys: str) -> None:
        self._process_of[line].send({"do": "press", "line": line, "keys": keys})

    def figures(self) -> Mapping[str, int]:
        """Sums over all processes: registered, live, answered, ended, failures, skipped_steps, lost_processes."""
        sums = {"lost_processes": self.lost_processes}
        for process in self._processes:
            for name, value in process.figures.items():
                if isinstance(value, int):
                    sums[name] = sums.get(name, 0) + value
        return sums

    def stop(self) -> None:
        for process in self._processes:
            process.stop()

    def pids(self) -> tuple[int, ...]:
        return tuple(process.pid for process in self._processes if process.pid is not None)

    def _happened(self, event: Mapping[str, Any]) -> None:
        with self._turn:
            if event["what"] == "answered":
                self._live[event["line"]] = event["at"]
                self._keys.pop(event["line"], None)
            elif event["what"] == "key":
                self._keys[event["line"]] = event["keys"]
            elif event["what"] == "ended":
                self._live.pop(event["line"], None)
                self._calls.append(_desk_call(event))

    def _was_lost(self, reason: str) -> None:
        """A robot's room that broke is not mended in the middle of a measurement; the figures tell."""
        del reason
        self.lost_processes += 1


def _desk_call(event: Mapping[str, Any]) -> DeskCall:
    return DeskCall(
        line=event["line"],
        answered_at=event["answered_at"],
        ended_at=event["ended_at"],
        by_far_end=event["by_far_end"],
        first_packet_at=event["first_at"],
        first_voice_at=event["first_voice_at"],
        heard_seconds=event["voiced_seconds"],
        level_dbfs=event["level_dbfs"],
        packets=event["packets"],
        lost=event["lost"],
        sent=event["sent"],
        keys=event["keys"],
    )
