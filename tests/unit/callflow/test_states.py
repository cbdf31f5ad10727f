"""The table of call states: complete where it must be, silent where nothing follows, never stuck."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callflow.codes import CallResult
from callflow.states import TABLE, Act, CallState, Happening, step

_LIVE = [state for state in CallState if not state.line_is_free]


def test_every_state_has_a_row() -> None:
    assert set(TABLE) == set(CallState)


def test_nothing_follows_the_end() -> None:
    assert all(step(CallState.ENDED, happening) is None for happening in Happening)


@pytest.mark.parametrize("state", [state for state in _LIVE if state is not CallState.UNKNOWN])
def test_wherever_a_call_stands_the_end_of_the_line_frees_it(state: CallState) -> None:
    for happening in (Happening.ENDED, Happening.ENDED_UNANSWERED):
        found = step(state, happening)
        assert found is not None
        assert found.to.line_is_free
        assert Act.CLOSE in found.acts


@pytest.mark.parametrize("state", _LIVE)
def test_a_new_engine_asks_the_carrier_and_never_dials(state: CallState) -> None:
    found = step(state, Happening.ENGINE_RESTARTED)
    assert found is not None
    assert (found.to, Act.ASK in found.acts) == (CallState.UNKNOWN, True)


def test_an_unknown_call_listens_only_to_the_carriers_answer_to_its_operator_and_to_who_never_told_of_it() -> None:
    assert set(TABLE[CallState.UNKNOWN]) == {
        Happening.RECONCILED_KNOWN,
        Happening.RECONCILED_QUEUED,
        Happening.RECONCILED_ABSENT,
        Happening.RECONCILED_LOST,
        Happening.TOO_LATE,
        Happening.NO_WORD,
        Happening.OPERATOR_HUNG_UP,
        Happening.WRAPUP_DONE,
        Happening.ENGINE_RESTARTED,
    }


def test_an_operator_is_joined_to_nobody_but_a_waiting_person() -> None:
    joining = {state for state in CallState for found in TABLE[state].values() if Act.JOIN in found.acts}
    assert joining == {CallState.WAITING, CallState.QUEUED}


def test_abandoned_always_hears_who_called_and_is_thirteen() -> None:
    found = [entry for row in TABLE.values() for entry in row.values() if Act.NOTE_ABANDONED in entry.acts]
    assert found
    assert all(Act.ANNOUNCE in entry.acts and entry.result is CallResult.ABANDONED for entry in found)


def test_the_line_is_freed_exactly_where_the_attempt_is_closed() -> None:
    for state, row in TABLE.items():
        for found in row.values():
            becomes_free = found.to.line_is_free and not state.line_is_free
            assert (Act.CLOSE in found.acts) == becomes_free


@given(st.lists(st.sampled_from(list(Happening)), max_size=40))
def test_from_anywhere_there_is_a_way_to_the_end(happenings: list[Happening]) -> None:
    state = CallState.ADMITTED
    for happening in happenings:
        found = step(state, happening)
        state = found.to if found else state
    for happening in (Happening.RECONCILED_KNOWN, Happening.ENDED, Happening.WRAPUP_DONE):
        found = step(state, happening)
        state = found.to if found else state
    assert state is CallState.ENDED
