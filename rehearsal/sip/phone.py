"""A telephone: pyVoIP's, with mended signalling and sound, and calls that are always brought to an end.

Every call has a deadline; `Phone` itself refuses more than 60 at a time (503), the number up to which pyVoIP was measured
clean in one process.
"""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Callable

from rehearsal.sip.call import CODECS, STATUS, Call, Change
from rehearsal.sip.library import CallState, VoIPCall, VoIPPhone
from rehearsal.sip.media import MediaPump
from rehearsal.sip.message import Message, reply_to
from rehearsal.sip.signalling import Address, Signalling

MOST_CALLS = 60
LONGEST_CALL_SECONDS = 1_800.0
Told = Callable[[Call, Change], None]


class Phone(VoIPPhone):  # type: ignore[misc]  # pyVoIP's own types are wrong
    """A phone on `own` (port 0: any) that calls through, and is called by, `server`.

    `told` hears of every change, from the phone's own threads: it must not wait. A call that rings here rings until
    somebody answers, refuses, or the caller gives up.
    """

    sip: Signalling
    calls: dict[str, Call]

    def __init__(
        self,
        server: Address,
        own: Address,
        pump: MediaPump,
        told: Told,
        username: str = "phone",
        password: str = "",
        *,
        most_calls: int = MOST_CALLS,
        longest_call_seconds: float = LONGEST_CALL_SECONDS,
    ) -> None:
        super().__init__(*server, username, password, myIP=own[0], callCallback=self._nothing, sipPort=own[1])
        self.sip = Signalling(server, username, password, self, own)
        self.pump = pump
        self.most_calls = min(most_calls, MOST_CALLS)
        self.longest_call_seconds = longest_call_seconds
        self.refused_for_want_of_room = 0
        self.failures = 0
        self._told = told
        self._sockets: dict[int, socket.socket] = {}
        self._guard = threading.RLock()

    @staticmethod
    def _nothing(call: VoIPCall) -> None:
        """pyVoIP would start a timer of a second and a thread for each call that rings."""

    # -- on and off --------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Raises OSError if the port is taken."""
        self.sip.start()
        self.NSD = True

    def stop(self, failed: bool = False) -> None:
        """End every call and give everything back."""
        del failed
        for call in self.live_calls():
            call.hangup()
            call.over(by_far_end=False)
        self.sip.stop()
        with self._guard:
            for holding in self._sockets.values():
                holding.close()
            self._sockets.clear()
        self.NSD = False

    @property
    def address(self) -> Address:
        return self.sip.myIP, self.sip.myPort

    # -- calls -------------------------------------------------------------------------------------------------------

    def call(self, number: str, caller: str | None = None) -> Call:
        """Dial; returns at once. `caller`: the number that is shown, "" withholds it; without it the phone's own name."""
        port = self.request_port()
        media = {port: dict(CODECS)}
        call_id = self.sip.gen_call_id()
        session = secrets.randbelow(1 << 31)
        text = self.sip.gen_invite(number, str(session), media, "sendrecv", self.sip.gen_branch(), call_id)
        text = _shown(text, self.username, self.sip.myIP, caller)
        call = Call(self, CallState.DIALING, Message(text.encode(), self.address), session, self.sip.myIP, media)
        call.dialed(text)
        with self._guard:
            self.calls[call_id] = call
        self.sip.tell(text)
        return call

    def call_of(self, message: Message) -> Call | None:
        with self._guard:
            return self.calls.get(message.call_id)

    def live_calls(self) -> tuple[Call, ...]:
        with self._guard:
            return tuple(self.calls.values())

    def may_be_ours(self, message: Message) -> bool:
        """Whether this phone once asked for the call of a response."""
        return message.call_id in self.sip.tagLibrary

    def callback(self, request: Message) -> None:
        """A call comes in."""
        tag = self.sip.tagLibrary[request.call_id] = self.sip.gen_tag()
        if len(self.live_calls()) >= self.most_calls:
            self.refused_for_want_of_room += 1
            self.sip.final(request, reply_to(request, STATUS[503], tag, "Reason: Q.850;cause=34"))
            return
        try:
            call = Call(self, CallState.RINGING, request, secrets.randbelow(1 << 31), self.sip.myIP)
        except (ValueError, KeyError, IndexError):
            self.sip.final(request, reply_to(request, STATUS[488], tag))
            return
        with self._guard:
            self.calls[request.call_id] = call
        self.tell(call, Change.RINGS_HERE)

    def tell(self, call: Call, change: Change) -> None:
        try:
            self._told(call, change)
        except Exception:
            self.failures += 1

    def was_ended(self, call: Call) -> None:
        """It is no longer counted; its sockets are closed."""
        with self._guard:
            self.calls.pop(call.call_id, None)
        for port in call.assignedPorts:
            self._close_socket(port)
        if not call.inbound:
            self.sip.keep_a_while(call.call_id)

    def forget(self, call_id: str) -> None:
        if call_id not in self.calls:
            self.sip.tagLibrary.pop(call_id, None)

    # -- ports of sound ----------------------------------------------------------------------------------------------

    def request_port(self, blocking: bool = True) -> int:
        """A port that is ours from now on: the system gives a free one; pyVoIP's draws one and hopes."""
        del blocking
        holding = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        holding.bind((self.myIP, 0))
        port = int(holding.getsockname()[1])
        with self._guard:
            self._sockets[port] = holding
        return port

    def take_socket(self, port: int) -> socket.socket:
        with self._guard:
            return self._sockets.pop(port)

    def release_ports(self, call: VoIPCall | None = None) -> None:
        """Nothing: each call closes its own."""

    def _close_socket(self, port: int) -> None:
        with self._guard:
            holding = self._sockets.pop(port, None)
        if holding is not None:
            holding.close()


def _shown(invite: str, username: str, address: str, caller: str | None) -> str:
    if caller is None:
        return invite
    shown = f"<sip:{caller}@{address}>" if caller else '"Anonymous" <sip:anonymous@anonymous.invalid>'
    return invite.replace(f"From: <sip:{username}@{address}>", f"From: {shown}", 1)
