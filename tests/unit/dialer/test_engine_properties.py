"""Whatever happens in whatever order: what must never be false of an engine."""

from __future__ import annotations

from collections import Counter

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from callflow.events import Join
from callflow.states import CallState
from dialer.messages import StoreEnded, StoreSeat, Tell
from tests.unit.dialer.stage import Stage, attempt
from tests.unit.dialer.test_scenarios import assert_chain

_NAMES = "ABCD"
_FACTS = ["ringing", "answered", "person", "machine", "fax", "announcement", "guard", "ended", "ended 02", "ended 03",
          "refused 12", "joined A", "joined B", "took B", "took C", "left A", "left B", "left C", "live", "gone", "absent"]  # fmt: skip
_WISHES = ["ready", "ready", "ready", "pause", "sign_out", "sign_in", "hang_up", "wrapup_done", "preview_dial",
           "preview_skip later", "manual_dial 90", "consult B", "consult C", "three_way", "hand_over", "take_back",
           "listen_in A listen", "stop_listening"]  # fmt: skip

_moves = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.3, 1.0, 1.7, 2.1, 5.0, 31.0]),
        st.one_of(
            st.tuples(st.just("tick"), st.just("now")),
            st.tuples(st.integers(1, 9).map(str), st.sampled_from(_FACTS)),
            st.tuples(st.sampled_from(_NAMES), st.sampled_from(_WISHES)),
        ),
    ),
    min_size=20,
    max_size=60,
)
_Moves = list[tuple[float, tuple[str, str]]]
# A failing example is short enough to read as it is; shrinking it would take minutes.
_played = settings(phases=[Phase.explicit, Phase.generate])


def play(stage: Stage, moves: _Moves) -> None:
    """Random moves at random paces, every invariant looked at after each."""
    stage.open()
    for name in _NAMES:
        stage.do(name, "sign_in")
        stage.do(name, "ready")
    seconds = 0.0
    for wait, (subject, words) in moves:
        seconds += wait
        stage.at(seconds)
        before = len(stage.everything)
        if not subject.isdigit() or attempt(int(subject)) in stage.dialed:
            stage.do(subject, *words.split())
        look(stage, before)
    finish(stage, seconds)


def look(stage: Stage, before: int) -> None:
    calls = stage.engine.calls.all()
    held = Counter((seat.attempt_id, seat.part) for seat in stage.engine.seats if seat.attempt_id is not None)
    assert all(times == 1 for (_, part), times in held.items() if part != "left"), "one call, one operator"
    assert all((attempt_id, None) in held for attempt_id, part in held if part in ("called_in", "three_way"))
    for row in stage.engine.supervision.rows():
        call = stage.engine.calls.get(row.attempt_id)
        assert call is not None
        assert not call.state.line_is_free, "nobody listens to a call that is over"
    talking = [seat for seat in stage.engine.seats if seat.state == "talking"]
    for seat in talking:
        call = stage.engine.calls.get(seat.attempt_id)
        assert call is not None
        assert call.state is CallState.TALKING or call.state.has_colleague
    assert len({call.candidate.household_id for call in calls}) == len(calls), "one call to a household"
    # One-to-one: an operator leaves only when no call needs him. A call the carrier had no word of may come back to life.
    lost_sight_of = {step.attempt_id for step in stage.steps if step.to_state is CallState.UNKNOWN}
    competing = sum(call.competes and call.attempt_id not in lost_sight_of for call in calls)
    assert competing <= sum(seat.state == "ready" for seat in stage.engine.seats)
    state_of = {}
    for command in stage.everything[:before]:
        if isinstance(command, StoreSeat):
            state_of[command.seat.operator_id] = command.seat.state
    for command in stage.everything[before:]:
        if isinstance(command, StoreSeat):
            state_of[command.seat.operator_id] = command.seat.state
        if isinstance(command, Tell) and isinstance(command.command, Join):
            assert state_of[command.command.operator_id] == "reserved", "joined only to an operator held for it"


def finish(stage: Stage, seconds: float) -> None:
    """The carrier ends everything, operators go on: nothing is left over."""
    for _ in range(3):
        seconds += 60
        stage.at(seconds)
        stage.auto_supply = False
        for call in stage.engine.calls.all():
            number = str(call.attempt_id.int - 0x1000)
            stage.do(number, "gone")
            stage.do(number, "ended")
        for name in _NAMES:
            stage.do(name, "wrapup_done")
            stage.do(name, "pause")
            stage.do(name, "preview_skip", "done")
    assert stage.engine.calls.all() == []
    assert set(stage.ended) == set(stage.dialed), "every dial has its end"
    assert all(stage.seat(name) in ("paused", "offline") for name in _NAMES)
    assert all(ended.result for ended in stage.ended.values())
    for ended in stage.ended.values():
        assert isinstance(ended, StoreEnded)
        check_end(ended)
    assert_chain(stage)


def check_end(ended: StoreEnded) -> None:
    """h = t + d + e (REPORTS.md §6.0): joined, abandoned, or cut early, never two of them."""
    assert not (ended.connected and ended.abandoned)
    if ended.connected or ended.abandoned:
        assert ended.person_answered
    assert (ended.result == "13") == ended.abandoned
    assert (ended.result == "01") == (ended.person_answered and not ended.abandoned)
    assert ended.counted == (ended.result not in ("11", "12", "15"))


@settings(_played, max_examples=120)
@given(_moves)
def test_progressive(moves: _Moves) -> None:
    play(Stage(people=60), moves)


@settings(_played, max_examples=60)
@given(_moves)
def test_preview(moves: _Moves) -> None:
    play(Stage(people=60, mode="preview"), moves)


@settings(_played, max_examples=60)
@given(_moves)
def test_a_carrier_that_is_slow_to_take_calls(moves: _Moves) -> None:
    play(Stage(people=60, takes_at_once=False), moves)
