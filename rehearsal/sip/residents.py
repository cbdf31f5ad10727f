"""`SipResidents`: people who answer a real SIP call, one process of telephones behind each trunk of a node.

    residents = SipResidents(node, [("127.0.0.2", 5060)], responder, voices, root)
    residents.start(); …; residents.figures(); residents.stop()

What a number does is the responder's to say, for each call anew. A process that dies or hangs is ended and another takes
its place at the same address; the calls it had are told as over.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from rehearsal.sip.phone import LONGEST_CALL_SECONDS, MOST_CALLS
from rehearsal.sip.script import Script, Step, steps_to_plain, to_plain
from rehearsal.sip.signalling import Address
from rehearsal.sip.supervisor import PhoneProcess, PhonesNotStarted

_LOOKS_EVERY = 0.5


@dataclass(frozen=True, slots=True)
class Finished:
    """A call that is over. `code` is the final SIP status; times are epoch seconds; `heard_seconds` of sound came."""

    number: str
    inbound: bool
    code: int
    cause: int | None
    by_far_end: bool
    answered_at: float | None
    ended_at: float | None
    heard_seconds: float
    level_dbfs: float
    packets: int
    lost: int
    keys: str


@dataclass(frozen=True, slots=True)
class CallHome:
    """返電: somebody rings the city. `shown` is the number on its display, "" withholds it."""

    shown: str
    script: Script


class Responder(Protocol):
    """Who is behind the numbers. All calls come from threads of the telephones; each must return soon."""

    def script_for(self, number: str, caller: str) -> Script:
        """What the telephone with this number does now; `caller` is the number on its display, "" if withheld."""
        ...

    def goes_on(self, number: str) -> tuple[Step, ...]:
        """A script came to `GoOn`: what follows. `number` as in `script_for`, or what a call-back showed."""
        ...

    def finished(self, call: Finished) -> None: ...

    def calls_home(self) -> Sequence[CallHome]:
        """Who rings the city now; asked twice a second."""
        ...


@dataclass(slots=True)
class _Behind:
    """The telephones behind one trunk."""

    own: Address
    process: PhoneProcess | None = None
    calls: dict[str, tuple[str, bool]] = field(default_factory=dict)


class SipResidents:
    """`node` is where call-backs go; `own` the far ends of its trunks, one process of up to 60 calls each.

    A port of 0 lets the system choose: `addresses` tells after `start`. `voices` is where spoken sentences are kept, `root`
    Asterisk's root folder with the voice; `office_number` is what call-backs dial.
    """

    def __init__(
        self,
        node: Address,
        own: Sequence[Address],
        responder: Responder,
        voices: Path,
        root: Path | None = None,
        *,
        office_number: str = "0300000000",
        most_calls: int = MOST_CALLS,
        longest_call_seconds: float = LONGEST_CALL_SECONDS,
    ) -> None:
        self._terms = {
            "role": "residents",
            "node": list(node),
            "voices": str(voices),
            "root": str(root) if root else None,
            "most_calls": most_calls,
            "longest_call_seconds": longest_call_seconds,
        }
        self._responder = responder
        self._office_number = office_number
        self._behind = [_Behind(address) for address in own]
        self._turn = threading.Lock()
        self._closing = threading.Event()
        self._minder: threading.Thread | None = None
        self.restarts = 0
        self.failures = 0
        """How often the responder failed to say who calls."""
        self.has_voice = False

    def start(self) -> None:
        """Returns when every telephone can be called. Raises PhonesNotStarted, in Japanese."""
        try:
            for behind in self._behind:
                self._switch_on(behind)
        except PhonesNotStarted:
            self.stop()
            raise
        self._minder = threading.Thread(target=self._mind, name="sip-residents", daemon=True)
        self._minder.start()

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Where the trunks find their telephones."""
        return tuple(behind.own for behind in self._behind)

    def point_at(self, node: Address) -> None:
        """Call-backs go there from now on. For before `start`, where the node comes up later than its far ends."""
        self._terms["node"] = list(node)

    def call_home(self, to: str, call: CallHome, trunk: int = 0) -> None:
        """Somebody rings the city at `to`, over this trunk (its place in `own`)."""
        behind = self._behind[trunk]
        name = uuid4().hex
        with self._turn:
            behind.calls[name] = (call.shown, False)
        if behind.process is not None:
            behind.process.send(
                {"do": "dial", "call": name, "to": to, "shown": call.shown, "script": to_plain(call.script)}
            )

    def figures(self) -> Mapping[str, int]:
        """Sums over all processes: live, answered, ended, no_room, not_told_what_to_do, unreadable, failures, restarts."""
        sums: dict[str, int] = {"restarts": self.restarts, "failures": self.failures}
        for behind in self._behind:
            told = behind.process.figures if behind.process is not None else {}
            for name, value in told.items():
                if isinstance(value, int):
                    sums[name] = sums.get(name, 0) + value
        return sums

    def stop(self) -> None:
        """Every call is ended, every process gone."""
        self._closing.set()
        if self._minder is not None and self._minder is not threading.current_thread():
            self._minder.join(5)
        for behind in self._behind:
            if behind.process is not None:
                behind.process.stop()

    def pids(self) -> tuple[int, ...]:
        return tuple(one.process.pid for one in self._behind if one.process is not None and one.process.pid is not None)

    # -- one trunk's telephones --------------------------------------------------------------------------------------

    def _switch_on(self, behind: _Behind) -> None:
        terms = self._terms | {"own": list(behind.own)}
        process = PhoneProcess(
            terms, lambda event: self._happened(behind, event), lambda reason: self._was_lost(behind, reason)
        )
        behind.process = process
        ready = process.start()
        behind.own = (behind.own[0], int(ready["port"]))
        self.has_voice = bool(ready["voice"])

    def _happened(self, behind: _Behind, event: Mapping[str, Any]) -> None:
        match event["what"]:
            case "rings":
                with self._turn:
                    behind.calls[event["call"]] = (event["number"], True)
                script = self._responder.script_for(event["number"], event["caller"])
                if behind.process is not None:
                    behind.process.send({"do": "play", "call": event["call"], "script": to_plain(script)})
            case "asks":
                with self._turn:
                    asking = behind.calls.get(event["call"])
                if asking is not None and behind.process is not None:
                    steps = steps_to_plain(self._responder.goes_on(asking[0]))
                    behind.process.send({"do": "go_on", "call": event["call"], "steps": steps})
            case "ended":
                with self._turn:
                    known = behind.calls.pop(event["call"], None)
                if known is not None:
                    self._responder.finished(_finished(known, event))

    def _was_lost(self, behind: _Behind, reason: str) -> None:
        """The process is gone, and every call of it: another takes its place."""
        del reason
        with self._turn:
            cut, behind.calls = list(behind.calls.values()), {}
        self.restarts += 1
        if not self._closing.is_set():
            try:
                self._switch_on(behind)
            except PhonesNotStarted:
                behind.process = None
            if self._closing.is_set() and behind.process is not None:
                # `stop` came meanwhile, and knew only the one before.
                behind.process.stop()
        for known in cut:
            self._responder.finished(_finished(known, {"code": 0}))

    def _mind(self) -> None:
        turns = 0
        while not self._closing.wait(_LOOKS_EVERY):
            for behind in self._behind:
                if behind.process is None:
                    self._was_lost(behind, "still down")
            try:
                due = self._responder.calls_home()
            except Exception:
                # Whoever was to call stays at home; telephones that break are mended all the same.
                self.failures += 1
                continue
            for call in due:
                turns += 1
                self.call_home(self._office_number, call, turns % len(self._behind))


def _finished(known: tuple[str, bool], event: Mapping[str, Any]) -> Finished:
    number, inbound = known
    return Finished(
        number=number,
        inbound=inbound,
        code=event["code"],
        cause=event.get("cause"),
        by_far_end=event.get("by_far_end", False),
        answered_at=event.get("answered_at"),
        ended_at=event.get("ended_at"),
        heard_seconds=event.get("voiced_seconds", 0.0),
        level_dbfs=event.get("level_dbfs", -90.0),
        packets=event.get("packets", 0),
        lost=event.get("lost", 0),
        keys=event.get("keys", ""),
    )
