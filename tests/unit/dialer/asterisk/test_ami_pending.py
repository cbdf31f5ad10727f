"""Every action has exactly one result, and its id is used once."""

from __future__ import annotations

import uuid

import pytest

from dialer.asterisk.pending import Answered, Pending, PendingActions, Reason, Refused, Unknown, UsedActionId
from dialer.asterisk.wire import Event, Response

_ID = uuid.UUID("7f1c0000-0000-4000-8000-000000000001")
_YES = Response("Success", {})


def test_before_its_first_byte_a_failure_is_certain_and_nothing_is_written_any_more() -> None:
    pending = Pending(_ID, 1.0, None)
    pending.fail(Reason.NO_ANSWER)
    assert pending.result == Refused(_ID, Reason.NO_ANSWER)
    assert not pending.begin()


def test_after_its_first_byte_nobody_knows() -> None:
    pending = Pending(_ID, 1.0, None)
    assert pending.begin()
    pending.fail(Reason.CONNECTION_LOST)
    assert pending.result == Unknown(_ID, Reason.CONNECTION_LOST)


def test_the_first_result_is_the_only_one() -> None:
    pending = Pending(_ID, 1.0, None)
    assert pending.begin()
    assert pending.resolve(Answered(_ID, _YES)) is not None
    assert pending.fail(Reason.CONNECTION_LOST) is None
    assert pending.resolve(Unknown(_ID, Reason.NO_ANSWER)) is None
    assert pending.result == Answered(_ID, _YES)


def test_a_list_is_answered_with_its_last_entry() -> None:
    pending = Pending(_ID, 1.0, None)
    begins = Response("Success", {"EventList": "start"})
    entry, closing = Event("Status", {}), Event("StatusComplete", {"EventList": "Complete"})
    assert pending.respond(begins) is None
    assert pending.takes_a_list
    assert pending.collect(entry) is None
    assert pending.collect(closing) == Answered(_ID, begins, (entry, closing))


def test_an_id_is_taken_once_and_remembered_for_a_bounded_number() -> None:
    actions = PendingActions(remembered=3)
    ids = [uuid.UUID(int=number) for number in range(5)]
    actions.reserve(ids[0])
    with pytest.raises(UsedActionId):
        actions.reserve(ids[0])
    actions.release(ids[0])
    for action_id in ids:
        actions.reserve(action_id)
    actions.reserve(ids[0])
    with pytest.raises(UsedActionId):
        actions.reserve(ids[4])


def test_those_overdue_and_those_settled() -> None:
    actions = PendingActions(remembered=3)
    early, late = Pending(_ID, 1.0, None), Pending(uuid.UUID(int=2), 2.0, None)
    actions.add(early)
    actions.add(late)
    assert actions.overdue(1.5) == [early]
    assert actions.find(str(_ID)) is early
    assert actions.find("17") is None
    actions.remove(early)
    assert actions.all() == [late]
    assert actions.find(str(_ID)) is None


def test_an_action_settled_late_takes_nothing_from_a_later_one_with_its_id() -> None:
    actions = PendingActions(remembered=3)
    first, second = Pending(_ID, 1.0, None), Pending(_ID, 2.0, None)
    actions.add(second)
    actions.remove(first)
    assert actions.find(str(_ID)) is second
