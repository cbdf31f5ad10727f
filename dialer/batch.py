"""What the engine wants written, gathered and written in a few statements of one transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from casefile.db import rows_as_json
from casefile.ids import Ids
from casefile.ledger_steps import ADVANCE, WRAP_UP, LedgerStep, WrappedUp, advance_values, wrap_up, wrap_up_values
from dialer.commands import FLOOR_LIVE, live_payload
from dialer.messages import (
    Answer,
    EngineCommand,
    ListeningRow,
    Notify,
    SeatRow,
    StoreAnswered,
    StoreCallBackEnded,
    StoreEnded,
    StoreHanded,
    StoreJoined,
    StoreListening,
    StoreListeningEnded,
    StoreSeat,
    StoreSkip,
    StoreTransition,
    StoreUnknown,
    StoreWrappedUp,
)

# One statement, so that a change costs one way to the server and back, of the parts that have rows. The rows go as JSON,
# because a statement with always the same parameter types is planned once.
_PARTS = {
    "moved": ADVANCE,
    "wrapped_up": WRAP_UP,
    "new_seats": """
    INSERT INTO seat (municipality_id, floor_id, operator_id, state, since, pause_reason, attempt_id, campaign_id,
                      assigned_campaign_id, offered_addressee_no, offered_phone_id, offered_recall_id, pausing,
                      part, put_off_attempt_id, put_off_at, calls_on, calls, pulled, pulled_last)
    SELECT %(city)s, %(floor)s, s.* FROM jsonb_to_recordset(%(seats)s::jsonb)
        AS s(operator uuid, state text, since timestamptz, reason text, attempt uuid, campaign uuid, assigned uuid,
             person text, phone uuid, recall uuid, pausing text, part text, put_off uuid, put_off_at timestamptz,
             day date, calls int, pulled int, last boolean)
    ON CONFLICT (municipality_id, operator_id) DO UPDATE
       SET floor_id = excluded.floor_id, state = excluded.state, since = excluded.since,
           pause_reason = excluded.pause_reason, attempt_id = excluded.attempt_id, campaign_id = excluded.campaign_id,
           assigned_campaign_id = excluded.assigned_campaign_id, offered_addressee_no = excluded.offered_addressee_no,
           offered_phone_id = excluded.offered_phone_id, offered_recall_id = excluded.offered_recall_id,
           pausing = excluded.pausing, part = excluded.part, put_off_attempt_id = excluded.put_off_attempt_id,
           put_off_at = excluded.put_off_at, calls_on = excluded.calls_on, calls = excluded.calls, pulled = excluded.pulled,
           pulled_last = excluded.pulled_last
""",
    "new_changes": """
    INSERT INTO seat_change (municipality_id, floor_id, change_id, operator_id, at, state, pause_reason, attempt_id,
                             campaign_id)
    SELECT %(city)s, %(floor)s, c.* FROM jsonb_to_recordset(%(changes)s::jsonb)
        AS c(id uuid, operator uuid, at timestamptz, state text, reason text, attempt uuid, campaign uuid)
""",
    "listening": """
    INSERT INTO listening_in (municipality_id, floor_id, supervisor_id, operator_id, attempt_id, how, since)
    SELECT %(city)s, %(floor)s, l.* FROM jsonb_to_recordset(%(listening)s::jsonb)
        AS l(supervisor uuid, operator uuid, attempt uuid, how text, since timestamptz)
    ON CONFLICT (municipality_id, supervisor_id) DO UPDATE
       SET floor_id = excluded.floor_id, operator_id = excluded.operator_id, attempt_id = excluded.attempt_id,
           how = excluded.how, since = excluded.since
""",
    "listened": """
    DELETE FROM listening_in l WHERE l.municipality_id = %(city)s AND l.supervisor_id = ANY(%(listened)s::uuid[])
""",
    "answered": """
    UPDATE floor_command c SET done_at = a.at, answer = a.answer
      FROM jsonb_to_recordset(%(answers)s::jsonb) AS a(command bigint, at timestamptz, answer text)
     WHERE c.municipality_id = %(city)s AND c.command_no = ANY(%(commands)s::bigint[]) AND c.command_no = a.command
""",
    "new_steps": """
    INSERT INTO call_transition (municipality_id, attempt_id, seq, at, from_state, event, to_state, detail)
    SELECT %(city)s, t.* FROM jsonb_to_recordset(%(transitions)s::jsonb)
        AS t(attempt uuid, seq int, at timestamptz, origin text, event text, target text, detail jsonb)
