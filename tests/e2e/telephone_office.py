"""An office that speaks: panel over HTTPS, one Asterisk with its far ends, and what keeps the operators' lines in step."""

from __future__ import annotations

import logging
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path, PurePosixPath
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update
from werkzeug.serving import make_server

from agent_ui.app import create_app
from agent_ui.context import PanelContext, VoiceNode
from casefile.accounts import create_user
from casefile.clock import SystemClock
from casefile.db import Database
from casefile.founding import MunicipalityProfile, found_municipality
from casefile.ids import TimeOrderedIds
from casefile.tables import UserAccount
from dialer.asterisk.ami import AmiAddress
from dialer.asterisk.carrier import AsteriskCarrier, NodeAddress
from dialer.asterisk.lines import LinesOfCity
from dialer.asterisk.node.lines_file import LinesFile
from dialer.asterisk.node.node import Certificate, Trunk
from dialer.asterisk.node.running import RunningNode, default_root, start_node, why_not
from dialer.live import run_engine
from dialer.tables import Floor, FloorCommand, Seat
from tests.fixtures import FOUNDED_AT, MUNICIPALITY_ID
from tests.integration.dialer.asterisk_node.conftest import LOOPBACK, WORDING, node_of
from tests.integration.dialer.asterisk_node.far_end import FarEnd
from tests.integration.dialer.asterisk_node.plain_ami import PlainAmi
from tests.people import People, mobile
from tests.waiting import until
from tsunagaru.certificates import make_certificates
from tsunagaru.databases import create_database, drop_database
from tsunagaru.ports import free_port
from tsunagaru.practice_room import PASSWORD
from tsunagaru.trial.cable import Cable

FLOOR = UUID(int=0xF)
PEOPLE = {
    "operator": "operator",
    "second": "operator",
    "desk": "operator",
    "collector": "collector",
    "supervisor": "supervisor",
}
RESIDENT_NO, RESIDENT_NUMBER = "A1", mobile(1)
"""Somebody who owes something, and calls from this number."""
DAY = date(2026, 9, 8)


@dataclass(frozen=True)
class Office:
    """Sign in as one of `PEOPLE` with the practice room's PASSWORD. No engine: the test is the engine."""

    url: str
    authority: Path
    database: Database
    asterisk: RunningNode
    trunk: str
    cable: Cable
    """Between the browsers and the node's WebSocket; sound goes another way."""

    def ami(self) -> PlainAmi:
        node = self.asterisk.node
        return PlainAmi((LOOPBACK, node.ports.ami), node.ami_user, node.ami_secret)

    def operator_id(self, login: str) -> UUID:
        with self.database.transaction(MUNICIPALITY_ID) as conn:
            return conn.scalars(select(UserAccount.user_id).where(UserAccount.login == login)).one()

    def seat(self, login: str, state: str) -> None:
        """What the engine would have written."""
        with self.database.transaction(MUNICIPALITY_ID) as conn:
            conn.execute(update(Seat).where(Seat.operator_id == self.operator_id(login)).values(state=state))

    def commands(self, login: str) -> list[str]:
        """What the browser of this operator wanted of the engine, in order."""
        with self.database.transaction(MUNICIPALITY_ID) as conn:
            return list(
                conn.scalars(
                    select(FloorCommand.kind)
                    .where(FloorCommand.operator_id == self.operator_id(login))
                    .order_by(FloorCommand.command_no)
                )
            )


@contextmanager
def office_of(name: str, server_url: str, template_database: str, folder: Path) -> Iterator[Office]:
    """An office with a database of this name; the test is left out where no Asterisk can be started."""
    hindrance = why_not(default_root())
    if hindrance:
        pytest.skip(f"no Asterisk here: {hindrance}")
    drop_database(server_url, name)
    url = create_database(server_url, name, template_database)
    with telephone_office(url, default_root(), folder) as opened:
        yield opened
    drop_database(server_url, name)


