"""Where a resident's channel is still on its way from one place to another, it is sent on as soon as it can be."""

from __future__ import annotations

from uuid import UUID

from callflow.events import Announce, Join
from tests.unit.dialer.asterisk.stories import connected, dial, words
from tests.unit.dialer.asterisk.world import OPERATOR, World


def answered() -> tuple[World, UUID]:
    """A resident has answered."""
    world = connected()
    attempt_id = dial(world)
    world.settle()
    for _ in range(2):
        world.nodes[0].proceeds(world.nodes[0].channels[str(attempt_id)], 1)
    world.settle()
    return world, attempt_id


def pass_time(world: World, seconds: float) -> None:
    """Time passes as the carrier's thread lets it pass: it is woken when it asked to be."""
    until = world.moment() + seconds
    while world.board.next_at() < until:
        world.clock.advance(max(world.board.next_at() - world.moment(), 0.001))
        world.board.tick()
        world.settle()


def test_a_resident_on_the_way_is_joined_as_soon_as_that_is_possible() -> None:
    world, attempt_id = answered()
    world.nodes[0].channels[str(attempt_id)].not_up = 3
    world.board.obey(Join(attempt_id, OPERATOR))
    world.settle()
    assert "Joined" not in words(world, attempt_id)
    pass_time(world, 0.2)
    assert words(world, attempt_id)[-1] == "Joined"


def test_a_resident_wanted_elsewhere_meanwhile_is_sent_there_alone() -> None:
    world, attempt_id = answered()
    channel = world.nodes[0].channels[str(attempt_id)]
    channel.not_up = 1
    world.board.obey(Join(attempt_id, OPERATOR))
    world.settle()
    world.board.obey(Announce(attempt_id))
    world.settle()
    pass_time(world, 0.2)
    assert "ANNOUNCED_AT" in channel.variables
    assert "JOINED_AT" not in channel.variables


def test_a_channel_that_never_comes_up_is_let_be() -> None:
    world, attempt_id = answered()
    channel = world.nodes[0].channels[str(attempt_id)]
    channel.not_up = 10_000
    world.board.obey(Join(attempt_id, OPERATOR))
    world.settle()
    pass_time(world, 10)
    tried = 10_000 - channel.not_up
    pass_time(world, 10)
    assert 100 < tried == 10_000 - channel.not_up
