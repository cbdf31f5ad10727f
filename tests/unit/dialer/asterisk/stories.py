"""What happens to a call, step by step, and what the engine believes of it in the end."""

from __future__ import annotations

from uuid import UUID

from callflow.events import CarrierEvent, Dial, Ended, Hangup, Join, Reconciled, Refused
from tests.unit.dialer.asterisk.world import OPERATOR, World

NUMBER, OFFICE = "+819000000001", "+81300000000"


def dial(world: World) -> UUID:
    attempt_id = world.new_attempt()
    world.board.obey(Dial(attempt_id, NUMBER, OFFICE, 20))
    return attempt_id


def connected(away: float = 30.0) -> World:
    world = World(away)
    for node in world.nodes:
        node.connect()
    world.settle()
    return world


def words(world: World, attempt_id: UUID) -> list[str]:
    return [type(event).__name__ for event in world.told if event.attempt_id == attempt_id]


def over(event: CarrierEvent) -> bool:
    return isinstance(event, Ended | Refused) or (isinstance(event, Reconciled) and not event.live)


CALL = [
    "dial",
    "work",
    "deliver",
    "deliver",
    "proceed",
    "deliver",
    "proceed",
    "deliver",
    "deliver",
    "join",
    "work",
    "deliver",
    "deliver",
    "deliver",
    "hang_up",
    "work",
    "deliver",
    "deliver",
]
REFUSED_CALL = ["dial", "work", "deliver", "deliver", "end", "deliver"]


def move(world: World, what: str, attempt_id: UUID) -> None:
    """One small thing happens."""
    node = world.nodes[0]
    channel = node.channels.get(str(attempt_id))
    match what:
        case "dial":
            world.board.obey(Dial(attempt_id, NUMBER, OFFICE, 20))
        case "work":
            node.work()
        case "deliver":
            node.deliver()
        case "proceed" | "end" if channel is not None and channel.to_a_resident:
            node.proceeds(channel, 0 if what == "end" else 1)
        case "join":
            world.board.obey(Join(attempt_id, OPERATOR))
        case "hang_up":
            world.board.obey(Hangup(attempt_id))


def outcome(world: World, attempt_id: UUID) -> str:
    """What the engine believes in the end."""
    for event in reversed(world.told):
        if event.attempt_id == attempt_id and over(event):
            if isinstance(event, Reconciled):
                return type(event.past[-1]).__name__ if event.known else "absent"
            return type(event).__name__
    return "nothing"
