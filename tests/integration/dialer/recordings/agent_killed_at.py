"""An agent that ends itself, as `kill -9` would, at a step it is told. Run as a program by the tests."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from casefile.clock import SystemClock
from casefile.ids import TimeOrderedIds
from dialer.asterisk.recording.agent import RecordingAgent
from dialer.asterisk.recording.keys import CURRENT
from dialer.asterisk.recording.store import Store


def agent_in(folder: Path, killed_at: str = "") -> RecordingAgent:
    """An agent whose folders lie in `folder`."""

    def reached(step: str) -> None:
        if step == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)

    return RecordingAgent(
        "node-1",
        folder / "recordings",
        folder / "outgoing",
        Store(folder / "store"),
        folder / "keys" / CURRENT,
        TimeOrderedIds(SystemClock().now),
        reached,
    )


if __name__ == "__main__":
    agent_in(Path(sys.argv[1]), sys.argv[2]).look()
