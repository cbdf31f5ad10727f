"""What operators may ask of the engine, and the answer each gets: done, or a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from callflow.states import CallState, Happening
from dialer.calls import Calls
from dialer.commands import DONE
from dialer.messages import Admit, Answer, OperatorSaid, StoreSkip, Wanted
from dialer.places import places
from dialer.planner import Planner
from dialer.seat import OFFLINE_WISH, SCREEN_GONE, Seat
from dialer.seats import Emit, Seats
from dialer.supervision import Supervision

_NOT_SEATED = "着席していません。着席してからもう一度操作してください。"
_IN_CALL = "通話中または後処理中です。記録を保存して後処理を終えてから操作してください。"
_NO_CALL = "この席につながっている通話がありません。画面を更新してください。"
_NO_OFFER = "表示中の架電候補がありません。画面を更新してください。"
_ALREADY_DIALING = "この候補はもう発信中です。"
_GIVE_REASON = "理由を入力してください。"
_LATER = "発信中の呼の結果が出しだい切り替わります。それまでにつながった電話には応答してください。"
_PAUSE_FIRST = "自動発信がこの席を待っています。いったん離席にしてから手動で発信してください。"
_IN_TRANSFER = "取次中です。取次を完了するか、通話を戻してから操作してください。"
_NOT_TALKING = "通話中でないため取り次げません。"
_NOT_THERE = "選んだ相手は通話中か、席にいません。ほかの方を選んでください。"
_AWAITED = "選んだ相手は、発信中の電話を受ける番です。ほかの方を選ぶか、少し待ってください。"
_NO_TRANSFER = "取次はもう終わっています。画面を更新してください。"
_NOT_TAKEN_UP = "取次先がまだ応答していません。応答を待つか、通話を戻してください。"
_NO_NUMBER = "発信できる電話番号が選ばれていません。番号を選び直してください。"


_OF_A_CALL = frozenset({"hang_up", "wrapup_done", "consult", "three_way", "hand_over", "take_back"})


@dataclass(frozen=True, slots=True)
class _Desk:
    said: OperatorSaid
    seats: Seats
    calls: Calls
    planner: Planner
    emit: Emit


def obey(
    said: OperatorSaid, seats: Seats, calls: Calls, planner: Planner, supervision: Supervision, emit: Emit
) -> None:
    """Do what was asked if it can be done now, and answer either way."""
    room = _Desk(said, seats, calls, planner, emit)
    seat = seats.get(said.operator_id)
    if said.kind == "sign_in":
        seats.sign_in(said.operator_id, said.campaign_id, said.at)
        answer = DONE
    elif said.kind == "listen_in":
        answer = supervision.listen_in(said)
    elif said.kind == "stop_listening":
        answer = supervision.stop(said.operator_id)
    elif seat is None or seat.state == "offline":
        answer = DONE if said.kind == "sign_out" else _NOT_SEATED
    elif said.kind == "wrapup_done" and said.attempt_id is not None and said.attempt_id == seat.put_off:
        answer = _put_off_done(room, seat, said.attempt_id)
    elif said.kind in _OF_A_CALL and said.attempt_id not in (None, seat.attempt_id):
        # Pressed for a call that is over, and come late: the one that is there now is another person's.
        answer = _NO_CALL
    else:
        answer = _DO[said.kind](room, seat)
    if said.command_no is not None:
        emit(Answer(said.command_no, said.at, answer))


def needed(seat: Seat, seats: Seats, calls: Calls, wished_at: datetime | None = None) -> bool:
    """Whether a call on its way would be without an operator if this one left.

    `wished_at`: only calls dialed before that count; whoever wants to leave does not wait for those dialed since.
    """
    staying = [other for other in seats.ready() if other is not seat]
    competing = [call for call in calls.competing() if wished_at is None or call.intended_at <= wished_at]
    with_it = places(seats.ready(), [call.candidate.campaign_id for call in competing])
    without = places(staying, [call.candidate.campaign_id for call in competing])
    return sum(without.over.values()) > sum(with_it.over.values())


def _sign_out(room: _Desk, seat: Seat) -> str:
    if seat.state in ("talking", "wrapup") or seat.put_off is not None:
        return _IN_CALL
    return _leave(room, seat, OFFLINE_WISH)


def _ready(room: _Desk, seat: Seat) -> str:
    if seat.state == "paused":
        room.seats.make_ready(seat, room.said.at)
    elif seat.pausing is not None:
        seat.pausing = None
        room.seats.keep(seat)
    elif seat.state == "wrapup":
        return _IN_CALL
    return DONE


def _pause(room: _Desk, seat: Seat) -> str:
    if room.said.reason == SCREEN_GONE:
        return _vanish(room, seat)
    return _leave(room, seat, room.said.reason or "離席")


def _vanish(room: _Desk, seat: Seat) -> str:
    """Nobody is at this desk: whoever answers now is told who called, and is not joined to silence (DOMAIN.md §2.8).

    Unlike somebody who asks for a pause, this operator cannot wait for the calls on their way. A conversation under way
    is left alone: its sound may run past the screen.
    """
    if seat.state == "ready":
        room.seats.pause(seat, SCREEN_GONE, room.said.at)
        return DONE
    call = room.calls.get(seat.attempt_id)
    answer = _leave(room, seat, SCREEN_GONE)
    if seat.part == "called_in" and call is not None:
        if seat.state == "reserved":
            room.calls.happen(call, Happening.COLLEAGUE_LEFT, room.said.at)
    elif seat.state == "reserved" and call is not None:
        room.calls.happen(call, Happening.OPERATOR_HUNG_UP, room.said.at)
    return answer


def _leave(room: _Desk, seat: Seat, wish: str) -> str:
    if seat.state == "reserved" and seat.attempt_id is None and not seat.asked:
        seat.pausing = wish
        room.seats.free(seat, room.said.at)
        return DONE
    if seat.state == "paused":
        seat.pausing = wish
        room.seats.leave(seat, room.said.at)
        return DONE
    room.seats.wish_to_leave(seat, wish, room.said.at)
    return _LATER if seat.state != "ready" or needed(seat, room.seats, room.calls, room.said.at) else DONE


def _hang_up(room: _Desk, seat: Seat) -> str:
    call = room.calls.get(seat.attempt_id)
    if call is None or call.state is CallState.WRAPUP or seat.part == "left":
        return DONE if seat.state == "wrapup" else _NO_CALL
    if seat.part is not None:
        room.calls.happen(call, Happening.COLLEAGUE_LEFT, room.said.at)
        return DONE
    if call.state.has_colleague:
        return _IN_TRANSFER
    room.calls.happen(call, Happening.OPERATOR_HUNG_UP, room.said.at)
    return DONE


def _wrapup_done(room: _Desk, seat: Seat) -> str:
    call = room.calls.get(seat.attempt_id)
    if call is None or seat.part == "left":
        if seat.state != "wrapup":
            return _NO_CALL
        room.seats.free(seat, room.said.at)
        return DONE
    if call.state.has_colleague:
        return _IN_TRANSFER
    if call.state is CallState.TALKING:
        room.calls.happen(call, Happening.OPERATOR_HUNG_UP, room.said.at)
    if call.state not in (CallState.CLOSING, CallState.WRAPUP, CallState.UNKNOWN):
        return _NO_CALL
    room.calls.happen(call, Happening.WRAPUP_DONE, room.said.at)
    return DONE


def _put_off_done(room: _Desk, seat: Seat, attempt_id: UUID) -> str:
    """What was put off is written after all, before its turn came."""
    call = room.calls.get(attempt_id)
    if call is not None:
        room.calls.happen(call, Happening.WRAPUP_DONE, room.said.at)
    room.seats.written_up(seat)
    return DONE


def _preview_dial(room: _Desk, seat: Seat) -> str:
    if seat.offered is None:
        return _NO_OFFER
    if seat.asked:
        return _ALREADY_DIALING
    seat.asked = True
    room.emit(Admit((Wanted(seat.offered, "preview", seat.operator_id),)))
    return DONE


def _preview_skip(room: _Desk, seat: Seat) -> str:
    if seat.offered is None:
        return _NO_OFFER
    if seat.asked:
        return _ALREADY_DIALING
    if not room.said.reason or not room.said.reason.strip():
        return _GIVE_REASON
    room.emit(StoreSkip(seat.offered, seat.operator_id, room.said.reason.strip(), room.said.at))
    room.seats.free(seat, room.said.at)
    return DONE


def _manual_dial(room: _Desk, seat: Seat) -> str:
    if room.said.candidate is None:
        return _NO_NUMBER
    if seat.state not in ("ready", "paused"):
        return _IN_CALL
    if seat.state == "ready" and seat not in room.planner.spare(room.calls.all()):
        return _PAUSE_FIRST
    room.seats.offer(seat, room.said.candidate, room.said.at)
    seat.asked = True
    room.emit(Admit((Wanted(room.said.candidate, "manual", seat.operator_id),)))
    return DONE


def _consult(room: _Desk, seat: Seat) -> str:
    call, colleague = room.calls.get(seat.attempt_id), room.seats.get(room.said.other_id)
    if call is None or seat.part is not None or call.state is not CallState.TALKING:
        return _IN_TRANSFER if call is not None and call.state.has_colleague else _NOT_TALKING
    if colleague is None or colleague is seat or colleague.state not in ("ready", "paused"):
        return _NOT_THERE
    if colleague.state == "ready" and needed(colleague, room.seats, room.calls):
        return _AWAITED
    room.seats.call_in(colleague, call.attempt_id, call.candidate.campaign_id, room.said.at)
    room.calls.happen(call, Happening.CONSULTED, room.said.at)
    return DONE


def _transferred(happening: Happening) -> Callable[[_Desk, Seat], str]:
    """What the operator whose call it is may do with a colleague in it."""

    def do(room: _Desk, seat: Seat) -> str:
        call = room.calls.get(seat.attempt_id)
        if call is None or seat.part is not None or not call.state.has_colleague:
            return _NO_TRANSFER
        if call.state is CallState.CALLING_IN and happening is not Happening.TAKEN_BACK:
            return _NOT_TAKEN_UP
        room.calls.happen(call, happening, room.said.at)
        return DONE

    return do


_DO: dict[str, Callable[[_Desk, Seat], str]] = {
    "sign_out": _sign_out,
    "ready": _ready,
    "pause": _pause,
    "hang_up": _hang_up,
    "wrapup_done": _wrapup_done,
    "preview_dial": _preview_dial,
    "preview_skip": _preview_skip,
    "manual_dial": _manual_dial,
    "consult": _consult,
    "three_way": _transferred(Happening.CONFERRED),
    "hand_over": _transferred(Happening.HANDED_OVER),
    "take_back": _transferred(Happening.TAKEN_BACK),
}
