"""One Asterisk with a trunk that is listened to before the answer and one that is not; both lead to the same far end."""

from __future__ import annotations

import tomllib
import wave
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from dialer.asterisk.node.node import Trunk
from dialer.asterisk.node.running import RunningNode, start_node
from tests.integration.dialer.asterisk_early.far_end import Early, EarlyFarEnd
from tests.integration.dialer.asterisk_early.sounds import sounds
from tests.integration.dialer.asterisk_node.conftest import WORDING, node_of
from tests.integration.dialer.asterisk_node.conftest import asterisk_root as asterisk_root

SCENARIOS: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("scenarios.toml").read_text(encoding="utf-8"))[
    "scenario"
]
_ADDRESS = "127.0.9.2"


@pytest.fixture(scope="package")
def early_asterisk(asterisk_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    folder = tmp_path_factory.mktemp("early")
    known = sounds(asterisk_root)
    residents = [Early(known[each["sounds"]], each["then"], each.get("after", 0.0)) for each in SCENARIOS]
    with ExitStack() as stack:
        far_end = EarlyFarEnd(residents, _ADDRESS, folder / "sipp")
        stack.callback(far_end.close)
        trunks = tuple(
            Trunk(
                name,
                far_end.address,
                far_end.port,
                "0300000000",
                cps=20,
                lines=30,
                inbound=False,
                causes=causes,
                early_media=name == "early",
            )
            for name, causes in (("early", "gateway"), ("deaf", "default"))
        )
        asterisk = start_node(asterisk_root, node_of("early", trunks), WORDING, _short_prompts(folder / "prompts"))
        stack.callback(asterisk.discard)
        stack.callback(asterisk.kill)
        yield asterisk


def _short_prompts(folder: Path) -> Path:
    """Who called, said in half a second: recorded by the city, so to speak."""
    folder.mkdir()
    with wave.open(str(folder / "who-called.wav"), "wb") as recorded:
        recorded.setparams((1, 2, 8000, 0, "NONE", "NONE"))
        recorded.writeframes(b"\0\x10\0\xf0" * 2000)
    return folder
