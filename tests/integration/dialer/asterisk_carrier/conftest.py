"""A node of our own for these tests, with a far end for each way to behave and one desk phone."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.asterisk.carrier import CarrierTerms
from dialer.asterisk.node.node import Trunk
from dialer.asterisk.node.prompts import HOLD_MUSIC, texts
from dialer.asterisk.node.running import RunningNode, start_node
from tests.integration.dialer.asterisk_carrier.stage import ADDRESSES, DESK, DESK_ADDRESS, QUICK, Stage
from tests.integration.dialer.asterisk_node.conftest import LOOPBACK, WORDING, node_of
from tests.integration.dialer.asterisk_node.conftest import asterisk_root as asterisk_root
from tests.integration.dialer.asterisk_node.far_end import FarEnd, register_desk_phone


@pytest.fixture(scope="session")
def residents(asterisk_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, FarEnd]]:
    folder = tmp_path_factory.mktemp("residents")
    opened: dict[str, FarEnd] = {}
    with ExitStack() as stack:
        for name, address in {**ADDRESSES, "echo": DESK_ADDRESS}.items():
            scenario, _, code = name.partition("-")
            opened[name] = FarEnd(scenario, address, folder / name, code)
            stack.callback(opened[name].close)
        yield opened


@pytest.fixture(scope="session")
def trunks(residents: dict[str, FarEnd]) -> tuple[Trunk, ...]:
    """One trunk to each far end."""
    return tuple(
        Trunk(name, end.address, end.port, "0300000000", cps=20, lines=30, inbound=name == "answer")
        for name, end in residents.items()
    )


@pytest.fixture(scope="session")
def short_prompts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All that is said, in a second each: recorded by the city, so to speak."""
    folder = tmp_path_factory.mktemp("prompts")
    for name in (*texts(WORDING), HOLD_MUSIC):
        with wave.open(str(folder / f"{name}.wav"), "wb") as recorded:
            recorded.setparams((1, 2, 8000, 0, "NONE", "NONE"))
            recorded.writeframes(b"\0\x10\0\xf0" * 4000)
    return folder


@pytest.fixture
def asterisk(asterisk_root: Path, trunks: tuple[Trunk, ...], short_prompts: Path) -> Iterator[RunningNode]:
    """A node of this test alone: some tests kill it."""
    running = start_node(asterisk_root, node_of("carrier", trunks), WORDING, short_prompts)
    yield running
    running.kill()
    running.discard()


@pytest.fixture(scope="session")
def shared_asterisk(
    asterisk_root: Path,
    trunks: tuple[Trunk, ...],
    residents: dict[str, FarEnd],
    short_prompts: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[RunningNode]:
    """A node for all scenarios; its desk phone is registered."""
    node = replace(node_of("scenes", trunks), inbound_wait_seconds=10)
    running = start_node(asterisk_root, node, WORDING, short_prompts)
    try:
        secret = next(line.secret for line in running.node.operators if line.name == DESK)
        sip = (LOOPBACK, running.node.ports.sip)
        register_desk_phone(DESK, secret, residents["echo"], sip, tmp_path_factory.mktemp("desk"))
        _play_in(running, tmp_path_factory.mktemp("first"))
        yield running
    finally:
        running.kill()
        running.discard()


def _play_in(asterisk: RunningNode, folder: Path) -> None:
    """One whole call: what Asterisk opens once and keeps is open afterwards, so that a leak can be told from it."""
    stage = Stage(asterisk, "answer", CarrierTerms(ami=QUICK), folder, 10)
    try:
        for step in ("dial", "until heard", "join", "until joined", "hang_up", "until ended", "the_line_is_free"):
            stage.play(step)
    finally:
        stage.close()
