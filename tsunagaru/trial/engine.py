"""`python -m tsunagaru.trial.engine`: the engine of a trial's floor, a process of its own, as the office's is.

What it is to be comes as one JSON object on its standard input, secrets included; SIGTERM ends it, SIGKILL does not ask.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from callflow.events import Answered, CarrierCommand, CarrierEvent, Detected
from casefile.clock import ShiftedClock
from casefile.db import Database
from dialer.asterisk.ami import AmiAddress
from dialer.asterisk.carrier import AsteriskCarrier, CarrierTerms, NodeAddress
from dialer.asterisk.causes import Verdict
from dialer.asterisk.known_lines import KnownLines
from dialer.asterisk.lines import LineBook
from dialer.asterisk.node.node import Node, Trunk
from dialer.carrier import Carrier, Sink
from dialer.live import run_engine
from dialer.pacing import Decision, FloorView, Pacer, ProgressivePacer
from dialer.shell import ShellTerms
from tsunagaru.trial.city import FLOOR, MUNICIPALITY


@dataclass(frozen=True, slots=True)
class EngineOrders:
    """What a trial wants of its engine. `calls_a_second`: at most; `machines`: every answer is an answering machine's;
    `away`: seconds after which nothing is hoped of a node any more."""

    database_url: str
    clock: str
    node: str
    ami_port: int
    ami_user: str
    ami_secret: str
    trunk: str
    host: str
    port: int
    cps: float
    lines: int
    calls_a_second: int
    machines: bool = False
    ami_host: str = "127.0.0.1"
    away: float = 30.0

    @classmethod
    def of(
        cls,
        database_url: str,
        clock: ShiftedClock,
        node: Node,
        calls_a_second: int,
        *,
        ami_port: int | None = None,
        machines: bool = False,
    ) -> EngineOrders:
        """For the one trunk of a node; `ami_port`: where it is reached, if not at its own door."""
        trunk = node.trunks[0]
        return cls(
            database_url=database_url,
            clock=clock.encode(),
            node=node.name,
            ami_port=ami_port or node.ports.ami,
            ami_user=node.ami_user,
            ami_secret=node.ami_secret,
            trunk=trunk.name,
            host=trunk.host,
            port=trunk.port,
            cps=trunk.cps,
            lines=trunk.lines,
            calls_a_second=calls_a_second,
            machines=machines,
            ami_host=node.ami_bind,
        )


def start_engine(orders: EngineOrders, log: Path) -> subprocess.Popen[bytes]:
    """Start the process; what it logs goes to the end of `log`."""
    with log.open("ab") as told:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m", "tsunagaru.trial.engine"],
            stdin=subprocess.PIPE,
            stdout=told,
            stderr=subprocess.STDOUT,
            cwd=Path(__file__).parents[2],
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        )
    assert process.stdin is not None
    with process.stdin:
        process.stdin.write(json.dumps(asdict(orders)).encode())
    return process


def main(orders_in: IO[bytes]) -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    orders = EngineOrders(**json.load(orders_in))
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    clock = ShiftedClock.decode(orders.clock)
    database = Database(orders.database_url, pool_size=2)
    terms = ShellTerms(pacer_for=lambda _, __: AtMost(orders.calls_a_second))
    with KnownLines(database, MUNICIPALITY, clock) as lines:
        carrier = _carrier(orders, lines, clock)
        run_engine(orders.database_url, MUNICIPALITY, FLOOR, carrier, stopping, clock=clock, terms=terms)
    database.close()
    return 0


def _carrier(orders: EngineOrders, lines: LineBook, clock: ShiftedClock) -> Carrier:
    trunk = Trunk(orders.trunk, orders.host, orders.port, "0300003333", cps=orders.cps, lines=orders.lines)
    ami = AmiAddress(orders.ami_host, orders.ami_port, orders.ami_user, orders.ami_secret)
    nodes = [NodeAddress(orders.node, ami, (trunk,))]
    terms = CarrierTerms(away=orders.away)
    if not orders.machines:
        return AsteriskCarrier(nodes, lines, clock, terms)
    ear = _MachineEar()
    return _Overheard(AsteriskCarrier(nodes, lines, clock, terms, ear=ear), ear)


class AtMost:
    """One call for each ready operator, and no more than so many a second."""

    def __init__(self, calls_a_second: int) -> None:
        self._most = calls_a_second
        self._one_to_one: Pacer = ProgressivePacer()
        self._second = -1
        self._dialed = 0

    def decide(self, floor: FloorView) -> Decision:
        wanted = self._one_to_one.decide(floor)
        if int(floor.now) != self._second:
            self._second, self._dialed = int(floor.now), 0
        dial = min(wanted.dial, self._most - self._dialed)
        self._dialed += dial
        return Decision(dial, wanted.cancel, wanted.reason)

    def answered(self) -> None:
        """There is an operator for every answer."""

    def abandoned(self) -> None:
        """See `answered`."""


class _MachineEar:
    """Takes whatever answers for an answering machine, at once."""

    def __init__(self) -> None:
        self._tell: Callable[[Verdict], None] | None = None

    def listen(self, tell: Callable[[Verdict], None]) -> None:
        self._tell = tell

    def close(self) -> None:
        self._tell = None

    def overhear(self, event: CarrierEvent) -> None:
        if isinstance(event, Answered) and self._tell is not None:
            self._tell(Verdict(event.attempt_id, Detected.MACHINE))


class _Overheard:
    """A carrier whose answers an ear hears of."""

    def __init__(self, carrier: Carrier, ear: _MachineEar) -> None:
        self._carrier = carrier
        self._ear = ear

    def listen(self, sink: Sink) -> None:
        def both(event: CarrierEvent) -> None:
            sink(event)
            self._ear.overhear(event)

        self._carrier.listen(both)

    def send(self, command: CarrierCommand) -> None:
        self._carrier.send(command)

    def close(self) -> None:
        self._carrier.close()


if __name__ == "__main__":
    sys.exit(main(sys.stdin.buffer))
