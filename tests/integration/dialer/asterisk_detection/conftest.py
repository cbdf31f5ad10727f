"""One Asterisk, one sipp with many residents, and scenes of the held-out part of the material."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dialer.asterisk.detection.scenes import Scene, scenes
from dialer.asterisk.detection.speech import sentences, speak
from dialer.asterisk.node.node import Trunk
from dialer.asterisk.node.running import RunningNode, default_root, start_node, why_not
from tests.integration.dialer.asterisk_detection.residents import Residents
from tests.integration.dialer.asterisk_node.conftest import WORDING, node_of

SEED = 11
COUNTS = {"person": 8, "silent": 3, "machine": 5, "guard": 3, "announcement": 2, "fax": 3}
MANY = {"person": 60, "silent": 12, "machine": 30, "guard": 12, "announcement": 6, "fax": 10}


@pytest.fixture(scope="session")
def detection_root() -> Path:
    root = default_root()
    hindrance = why_not(root)
    if hindrance:
        pytest.skip(f"no Asterisk here: {hindrance}")
    return root


@pytest.fixture(scope="module")
def played(request: pytest.FixtureRequest, detection_root: Path) -> list[Scene]:
    counts: dict[str, int] = getattr(request, "param", COUNTS)
    return scenes(speak(detection_root, sentences("held_out")), counts, SEED)


@pytest.fixture(scope="module")
def line(detection_root: Path, played: list[Scene], tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    """A node whose trunk `residents` leads to the residents of `played`, by their number."""
    residents = Residents(
        [scene.sound for scene in played], "127.0.0.21", tmp_path_factory.mktemp("residents") / "sipp"
    )
    try:
        trunk = Trunk("residents", residents.address, residents.port, "0300000000", cps=10, lines=40, inbound=False)
        running = start_node(detection_root, node_of("detection", (trunk,)), WORDING)
        try:
            yield running
        finally:
            running.discard()
    finally:
        residents.close()
