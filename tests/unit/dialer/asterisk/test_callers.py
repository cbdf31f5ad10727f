"""返電: whatever is cut, killed or late, a caller is told of once, and who came while nobody listened is not lost."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callflow.events import (
    CarrierEvent,
    Ended,
    Hangup,
    Incoming,
    Join,
    Joined,
    Missed,
    Reconcile,
    Reconciled,
    TellClosed,
    TellPlace,
    Wish,
    Wished,
)
from tests.unit.dialer.asterisk.world import OPERATOR, Channel, World

KNOWN, SHOWN = "09000000001", "+819000000001"
CALLER = UUID(int=50)


def connected(away: float = 30.0) -> World:
    world = World(away)
    for node in world.nodes:
        node.connect()
    world.settle()
    return world


def channel_of(world: World, attempt_id: UUID) -> Channel | None:
    return next(
        (one for node in world.nodes for one in node.channels.values() if one.attempt == str(attempt_id)),
        None,
    )


def calls(world: World, number: str = KNOWN, *, closed: bool = False) -> Channel:
    """Somebody calls the first node."""
    world.nodes[0].somebody_calls(CALLER, number, closed=closed)
    found = channel_of(world, CALLER)
    assert found is not None
    return found


def rings_off(world: World, attempt_id: UUID = CALLER) -> None:
    for node in world.nodes:
        for channel in [one for one in node.channels.values() if one.attempt == str(attempt_id)]:
            node.proceeds(channel, 1)


def told(world: World, attempt_id: UUID = CALLER) -> list[str]:
    return [type(event).__name__ for event in world.told if event.attempt_id == attempt_id]


# -- one caller -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "e164"),
    [
        (KNOWN, SHOWN),
        ("+819000000001", SHOWN),
        ("819000000001", None),
        ("", None),
        ("110", None),
        ("+15550100", None),
    ],
)
def test_the_number_is_put_into_one_form_or_not_shown(number: str, e164: str | None) -> None:
    world = connected()
    calls(world, number)
    world.settle()
    assert [event.e164 for event in world.told if isinstance(event, Incoming)] == [e164]


def test_a_caller_of_another_citys_trunk_is_not_ours() -> None:
    world = connected()
    world.nodes[0].somebody_calls(CALLER, KNOWN, trunk="elsewhere")
    world.settle()
    world.nodes[0].cut(0, 0)
    world.settle()
    world.nodes[0].connect()
    world.settle()
    assert told(world) == []


def test_the_place_is_told_and_the_keys_are_heard_before_and_while_the_operator_is_rung() -> None:
    world = connected()
    channel = calls(world)
    world.settle()
    world.board.obey(TellPlace(CALLER, 2))
    world.settle()
    assert channel.variables["PLACE"] == "2"
    world.nodes[0].presses(channel, "2")
    world.nodes[0].presses(channel, "9")
    world.settle()
    assert [event.wish for event in world.told if isinstance(event, Wished)] == [Wish.PAID]
    world.board.obey(Join(CALLER, OPERATOR))
    world.settle()
    assert told(world)[-1] == "Joined"


def test_an_operator_who_does_not_answer_leaves_the_caller_waiting_and_may_be_asked_again() -> None:
    world = connected()
    calls(world)
    world.settle()
    world.nodes[0].operators_away = True
    world.board.obey(Join(CALLER, OPERATOR))
    world.settle()
    assert told(world) == ["Incoming"]
    world.nodes[0].operators_away = False
    world.board.obey(Join(CALLER, OPERATOR))
    world.settle()
    assert told(world) == ["Incoming", "Joined"]


@pytest.mark.parametrize("wanted", [True, False])
def test_outside_the_hours_a_caller_is_told_of_when_they_are_gone(wanted: bool) -> None:
    world = connected()
    channel = calls(world, closed=True)
    world.settle()
    assert told(world) == []
    if not wanted:
        world.nodes[0].presses(channel, "1")
    came = world.clock.now()
    world.clock.advance(20)
    rings_off(world)
    world.settle()
    (missed,) = world.told
    assert missed == Missed(CALLER, came, SHOWN, world.clock.now(), wanted)


def test_whom_the_engine_turns_away_hears_it_and_is_missed() -> None:
    world = connected()
    channel = calls(world)
    world.settle()
    world.board.obey(TellClosed(CALLER))
    world.board.obey(TellClosed(CALLER))
    world.settle()
    assert channel.variables["CLOSED"] == "yes"
    rings_off(world)
    world.settle()
    assert told(world) == ["Incoming", "Missed"]


def test_whom_the_engine_turns_away_too_late_is_missed_all_the_same() -> None:
    world = connected()
    calls(world)
    world.settle()
    rings_off(world)
    world.settle()
    world.board.obey(TellClosed(CALLER))
    assert told(world) == ["Incoming", "Ended", "Missed"]


def test_who_still_waits_when_a_node_is_back_too_late_is_told_so() -> None:
    world = connected(away=10.0)
    calls(world)
    world.settle()
    world.nodes[0].cut(0, 0)
    world.settle()
    world.clock.advance(10.0)
    world.board.tick()
    assert told(world)[-1] == "Ended"
    world.nodes[0].connect()
    world.settle()
    assert channel_of(world, CALLER) is None
    assert told(world).count("Ended") == 1


# -- every step, and what can go wrong there ------------------------------------------------------------------------------

STORY = ["calls", "deliver", "deliver", "key", "deliver", "join", "work", "deliver", "deliver", "ends", "deliver"]


def move(world: World, what: str) -> None:
    node, channel = world.nodes[0], channel_of(world, CALLER)
    match what:
        case "calls":
            calls(world)
        case "deliver":
            node.deliver()
        case "work":
            node.work()
        case "key" if channel is not None:
            node.presses(channel, "1")
        case "join":
            world.board.obey(Join(CALLER, OPERATOR))
        case "ends":
            rings_off(world)


@pytest.mark.parametrize("arrives", [0, 1, 2])
@pytest.mark.parametrize("gone", [False, True], ids=["still there", "gone meanwhile"])
def test_the_line_is_cut_at_every_step(arrives: int, gone: bool) -> None:
    for cut_after in range(1, len(STORY) + 1):
        world = connected()
        for what in STORY[:cut_after]:
            move(world, what)
        world.nodes[0].cut(arrives, 0)
        if gone:
            rings_off(world)
        world.nodes[0].connect()
        world.settle()
        words = told(world)
        there = channel_of(world, CALLER) is not None
        assert words[0] == ("Incoming" if there or "Incoming" in words else "Missed"), (cut_after, words)
        rings_off(world)
        world.settle()
        words = told(world)
        assert [words.count(one) for one in ("Incoming", "Missed")] in ([1, 0], [0, 1]), (cut_after, words)
        assert words.count("Ended") == words.count("Incoming"), (cut_after, words)
        assert words.count("Wished") <= 1
        assert words[-1] in ("Ended", "Missed")


@pytest.mark.parametrize("asks", ["before", "after"])
@pytest.mark.parametrize("gone", [False, True], ids=["still there", "gone meanwhile"])
def test_the_engine_is_killed_at_every_step(asks: str, gone: bool) -> None:
    """The next engine asks for whom its ledger names, before the node is there or after it has told of them."""
    for killed_after in range(1, len(STORY) + 1):
        world = connected()
        for what in STORY[:killed_after]:
            move(world, what)
        entered = "Incoming" in told(world)
        joined = channel_of(world, CALLER) is not None and "JOINED_AT" in channel_of(world, CALLER).variables  # type: ignore[union-attr]
        world.kill_engine(0)
        if gone:
            rings_off(world)
        there = channel_of(world, CALLER) is not None
        if entered and asks == "before":
            world.board.obey(Reconcile(CALLER))
        for node in world.nodes:
            node.connect()
        world.settle()
        if entered and asks == "after":
            world.board.obey(Reconcile(CALLER))
            world.settle()
        answers = [event for event in world.told if isinstance(event, Reconciled)]
        where = (killed_after, world.told)
        if entered:
            assert [(answer.known, answer.live) for answer in answers] == [(True, there)], where
            assert any(isinstance(fact, Joined) for fact in answers[0].past) == joined or not there, where
            assert asks == "after" or "Incoming" not in told(world), where
        else:
            assert told(world)[:1] == (["Incoming"] if there else ["Missed"]), where
        rings_off(world)
        world.settle()
        assert told(world).count("Incoming") + told(world).count("Missed") <= 1, where


def test_a_key_pressed_while_nobody_listened_is_heard_later() -> None:
    world = connected()
    channel = calls(world)
    world.settle()
    world.kill_engine(0)
    world.nodes[0].presses(channel, "3")
    world.board.obey(Reconcile(CALLER))
    for node in world.nodes:
        node.connect()
    world.settle()
    assert told(world) == ["Reconciled", "Wished"]


def test_asterisk_crashes_with_a_caller() -> None:
    for entered in (True, False):
        world = connected()
        calls(world)
        if entered:
            world.settle()
        world.nodes[0].crashes()
        world.nodes[0].connect()
        world.settle()
        assert told(world) == (["Incoming", "Ended"] if entered else ["Missed"])


# -- any story ------------------------------------------------------------------------------------------------------------


class Room:
    """An engine's ledger, as far as callers go, over all its lives; and the callers of a tape of numbers."""

    def __init__(self) -> None:
        self.world = connected()
        self.live: set[UUID] = set()
        self.over: set[UUID] = set()
        self.entered: Counter[UUID] = Counter()
        self.came: list[UUID] = []
        self._read = 0

    def step(self, what: int, choice: int) -> None:
        world, node = self.world, self.world.nodes[choice % 2]
        match what:
            case 0 | 1:
                if len(self.came) < 3:
                    self.came.append(world.new_attempt())
                    node.somebody_calls(self.came[-1], KNOWN if choice % 3 else "", closed=choice == 11)
            case 2 | 3 | 4:
                node.work()
            case 5 | 6 | 7 | 8:
                node.deliver()
            case 9 | 10:
                self._somebody(choice)
            case 11:
                node.cut(choice % 3, 0)
            case 12 | 13:
                if not node.connected:
                    node.connect()
            case 14:
                self._new_engine()
            case 15:
                node.crashes()
            case 16:
                world.clock.advance(choice)
                if world.board.next_at() <= world.moment():
                    world.board.tick()
            case _:
                self._command(choice)
        self._read_on()

    def finish(self) -> None:
        world = self.world
        for _ in range(2):
            for node in world.nodes:
                if not node.connected:
                    node.connect()
            world.settle()
            self._read_on()
            for attempt_id in self.came:
                rings_off(world, attempt_id)
            world.settle()
            self._read_on()
            self._new_engine()
        assert self.over == set(self.came), world.lives
        assert not self.live
        assert set(self.entered.values()) <= {1}

    def _somebody(self, choice: int) -> None:
        for node in self.world.nodes:
            for channel in list(node.channels.values()):
                if channel.is_a_callers:
                    if choice % 2:
                        node.presses(channel, str(choice % 3 + 1))
                    else:
                        node.proceeds(channel, 1)
                    return

    def _command(self, choice: int) -> None:
        if self.live:
            attempt_id = sorted(self.live)[choice // 3 % len(self.live)]
            command = (Join(attempt_id, OPERATOR), TellPlace(attempt_id, 1), Hangup(attempt_id))[choice % 3]
            self.world.board.obey(command)

    def _new_engine(self) -> None:
        self.world.kill_engine(0)
        self._read = 0
        for node in self.world.nodes:
            node.connect()
        for attempt_id in sorted(self.live):
            self.world.board.obey(Reconcile(attempt_id))

    def _read_on(self) -> None:
        for event in self.world.told[self._read :]:
            self._enter(event)
        self._read = len(self.world.told)

    def _enter(self, event: CarrierEvent) -> None:
        attempt_id = event.attempt_id
        match event:
            case Incoming() if attempt_id not in self.live | self.over:
                self.live.add(attempt_id)
                self.entered[attempt_id] += 1
            case Missed() if attempt_id not in self.live | self.over:
                self.over.add(attempt_id)
                self.entered[attempt_id] += 1
            case Ended() | Reconciled(live=False):
                assert attempt_id in self.live | self.over, "an end without a beginning"
                self.live.discard(attempt_id)
                self.over.add(attempt_id)
        life = [one for one in self.world.told if one.attempt_id == attempt_id]
        assert sum(isinstance(one, Incoming) for one in life) <= 1, "told twice"
        assert sum(isinstance(one, Missed) for one in life) <= 1, "told twice"


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 18), st.integers(0, 11)), max_size=70))
def test_nobody_who_called_is_lost_or_told_of_twice(tape: list[tuple[int, int]]) -> None:
    room = Room()
    for what, choice in tape:
        room.step(what, choice)
    room.finish()
