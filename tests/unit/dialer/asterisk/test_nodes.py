"""Nodes come and go: calls go elsewhere, and of those on a node that stays away it is known what becomes."""

from __future__ import annotations

from uuid import UUID

import pytest

from callflow.events import Dial, Ended, Reconcile, Refused
from tests.unit.dialer.asterisk.stories import CALL, NUMBER, OFFICE, connected, dial, move, outcome, words
from tests.unit.dialer.asterisk.world import World


def test_new_calls_go_to_the_emptier_node_and_to_the_other_when_one_is_gone() -> None:
    world = connected()
    dial(world)
    dial(world)
    world.settle()
    assert [len(node.channels) for node in world.nodes] == [1, 1]
    world.nodes[0].cut(0, 0)
    world.settle()
    world.clock.advance(0.1)
    for _ in range(3):
        dial(world)
        world.settle()
        world.clock.advance(0.1)
    assert [sum(node.invited.values()) for node in world.nodes] == [1, 4]


def test_without_any_line_a_call_is_refused_in_time_and_is_no_attempt() -> None:
    world = World()
    attempt_id = dial(world)
    assert world.told == []
    assert world.board.next_at() - world.moment() <= 2.0
    world.clock.advance(2.0)
    world.board.tick()
    assert [event.result for event in world.told if isinstance(event, Refused)] == ["12"]
    assert words(world, attempt_id) == ["Refused"]


def test_a_call_waits_for_a_trunk_with_room() -> None:
    world = World()
    world.nodes[0].connect()
    world.settle()
    attempts = [dial(world) for _ in range(3)]
    world.settle()
    assert sum(world.invited(one) for one in attempts) == 1
    for _ in range(2):
        world.clock.advance(world.board.next_at() - world.moment())
        world.board.tick()
        world.settle()
    assert [world.invited(one) for one in attempts] == [1, 1, 1]


def test_a_node_that_stays_away_has_ended_its_calls_and_ends_them_when_it_is_back() -> None:
    world, attempt_id = connected(away=10.0), UUID(int=9)
    for what in CALL[:9]:
        move(world, what, attempt_id)
    node = world.nodes[0]
    node.cut(0, 0)
    world.settle()
    assert "Ended" not in words(world, attempt_id)
    world.clock.advance(10.0)
    world.board.tick()
    assert words(world, attempt_id)[-1] == "Ended"
    assert str(attempt_id) in node.channels
    node.connect()
    world.settle()
    assert str(attempt_id) not in node.channels
    assert words(world, attempt_id).count("Ended") == 1


def test_a_command_of_a_dead_engine_to_a_node_that_was_given_up_rings_nobody() -> None:
    world, attempt_id = connected(away=10.0), UUID(int=9)
    move(world, "dial", attempt_id)
    world.kill_engine(1)
    world.nodes[1].connect()
    world.board.obey(Reconcile(attempt_id))
    world.settle()
    assert outcome(world, attempt_id) == "nothing"
    world.clock.advance(10.0)
    world.board.tick()
    assert outcome(world, attempt_id) == "absent"
    world.nodes[0].connect()
    world.settle()
    world.nodes[0].work_late()
    world.settle()
    assert world.invited(attempt_id) == 0


def test_an_id_that_is_held_stays_held_however_often_the_line_is_cut() -> None:
    """The call is over in the books, its Originate still on its way: the channel that holds its id is nobody's to hang up."""
    world, attempt_id = connected(away=10.0), UUID(int=9)
    node = world.nodes[0]
    move(world, "dial", attempt_id)
    node.cut(0, 1)
    world.settle()
    world.clock.advance(10.0)
    world.board.tick()
    for _ in range(2):
        node.connect()
        world.settle()
        node.cut(0, 0)
        world.settle()
    node.connect()
    world.settle()
    node.work_late()
    world.settle()
    assert world.invited(attempt_id) == 0
    assert words(world, attempt_id).count("Ended") == 1


