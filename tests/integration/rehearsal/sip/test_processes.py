"""Telephones in processes of their own: what hangs is ended, what dies is replaced, nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from rehearsal.sip import supervisor
from rehearsal.sip.call import Call, Change
from rehearsal.sip.media import MediaPump
from rehearsal.sip.operators import DeskLine, SipOperators
from rehearsal.sip.phone import Phone
from rehearsal.sip.residents import SipResidents
from rehearsal.sip.script import Script, Tone, Wait
from rehearsal.sip.supervisor import PhonesNotStarted
from tests.integration.rehearsal.sip.conftest import Told
from tests.waiting import until

HERE = "127.0.0.1"


def a_phone(pump: MediaPump, to: tuple[str, int]) -> Phone:
    phone = Phone(to, (HERE, 0), pump, lambda *_: None)
    phone.start()
    return phone


def residents_of(told: Told, folder: Path) -> SipResidents:
    return SipResidents((HERE, 1), [(HERE, 0)], told, folder)


def held() -> tuple[int, int, int]:
    """Threads, open files and children of this process."""
    process = psutil.Process()
    return threading.active_count(), process.num_fds(), len(process.children(recursive=True))


def nothing_more_than(before: tuple[int, int, int]) -> None:
    """What an earlier test left to end by itself may have ended meanwhile."""
    until(held, fits=lambda now: all(left <= right for left, right in zip(now, before, strict=True)))


def test_nothing_is_left_of_twenty_calls(told: Told, tmp_path: Path) -> None:
    told.otherwise = Script(rings=0.1, steps=(Tone(400, 5),))
    before = held()
    residents = residents_of(told, tmp_path)
    residents.start()
    (child,) = (psutil.Process(pid) for pid in residents.pids())
    pump = MediaPump()
    phone = a_phone(pump, residents.addresses[0])
    # The first call opens what stays open: numpy's and the voice's.
    phone.call("0900000001").taken_up.wait(5)
    until(lambda: told.callers)
    phone.live_calls()[0].hangup()
    until(lambda: len(told.over), fits=lambda over: over == 1)
    until(lambda: child.num_threads())
    idle = (child.num_threads(), child.num_fds())
    calls = [phone.call(f"09000000{place:02d}") for place in range(20)]
    assert all(call.taken_up.wait(5) for call in calls)
    assert {call.code for call in calls} == {200}
    until(
        lambda: min(call.stream.hearing.voiced_frames for call in calls if call.stream), fits=lambda heard: heard > 10
    )
    for call in calls:
        call.hangup()
    until(lambda: len(told.over), fits=lambda over: over == 21)
    until(lambda: (child.num_threads(), child.num_fds()), fits=lambda now: now <= idle)
    until(lambda: residents.figures(), fits=lambda told: told.get("ended") == 21 and told["live"] == 0)
    assert residents.figures()["failures"] == 0
    phone.stop()
    pump.close()
    residents.stop()
    assert not psutil.pid_exists(child.pid)
    nothing_more_than(before)


@pytest.mark.parametrize("harm", [signal.SIGKILL, signal.SIGSTOP])
def test_phones_that_die_or_hang_are_replaced_at_the_same_address(
    told: Told, tmp_path: Path, harm: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_SILENT_AT_MOST", 2.0)
    told.otherwise = Script(rings=0, steps=(Wait(60),))
    residents = residents_of(told, tmp_path)
    residents.start()
    pump = MediaPump()
    phone = a_phone(pump, residents.addresses[0])
    try:
        call = phone.call("0900000001")
        assert call.taken_up.wait(5)
        (before,) = residents.pids()
        address = residents.addresses
        os.kill(before, harm)
        until(lambda: residents.restarts, seconds=10)
        # The call is told as over, though nobody was left to say how.
        until(lambda: told.over, seconds=10)
        assert told.over[0].code == 0
        until(lambda: residents.pids(), fits=lambda pids: pids and pids != (before,))
        assert residents.addresses == address
        call.hangup()
        until(lambda: phone.call("0900000002").taken_up.wait(1), seconds=10)
        assert not psutil.pid_exists(before)
    finally:
        phone.stop()
        pump.close()
        residents.stop()


def test_phones_end_with_whoever_wanted_them(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from rehearsal.sip.residents import SipResidents\n"
        "residents = SipResidents(('127.0.0.1', 1), [('127.0.0.1', 0)], None, Path(sys.argv[1]))\n"
        "residents.start(); print(*residents.pids(), flush=True); sys.stdin.read()"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[4],
    )
    assert owner.stdout is not None
    assert owner.stdin is not None
    child = int(owner.stdout.readline())
    owner.kill()
    owner.wait()
    owner.stdout.close()
    owner.stdin.close()
    until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE)


def test_a_taken_port_is_told(told: Told, tmp_path: Path) -> None:
    pump = MediaPump()
    phone = a_phone(pump, (HERE, 1))
    try:
        with pytest.raises(PhonesNotStarted, match="ポート"):
            SipResidents((HERE, 1), [phone.address], told, tmp_path).start()
    finally:
        phone.stop()
        pump.close()


def test_a_call_nobody_says_anything_about_is_not_answered(tmp_path: Path, told: Told) -> None:
    class Mute(Told):
        def script_for(self, number: str, caller: str) -> Script:
            raise LookupError(number)

    mute = Mute()
    residents = residents_of(mute, tmp_path)
    residents.start()
    pump = MediaPump()
    phone = a_phone(pump, residents.addresses[0])
    try:
        call = phone.call("0900000001")
        assert call.ended.wait(8)
        assert call.code == 480
        until(lambda: mute.over)
    finally:
        phone.stop()
        pump.close()
        residents.stop()


def test_lines_that_do_not_register_are_named() -> None:
    before = held()
    pump = MediaPump()

    def nobody(call: Call, change: Change) -> None:
        """No registrar."""

    registrar = Phone((HERE, 1), (HERE, 0), pump, nobody)
    registrar.start()
    try:
        with pytest.raises(PhonesNotStarted, match="desk-7"):
            SipOperators(registrar.address, [DeskLine("desk-7", "not-a-secret-of-anybody")]).start()
    finally:
        registrar.stop()
        pump.close()
    nothing_more_than(before)