""",
}
_MOVED = "ARRAY(SELECT attempt_id FROM moved)"
_KNOCKS = "(SELECT count(pg_notify(%(channel)s, p)) FROM jsonb_array_elements_text(%(payloads)s::jsonb) AS p)"


@cache
def _statement(parts: tuple[str, ...]) -> str:
    """Write these parts and knock; gives the attempts that changed."""
    moved = _MOVED if "moved" in parts else "ARRAY[]::uuid[]"
    written = ", ".join(f"{part} AS ({_PARTS[part]})" for part in parts)
    return f"{f'WITH {written} ' if parts else ''}SELECT {moved}, {_KNOCKS}"


@dataclass(slots=True)
class Batch:
    """Not yet written. `ended`, `wrapped_up` and `skipped` have an aftermath beyond these rows."""

    steps: dict[UUID, LedgerStep] = field(default_factory=dict)
    transitions: list[StoreTransition] = field(default_factory=list)
    seats: dict[UUID, SeatRow] = field(default_factory=dict)
    seat_changes: list[SeatRow] = field(default_factory=list)
    listening: dict[UUID, ListeningRow | None] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    knocks: dict[Notify, None] = field(default_factory=dict)
    ended: list[StoreEnded] = field(default_factory=list)
    wrapped_up: list[StoreWrappedUp] = field(default_factory=list)
    skipped: list[StoreSkip] = field(default_factory=list)
    lost_callers: list[StoreCallBackEnded] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(
            self.steps
            or self.transitions
            or self.seats
            or self.listening
            or self.answers
            or self.knocks
            or self.wrapped_up
            or self.skipped
        )

    def touches(self, households: Collection[str], numbers: Collection[str]) -> bool:
        """Whether a call that has ended, and is not written yet, was made to one of these."""
        return any(call.candidate.household_id in households or call.candidate.e164 in numbers for call in self.ended)

    def add(self, command: EngineCommand) -> None:
        """Take one wish to store or to notify; others are not for the batch."""
        match command:
            case StoreTransition():
                self.transitions.append(command)
            case StoreHanded():
                step = self._step(command.attempt_id)
                step.state, step.handed_at = "handed", command.at
            case StoreAnswered():
                step = self._step(command.attempt_id)
                step.state, step.answered_at = "answered", command.at
            case StoreJoined():
                step = self._step(command.attempt_id)
                step.state, step.connected_at, step.speech_at = "joined", command.at, command.speech_at
                step.operator_id, step.person_answered = command.operator_id, True
            case StoreUnknown():
                step = self._step(command.attempt_id)
                step.state, step.unknown_since = "unknown", command.at
            case StoreEnded():
                self._end(command)
            case StoreCallBackEnded():
                self._end_call_back(command)
            case StoreWrappedUp():
                self.wrapped_up.append(command)
            case StoreSeat():
                self.seats[command.seat.operator_id] = command.seat
                if command.changed:
                    self.seat_changes.append(command.seat)
            case StoreListening():
                self.listening[command.row.supervisor_id] = command.row
            case StoreListeningEnded():
                self.listening[command.supervisor_id] = None
            case StoreSkip():
                self.skipped.append(command)
            case Answer():
                self.answers.append(command)
            case Notify():
                self.knocks[command] = None
            case _:
                raise TypeError(f"{type(command).__name__} is not for the batch")

    def _step(self, attempt_id: UUID) -> LedgerStep:
        return self.steps.setdefault(attempt_id, LedgerStep(attempt_id))

    def _end(self, command: StoreEnded) -> None:
        step = self._step(command.attempt_id)
        step.state, step.ended_at = "ended", command.at
        step.handed_at = step.handed_at or command.handed_at
        step.result, step.cause, step.counted = command.result, command.cause, command.counted
        step.abandoned, step.person_answered = command.abandoned, command.person_answered
        step.answered_at = step.answered_at or command.answered_at
        step.speech_at = step.speech_at or command.speech_at
        step.operator_id = step.operator_id or command.operator_id
        self.ended.append(command)

    def _end_call_back(self, command: StoreCallBackEnded) -> None:
        step = self._step(command.attempt_id)
        step.state, step.ended_at = "ended", command.at
        step.result, step.cause, step.counted = command.result, command.cause, False
        step.abandoned, step.person_answered = False, command.connected
        step.operator_id = step.operator_id or command.operator_id
        if not command.connected:
            self.lost_callers.append(command)

    def write(self, conn: Connection, municipality_id: int, floor_id: UUID, ids: Ids) -> list[StoreEnded]:
        """Write the rows and wake the screens when they are committed; gives the ends that were news to the ledger."""
        done = [WrappedUp(each.attempt_id, each.at, each.put_off_seconds) for each in self.wrapped_up]
        values: dict[str, Any] = {"city": municipality_id, "channel": FLOOR_LIVE}
        values["payloads"] = _json(
            [live_payload(municipality_id, floor_id, k.kind, k.operator_id, k.attempt_id) for k in self.knocks]
        )
        parts = self._parts(floor_id, done, ids)
        for part in parts.values():
            values |= part
        changed, _ = conn.exec_driver_sql(_statement(tuple(parts)), values).one()
        # One statement changes a row once: whoever was done so fast comes second.
        wrap_up(conn, municipality_id, [entry for entry in done if entry.attempt_id in self.steps])
        return [ended for ended in self.ended if ended.attempt_id in changed]

    def _parts(self, floor_id: UUID, done: Sequence[WrappedUp], ids: Ids) -> dict[str, dict[str, Any]]:
        """The parts of the statement that have rows, each with what it takes."""
        parts: dict[str, dict[str, Any]] = {}
        if self.steps:
            parts["moved"] = advance_values(list(self.steps.values()))
        first = [entry for entry in done if entry.attempt_id not in self.steps]
        if first:
            parts["wrapped_up"] = wrap_up_values(first)
        if self.seats:
            parts["new_seats"] = {"floor": floor_id, "seats": _json([_seat_row(row) for row in self.seats.values()])}
        if self.seat_changes:
            changes = [_change_row(row, ids.new()) for row in self.seat_changes]
            parts["new_changes"] = {"floor": floor_id, "changes": _json(changes)}
        begun = [_listening_row(row) for row in self.listening.values() if row is not None]
        if begun:
            parts["listening"] = {"floor": floor_id, "listening": _json(begun)}
        ended = [supervisor for supervisor, row in self.listening.items() if row is None]
        if ended:
            parts["listened"] = {"listened": ended}
        if self.answers:
            parts["answered"] = {
                "commands": [answer.command_no for answer in self.answers],
                "answers": _json([{"command": a.command_no, "at": a.at, "answer": a.answer} for a in self.answers]),
            }
        if self.transitions:
            parts["new_steps"] = {"transitions": _json([_step_row(step) for step in self.transitions])}
        return parts


def _json(rows: list[Any]) -> str:
    return rows_as_json(rows) if rows else "[]"


def _seat_row(row: SeatRow) -> dict[str, Any]:
    offer = row.offered
    return {
        "operator": row.operator_id,
        "state": row.state,
        "since": row.since,
        "reason": row.pause_reason,
        "attempt": row.attempt_id,
        "campaign": row.campaign_id,
        "assigned": row.assigned_campaign_id,
        "person": offer.addressee_no if offer else None,
        "phone": offer.phone_id if offer else None,
        "recall": offer.recall_id if offer else None,
        "pausing": row.pausing,
        "part": row.part,
        "put_off": row.put_off,
        "put_off_at": row.put_off_at,
        "day": row.pulls.day,
        "calls": row.pulls.calls,
        "pulled": row.pulls.pulled,
        "last": row.pulls.last,
    }


def _listening_row(row: ListeningRow) -> dict[str, Any]:
    return {
        "supervisor": row.supervisor_id,
        "operator": row.operator_id,
        "attempt": row.attempt_id,
        "how": row.how.value,
        "since": row.since,
    }


def _change_row(row: SeatRow, change_id: UUID) -> dict[str, Any]:
    return {
        "id": change_id,
        "operator": row.operator_id,
        "at": row.since,
        "state": row.state,
        "reason": row.pause_reason,
        "attempt": row.attempt_id,
        "campaign": row.campaign_id,
    }


def _step_row(step: StoreTransition) -> dict[str, Any]:
    return {
        "attempt": step.attempt_id,
        "seq": step.seq,
        "at": step.at,
        "origin": step.from_state.value,
        "event": step.event,
        "target": step.to_state.value,
        "detail": step.detail,
    }
