"""The engine's hands: carries out what it asks for, on PostgreSQL and a carrier, and brings back what came of it."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, func, select, text, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from callflow.events import CarrierEvent
from casefile import ledger
from casefile.city import City, load_city
from casefile.clock import Clock
from casefile.db import Database
from casefile.errors import TsunagaruError
from casefile.ids import Ids
from casefile.ledger import HANDOVER_SECONDS
from casefile.stops import is_stopped
from dialer import admissions
from dialer.aftermath import Aftermath, follow
from dialer.batch import Batch
from dialer.callers import operator_skills, take_up
from dialer.carrier import Carrier
from dialer.commands import FLOOR_LIVE, live_payload
from dialer.disk import Disk, DiskAwaited
from dialer.door import Door
from dialer.engine import Engine, EngineTerms
from dialer.floor_commands import open_commands
from dialer.lost_callers import call_lost_callers_back, enter_missed
from dialer.messages import (
    Admit,
    Admitted,
    CampaignsRunning,
    Candidate,
    DueSoon,
    EngineCommand,
    EngineEvent,
    EnterMissed,
    Explained,
    GateRefused,
    Identified,
    Identify,
    NotServed,
    NotTold,
    OperatorSaid,
    PullsAgreed,
    RecallsDue,
    SkillsKnown,
    Supply,
    Tell,
    Tick,
    Wanted,
)
from dialer.orders import Intent, Orders
from dialer.pull_consent import agreed_to_pull
from dialer.reach.keeper import ReachKeeper
from dialer.restore import begin_epoch, callers_entered, lock_key, restored
from dialer.routing import Skills
from dialer.running import PacerFor, by_mode
from dialer.second_look import NewFacts
from dialer.supply import CampaignFacts, due_recalls, running_campaigns, supply, terms_of
from dialer.tables import Floor

_KNOCK = text(f"SELECT pg_notify('{FLOOR_LIVE}', :payload)")
_HANDOVER = timedelta(seconds=HANDOVER_SECONDS)
_STOPS_WITHIN = timedelta(seconds=1)
"""So soon the one switch has stopped all dialing (DESIGN.md §3)."""
_WHY_NOT: dict[bool | None, Literal["closed", "elsewhere", "over"]] = {None: "closed", True: "elsewhere", False: "over"}
"""Why a caller is not served here, by whether the ledger's row of them lives; None: there is no row."""


class FloorTaken(TsunagaruError):
    """Another engine has the floor."""


@dataclass(frozen=True, slots=True)
class ShellTerms:
    """How often the shell looks after things that are not urgent, in seconds.

    `heartbeat`: the floor's own row and the lock. `rows`: commands, campaigns and recalls, if nobody knocked.
    `commit`: how long what nobody waits for may stay uncommitted; a crash before that costs a question to the carrier.
    """

    heartbeat_seconds: float = 5.0
    rows_seconds: float = 5.0
    commit_seconds: float = 0.0
    pacer_for: PacerFor = by_mode


