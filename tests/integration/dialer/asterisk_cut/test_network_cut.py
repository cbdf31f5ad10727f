"""The network is cut by a namespace, and comes back: what `scenarios.toml` says, and the books."""

from __future__ import annotations

import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.integration.dialer.asterisk_carrier.stage import let_go_of_held_ids
from tests.integration.dialer.asterisk_cut.floor import OPENED, at_work, floor_of, nothing_is_wrong
from tests.integration.dialer.asterisk_cut.network import Network, sweep
from tests.waiting import until

pytestmark = [pytest.mark.debian]

SCENARIOS = tomllib.loads((Path(__file__).parent / "scenarios.toml").read_text(encoding="utf-8"))["scenario"]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["name"])
def test_no_call_is_lost_and_nobody_is_rung_twice(
    scenario: dict[str, Any], network: Network, asterisk_root: Path, database_url: str, tmp_path: Path
) -> None:
    with floor_of(asterisk_root, network, database_url, tmp_path, scenario["away"]) as floor:
        until(lambda: "engine" in floor.asterisk.console("manager show connected"), 20)
        until(floor.has_its_engine, 20)
        before, files = floor.held_by_the_engine(), floor.files_of_the_node()
        with at_work(floor) as robots:
            floor.talks(OPENED, 1)
            cables = [getattr(network, name) for name in scenario["cables"]]
            floor.cut_while_it_rings(cables)
            # So long is the cut, by the scenario's own words.
            time.sleep(scenario["seconds"])
            announced = [past for past in floor.pasts() if past.announced_at is not None]
            network.heal(cables)
            # Everybody is back at work: each of them talks with somebody who is called from now on.
            floor.talks(floor.clock.now(), len(floor.people))
            robots.rest()
            floor.settle()
            until(floor.seats, 20, lambda seats: set(seats) == {"paused"})
        nothing_is_wrong(floor)
        assert bool(announced) >= scenario["announced"]
        assert bool(floor.given_up()) == scenario["given_up"]
        until(floor.held_by_the_engine, 10, lambda now: now.threads <= before.threads and now.files <= before.files + 2)
        let_go_of_held_ids(floor.asterisk)
        until(floor.files_of_the_node, 10, lambda now: now <= files + 2)


def test_a_killed_run_leaves_nothing_behind(network: Network) -> None:
    killed = "import os; from tests.integration.dialer.asterisk_cut.network import Network; Network(); os.kill(os.getpid(), 9)"
    process = subprocess.Popen([sys.executable, "-c", killed], cwd=Path(__file__).parents[4])
    process.wait()
    left = [Path(f"/run/netns/tsunagaru-cut-{process.pid}"), Path(f"/sys/class/net/tsc{process.pid}oh")]
    assert all(one.exists() for one in left)
    sweep()
    assert not any(one.exists() for one in left)
