"""What the engine wants written, gathered and written in a few statements of one transaction."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from casefile.ids import Ids
from casefile.ledger_steps import LedgerStep, advance, wrap_up
from dialer.commands import FLOOR_LIVE, live_payload
from dialer.messages import (
    Answer,
    EngineCommand,
    Notify,
    SeatRow,
    StoreAnswered,
    StoreEnded,
    StoreHanded,
    StoreJoined,
    StoreSeat,
    StoreSkip,
    StoreTransition,
    StoreUnknown,
    StoreWrappedUp,
)

# One statement, so that a change costs one way to the server and back; an empty list writes nothing.
_WRITE = """
WITH new_seats AS (
    INSERT INTO seat (municipality_id, floor_id, operator_id, state, since, pause_reason, attempt_id, campaign_id,
                      assigned_campaign_id, offered_addressee_no, offered_phone_id, offered_recall_id, pausing)
    SELECT %(city)s, %(floor)s, s.*
      FROM unnest(%(s_operators)s::uuid[], %(s_states)s::text[], %(s_since)s::timestamptz[], %(s_reasons)s::text[],
                  %(s_attempts)s::uuid[], %(s_campaigns)s::uuid[], %(s_assigned)s::uuid[], %(s_persons)s::text[],
                  %(s_phones)s::uuid[], %(s_recalls)s::uuid[], %(s_pausing)s::text[]) AS s
    ON CONFLICT (municipality_id, operator_id) DO UPDATE
       SET floor_id = excluded.floor_id, state = excluded.state, since = excluded.since,
           pause_reason = excluded.pause_reason, attempt_id = excluded.attempt_id, campaign_id = excluded.campaign_id,
           assigned_campaign_id = excluded.assigned_campaign_id, offered_addressee_no = excluded.offered_addressee_no,
           offered_phone_id = excluded.offered_phone_id, offered_recall_id = excluded.offered_recall_id,
           pausing = excluded.pausing
), new_changes AS (
    INSERT INTO seat_change (municipality_id, floor_id, change_id, operator_id, at, state, pause_reason, attempt_id,
                             campaign_id)
    SELECT %(city)s, %(floor)s, c.*
      FROM unnest(%(c_ids)s::uuid[], %(c_operators)s::uuid[], %(c_at)s::timestamptz[], %(c_states)s::text[],
                  %(c_reasons)s::text[], %(c_attempts)s::uuid[], %(c_campaigns)s::uuid[]) AS c
), answered AS (
    UPDATE floor_command c SET done_at = a.at, answer = a.answer
      FROM unnest(%(a_numbers)s::bigint[], %(a_at)s::timestamptz[], %(a_answers)s::text[]) AS a(command_no, at, answer)
     WHERE c.municipality_id = %(city)s AND c.command_no = a.command_no
), new_steps AS (
    INSERT INTO call_transition (municipality_id, attempt_id, seq, at, from_state, event, to_state, detail)
    SELECT %(city)s, t.*
      FROM unnest(%(t_attempts)s::uuid[], %(t_seqs)s::int[], %(t_at)s::timestamptz[], %(t_origins)s::text[],
                  %(t_events)s::text[], %(t_targets)s::text[], %(t_details)s::jsonb[]) AS t
)
SELECT count(pg_notify(%(channel)s, p)) FROM unnest(%(payloads)s::text[]) AS p
"""


@dataclass(slots=True)
class Batch:
    """Not yet written. `ended`, `wrapped_up` and `skipped` have an aftermath beyond these rows."""

    steps: dict[UUID, LedgerStep] = field(default_factory=dict)
    transitions: list[StoreTransition] = field(default_factory=list)
    seats: dict[UUID, SeatRow] = field(default_factory=dict)
    seat_changes: list[SeatRow] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    knocks: dict[Notify, None] = field(default_factory=dict)
    ended: list[StoreEnded] = field(default_factory=list)
    wrapped_up: list[StoreWrappedUp] = field(default_factory=list)
    skipped: list[StoreSkip] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(
            self.steps
            or self.transitions
            or self.seats
            or self.answers
            or self.knocks
            or self.wrapped_up
            or self.skipped
        )

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
            case StoreWrappedUp():
                self.wrapped_up.append(command)
            case StoreSeat():
                self.seats[command.seat.operator_id] = command.seat
                if command.changed:
                    self.seat_changes.append(command.seat)
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

    def write(self, conn: Connection, municipality_id: int, floor_id: UUID, ids: Ids) -> list[StoreEnded]:
        """Write the rows and wake the screens when they are committed; gives the ends that were news to the ledger."""
        changed = advance(conn, municipality_id, list(self.steps.values()))
        wrap_up(conn, municipality_id, [(done.attempt_id, done.at) for done in self.wrapped_up])
        values: dict[str, Any] = {"city": municipality_id, "floor": floor_id, "channel": FLOOR_LIVE}
        values |= self._seat_values(ids) | self._step_values()
        values["a_numbers"] = [answer.command_no for answer in self.answers]
        values["a_at"] = [answer.at for answer in self.answers]
        values["a_answers"] = [answer.answer for answer in self.answers]
        values["payloads"] = [
            live_payload(municipality_id, floor_id, knock.kind, knock.operator_id, knock.attempt_id)
            for knock in self.knocks
        ]
        conn.exec_driver_sql(_WRITE, values)
        return [ended for ended in self.ended if ended.attempt_id in changed]

    def _step_values(self) -> dict[str, Any]:
        steps = self.transitions
        return {
            "t_attempts": [step.attempt_id for step in steps],
            "t_seqs": [step.seq for step in steps],
            "t_at": [step.at for step in steps],
            "t_origins": [step.from_state.value for step in steps],
            "t_events": [step.event for step in steps],
            "t_targets": [step.to_state.value for step in steps],
            "t_details": [json.dumps(step.detail) if step.detail else "{}" for step in steps],
        }

    def _seat_values(self, ids: Ids) -> dict[str, Any]:
        rows = list(self.seats.values())
        offers = [row.offered for row in rows]
        changes = self.seat_changes
        return {
            "s_operators": [row.operator_id for row in rows],
            "s_states": [row.state for row in rows],
            "s_since": [row.since for row in rows],
            "s_reasons": [row.pause_reason for row in rows],
            "s_attempts": [row.attempt_id for row in rows],
            "s_campaigns": [row.campaign_id for row in rows],
            "s_assigned": [row.assigned_campaign_id for row in rows],
            "s_persons": [offer.addressee_no if offer else None for offer in offers],
            "s_phones": [offer.phone_id if offer else None for offer in offers],
            "s_recalls": [offer.recall_id if offer else None for offer in offers],
            "s_pausing": [row.pausing for row in rows],
            "c_ids": [ids.new() for _ in changes],
            "c_operators": [row.operator_id for row in changes],
            "c_at": [row.since for row in changes],
            "c_states": [row.state for row in changes],
            "c_reasons": [row.pause_reason for row in changes],
            "c_attempts": [row.attempt_id for row in changes],
            "c_campaigns": [row.campaign_id for row in changes],
        }
