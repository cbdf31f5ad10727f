"""聴取: which supervisor hears which operator. A listener changes nothing of the call but who hears it."""

from __future__ import annotations

from uuid import UUID

from callflow.events import ListenIn, Listening, StopListening
from callflow.states import CallState
from dialer.calls import Calls
from dialer.commands import DONE
from dialer.messages import ListeningRow, Notify, OperatorSaid, StoreListening, StoreListeningEnded, Tell
from dialer.seat import Seat
from dialer.seats import Emit, Seats

_NOBODY_TALKS = "このオペレーターは通話中ではありません。画面を更新してください。"
_NOT_ALONE = "取次中は割り込めません。聞くかささやくを選ぶか、取次が終わってから割り込んでください。"
_BUSY_YOURSELF = "通話中または後処理中は、ほかの通話を聞けません。終えてから操作してください。"
_HOW = "聞く・ささやく・割り込むのどれかを選んでください。"
_HEARABLE = frozenset({CallState.TALKING, CallState.CALLING_IN, CallState.CONSULTING, CallState.THREE_WAY})


class Supervision:
    """Every listener of the floor, by supervisor: each hears one operator at a time."""

    def __init__(self, emit: Emit, seats: Seats, calls: Calls) -> None:
        self._emit = emit
        self._seats = seats
        self._calls = calls
        self._rows: dict[UUID, ListeningRow] = {}

    def put(self, row: ListeningRow) -> None:
        """As it was, without a change."""
        self._rows[row.supervisor_id] = row

    def rows(self) -> list[ListeningRow]:
        """Whoever listens now."""
        return list(self._rows.values())

    def listen_in(self, said: OperatorSaid) -> str:
        """聞く, ささやく, 割り込む: also from one to the other. The answer: done, or what to do."""
        target, own = self._seats.get(said.other_id), self._seats.get(said.operator_id)
        call = self._calls.get(target.attempt_id) if target is not None and target.state == "talking" else None
        if said.how is None:
            return _HOW
        if own is not None and own.state in ("reserved", "talking", "wrapup"):
            return _BUSY_YOURSELF
        if target is None or call is None or call.state not in _HEARABLE:
            return _NOBODY_TALKS
        if said.attempt_id not in (None, call.attempt_id):
            # Right and audit log are of the call that was asked for.
            return _NOBODY_TALKS
        if said.how is Listening.BARGE and call.state is not CallState.TALKING:
            return _NOT_ALONE
        before = self._rows.get(said.operator_id)
        if before is not None and before.operator_id != target.operator_id:
            self.stop(said.operator_id)
        row = ListeningRow(said.operator_id, target.operator_id, call.attempt_id, said.how, said.at)
        self._rows[said.operator_id] = row
        self._emit(StoreListening(row))
        self._emit(Tell(ListenIn(call.attempt_id, target.operator_id, said.operator_id, said.how)))
        self._tell(row)
        return DONE

    def stop(self, supervisor_id: UUID) -> str:
        """終える; nothing to end is no trouble."""
        row = self._rows.get(supervisor_id)
        if row is not None:
            self._emit(Tell(StopListening(row.attempt_id, supervisor_id)))
            self._forget(row)
        return DONE

    def left(self, attempt_id: UUID, supervisor_id: UUID) -> None:
        """The line of a listener is gone, or did not answer."""
        row = self._rows.get(supervisor_id)
        if row is not None and row.attempt_id == attempt_id:
            self._forget(row)

    def look(self) -> None:
        """Whoever is heard must still be talking in the very call; what has ended is nobody's any more."""
        for row in list(self._rows.values()):
            call, seat = self._calls.get(row.attempt_id), self._seats.get(row.operator_id)
            if call is None or call.state.line_is_free:
                self._forget(row)
            elif call.state is not CallState.UNKNOWN and (seat is None or not _talks(seat, row.attempt_id)):
                self.stop(row.supervisor_id)

    def _forget(self, row: ListeningRow) -> None:
        del self._rows[row.supervisor_id]
        self._emit(StoreListeningEnded(row.supervisor_id))
        self._tell(row)

    def _tell(self, row: ListeningRow) -> None:
        self._emit(Notify("seat", row.operator_id, row.attempt_id))
        self._emit(Notify("seat", row.supervisor_id, row.attempt_id))


def _talks(seat: Seat, attempt_id: UUID) -> bool:
    return seat.state == "talking" and seat.attempt_id == attempt_id
