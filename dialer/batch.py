"""What the engine wants written, gathered and written in a few statements of one transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Connection

from casefile.ids import Ids
from casefile.ledger_steps import LedgerStep, advance, wrap_up
from dialer.commands import FLOOR_LIVE, live_payload
from dialer.messages import (
    Answer,
    EngineCommand,
    Explained,
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

_TRANSITIONS = """
INSERT INTO call_transition (municipality_id, attempt_id, seq, at, from_state, event, to_state, detail)
SELECT %(city)s, t.* FROM unnest(%(attempts)s::uuid[], %(seqs)s::int[], %(at)s::timestamptz[], %(origins)s::text[],
                                 %(events)s::text[], %(targets)s::text[], %(details)s::jsonb[]) AS t
"""
_SEATS = """
INSERT INTO seat (municipality_id, floor_id, operator_id, state, since, pause_reason, attempt_id, campaign_id,
                  assigned_campaign_id, offered_addressee_no, offered_phone_id, offered_recall_id, pausing)
SELECT %(city)s, %(floor)s, s.* FROM unnest(%(operators)s::uuid[], %(states)s::text[], %(since)s::timestamptz[],
       %(reasons)s::text[], %(attempts)s::uuid[], %(campaigns)s::uuid[], %(assigned)s::uuid[], %(persons)s::text[],
       %(phones)s::uuid[], %(recalls)s::uuid[], %(pausing)s::text[]) AS s
ON CONFLICT (municipality_id, operator_id) DO UPDATE
   SET floor_id = excluded.floor_id, state = excluded.state, since = excluded.since,
       pause_reason = excluded.pause_reason, attempt_id = excluded.attempt_id, campaign_id = excluded.campaign_id,
       assigned_campaign_id = excluded.assigned_campaign_id, offered_addressee_no = excluded.offered_addressee_no,
       offered_phone_id = excluded.offered_phone_id, offered_recall_id = excluded.offered_recall_id,
       pausing = excluded.pausing
"""
_SEAT_CHANGES = """
INSERT INTO seat_change (municipality_id, floor_id, change_id, operator_id, at, state, pause_reason, attempt_id,
                         campaign_id)
SELECT %(city)s, %(floor)s, c.* FROM unnest(%(ids)s::uuid[], %(operators)s::uuid[], %(at)s::timestamptz[],
       %(states)s::text[], %(reasons)s::text[], %(attempts)s::uuid[], %(campaigns)s::uuid[]) AS c
"""
_ANSWERS = """
UPDATE floor_command c SET done_at = a.at, answer = a.answer
  FROM unnest(%(numbers)s::bigint[], %(at)s::timestamptz[], %(answers)s::text[]) AS a(command_no, at, answer)
 WHERE c.municipality_id = %(city)s AND c.command_no = a.command_no
"""
_NOTIFY = "SELECT pg_notify(%(channel)s, p) FROM unnest(%(payloads)s::text[]) AS p"


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
    reason: str | None = None

    def __bool__(self) -> bool:
        return bool(
            self.steps
            or self.transitions
            or self.seats
            or self.answers
            or self.knocks
            or self.wrapped_up
            or self.skipped
            or self.reason
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
            case Explained():
                self.reason = command.reason
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
        """Write the rows; gives the ends that were news to the ledger."""
        changed = advance(conn, municipality_id, list(self.steps.values()))
        wrap_up(conn, municipality_id, [(done.attempt_id, done.at) for done in self.wrapped_up])
        self._write_transitions(conn, municipality_id)
        self._write_seats(conn, municipality_id, floor_id, ids)
        if self.answers:
            conn.exec_driver_sql(
                _ANSWERS,
                {
                    "city": municipality_id,
                    "numbers": [answer.command_no for answer in self.answers],
                    "at": [answer.at for answer in self.answers],
                    "answers": [answer.answer for answer in self.answers],
                },
            )
        return [ended for ended in self.ended if ended.attempt_id in changed]

    def knock(self, conn: Connection, municipality_id: int, floor_id: UUID, more: Sequence[str] = ()) -> None:
        """Wake the screens, when the transaction commits."""
        payloads = [
            live_payload(municipality_id, floor_id, knock.kind, knock.operator_id, knock.attempt_id)
            for knock in self.knocks
        ]
        payloads.extend(more)
        if payloads:
            conn.exec_driver_sql(_NOTIFY, {"channel": FLOOR_LIVE, "payloads": payloads})

    def _write_transitions(self, conn: Connection, municipality_id: int) -> None:
        steps = self.transitions
        if not steps:
            return
        conn.exec_driver_sql(
            _TRANSITIONS,
            {
                "city": municipality_id,
                "attempts": [step.attempt_id for step in steps],
                "seqs": [step.seq for step in steps],
                "at": [step.at for step in steps],
                "origins": [step.from_state.value for step in steps],
                "events": [step.event for step in steps],
                "targets": [step.to_state.value for step in steps],
                "details": [json.dumps(step.detail) for step in steps],
            },
        )

    def _write_seats(self, conn: Connection, municipality_id: int, floor_id: UUID, ids: Ids) -> None:
        if self.seats:
            rows = list(self.seats.values())
            offers = [row.offered for row in rows]
            conn.exec_driver_sql(
                _SEATS,
                {
                    "city": municipality_id,
                    "floor": floor_id,
                    "operators": [row.operator_id for row in rows],
                    "states": [row.state for row in rows],
                    "since": [row.since for row in rows],
                    "reasons": [row.pause_reason for row in rows],
                    "attempts": [row.attempt_id for row in rows],
                    "campaigns": [row.campaign_id for row in rows],
                    "assigned": [row.assigned_campaign_id for row in rows],
                    "persons": [offer.addressee_no if offer else None for offer in offers],
                    "phones": [offer.phone_id if offer else None for offer in offers],
                    "recalls": [offer.recall_id if offer else None for offer in offers],
                    "pausing": [row.pausing for row in rows],
                },
            )
        if self.seat_changes:
            changes = self.seat_changes
            conn.exec_driver_sql(
                _SEAT_CHANGES,
                {
                    "city": municipality_id,
                    "floor": floor_id,
                    "ids": [ids.new() for _ in changes],
                    "operators": [row.operator_id for row in changes],
                    "at": [row.since for row in changes],
                    "states": [row.state for row in changes],
                    "reasons": [row.pause_reason for row in changes],
                    "attempts": [row.attempt_id for row in changes],
                    "campaigns": [row.campaign_id for row in changes],
                },
            )
