"""An office with one operator and one resident to call; each step of a scenario is a method of its name."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from callflow.codes import RecordingMode
from callflow.tables import CallTransition
from casefile.clock import ShiftedClock, SystemClock
from casefile.ids import TimeOrderedIds
from casefile.tables import ContactRecord, Municipality
from dialer import recording_shelf
from dialer.asterisk.detection.policy import Detection
from dialer.asterisk.lines import give_desk_phone
from dialer.asterisk.node.node import Node, Trunk
from dialer.asterisk.recording.agent import RecordingAgent
from dialer.asterisk.recording.keys import CURRENT, make_keys
from dialer.asterisk.recording.store import Store
from dialer.commands import give
from dialer.recording_terms import set_terms
from dialer.tables import Campaign, Recording, Seat
from tests.integration.dialer.asterisk_engine.conftest import OFFICE_NUMBER, Lines
from tests.integration.dialer.asterisk_node.plain_ami import PlainAmi
from tests.integration.dialer.room import FLOOR, OPENING, Room
from tests.waiting import until
from tsunagaru.settings import Settings
from tsunagaru.wiring import run_engine

_NODE = """
name = "{name}"
[wording]
city = "みどり市役所"
[ports]
sip = {ports.sip}
ami = {ports.ami}
http = {ports.http}
rtp_first = {ports.rtp_first}
rtp_last = {ports.rtp_last}
[[trunk]]
name = "{trunk.name}"
host = "{trunk.host}"
port = {trunk.port}
caller_number = "{trunk.caller_number}"
cps = 20
lines = 10
early_media = {early}
"""


def node_file(node: Node, trunk: Trunk) -> str:
    """The node as an office's file tells of it, with this trunk alone."""
    return _NODE.format(name=node.name, ports=node.ports, trunk=trunk, early=str(trunk.early_media).lower())


