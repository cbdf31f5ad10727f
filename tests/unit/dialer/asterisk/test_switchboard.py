"""Whatever is cut, killed or late: a telephone rings once for an attempt, and the books say what became of it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callflow.events import Announce, Dial, Ended, Hangup, Join, Reconcile, Reconciled, Refused
from dialer.asterisk.node_view import NodeView
from tests.unit.dialer.asterisk.stories import (
    CALL,
    NUMBER,
    OFFICE,
    REFUSED_CALL,
    connected,
    dial,
    move,
    outcome,
    over,
    words,
)
from tests.unit.dialer.asterisk.world import OPERATOR, World


class Play:
    """A tape of numbers is a story: each number chooses one of the things that may happen now."""

    def __init__(self, away: float) -> None:
        self.world = connected(away)
        self.attempts: list[UUID] = []
        self.absent: dict[UUID, int] = {}
        self.lossy = False

    def step(self, what: int, choice: int) -> None:
        world, node = self.world, self.world.nodes[choice % 2]
        match what:
            case 0 | 1:
                if len(self.attempts) < 3:
                    self.attempts.append(dial(world))
            case 2 | 3 | 4 | 5:
                node.work()
            case 6 | 7 | 8 | 9:
                node.deliver()
            case 10 | 11 | 12:
                self._far_end(choice)
            case 13:
                node.cut(choice % 3, choice // 3 % 3)
            case 14:
                if not node.connected:
                    node.connect()
            case 15:
                world.kill_engine(choice % 3)
            case 16:
                node.work_late()
            case 17:
                world.clock.advance(choice)
                if world.board.next_at() <= world.moment():
                    world.board.tick()
            case 18:
                node.crashes()
                self.lossy = True
            case _:
                self._command(choice)
        self._look()

    def _far_end(self, choice: int) -> None:
        for node in self.world.nodes:
            for channel in list(node.channels.values()):
                if channel.to_a_resident:
                    node.proceeds(channel, choice)
                    return

    def _command(self, choice: int) -> None:
        if self.attempts:
            attempt_id = self.attempts[choice // 4 % len(self.attempts)]
            commands = (Join(attempt_id, OPERATOR), Announce(attempt_id), Hangup(attempt_id), Reconcile(attempt_id))
            self.world.board.obey(commands[choice % 4])

    def _look(self) -> None:
        for event in self.world.told:
            if isinstance(event, Reconciled) and not event.known:
                self.absent.setdefault(event.attempt_id, self.world.invited(event.attempt_id))
        for attempt_id in self.attempts:
            assert self.world.invited(attempt_id) <= 1, "a telephone rang twice for one attempt"
        for attempt_id, before in self.absent.items():
            assert self.world.invited(attempt_id) == before, "it rang after it was said that it never would"

    def finish(self) -> None:
        """Every line is there again, every call comes to its end, and the engine asks for what it has no word of."""
        world = self.world
        for node in world.nodes:
            while node.late:
                node.work_late()
                self._look()
            if not node.connected:
                node.connect()
        world.settle()
        for _ in range(4):
            self._end_all_calls()
            world.settle()
            self._look()
        world.clock.advance(3)
        world.board.tick()
        for attempt_id in self.attempts:
            if not any(over(event) for event in world.told if event.attempt_id == attempt_id):
                world.board.obey(Reconcile(attempt_id))
        world.settle()
        self._look()
        self._check_the_books()

    def _end_all_calls(self) -> None:
        for node in self.world.nodes:
            for channel in [one for one in node.channels.values() if one.to_a_resident]:
                node.proceeds(channel, 1)

    def _check_the_books(self) -> None:
        for attempt_id in self.attempts:
            last = [event for event in self.world.told if event.attempt_id == attempt_id and over(event)]
            assert last, f"nobody knows what became of it: {self.world.told}"
            for life in self.world.lives:
                ends = [one for one in life if one.attempt_id == attempt_id and isinstance(one, Ended | Refused)]
                assert len(ends) <= 1, "it ended twice"
            if attempt_id in self.absent and not self.lossy:
                assert self.world.invited(attempt_id) == 0, "it had rung, and was called unknown"
        for life in self.world.lives:
            for event in life:
                if isinstance(event, Reconciled):
                    times = [fact.at for fact in event.past]
                    assert times == sorted(times)
                    assert (
                        event.live != any(isinstance(fact, Ended | Refused) for fact in event.past) or not event.known
                    )


@settings(derandomize=True, max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 22), st.integers(0, 11)), max_size=90))
def test_nobody_is_rung_twice_and_nothing_is_lost(tape: list[tuple[int, int]]) -> None:
    play = Play(away=30.0)
    for what, choice in tape:
        play.step(what, choice)
    play.finish()


# -- every step of a call, and what can go wrong there ---------------------------------------------------------------


def end_every_call(world: World) -> None:
    for _ in range(4):
        for node in world.nodes:
            for channel in [one for one in node.channels.values() if one.to_a_resident]:
                node.proceeds(channel, 1)
        world.settle()


@pytest.mark.parametrize("story", [CALL, REFUSED_CALL], ids=["answered", "refused"])
@pytest.mark.parametrize("arrives", [0, 1, 2])
@pytest.mark.parametrize("still_comes", [0, 1])
def test_the_line_is_cut_at_every_step(story: list[str], arrives: int, still_comes: int) -> None:
    """The same engine lives on. What was on its way to the node may arrive before or after the line is back."""
    for cut_after in range(len(story) + 1):
        for late_at in ("before", "asked", "end"):
            world, attempt_id = connected(), UUID(int=9)
            node = world.nodes[0]
            for what in story[:cut_after]:
                move(world, what, attempt_id)
            node.cut(arrives, still_comes)
            if late_at == "before":
                node.work_late()
            node.connect()
            world.nodes[1].deliver()
            for _ in range(3):
                node.deliver()
                node.work()
            if late_at == "asked":
                node.work_late()
            world.settle()
            node.work_late()
            world.settle()
            end_every_call(world)
            where = (cut_after, late_at)
            assert world.invited(attempt_id) <= 1, where
            if cut_after:
                expected = "Ended" if world.invited(attempt_id) else "Refused"
                assert outcome(world, attempt_id) == expected, (where, world.told)
                assert sum(word in ("Ended", "Refused") for word in words(world, attempt_id)) == 1, where


@pytest.mark.parametrize("story", [CALL, REFUSED_CALL], ids=["answered", "refused"])
@pytest.mark.parametrize("still_comes", [0, 1])
@pytest.mark.parametrize("ends_at_once", [False, True])
def test_the_engine_is_killed_at_every_step(story: list[str], still_comes: int, ends_at_once: bool) -> None:
    """The next one asks. A command of the dead one may arrive at any moment of that, and its call may end at once."""
    for killed_after in range(len(story) + 1):
        for late_after in range(14):
            world, attempt_id = connected(), UUID(int=9)
            node = world.nodes[0]
            for what in story[:killed_after]:
                move(world, what, attempt_id)
            world.kill_engine(still_comes)
            for other in world.nodes:
                other.connect()
            world.board.obey(Reconcile(attempt_id))
            for number in range(60):
                if number == late_after:
                    node.work_late()
                    if ends_at_once:
                        move(world, "end", attempt_id)
                for other in world.nodes:
                    other.deliver()
                    other.work()
            world.settle()
            where = (killed_after, late_after)
            rang = world.invited(attempt_id)
            assert rang <= 1, where
            assert (outcome(world, attempt_id) == "absent") == (rang == 0), (where, world.told)
            world.board.obey(Dial(attempt_id, NUMBER, OFFICE, 20))
            world.settle()
            end_every_call(world)
            assert world.invited(attempt_id) == rang, where
            assert outcome(world, attempt_id) == ("Ended" if rang else "Refused"), (where, world.told)


def test_asterisk_crashes_at_every_step() -> None:
    for crash_after in range(1, len(CALL) + 1):
        world, attempt_id = connected(), UUID(int=9)
        for what in CALL[:crash_after]:
            move(world, what, attempt_id)
        world.nodes[0].crashes()
        world.nodes[0].connect()
        world.settle()
        assert world.invited(attempt_id) <= 1, crash_after
        assert outcome(world, attempt_id) in ("Ended", "Refused"), crash_after
        assert sum(word in ("Ended", "Refused") for word in words(world, attempt_id)) == 1, crash_after


def test_what_is_not_a_japanese_number_is_never_dialed() -> None:
    world = connected()
    for number in ("110", "+81110", "+15550100", "09000000001", "+8190000000012", "+8190\r\n"):
        attempt_id = world.new_attempt()
        world.board.obey(Dial(attempt_id, number, OFFICE, 20))
        assert [event.result for event in world.told if isinstance(event, Refused)][-1:] == ["11"], number
    world.settle()
    assert sum(sum(node.invited.values()) for node in world.nodes) == 0


def test_a_node_is_asked_by_the_days_of_its_own_clock() -> None:
    """What it wrote down at an end lies under its own day, whatever ours is."""
    now, shown = datetime(2026, 10, 6, 0, 0, 5, tzinfo=UTC), datetime(2026, 10, 5, 23, 59, tzinfo=UTC)
    node = NodeView.of("node", (), 0.0)
    assert node.theirs(now) == now
    node.compare_clocks(str(shown.timestamp()), now)
    assert node.theirs(now) == shown


def test_times_are_ours_although_the_nodes_clock_is_wrong() -> None:
    world = connected()
    attempt_id = dial(world)
    for _ in range(2):
        world.settle()
        world.clock.advance(3)
        move(world, "proceed", attempt_id)
    world.settle()
    answered = next(event for event in world.told if type(event).__name__ == "Answered")
    assert answered.at == world.clock.now()
