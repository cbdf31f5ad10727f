"""The thread that decides: what it cannot do does not keep it from what happens, and no flood of news is piled up."""

from __future__ import annotations

import itertools
import threading
from functools import partial

import pytest

from dialer.asterisk.deciding import Deciding
from tests.waiting import until


def test_where_time_cannot_pass_it_is_heard_what_happens_and_tried_again_after_a_pause() -> None:
    now, ticks, heard = [100.0], [0], list[int]()

    def tick() -> None:
        ticks[0] += 1
        raise ValueError("one node's trouble")

    deciding = Deciding("t", lambda: 100.0, tick, lambda: now[0])
    for number in range(3):
        deciding.put(partial(heard.append, number))
        deciding.turn()
    assert (heard, ticks) == ([0, 1, 2], [1])
    now[0] += 1
    deciding.put(partial(heard.append, 3))
    deciding.turn()
    assert (heard, ticks) == ([0, 1, 2, 3], [2])


def test_what_is_due_now_is_due_although_the_clock_goes_on() -> None:
    moments, ticks = itertools.count(), list[str]()

    def moment() -> float:
        return float(next(moments))

    deciding = Deciding("t", moment, partial(ticks.append, "tick"), moment)
    deciding.put(lambda: None)
    deciding.turn()
    assert ticks == ["tick"]


def test_what_one_call_breaks_is_not_the_others_trouble() -> None:
    heard = list[int]()

    def broken() -> None:
        raise ValueError("one call's trouble")

    deciding = Deciding("t", lambda: 1.0, lambda: None, lambda: 0.0)
    deciding.put(broken)
    deciding.put(partial(heard.append, 1))
    deciding.turn()
    deciding.turn()
    assert heard == [1]


@pytest.mark.parametrize("ends", [False, True], ids=["there is room again", "it ends"])
def test_whoever_brings_news_waits_for_room_and_a_command_does_not(ends: bool) -> None:
    heard = list[str]()
    deciding = Deciding("t", lambda: 1.0, lambda: None, lambda: 0.0, room=2)

    def bring() -> None:
        for name in ("a", "b", "c"):
            deciding.put_when_room(partial(heard.append, name))

    bringing = threading.Thread(target=bring)
    bringing.start()
    try:
        until(lambda: deciding.kept_waiting == 1)
        deciding.put(partial(heard.append, "command"))
        assert bringing.is_alive()
        if not ends:
            for _ in range(2):
                deciding.turn()
    finally:
        if ends:
            deciding.close()
        bringing.join(10)
        deciding.close()
    assert not bringing.is_alive()
    assert heard == ([] if ends else ["a", "b"])
