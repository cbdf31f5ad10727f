"""A trunk is given neither more lines nor more calls a second than it has."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.asterisk.node.node import Trunk
from dialer.asterisk.node_view import NodeView
from dialer.asterisk.placing import placed_id
from dialer.asterisk.trunks import TrunkLoad, emptiest, trunk_of
from dialer.asterisk.wire import LiveChannel

FIRST, SECOND = UUID(int=1), UUID(int=2)


def load(cps: float = 2, lines: int = 2, name: str = "hikari") -> TrunkLoad:
    return TrunkLoad(Trunk(name, "192.0.2.1", 5060, "0300000000", cps, lines))


@settings(derandomize=True, max_examples=60)
@given(st.lists(st.floats(0, 0.4), max_size=80), st.sampled_from([0.5, 2.0, 7.0]))
def test_never_more_calls_a_second_than_agreed(pauses: list[float], cps: float) -> None:
    trunk, now, starts = load(cps, lines=1000), 0.0, []
    for pause in pauses:
        now += pause
        if trunk.free_at(now) == now:
            trunk.start(FIRST, now)
            starts.append(now)
    for first in starts:
        for seconds in (1.0, 3.0):
            assert sum(first <= at < first + seconds for at in starts) <= cps * seconds + 1


def test_no_more_calls_than_lines() -> None:
    trunk = load(cps=100)
    trunk.start(FIRST, 0.0)
    trunk.busy += 1
    assert trunk.free_at(1.0) is None
    trunk.unplace(FIRST)
    assert trunk.free_at(1.0) == 1.0


def test_a_call_from_before_a_gap_frees_no_line_of_one_placed_after_it() -> None:
    node = NodeView.of("a", (load(cps=100, lines=1).trunk,), 0.0)
    trunk = node.trunks["hikari"]
    trunk.start(FIRST, 0.0)
    node.came(())
    trunk.start(SECOND, 1.0)
    trunk.unplace(FIRST)
    assert trunk.free_at(2.0) is None


def test_whoever_listens_to_a_line_is_no_line_in_use_even_after_a_gap() -> None:
    node = NodeView.of("a", (load(cps=100, lines=2).trunk,), 0.0)
    listening = LiveChannel(f"AudioSocket/127.0.0.1:9019-{FIRST}", "node-1.7", "node-1.7", "Up", "")
    rings = LiveChannel("PJSIP/hikari-0000001a", str(FIRST), str(FIRST), "Ringing", "")
    node.came((listening, rings))
    assert node.trunks["hikari"].busy == 1
    assert node.line_channel(listening.uniqueid) is None
    assert placed_id(listening.uniqueid) is None
    node.ends(listening.uniqueid)
    assert node.trunks["hikari"].busy == 1


def test_a_trunk_that_carries_nothing_rests_for_a_while() -> None:
    trunk = load()
    for _ in range(4):
        trunk.failed(10.0)
    assert trunk.free_at(10.0) == 10.0
    trunk.carried()
    for _ in range(5):
        trunk.failed(10.0)
    assert trunk.free_at(10.0) == 20.0


def test_the_emptiest_of_those_that_are_free_takes_the_call() -> None:
    full, half, empty = load(name="full"), load(name="half"), load(name="empty")
    full.busy, half.busy = 2, 1
    assert emptiest([("a", full), ("a", half), ("b", empty)], 0.0) == ("b", empty)
    empty.start(FIRST, 0.0)
    assert emptiest([("a", full), ("b", empty)], 0.0) is None


def test_the_trunk_of_a_channel() -> None:
    assert trunk_of("PJSIP/hikari-2-0000a1b2") == "hikari-2"
    assert trunk_of("Local/s@tsunagaru-absent-00000000;1") == ""
