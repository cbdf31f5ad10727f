"""app_amd and our listener on a real Asterisk, hearing the same residents."""

from __future__ import annotations

from pathlib import Path

import pytest

from callflow.events import Detected
from dialer.asterisk.detection.policy import HEARD_WITHIN_SECONDS, heard_by_app_amd
from dialer.asterisk.detection.scenes import Scene
from dialer.asterisk.node.running import RunningNode
from tests.integration.dialer.asterisk_detection.conftest import MANY
from tests.integration.dialer.asterisk_detection.listening import listen_to_all, side_by_side
from tests.waiting import until

pytestmark = [pytest.mark.debian]

OUT = Path("test-output/detection")
LATE = 0.25
"""A machine shared with other tests."""


def test_every_line_gets_a_verdict_of_both_in_time(line: RunningNode, played: list[Scene]) -> None:
    calls = listen_to_all(line, played)
    assert all(call.amd[0] in {"HUMAN", "MACHINE", "NOTSURE"} for call in calls)
    assert all(call.ours for call in calls)
    assert max(call.amd_at for call in calls) < HEARD_WITHIN_SECONDS + LATE
    assert max(call.ours[0][1] for call in calls) < HEARD_WITHIN_SECONDS + LATE
    # A resident is never called a machine, by neither, and a recorder phone is never hung up on.
    for call in calls:
        if call.scene.is_person or call.scene.kind == "guard":
            assert Detected.MACHINE not in [said for said, _ in call.ours], call
            assert heard_by_app_amd(*call.amd) is not Detected.MACHINE, call
    faxes = [call for call in calls if call.scene.kind == "fax"]
    assert all(call.ours[0][0] is Detected.FAX for call in faxes)
    # Nothing is left behind: neither the residents' channels nor those that listened.
    until(lambda: "0 active channels" in line.console("core show channels"), fits=bool)


@pytest.mark.slow
@pytest.mark.parametrize("played", [MANY], indirect=True)
def test_measured_side_by_side(line: RunningNode, played: list[Scene]) -> None:
    """The figures of docs/detection.md: `make detection`."""
    calls = listen_to_all(line, played)
    told = "\n\n".join(side_by_side(calls))
    print(told)
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "live.md").write_text(f"{told}\n", encoding="utf-8")
    assert all(call.amd[0] and call.ours for call in calls)