class FloorShell:
    """One floor: `start` it, `deliver` what the carrier reports, `tick` it when `next_wakeup` comes.

    Every method runs in the caller's thread; nothing here waits or sleeps. Used unchanged by the live loop and by
    rehearsals in virtual time. An error of the database leaves it unusable: start a new one, which reconciles. `disk_of`
    gives what knows whether a dial's intent is on the disk; `flush` when its answer has changed.
    """

    def __init__(
        self,
        database: Database,
        municipality_id: int,
        floor_id: UUID,
        clock: Clock,
        ids: Ids,
        rng: random.Random,
        carrier: Carrier,
        terms: ShellTerms | None = None,
        disk_of: Callable[[Database], Disk] = DiskAwaited,
    ) -> None:
        self._database = database
        self._municipality_id = municipality_id
        self._floor_id = floor_id
        self._clock = clock
        self._ids = ids
        self._rng = rng
        self._carrier = carrier
        self._terms = terms or ShellTerms()
        self._batch = Batch()
        self._orders = Orders()
        self._to_handle: deque[EngineEvent] = deque()
        self._busy = False
        self._batch_since: datetime | None = None
        self._commit_after = timedelta(seconds=self._terms.commit_seconds)
        self._obeyed: set[int] = set()
        self._reasons: dict[str, str] = {}
        self._consenting: frozenset[UUID] = frozenset()
        self._campaigns: dict[UUID, CampaignFacts] = {}
        self._new_facts = NewFacts()
        self.reach = ReachKeeper(database, rng)
        self._skills: Skills = {}
        self._door = Door()
        self._disk_of = disk_of
        self._disk: Disk = DiskAwaited(database)  # until the floor is taken
        self._entered: frozenset[UUID] = frozenset()
        self._lock: Connection | None = None
        self._engine: Engine
        self._city: City
        self._epoch = 0
        self._rows_at: datetime
        self._beat_at: datetime
        self._recall_at: datetime | None = None

    # -- life -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Take the floor's lock, raise its epoch, restore seats, ask the carrier about calls left behind.

        Raises FloorTaken when another engine holds the floor.
        """
        self._take_lock()
        self._disk = self._disk_of(self._database)
        now = self._clock.now()
        with self._database.transaction(self._municipality_id) as conn:
            self._city = load_city(conn, self._municipality_id)
            self._epoch = begin_epoch(conn, self._floor_id, now)
            self.reach.begin(conn, self._city, now)
            left_behind = restored(conn, self._city, self._floor_id, now)
            self._entered = callers_entered(conn, now)
        terms = EngineTerms(self._city.caller_number, pacer_for=self._terms.pacer_for)
        self._engine = Engine(terms)
        self._beat_at = now
        self._rows_at = now
        self._handle(left_behind)
        self._read_rows(now)
        self.flush()

    def deliver(self, event: CarrierEvent) -> None:
        """One event of the carrier. What is urgent is committed at once, the rest with the next tick or flush."""
        self._handle(event)

    def deliver_together(self, events: Sequence[CarrierEvent]) -> None:
        """Events that came while something else was done, in order: one commit for all that is urgent among them."""
        *earlier, last = events
        self._to_handle.extend(earlier)
        self._handle(last)

    def tick(self) -> None:
        """Time has come: read new rows if it is time, pace, give up what is over, commit everything."""
        now = self._clock.now()
        if now >= self._rows_at or (self._recall_at is not None and now >= self._recall_at):
            self._read_rows(now)
        self._handle(Tick(now))
        self.reach.work(self._city, now)
        if now >= self._beat_at:
            self._beat(now)
        if self._batch_since is not None and now - self._batch_since >= self._commit_after:
            self.flush()

    def wake(self) -> None:
        """Floor commands may have come: read and obey them now. What follows is committed by the next flush or tick."""
        now = self._clock.now()
        with self._database.repeatable_transaction(self._municipality_id) as conn:
            said, reload = open_commands(conn, self._municipality_id, self._floor_id, now, self._obeyed)
            # Calls are booked with a form, and the end of the wrap-up follows it.
            booked = any(command.kind == "wrapup_done" for command in said)
            recalls = self._due_recalls(conn, now) if booked else None
        self._obey(said, recalls, now)
        if reload:
            self._read_rows(now)

    def flush(self) -> None:
        """Commit what is not committed yet, then tell the carrier what waited for it.

        What a crash of the server could take with it the carrier is asked for again; a dial waits until its intent is safe.
        """
        self._write_batch()
        self._let_in()
        self._tell()

    def untold(self) -> list[CarrierEvent]:
        """What the next engine must be told again."""
        return self._door.untold()

    def next_wakeup(self) -> datetime | None:
        """When `tick` is needed at the latest; None: not before something else happens."""
        now = self._clock.now()
        moments = [self._rows_at, self._recall_at, self._engine.next_wakeup(now), self.reach.next_wakeup(now)]
        if self._batch_since is not None:
            moments.append(self._batch_since + self._commit_after)
        return min(moment for moment in moments if moment is not None)

    def close(self) -> None:
        """Let go of the floor: its lock is free, operators keep their seats' rows."""
        if self._lock is None:
            return
        lock, self._lock = self._lock, None
        with suppress(SQLAlchemyError):
            lock.execute(select(func.pg_advisory_unlock(lock_key(self._municipality_id, self._floor_id))))
        with suppress(SQLAlchemyError):
            lock.close()
        self._disk.close()

    def offers(self) -> list[UUID]:
        """Operators with a case on their screen that is still to be dialed by hand: for robots, who see no screen."""
        return [seat.operator_id for seat in self._engine.seats if seat.offered is not None and not seat.asked]

    @property
    def epoch(self) -> int:
        """The epoch this engine dials in."""
        return self._epoch

    def _take_lock(self) -> None:
        """Hold the floor by a session lock on a connection of its own, for as long as this engine lives."""
        lock = self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        # Never back into the pool: the lock must end with this engine.
        lock.detach()
        taken = lock.execute(
            select(func.pg_try_advisory_lock(lock_key(self._municipality_id, self._floor_id)))
        ).scalar()
        if not taken:
            lock.close()
            raise FloorTaken("このフロアでは別のエンジンが動いています。止めてから起動し直してください。")
        self._lock = lock

    # -- events in, commands out ----------------------------------------------------------------------------------

    def _handle(self, event: EngineEvent) -> None:
        """Let the engine handle an event and everything that comes back from carrying out what it asks for."""
        self._to_handle.append(event)
        if self._busy:
            return
        self._busy = True
        try:
            while self._to_handle:
                event = self._to_handle.popleft()
                if not self._door.keeps(event):
                    for command in self._engine.handle(event):
                        self._carry_out(command)
                if not self._to_handle and self._orders:
                    self._commit_and_tell()
        finally:
            self._busy = False

    def _commit_and_tell(self) -> None:
        """The intent of a dial is committed already; everything else a carrier is told rests on rows still to come.

        Where commits may wait (rehearsals), such commands go first: they act on calls that are there, once each.
        """
        if self._commit_after or not self._orders.rest_on_rows_to_come:
            self._tell()
        else:
            self.flush()

    def _carry_out(self, command: EngineCommand) -> None:
        match command:
            case Tell():
                self._orders.give(command.command)
            case Admit():
                self._admit(command)
            case Supply():
                self._supply(command)
            case Identify():
                self._identify(command)
            case EnterMissed():
                self._enter_missed(command)
            case Explained():
                self._reasons[str(command.campaign_id)] = command.reason
            case _:
                self._batch.add(command)
                if self._batch_since is None:
                    self._batch_since = self._clock.now()

    def _tell(self) -> None:
        """After the commit, and only then."""
        self._orders.let_out(self._disk.reached, self._carrier.send, self._may_still_ring, self._not_told)

    def _not_told(self, attempt_id: UUID) -> None:
        self._handle(NotTold(self._clock.now(), attempt_id))

    def _may_still_ring(self, intent: Intent) -> bool:
        """Neither an intent that has grown old, nor one of a call that was stopped meanwhile, nor past the city's hours."""
        now = self._clock.now()
        if now - intent.at > _HANDOVER or not self._city.settings.contact_hours.allow(now, self._city.calendar):
            return False
        return now - intent.at <= _STOPS_WITHIN or not self._stopped(intent.addressee_no)

    def _stopped(self, addressee_no: str) -> bool:
        with self._database.transaction(self._municipality_id) as conn:
            return is_stopped(conn, self._municipality_id, addressee_no)

    # -- the gate -------------------------------------------------------------------------------------------------

    def _admit(self, command: Admit) -> None:
        """Let the gate decide in one transaction with what is still to be written, and tell the engine. Raises LostFloor."""
        now = self._clock.now()
        with self._database.repeatable_transaction(self._municipality_id) as conn:
            after = self._write(conn) if self._gate_must_see(command.wanted) else Aftermath()
            answered = admissions.ask(
                conn, self._city, self._campaigns, command.wanted, now, self._ids, self._floor_id, self._epoch
            )
        self._note_due(after)
        asking = self._disk.ask() if answered.intended else 0
        for change in answered.changes:
            if change.next_at is not None:
                self._to_handle.append(DueSoon(now, change.campaign_id, change.next_at))
        for want, answer in answered.admissions:
            if answer.attempt_id is None:
                self._to_handle.append(GateRefused(now, want.candidate, answer.sentences, want.operator_id))
            else:
                self._orders.intend(answer.attempt_id, Intent(now, asking, want.candidate.addressee_no))
                line = answered.lines[want.candidate.campaign_id]
                self._to_handle.append(Admitted(now, answer.attempt_id, want.candidate, want.operator_id, line))
        for want in answered.taken:
            self._to_handle.append(GateRefused(now, want.candidate, (), want.operator_id))

    def _gate_must_see(self, wanted: tuple[Wanted, ...]) -> bool:
        """Whether what is not written yet belongs into this transaction: one of its calls may be why the gate refuses."""
        if not self._commit_after:
            return True
        candidates = [want.candidate for want in wanted]
        return self._batch.touches({each.household_id for each in candidates}, {each.e164 for each in candidates})

    def _identify(self, command: Identify) -> None:
        """Find who calls back and commit the row that all that follows rests on; outside the hours, with nobody here, none."""
        now = self._clock.now()
        known = frozenset[str]().union(*self._skills.values())
        is_open = self._staffed() or self._city.settings.contact_hours.allow(now, self._city.calendar)
        self._write_batch()
        with self._database.repeatable_transaction(self._municipality_id) as conn:
            caller = take_up(conn, self._city, command, now, self._floor_id, self._epoch, known) if is_open else None
            lives = ledger.lives(conn, command.attempt_id)
        if caller is None:
            self._to_handle.append(NotServed(now, command.attempt_id, _WHY_NOT[lives]))
            return
        identified = Identified(now, command.attempt_id, command.at, caller)
        self._door.come(identified, self._disk.ask())
        self._let_in()

    def _let_in(self) -> None:
        if self._door:
            for event in self._door.let_in(self._disk.reached()):
                self._handle(event)

    def _enter_missed(self, command: EnterMissed) -> None:
        if command.missed.attempt_id in self._entered:
            # Days of them are told at every start; a resident who answers meanwhile waits behind no question of theirs.
            return
        now = self._clock.now()
        with self._database.repeatable_transaction(self._municipality_id) as conn:
            after = self._write(conn)
            enter_missed(
                conn,
                self._city,
                command.missed,
                now,
                self._ids,
                self._floor_id,
                self._epoch,
                staffed=self._staffed(),
            )
        self._note_due(after)

    def _staffed(self) -> bool:
        """Whether anybody is signed in on this floor."""
        return any(seat.state != "offline" for seat in self._engine.seats)

    # -- rows -----------------------------------------------------------------------------------------------------

    def _supply(self, command: Supply) -> None:
        now = self._clock.now()
        facts = self._campaigns.get(command.campaign_id)
        if facts is None:
            return
        with self._database.repeatable_transaction(self._municipality_id) as conn:
            after = self._write(conn)
            self._new_facts.reopen(conn, self._city, facts.campaign_id, now)
            weigher = self.reach.weigher(conn, self._city, now)
            best = supply(conn, self._city, facts, weigher, now, command.limit, command.without)
            found = admissions.screened(conn, self._city, self._campaigns, best, now, self._ids)
        self._note_due(after)
        self._to_handle.append(found)

    def _read_rows(self, now: datetime) -> None:
        """Campaigns, recalls and commands, in one transaction; the engine obeys in the order of the commands."""
        self._rows_at = now + timedelta(seconds=self._terms.rows_seconds)
        with self._database.repeatable_transaction(self._municipality_id) as conn:
            said, _ = open_commands(conn, self._municipality_id, self._floor_id, now, self._obeyed)
            campaigns = running_campaigns(conn, self._floor_id)
            terms = terms_of(conn, self._city.id, campaigns.values(), now) if campaigns != self._campaigns else None
            self._campaigns = campaigns
            recalls = self._due_recalls(conn, now)
            skills = operator_skills(conn, self._city)
            consenting = agreed_to_pull(conn, self._city.id)
        if terms is not None:
            self._handle(CampaignsRunning(now, terms))
        if skills != self._skills:
            self._skills = skills
            self._handle(SkillsKnown(now, skills))
        if consenting != self._consenting:
            self._consenting = consenting
            self._handle(PullsAgreed(now, consenting))
        self._obey(said, recalls, now)

    def _obey(self, said: list[OperatorSaid], recalls: tuple[Candidate, ...] | None, now: datetime) -> None:
        if recalls is not None:
            self._handle(RecallsDue(now, recalls))
        for command in said:
            if command.command_no is not None:
                self._obeyed.add(command.command_no)
            self._handle(command)

    def _due_recalls(self, conn: Connection, now: datetime) -> tuple[Candidate, ...]:
        """Those whose time has come; when the next one's does is remembered."""
        due, self._recall_at = due_recalls(conn, self._city, self._campaigns, now)
        return due

    def _write_batch(self) -> None:
        if self._batch:
            with self._database.repeatable_transaction(self._municipality_id) as conn:
                after = self._write(conn)
            self._note_due(after)

    def _write(self, conn: Connection) -> Aftermath:
        """Write the batch and what follows from it, in the caller's transaction."""
        if not self._batch:
            return Aftermath()
        batch, self._batch = self._batch, Batch()
        now = self._clock.now()
        ended = batch.write(conn, self._municipality_id, self._floor_id, self._ids)
        after = follow(conn, self._city, self._campaigns, ended, batch.wrapped_up, batch.skipped, now, self._ids)
        call_lost_callers_back(conn, self._city, batch.lost_callers, now, self._ids)
        self._batch_since = None
        self._obeyed.clear()
        self.reach.ended(ended, after.spoken)
        return after

    def _note_due(self, after: Aftermath) -> None:
        for campaign_id, due in after.earliest().items():
            self._handle(DueSoon(self._clock.now(), campaign_id, due))

    def _beat(self, now: datetime) -> None:
        """Show that the engine lives, and make sure that it still holds its lock."""
        self._beat_at = now + timedelta(seconds=self._terms.heartbeat_seconds)
        if self._lock is None:
            raise TsunagaruError("フロアの担当を失いました。エンジンを起動し直してください。")
        try:
            self._lock.execute(select(1))
        except DBAPIError as error:
            raise TsunagaruError("フロアの担当を失いました。エンジンを起動し直してください。") from error
        with self._database.repeatable_transaction(self._municipality_id) as conn:
            conn.execute(
                update(Floor)
                .where(Floor.floor_id == self._floor_id, Floor.epoch == self._epoch)
                .values(engine_seen_at=now, figures=self._figures(), pacer_reasons=self._reasons_now())
            )
            conn.execute(_KNOCK, {"payload": live_payload(self._municipality_id, self._floor_id, "figures")})
            self._city = load_city(conn, self._municipality_id)

    def _reasons_now(self) -> dict[str, str]:
        """Of the campaigns that run."""
        return {campaign: why for campaign, why in self._reasons.items() if UUID(campaign) in self._campaigns}

    def _figures(self) -> dict[str, Any]:
        """What the wallboard shows at a glance; counts only."""
        seats: dict[str, int] = {}
        for seat in self._engine.seats:
            seats[seat.state] = seats.get(seat.state, 0) + 1
        calls: dict[str, int] = {}
        for call in self._engine.calls.all():
            calls[call.state.value] = calls.get(call.state.value, 0) + 1
        return {"seats": seats, "calls": calls, "unreconciled": calls.get("unknown", 0)}