class Stage:
    """The engine reads the node's file as an office keeps it: one trunk, to the far end of the scenario."""

    def __init__(self, room: Room, lines: Lines, scenario: dict[str, Any], folder: Path) -> None:
        self._room = room
        self._asterisk = lines.asterisk
        self._folder = folder
        self._clock = ShiftedClock(datetime.now(UTC), OPENING)
        self._stopping = threading.Event()
        self._engine: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        node = lines.asterisk.node
        self._ami = PlainAmi((node.ami_bind, node.ports.ami), node.ami_user, node.ami_secret)
        trunk = next(trunk for trunk in node.trunks if trunk.name == scenario["far_end"])
        (folder / "node.toml").write_text(node_file(node, trunk), encoding="utf-8")
        self._environment = {
            "DATABASE_URL": room.database.url,
            "TSUNAGARU_HOME": str(folder / "home"),
            "TSUNAGARU_CLOCK": self._clock.encode(),
            "TSUNAGARU_NODES": str(folder / "node.toml"),
        }
        self._fill(scenario, lines.desk_secret)

    def _fill(self, scenario: dict[str, Any], desk_secret: str) -> None:
        room = self._room
        with room.transaction() as conn:
            conn.execute(update(Municipality).values(caller_number=f"+81{OFFICE_NUMBER.removeprefix('0')}"))
        room.fill(people=1, detection=Detection(scenario.get("detection", "none")))
        with room.transaction() as conn:
            conn.execute(update(Campaign).values(ring_seconds=scenario.get("ring_seconds", 15)))
            mode = RecordingMode(scenario.get("recording", "off"))
            set_terms(conn, room.municipality_id, room.campaign_id, mode, room.clock.now(), room.ids)
            if scenario.get("telephone", True):
                node = self._asterisk.node.name
                give_desk_phone(
                    conn, room.municipality_id, room.operators[0], node, room.clock.now(), lambda: desk_secret
                )

    def play(self, step: str) -> None:
        verb, *words = step.split(maxsplit=1)
        getattr(self, verb)(*words)

    def close(self) -> None:
        self._stopping.set()
        if self._engine is not None:
            self._engine.join()
        if self._process is not None and self._process.poll() is None:
            self.kill()
        self._ami.act("Hangup", Channel="/.*/")
        self._ami.close()

    # -- steps -------------------------------------------------------------------------------------------------------

    def engine(self) -> None:
        """As `python -m tsunagaru.processes engine` runs it, in a thread of this process."""
        settings = Settings.from_environment(self._environment)
        self._engine = threading.Thread(target=run_engine, args=(settings.database_url, settings, self._stopping))
        self._engine.start()

    def engine_process(self) -> None:
        command = [sys.executable, "-m", "tsunagaru.processes", "engine"]
        with (self._folder / "engine.log").open("wb") as log:
            self._process = subprocess.Popen(command, env=os.environ | self._environment, stdout=log, stderr=log)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def ready(self) -> None:
        for kind in ("sign_in", "ready"):
            self._say(kind)

    def hang_up(self) -> None:
        self._say("hang_up")

    def until(self, what: str) -> None:
        getattr(self, f"_until_{what.replace(' ', '_')}")()

    def the_node_hangs_up(self) -> None:
        self._ami.act("Hangup", Channel="/.*/")

    def the_line_is_free(self) -> None:
        until(lambda: self._asterisk.console("core show channels count"), 15, lambda said: "0 active channels" in said)

    def seal(self) -> None:
        """What the recording agent on the node and the worker in the office do."""
        keys, store = self._folder / "keys", Store(self._folder / "store")
        make_keys(keys)
        plain = self._asterisk.folder / "recordings"
        ids = TimeOrderedIds(SystemClock().now)
        agent = RecordingAgent(self._asterisk.node.name, plain, self._folder / "outgoing", store, keys / CURRENT, ids)
        until(agent.look, 10, lambda _: not list(plain.iterdir()))
        recording_shelf.take_in(self._room.database, [self._room.city], store, self._clock)

    def _until_joined(self) -> None:
        until(self.attempt, 30, lambda row: row is not None and row.state == "joined")

    def _until_ended(self) -> None:
        until(self.attempt, 40, lambda row: row is not None and row.state == "ended")

    def _until_listened(self) -> None:
        """The ear's word on a voice without end, which no carrier without one would have."""
        until(self.steps, 30, lambda steps: "heard_guard" in steps)

    def steps(self) -> list[str]:
        with self._room.transaction() as conn:
            return list(conn.scalars(select(CallTransition.event).order_by(CallTransition.seq)))

    def _until_recorded(self) -> None:
        attempt = self.attempt()
        plain = self._asterisk.folder / "recordings" / f"{attempt.attempt_id}.wav"
        until(lambda: plain.stat().st_size if plain.is_file() else 0, 10, lambda size: size > 8_000)

    def _until_answered_on_the_line(self) -> None:
        self._ami.wait_for(60, UserEvent="Answered", Detect="listen")

    def _until_announcing_on_the_line(self) -> None:
        self._ami.wait_for(10, UserEvent="Announcing")

    def _say(self, kind: str) -> None:
        room = self._room
        with room.transaction() as conn:
            give(conn, room.municipality_id, FLOOR, kind, now=self._clock.now(), operator_id=room.operators[0])

    # -- the books ---------------------------------------------------------------------------------------------------

    def attempt(self) -> Any:
        """The first attempt: after a network without room there may be another."""
        return next(iter(self._room.attempts()), None)

    def records(self) -> list[str | None]:
        with self._room.transaction() as conn:
            return list(conn.scalars(select(ContactRecord.result).order_by(ContactRecord.started_at)))

    def recordings(self) -> list[UUID]:
        with self._room.transaction() as conn:
            return list(conn.scalars(select(Recording.attempt_id).order_by(Recording.recording_id)))

    def seat(self) -> str:
        with self._room.transaction() as conn:
            return str(conn.scalars(select(Seat.state)).one())