def test_a_node_that_was_given_up_before_is_not_waited_for() -> None:
    world, attempt_id = connected(away=10.0), UUID(int=9)
    move(world, "dial", attempt_id)
    world.kill_engine(1)
    world.nodes[1].connect()
    world.settle()
    world.clock.advance(10.0)
    world.board.tick()
    world.board.obey(Reconcile(attempt_id))
    world.settle()
    assert outcome(world, attempt_id) == "absent"
    world.nodes[0].connect()
    world.settle()
    world.nodes[0].work_late()
    world.settle()
    assert world.invited(attempt_id) == 0


def test_where_every_node_was_given_up_the_answer_comes_at_once() -> None:
    world, attempt_id = World(away=10.0), UUID(int=9)
    world.clock.advance(10.0)
    world.board.tick()
    world.board.obey(Reconcile(attempt_id))
    assert outcome(world, attempt_id) == "absent"
    world.nodes[0].connect()
    world.settle()
    world.board.obey(Dial(attempt_id, NUMBER, OFFICE, 20))
    world.settle()
    assert world.invited(attempt_id) == 0


def test_what_happens_right_after_a_gap_is_told_after_what_happened_in_it() -> None:
    """Answered before the node's clock is known: nobody may be sent to a channel that is not known either."""
    world, attempt_id = connected(), UUID(int=9)
    node = world.nodes[0]
    move(world, "dial", attempt_id)
    node.cut(0, 1)
    world.settle()
    node.work_late()
    node.connect()
    node.deliver()
    for _ in range(2):
        node.proceeds(node.channels[str(attempt_id)], 1)
        node.deliver()
    assert words(world, attempt_id) == []
    world.settle()
    assert words(world, attempt_id) == ["Handed", "Ringing", "Answered", "Heard"]


@pytest.mark.parametrize("in_the_gap", [0, 1, 2], ids=["dialed", "rang", "answered"])
@pytest.mark.parametrize("placed", [False, True], ids=["unsure", "placed"])
def test_a_call_that_ends_while_its_node_is_asked_is_over_once_with_all_that_happened(
    in_the_gap: int, placed: bool
) -> None:
    """At whatever moment after the line is back: it is over in the books, and an answer in the gap stays an answer."""
    for ends_after in range(14):
        world, attempt_id = connected(), UUID(int=9)
        node = world.nodes[0]
        move(world, "dial", attempt_id)
        if placed:
            world.settle()
            node.cut(0, 0)
        else:
            node.cut(0, 1)
            node.work_late()
        world.settle()
        for _ in range(in_the_gap):
            move(world, "proceed", attempt_id)
        node.connect()
        for number in range(20):
            if number == ends_after:
                node.ends(node.channels[str(attempt_id)], 16)
            node.deliver()
            node.work()
        world.settle()
        told = words(world, attempt_id)
        assert told.count("Ended") == 1, (ends_after, told)
        assert told[-1] == "Ended", (ends_after, told)
        assert ("Answered" in told) == (in_the_gap == 2), (ends_after, told)
        ended = next(event for event in world.told if isinstance(event, Ended))
        assert (ended.result is None) == (in_the_gap == 2), (ends_after, ended)


@pytest.mark.parametrize("away", [False, True])
def test_a_call_that_is_over_is_forgotten_unless_its_node_is_away(away: bool) -> None:
    """Whoever asks for it later hears of it from the node."""
    world, attempt_id = connected(away=1_000.0), UUID(int=9)
    node = world.nodes[0]
    move(world, "dial", attempt_id)
    world.settle()
    node.ends(node.channels[str(attempt_id)], 17)
    world.settle()
    if away:
        node.cut(0, 0)
        world.settle()
    world.clock.advance(130)
    world.board.tick()
    assert (attempt_id in world.board.calls) == away
    if away:
        node.connect()
        world.settle()
    world.board.obey(Reconcile(attempt_id))
    world.settle()
    assert outcome(world, attempt_id) == "Ended"
