"""取次 and 聴取 whose line is cut, or whose engine is killed, at every step: nobody is left alone, nobody stays behind."""

from __future__ import annotations

from uuid import UUID

import pytest

from callflow.events import (
    Join,
    Left,
    ListenIn,
    Listening,
    StopListening,
)
from callflow.states import CallState
from dialer.asterisk.node.node import JOIN, LISTEN, TOGETHER
from tests.unit.dialer.asterisk.conversation import A, C, Play, S
from tests.unit.dialer.asterisk.house import line_of
from tests.unit.dialer.asterisk.stories import dial

STORIES = {
    "handed over": ["consulted", "takes_up", "handed_over"],
    "taken back": ["consulted", "takes_up", "taken_back"],
    "taken back while it rings": ["consulted", "taken_back"],
    "all three": ["consulted", "takes_up", "conferred", "handed_over"],
    "all three, taken back, consulted anew": ["consulted", "takes_up", "conferred", "taken_back", "consulted"],
    "not answered": ["consulted", "colleague_off"],
    "no telephone": ["unplugged", "consulted"],
    "the colleague leaves": ["consulted", "takes_up", "conferred", "colleague_off"],
    "the operator's line breaks": ["consulted", "takes_up", "operator_off"],
    "the operator's line breaks while it rings": ["consulted", "operator_off"],
    "the resident leaves": ["consulted", "takes_up", "resident_off"],
    "heard": ["listen", "whisper", "barge", "stop"],
    "barged in, and goes on": ["barge", "operator_off"],
    "heard in the consultation": ["listen", "consulted", "takes_up", "stop", "handed_over"],
}
GAPS = ["", "takes_up", "colleague_off", "operator_off", "resident_off"]


def length(story: list[str]) -> int:
    play = Play()
    play.play(story)
    return play.steps


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_a_conversation_that_nothing_disturbs(story: list[str]) -> None:
    play = Play()
    play.play(story)
    play.nobody_is_alone()
    play.engine_and_node_agree()
    play.everybody_who_left_is_told_of_once()
    play.nobody_was_rung_twice()
    play.nobody_stays_behind()


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_the_line_is_cut_at_every_step(story: list[str], gap: str) -> None:
    """The same engine lives on."""
    ways = [(0, 0, ""), (1, 9, "in the gap"), (0, 1, "in the gap"), (0, 9, "after it")][: 2 if gap else 4]
    for cut_at in range(length(story)):
        for arrives, still_comes, late in ways:
            where = (cut_at, arrives, still_comes, late)
            play = Play(cut_at, lambda play: play.cut(arrives, still_comes, gap, late))  # noqa: B023
            try:
                play.play(story)
                play.nobody_is_alone()
                play.engine_and_node_agree()
                play.everybody_who_left_is_told_of_once()
                play.nobody_was_rung_twice()
                play.nobody_stays_behind()
            except AssertionError as error:
                raise AssertionError(where) from error


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_the_engine_is_killed_at_every_step(story: list[str], gap: str) -> None:
    for killed_at in range(length(story)):
        for still_comes in (0, 9):
            play = Play(killed_at, lambda play: play.kill(still_comes, gap))  # noqa: B023
            try:
                play.play(story)
                play.nobody_is_alone()
                if play.node_knows_the_colleague():
                    if play.state is CallState.TALKING:
                        # Nobody told the node any more that they are not wanted: told as soon as they take up.
                        play.play(["takes_up"])
                    play.engine_and_node_agree()
                play.nobody_was_rung_twice()
                play.nobody_stays_behind()
            except AssertionError as error:
                raise AssertionError((killed_at, still_comes)) from error


# -- lines that are in another call by now -----------------------------------------------------------------------------


def next_call(play: Play, operator_id: UUID) -> str:
    """A second later another resident answers and is joined."""
    play.world.clock.advance(1)
    attempt_id = dial(play.world)
    play.world.settle()
    for _ in range(2):
        play.node.proceeds(play.node.channels[str(attempt_id)], 1)
        play.world.settle()
    play.world.board.obey(Join(attempt_id, operator_id))
    play.world.settle()
    return str(attempt_id)


def test_a_hand_over_that_was_lost_ends_no_later_call_of_the_line() -> None:
    """The line went with the cut; when it is back its operator is with somebody else already, and the line is cut again."""
    play = Play()
    play.play(["consulted", "takes_up"])
    play.do("handed_over")
    play.node.cut(0, 0)
    play.do("operator_off")
    play.node.connect()
    play.live_on()
    other = next_call(play, A)
    play.node.cut(0, 0)
    play.node.connect()
    play.live_on()
    assert play.node.where(other) == JOIN
    assert play.node.where(play.attempt) == TOGETHER


def test_a_colleague_who_never_came_is_welcome_elsewhere() -> None:
    """取次 lost on the way and taken back; then the colleague's line is rung for another call, and for listening to one."""
    play = Play()
    play.do("consulted")
    play.node.cut(0, 0)
    play.node.connect()
    play.live_on()
    assert play.state is CallState.TALKING
    other = next_call(play, UUID(int=4))
    play.world.board.obey(ListenIn(UUID(other), UUID(int=4), C, Listening.LISTEN))
    play.live_on()
    assert [one.context for one in play.node.telephones(line_of(C))] == [LISTEN]
    play.world.board.obey(StopListening(UUID(other), C))
    play.live_on()
    third = next_call(play, C)
    assert play.node.where(third) == JOIN
    assert [one.context for one in play.node.telephones(line_of(C))] != []


def test_the_last_calls_end_is_not_taken_for_the_next_calls() -> None:
    """After a hand-over the former operator's channel ends when the line is in the next call already."""
    play = Play()
    play.play(["consulted", "takes_up"])
    (former,) = play.node.telephones(line_of(A))
    play.do("handed_over")
    play.node.to_node.pop()
    while play.node.to_node and play.node.to_node[-1][0].name != "Hangup":
        play.node.to_node.pop()
    play.node.to_node.pop()
    play.live_on()
    other = next_call(play, A)
    before = len(play.world.told)
    play.node.ends(former, 16)
    play.live_on()
    assert [event for event in play.world.told[before:] if isinstance(event, Left)] == []
    play.node.rings_off(line_of(A))
    play.live_on()
    left = [event for event in play.world.told[before:] if isinstance(event, Left)]
    assert [(str(event.attempt_id), event.operator_id) for event in left] == [(other, A)]


def test_a_new_engine_ends_what_the_dead_one_had_a_supervisor_hear() -> None:
    play = Play()
    play.play(["listen"])
    play.kill(0, "")
    assert [one.context for one in play.node.telephones(line_of(S))] == [LISTEN]
    play.play(["stop"])
    assert play.node.telephones(line_of(S)) == []


def test_how_a_supervisor_takes_part_is_said_again_after_a_cut() -> None:
    """Whoever had stopped whispering is not heard any more, whatever the line lost."""
    play = Play()
    play.play(["whisper"])
    play.do("barge")
    play.node.cut(0, 0)
    play.node.connect()
    play.live_on()
    assert {one.line for one in play.node.in_room(play.attempt)} == {line_of(A), line_of(S)}
    assert play.node.where(play.attempt) == TOGETHER