@contextmanager
def engine_at_work(office: Office) -> Iterator[None]:
    """The engine of the office's floor, on its node."""
    node, clock, stopping = office.asterisk.node, SystemClock(), threading.Event()
    address = NodeAddress(
        node.name, AmiAddress(node.ami_bind, node.ports.ami, node.ami_user, node.ami_secret), node.trunks
    )
    carrier = AsteriskCarrier([address], LinesOfCity(office.database, MUNICIPALITY_ID, clock), clock)
    engine = threading.Thread(
        target=run_engine,
        args=(office.database.url, MUNICIPALITY_ID, FLOOR, carrier, stopping),
        name="engine",
        daemon=True,
    )
    engine.start()
    until(carrier.connected, 10)
    yield
    stopping.set()
    engine.join(10)


@contextmanager
def telephone_office(database_url: str, root: Path, folder: Path) -> Iterator[Office]:
    """Open the office on free loopback ports until the block ends."""
    clock = SystemClock()
    with ExitStack() as stack:
        database = Database(database_url, pool_size=10)
        stack.callback(database.close)
        _found(database)
        certificates = make_certificates(folder / "certificates", [LOOPBACK], clock.now())
        far = FarEnd("echo", "127.0.0.6", folder / "far")
        stack.callback(far.close)
        node = node_of("voice", (Trunk("city", far.address, far.port, "0300000000", 10, 10),))
        certificate = Certificate(PurePosixPath(certificates.chain), PurePosixPath(certificates.key))
        node = replace(
            node,
            ports=replace(node.ports, https=free_port(LOOPBACK, kind=socket.SOCK_STREAM)),
            certificate=certificate,
            operators=(),
            hold_seconds=15,
        )
        asterisk = start_node(root, node, WORDING, certificate=certificate)
        stack.callback(asterisk.discard)
        stopping = threading.Event()
        lines = LinesFile(asterisk.folder, asterisk.node, database, clock)
        keeper = threading.Thread(target=lines.keep, args=(stopping,), name="lines", daemon=True)
        keeper.start()
        stack.callback(keeper.join, 10)
        stack.callback(stopping.set)
        assert lines.in_step.wait(10)
        assert asterisk.node.ports.https is not None
        cable = Cable((LOOPBACK, asterisk.node.ports.https))
        stack.callback(cable.close)
        context = PanelContext(
            database=database,
            clock=clock,
            ids=TimeOrderedIds(clock.now),
            secret_key="telephone office",
            secure_cookies=True,
            sign_in_rate="1000 per minute",
            answer_seconds=0.0,
            voice_nodes=(VoiceNode(node.name, f"wss://{LOOPBACK}:{cable.port}/ws"),),
        )
        app = create_app(context)
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        server = make_server(
            LOOPBACK, 0, app, threaded=True, ssl_context=(str(certificates.chain), str(certificates.key))
        )
        web = threading.Thread(target=server.serve_forever, name="office-web", daemon=True)
        web.start()
        stack.callback(server.server_close)
        stack.callback(web.join, 10)
        stack.callback(server.shutdown)
        stack.callback(app.extensions["notifier"].stop)
        url = f"https://{LOOPBACK}:{server.server_port}"
        yield Office(url, certificates.authority, database, asterisk, "city", cable)


def _found(database: Database) -> None:
    ids = TimeOrderedIds(SystemClock().now, random.Random(1))
    profile = MunicipalityProfile(
        municipality_id=MUNICIPALITY_ID,
        name="試験市",
        name_kana="シケンシ",
        prefecture="試験県",
        section_name="納税課",
        area_code="03",
        caller_number="+81300001111",
    )
    with database.transaction(MUNICIPALITY_ID) as conn:
        found_municipality(conn, profile, FOUNDED_AT, ids)
        people = People(conn, MUNICIPALITY_ID, DAY)
        people.city_data()
        people.debtor(RESIDENT_NO, RESIDENT_NUMBER)
        conn.execute(
            insert(Floor).values(municipality_id=MUNICIPALITY_ID, floor_id=FLOOR, name="本庁", epoch=1, figures={})
        )
        for login, role in PEOPLE.items():
            user_id = create_user(
                conn,
                MUNICIPALITY_ID,
                login=login,
                display_name=f"試験 {login}",
                password=PASSWORD,
                roles=[role],
                now=SystemClock().now(),
                ids=ids,
            ).user_id
            conn.execute(
                insert(Seat).values(
                    municipality_id=MUNICIPALITY_ID,
                    operator_id=user_id,
                    floor_id=FLOOR,
                    state="offline",
                    since=SystemClock().now(),
                )
            )
