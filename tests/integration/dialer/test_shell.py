"""The shell on a real database: what is committed when, what a call leaves behind, what a second engine may not do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update

from callflow.codes import RecordingMode
from callflow.events import (
    Answered,
    CarrierCommand,
    Detected,
    Dial,
    Ended,
    Handed,
    Heard,
    Incoming,
    Join,
    Joined,
    Reconcile,
    Reconciled,
)
from callflow.tables import CallTransition
from casefile.clock import at_jst, jst_date
from casefile.errors import TsunagaruError
from casefile.gate import LostFloor
from casefile.tables import ContactRecord, GateDecision, TaxpayerFlag
from dialer.asterisk.detection.policy import Detection
from dialer.recording_terms import set_terms
from dialer.tables import CampaignEntry, Floor, FloorCommand, PacingDay, SeatChange
from tests.integration.dialer.room import DAY, FLOOR, OPENING, Room
from tests.people import People, key

CLOSING = at_jst(DAY, 20)


def answer(room: Room, dial: Dial) -> None:
    """The resident answers and is joined to the operator the engine chose."""
    room.carrier.report(Answered(dial.attempt_id, room.clock.now()))
    room.carrier.report(Heard(dial.attempt_id, room.clock.now(), Detected.PERSON))
    (join,) = (told for told in room.carrier.sent if isinstance(told, Join) and told.attempt_id == dial.attempt_id)
    room.carrier.report(Joined(dial.attempt_id, join.operator_id, room.clock.now()))
    room.shell.flush()


def end(room: Room, dial: Dial, result: str | None = None) -> None:
    room.carrier.report(Ended(dial.attempt_id, room.clock.now(), "16", result, by_resident=True))
    room.shell.flush()


def rows(room: Room, table: Any, *order: Any) -> list[Any]:
    with room.transaction() as conn:
        return list(conn.execute(select(table).order_by(*order)).all())


def test_a_call_is_dialed_under_the_terms_of_its_moment(room: Room) -> None:
    """Whether it is recorded and listened to is read in the transaction of its intent; a later word is for later calls."""
    room.fill(people=2, operators=2, detection=Detection.AMD)
    with room.transaction() as conn:
        set_terms(
            conn, room.municipality_id, room.campaign_id, RecordingMode.ANNOUNCED, room.clock.now(), room.ids, days=90
        )
        set_terms(conn, room.municipality_id, None, RecordingMode.UNANNOUNCED, room.clock.now(), room.ids)
    room.start()
    room.say("sign_in", 0)
    room.say("ready", 0)
    room.run(2)
    (first,) = room.carrier.dialed()
    assert (first.listen, first.recording) == (True, RecordingMode.ANNOUNCED)
    with room.transaction() as conn:
        set_terms(conn, room.municipality_id, room.campaign_id, RecordingMode.OFF, room.clock.now(), room.ids)
    room.say("sign_in", 1)
    room.say("ready", 1)
    room.run(2)
    assert [dial.recording for dial in room.carrier.dialed()[1:]] == [RecordingMode.OFF]


@pytest.mark.parametrize("restarted", [False, True], ids=["the same engine", "the next engine"])
def test_a_call_backs_recording_is_told_with_its_joining(room: Room, restarted: bool) -> None:
    room.fill(people=1)
    with room.transaction() as conn:
        set_terms(conn, room.municipality_id, None, RecordingMode.UNANNOUNCED, room.clock.now(), room.ids)
    room.start()
    room.carrier.report(Incoming(key("caller"), room.clock.now(), None))
    room.shell.flush()
    if restarted:
        room.shell.close()
        room.start()
        room.carrier.report(Reconciled(key("caller"), room.clock.now(), known=True, live=True))
    room.everybody_ready()
    room.run(1)
    (join,) = (told for told in room.carrier.sent if isinstance(told, Join))
    assert (join.attempt_id, join.recording) == (key("caller"), RecordingMode.UNANNOUNCED)


def test_a_call_from_dial_to_wrapup(room: Room) -> None:
    room.fill(people=3)
    room.start()
    room.everybody_ready()
    room.run(2)
    (dial,) = room.carrier.dialed()
    (attempt,) = room.attempts()
    assert (attempt.attempt_id, attempt.state, attempt.live) == (dial.attempt_id, "handed", True)

    room.run(6)
    answer(room, dial)
    (attempt,) = room.attempts()
    assert (attempt.state, attempt.operator_id, attempt.person_answered) == ("joined", room.operators[0], True)
    assert room.seats()[room.operators[0]].state == "talking"
    assert room.carrier.sent[1] == Join(dial.attempt_id, room.operators[0])

    room.run(60)
    end(room, dial)
    assert room.seats()[room.operators[0]].state == "wrapup"
    room.run(20)
    number = room.say("wrapup_done")
    (attempt,) = room.attempts()
    assert (attempt.state, attempt.result, attempt.live, attempt.counted) == ("ended", "01", False, True)
    assert attempt.wrapped_up_at is not None
    assert room.seats()[room.operators[0]].state == "ready"
    assert [row.answer for row in rows(room, FloorCommand, FloorCommand.command_no) if row.command_no == number] == [
        "ok"
    ]
    states = [row.to_state for row in rows(room, CallTransition, CallTransition.attempt_id, CallTransition.seq)]
    assert states == ["dialing", "listening", "waiting", "joining", "talking", "wrapup", "ended"]
    changes = [row.state for row in rows(room, SeatChange, SeatChange.at, SeatChange.change_id)]
    assert changes == ["paused", "ready", "reserved", "talking", "wrapup", "ready"]


def test_the_carrier_hears_of_a_call_only_after_its_row_is_committed(room: Room) -> None:
    room.fill(people=1)
    seen: list[int] = []
    send = room.carrier.send

    def looking(command: Any) -> None:
        if isinstance(command, Dial):
            seen.append(sum(row.attempt_id == command.attempt_id for row in room.attempts()))
        send(command)

    room.carrier.send = looking  # type: ignore[method-assign]
    room.start()
    room.everybody_ready()
    room.run(2)
    assert seen == [1]


def test_what_came_together_is_committed_once_and_told_afterwards(room: Room) -> None:
    """Under load an engine that commits for each answer falls behind the next."""
    room.fill(people=4, operators=3)
    room.start()
    room.everybody_ready()
    room.run(2)
    dials = room.carrier.dialed()
    assert len(dials) == 3
    told_after: list[int] = []
    commits: list[int] = []
    event.listen(room.database.engine, "commit", lambda _: commits.append(1))
    carrier_send = room.carrier.send

    def send(command: CarrierCommand) -> None:
        told_after.append(len(commits))
        carrier_send(command)

    room.carrier.send = send  # type: ignore[method-assign]
    now = room.clock.now()
    answered = [Answered(dial.attempt_id, now) for dial in dials]
    heard = [Heard(dial.attempt_id, now, Detected.PERSON) for dial in dials]
    room.shell.deliver_together([*answered, *heard])
    joined = [command.attempt_id for command in room.carrier.sent if isinstance(command, Join)]
    assert sorted(joined) == sorted(dial.attempt_id for dial in dials)
    assert told_after == [1] * len(dials)


def test_no_answer_is_recorded_and_tried_again_in_another_band(room: Room) -> None:
    room.fill(people=1)
    room.start()
    room.everybody_ready()
    room.run(2)
    (dial,) = room.carrier.dialed()
    room.run(25)
    end(room, dial, "03")
    entry = room.entry("00000001")
    assert (entry.state, entry.attempts, entry.state_reason) == ("open", 1, "03")
    assert entry.next_at >= room.clock.now() + timedelta(hours=2)
    (record,) = rows(room, ContactRecord, ContactRecord.record_id)
    assert (record.attempt_id, record.result, record.contact) == (dial.attempt_id, "03", None)
    room.run(120)
    assert len(room.carrier.dialed()) == 1


def test_busy_is_tried_again_after_five_minutes(room: Room) -> None:
    room.fill(people=1)
    room.start()
    room.everybody_ready()
    room.run(2)
    end(room, room.carrier.dialed()[0], "02")
    room.run(4 * 60)
    assert len(room.carrier.dialed()) == 1
    room.run(2 * 60)
    assert len(room.carrier.dialed()) == 2


def test_an_abandoned_call_spends_the_budget_and_is_reserved_for_another_day(room: Room) -> None:
    room.fill(people=2, operators=2)
    room.start()
    room.everybody_ready()
    room.run(2)
    first, second = room.carrier.dialed()
    answer(room, first)
    room.carrier.report(Answered(second.attempt_id, room.clock.now()))
    room.carrier.report(Heard(second.attempt_id, room.clock.now(), Detected.PERSON))
    room.run(3)
    end(room, second)
    abandoned = next(row for row in room.attempts() if row.attempt_id == second.attempt_id)
    assert (abandoned.result, abandoned.abandoned, abandoned.person_answered) == ("13", True, True)
    entry = room.entry(abandoned.addressee_no)
    assert entry.reserved_only
    assert jst_date(entry.next_at) > jst_date(room.clock.now())
    end(room, first)
    (day,) = rows(room, PacingDay, PacingDay.day)
    assert (day.live_answers, day.abandoned) == (2, 1)


def test_one_household_is_called_once_for_all_its_debtors(room: Room) -> None:
    room.fill(people=4, operators=3, household="H-1")
    room.start()
    room.everybody_ready()
    room.run(5)
    assert len(room.carrier.dialed()) == 1


def test_a_refusal_of_the_gate_is_kept_and_the_next_person_is_dialed(room: Room) -> None:
    room.fill(people=2)
    with room.transaction() as conn:
        People(conn, room.municipality_id, jst_date(room.clock.now())).flag("00000001", "no_call")
    room.start()
    room.everybody_ready()
    room.run(3)
    decisions = rows(room, GateDecision, GateDecision.decided_at, GateDecision.decision_id)
    assert len(room.carrier.dialed()) == sum(row.allowed for row in decisions) == 1


def test_whom_the_gate_refuses_for_the_day_leaves_the_list_before_anybody_waits_for_him(room: Room) -> None:
    room.fill(people=5)
    with room.transaction() as conn:
        crowd = People(conn, room.municipality_id, jst_date(room.clock.now()))
        for number in (1, 2, 4):
            crowd.flag(f"{number:08d}", "deceased")
    room.start()
    room.everybody_ready()
    room.run(2)
    (dial,) = room.carrier.dialed()
    decisions = rows(room, GateDecision, GateDecision.addressee_no)
    refused = [row for row in decisions if not row.allowed]
    assert [row.addressee_no for row in refused] == ["00000001", "00000002", "00000004"]
    assert {tuple(row.reasons) for row in refused} == {("flag_refuses",)}
    assert [row.decision_id for row in decisions if row.allowed] == [dial.attempt_id]
    put_off = {row.addressee_no: row for row in rows(room, CampaignEntry) if row.state_reason == "flag_refuses"}
    assert set(put_off) == {row.addressee_no for row in refused}
    assert {row.next_at for row in put_off.values()} == {at_jst(DAY + timedelta(days=7))}


def test_who_was_refused_for_a_lasting_reason_comes_up_when_a_file_of_that_kind_comes(room: Room) -> None:
    room.fill(people=1)
    with room.transaction() as conn:
        People(conn, room.municipality_id, DAY).flag("00000001", "no_call")
    room.start()
    room.everybody_ready()
    room.run(3)
    with room.transaction() as conn:
        crowd = People(conn, room.municipality_id, DAY)
        conn.execute(update(TaxpayerFlag).values(valid_to=DAY - timedelta(days=1)))
        # Other files say nothing about flags.
        crowd.imported("dispatches", room.clock.now())
    room.run(11 * 60)
    assert room.carrier.dialed() == []
    assert len(rows(room, GateDecision)) == 1
    with room.transaction() as conn:
        People(conn, room.municipality_id, DAY).imported("flags", room.clock.now())
    room.run(11 * 60)
    assert len(room.carrier.dialed()) == 1


def test_what_waits_to_be_written_is_written_before_the_gate_is_asked_about_the_same_household(room: Room) -> None:
    """Two campaigns have the same person on their lists; the first call has ended only in memory when the second asks."""
    room.fill(people=1)
    with room.transaction() as conn:
        room.campaign(conn, name="冬の催告")
    room.start(commit_seconds=3600.0)
    room.everybody_ready()
    room.run(2)
    (first,) = room.carrier.dialed()
    room.carrier.report(Ended(first.attempt_id, room.clock.now(), "17", "02", by_resident=False))
    room.run(3)
    assert [row.reasons for row in rows(room, GateDecision) if not row.allowed] == [["busy_gap"]]
    assert [attempt.result for attempt in room.attempts()] == ["02"]


def test_a_second_engine_cannot_take_the_floor(room: Room, database: Any, municipality: int) -> None:
    room.fill(people=1)
    room.start()
    other = Room(database, municipality)
    with pytest.raises(TsunagaruError, match="別のエンジン"):
        other.start()


def test_an_engine_that_lost_its_floor_cannot_dial(room: Room) -> None:
    room.fill(people=2)
    room.start()
    room.everybody_ready()
    with room.transaction() as conn:
        conn.execute(update(Floor).where(Floor.floor_id == FLOOR).values(epoch=Floor.epoch + 1))
    with pytest.raises(LostFloor):
        room.run(3)
    assert room.carrier.dialed() == []
    assert room.attempts() == []


def test_an_intent_that_grew_old_before_the_carrier_was_told_is_closed_and_never_dialed(room: Room) -> None:
    room.fill(people=1)
    room.start()
    room.everybody_ready()
    told = room.shell._tell

    def slow() -> None:
        room.clock.advance(4)
        told()

    room.shell._tell = slow  # type: ignore[method-assign]
    room.clock.advance(1)
    room.shell.tick()
    room.shell._tell = told  # type: ignore[method-assign]
    room.shell.flush()
    assert room.carrier.dialed() == []
    (attempt,) = room.attempts()
    assert (attempt.state, attempt.result, attempt.counted, attempt.handed_at) == ("ended", "15", False, None)


def test_an_intent_of_the_last_second_is_not_dialed_after_closing(room: Room) -> None:
    room.clock.advance((CLOSING - OPENING).total_seconds() - 2)
    room.fill(people=1)
    room.start()
    room.everybody_ready()
    told = room.shell._tell

    def at_the_stroke() -> None:
        if room.attempts():
            room.clock.advance(max(0.0, (CLOSING - room.clock.now()).total_seconds()))
        told()

    room.shell._tell = at_the_stroke  # type: ignore[method-assign]
    room.clock.advance(1)
    room.shell.tick()
    room.shell._tell = told  # type: ignore[method-assign]
    room.shell.flush()
    assert room.carrier.dialed() == []
    (attempt,) = room.attempts()
    assert (attempt.state, attempt.result, attempt.counted) == ("ended", "15", False)


def test_after_a_crash_calls_are_asked_for_and_never_dialed_again(room: Room) -> None:
    room.fill(people=2, operators=2)
    room.start()
    room.everybody_ready()
    room.run(2)
    first, second = room.carrier.dialed()
    joined_at = room.clock.now()
    answer(room, first)
    talker = next(row for row in room.attempts() if row.attempt_id == first.attempt_id).operator_id
    room.shell.close()  # nothing is said to the carrier, nothing is written: as if killed

    room.carrier.sent.clear()
    room.clock.advance(3)
    room.start()
    assert sorted(c.attempt_id for c in room.carrier.sent if isinstance(c, Reconcile)) == sorted(
        [first.attempt_id, second.attempt_id]
    )
    assert {row.state for row in room.attempts()} == {"unknown"}
    assert room.seats()[talker].state == "talking"

    past = (
        Handed(first.attempt_id, joined_at),
        Answered(first.attempt_id, joined_at),
        Heard(first.attempt_id, joined_at, Detected.PERSON),
        Joined(first.attempt_id, talker, joined_at),
    )
    room.carrier.report(Reconciled(first.attempt_id, room.clock.now(), known=True, live=True, past=past))
    room.carrier.report(Reconciled(second.attempt_id, room.clock.now(), known=False, live=False))
    room.run(5)
    by_id = {row.attempt_id: row for row in room.attempts()}
    assert by_id[first.attempt_id].state == "joined"
    # The carrier had taken it once and has forgotten it: it counts, and it is over.
    assert (by_id[second.attempt_id].state, by_id[second.attempt_id].result) == ("ended", "03")
    assert room.carrier.dialed() == []
    end(room, first)
    assert room.seats()[talker].state == "wrapup"


def test_preview_shows_the_case_before_it_dials(room: Room) -> None:
    room.fill(people=2, mode="preview")
    room.start()
    room.everybody_ready()
    room.run(2)
    seat = room.seats()[room.operators[0]]
    assert (seat.state, seat.offered_addressee_no is not None, seat.attempt_id) == ("reserved", True, None)
    assert room.carrier.dialed() == []
    room.say("preview_dial")
    (dial,) = room.carrier.dialed()
    (attempt,) = room.attempts()
    assert (attempt.mode, attempt.addressee_no) == ("preview", seat.offered_addressee_no)
    assert room.seats()[room.operators[0]].attempt_id == dial.attempt_id


def test_skipping_needs_a_reason_and_rests_the_case_until_the_next_office_day(room: Room) -> None:
    room.fill(people=1, mode="preview")
    room.start()
    room.everybody_ready()
    room.run(2)
    number = room.say("preview_skip")
    answers = {row.command_no: row.answer for row in rows(room, FloorCommand, FloorCommand.command_no)}
    assert answers[number] == "理由を入力してください。"
    room.say("preview_skip", reason="先に職員へ確認")
    entry = room.entry("00000001")
    assert (entry.state_reason, jst_date(entry.next_at) > jst_date(room.clock.now())) == (
        "スキップ: 先に職員へ確認",
        True,
    )
    room.run(5)
    assert room.seats()[room.operators[0]].state == "ready"


def test_outside_the_hours_nobody_is_put_before_the_gate(room: Room) -> None:
    room.fill(people=2)
    room.clock.move_to(room.clock.now() + timedelta(hours=10))  # 20:00, the city closes
    room.start()
    room.everybody_ready()
    room.run(5)
    assert rows(room, GateDecision, GateDecision.decision_id) == []
