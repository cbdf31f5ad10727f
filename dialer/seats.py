"""The operators of a floor: who is ready, who is bound to which call, who wants to leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from uuid import UUID

from dialer.messages import Candidate, EngineCommand, Notify, Part, SeatState, StoreSeat
from dialer.seat import OFFLINE_WISH, Seat

Emit = Callable[[EngineCommand], None]


class Seats:
    """Every change goes through here, is stored, and is told to the screens."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._seats: dict[UUID, Seat] = {}
        self.consenting: frozenset[UUID] = frozenset()
        """Who agrees to be called in the middle of a wrap-up."""

    def __iter__(self) -> Iterator[Seat]:
        return iter(self._seats.values())

    def get(self, operator_id: UUID | None) -> Seat | None:
        return None if operator_id is None else self._seats.get(operator_id)

    def put(self, seat: Seat) -> None:
        """A seat as it was, without a change."""
        self._seats[seat.operator_id] = seat

    def ready(self) -> list[Seat]:
        """Those who may take a call, the one who is ready longest first."""
        found = [seat for seat in self._seats.values() if seat.state == "ready"]
        found.sort(key=lambda seat: (seat.since, seat.operator_id))
        return found

    def holding(self, attempt_id: UUID) -> Seat | None:
        """Whose call it is."""
        return self._with(attempt_id, lambda seat: seat.part is None)

    def putting_off(self, attempt_id: UUID) -> Seat | None:
        """Whoever has put off the wrap-up of this call."""
        return next((seat for seat in self._seats.values() if seat.put_off == attempt_id), None)

    def called_in(self, attempt_id: UUID) -> Seat | None:
        """取次: the colleague who is rung, consulted or third in this call."""
        return self._with(attempt_id, lambda seat: seat.part in ("called_in", "three_way"))

    def _with(self, attempt_id: UUID, which: Callable[[Seat], bool]) -> Seat | None:
        return next((one for one in self._seats.values() if one.attempt_id == attempt_id and which(one)), None)

    def sign_in(self, operator_id: UUID, campaign_id: UUID | None, at: datetime) -> None:
        seat = self._seats.get(operator_id)
        if seat is None:
            seat = self._seats[operator_id] = Seat(operator_id, "offline", at)
        seat.assigned_campaign_id = campaign_id
        if seat.state == "offline":
            self._change(seat, "paused", at)
        else:
            self.keep(seat)

    def sign_out(self, seat: Seat, at: datetime) -> None:
        seat.pausing = None
        self._change(seat, "offline", at)

    def make_ready(self, seat: Seat, at: datetime) -> None:
        """Back from a pause: first to a wrap-up that was put off, if there is one."""
        seat.pausing = None
        self.free(seat, at)

    def pause(self, seat: Seat, reason: str | None, at: datetime) -> None:
        seat.pausing = None
        self._change(seat, "paused", at, reason=reason)

    def wish_to_leave(self, seat: Seat, reason: str, at: datetime) -> None:
        """Remembered until `leave` or `free` grants it. Whoever waits with a wrap-up put off goes on with that first."""
        seat.pausing, seat.wished_at = reason, at
        if seat.state == "ready" and seat.put_off is not None:
            self._resume(seat, at)
        else:
            self.keep(seat)

    def leave(self, seat: Seat, at: datetime) -> None:
        """Grant the wish."""
        if seat.pausing == OFFLINE_WISH:
            self.sign_out(seat, at)
        else:
            self.pause(seat, seat.pausing, at)

    def offer(self, seat: Seat, candidate: Candidate, at: datetime) -> None:
        """Hold the operator and show a case, before anything is dialed."""
        self._change(seat, "reserved", at, offered=candidate, campaign_id=candidate.campaign_id)

    def bind(self, seat: Seat, attempt_id: UUID, campaign_id: UUID | None, at: datetime) -> None:
        """The call is this operator's."""
        self._change(seat, "reserved", at, attempt_id=attempt_id, campaign_id=campaign_id)

    def pull(self, seat: Seat, attempt_id: UUID, campaign_id: UUID | None, at: datetime) -> None:
        """The call comes in the middle of this operator's wrap-up, whose rest follows after it."""
        self._put_off(seat, at)
        self._change(seat, "reserved", at, attempt_id=attempt_id, campaign_id=campaign_id)
        seat.pulled = True

    def end_timed_wrapup(self, seat: Seat, at: datetime) -> None:
        """The time of the wrap-up is over: calls may come; what is not written yet stays on the screen and follows."""
        self._put_off(seat, at)
        self._change(seat, "ready", at)

    def written_up(self, seat: Seat) -> None:
        """The wrap-up that was put off is done."""
        seat.put_off = seat.put_off_campaign = seat.put_off_at = None
        self.keep(seat)

    def _put_off(self, seat: Seat, at: datetime) -> None:
        seat.put_off, seat.put_off_campaign, seat.put_off_at = seat.attempt_id, seat.campaign_id, at

    def _resume(self, seat: Seat, at: datetime) -> None:
        attempt_id, campaign_id = seat.put_off, seat.put_off_campaign
        stood_aside = seat.seconds_put_off(at)
        seat.put_off = seat.put_off_campaign = seat.put_off_at = None
        self._change(seat, "wrapup", at, attempt_id=attempt_id, campaign_id=campaign_id)
        seat.stood_aside = stood_aside

    def talk(self, seat: Seat, attempt_id: UUID, campaign_id: UUID | None, at: datetime) -> None:
        seat.pulls = seat.pulls.after_call(at, pulled=seat.pulled)
        self._change(seat, "talking", at, attempt_id=attempt_id, campaign_id=campaign_id)

    def wrap_up(self, seat: Seat, at: datetime) -> None:
        if seat.state != "wrapup":
            self._change(seat, "wrapup", at, attempt_id=seat.attempt_id, campaign_id=seat.campaign_id)

    def call_in(self, seat: Seat, attempt_id: UUID, campaign_id: UUID | None, at: datetime) -> None:
        """取次: this colleague's line rings. Whoever was in a pause goes back to it afterwards."""
        if seat.state == "paused":
            seat.pausing = seat.pause_reason or "離席"
        self._change(seat, "reserved", at, attempt_id=attempt_id, campaign_id=campaign_id, part="called_in")

    def consult(self, seat: Seat, at: datetime) -> None:
        """取次: the colleague speaks with the operator."""
        self._change(seat, "talking", at, attempt_id=seat.attempt_id, campaign_id=seat.campaign_id, part="called_in")

    def confer(self, seat: Seat) -> None:
        """取次: the colleague speaks with the resident too."""
        seat.part = "three_way"
        self.keep(seat)

    def take_over(self, seat: Seat, at: datetime) -> None:
        """取次: the call is this colleague's from now on."""
        self._change(seat, "talking", at, attempt_id=seat.attempt_id, campaign_id=seat.campaign_id)

    def leave_call(self, seat: Seat, at: datetime) -> None:
        """取次: the call goes on without this operator, who still writes a record."""
        self._change(seat, "wrapup", at, attempt_id=seat.attempt_id, campaign_id=seat.campaign_id, part="left")

    def free(self, seat: Seat, at: datetime) -> None:
        """Nothing binds this operator any more: back to a wrap-up put off, else ready, or gone if that was the wish."""
        if seat.put_off is not None:
            self._resume(seat, at)
        elif seat.pausing is None:
            self._change(seat, "ready", at)
        else:
            self.leave(seat, at)

    def keep(self, seat: Seat) -> None:
        """Store what is not a change of state."""
        self._emit(StoreSeat(seat.row(), changed=False))
        self._emit(Notify("seat", seat.operator_id, seat.attempt_id))

    def _change(
        self,
        seat: Seat,
        state: SeatState,
        at: datetime,
        *,
        reason: str | None = None,
        attempt_id: UUID | None = None,
        campaign_id: UUID | None = None,
        offered: Candidate | None = None,
        part: Part | None = None,
    ) -> None:
        seat.part = part
        seat.stood_aside, seat.pulled = None, False
        seat.state, seat.since, seat.pause_reason = state, at, reason
        seat.attempt_id, seat.campaign_id, seat.offered, seat.asked = attempt_id, campaign_id, offered, False
        self._emit(StoreSeat(seat.row(), changed=True))
        self._emit(Notify("seat", seat.operator_id, attempt_id))
