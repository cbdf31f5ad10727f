"""A telephone: pyVoIP's, with mended signalling and sound, and calls that are always brought to an end.

Every call has a deadline; `Phone` itself refuses more than 60 at a time (503), the number up to which pyVoIP was measured
clean in one process.
"""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Callable
from enum import StrEnum

from rehearsal.sip.library import CallState, PayloadType, VoIPCall, VoIPPhone
from rehearsal.sip.media import MediaPump, Stream
from rehearsal.sip.message import Message, reply_to
from rehearsal.sip.signalling import Address, Repeating, Signalling

MOST_CALLS = 60
LONGEST_CALL_SECONDS = 1_800.0
_CODECS = {0: PayloadType.PCMU, 101: PayloadType.EVENT}
_STATUS = {
    403: "403 Forbidden",
    404: "404 Not Found",
    410: "410 Gone",
    480: "480 Temporarily Unavailable",
    484: "484 Address Incomplete",
    486: "486 Busy Here",
    487: "487 Request Terminated",
    488: "488 Not Acceptable Here",
    503: "503 Service Unavailable",
    603: "603 Decline",
}


class Change(StrEnum):
    """What a phone tells whoever uses it about a call."""

    RINGS_HERE = "rings_here"
    RINGS_THERE = "rings_there"
    ANSWERED = "answered"
    KEY = "key"
    """The far end pressed a key: the last of `stream.hearing.keys`."""
    ENDED = "ended"


class Call(VoIPCall):  # type: ignore[misc]  # pyVoIP's own types are wrong
    """One call, either way. Its methods may be called from any thread and at any time; what is late changes nothing."""

    phone: Phone
    request: Message
    RTPClients: list[Stream]
    state: CallState

    def __init__(
        self,
        phone: Phone,
        state: CallState,
        request: Message,
        session: int,
        address: str,
        ms: dict[int, dict[int, PayloadType]] | None = None,
        sendmode: str = "sendrecv",
    ) -> None:
        self.began = time.monotonic()
        self.inbound = state is CallState.RINGING
        self.code = 0
        """The final status code; 200 where it was answered."""
        self.cause: int | None = None
        self.by_far_end = False
        self.answered_at: float | None = None
        self.ended_at: float | None = None
        """Seconds of the machine's clock (epoch)."""
        self.ended = threading.Event()
        self.taken_up = threading.Event()
        self.acknowledged = not self.inbound
        self.deadline = self.began + phone.longest_call_seconds
        self._turn = threading.RLock()
        self._repeating = Repeating()
        self._text = ""
        self._provisional = False
        self._cancelling = False
        super().__init__(phone, state, request, session, address, ms, sendmode)

    # -- sound -------------------------------------------------------------------------------------------------------

    @property
    def stream(self) -> Stream | None:
        """The sound, once there is any."""
        return self.RTPClients[0] if self.RTPClients else None

    def create_rtp_clients(
        self, codecs: dict[int, PayloadType], ip: str, port: int, request: Message, baseport: int
    ) -> None:
        """One stream, μ-law and keys alone. Raises ValueError if the far end can't speak μ-law."""
        del ip
        ours = {number: kind for number, kind in codecs.items() if kind in _CODECS.values()}
        if PayloadType.PCMU not in ours.values():
            raise ValueError("no μ-law")
        far = (request.body["c"][0]["address"], baseport)
        holding = self.phone.take_socket(port)
        self.RTPClients.append(Stream(self.phone.pump, holding, ours, far, self.dtmf_callback))

    def dtmf_callback(self, code: str) -> None:
        super().dtmf_callback(code)
        self.phone.tell(self, Change.KEY)

    # -- what we do --------------------------------------------------------------------------------------------------

    def answer(self) -> None:
        """Take up a call that rings here."""
        with self._turn:
            if self.state is not CallState.RINGING:
                return
            self.state = CallState.ANSWERED
            self._repeating = Repeating()
            self._text = self.phone.sip.gen_answer(self.request, self.session_id, self.gen_ms(), self.sendmode)
            self.phone.sip.final(self.request, self._text)
            self._was_answered()

    def ring(self) -> None:
        """Tell the caller that the bell rings."""
        with self._turn:
            if self.state is CallState.RINGING:
                sip = self.phone.sip
                contact = f"Contact: <sip:{sip.username}@{sip.myIP}:{sip.myPort}>"
                sip.tell(
                    reply_to(self.request, "180 Ringing", sip.tagLibrary[self.call_id], contact), self.request.source
                )

    def refuse(self, code: int, cause: int | None = None) -> None:
        """Do not take up a call that rings here. `cause` (Q.850) goes along as the network's reason."""
        with self._turn:
            if self.state is CallState.RINGING:
                reason = [f"Reason: Q.850;cause={cause}"] if cause else []
                tag = self.phone.sip.tagLibrary[self.call_id]
                self._text = reply_to(self.request, _STATUS[code], tag, *reason)
                self.phone.sip.final(self.request, self._text)
                self._end(code, cause, by_far_end=False)

    def hangup(self) -> None:
        """End it from our side, in whatever state it is."""
        with self._turn:
            if self.state is CallState.RINGING:
                self.refuse(486)
            elif self.state is CallState.DIALING:
                self._cancelling = True
                # Nothing may be cancelled before the far end has said anything (RFC 3261 §9.1).
                if self._provisional:
                    self.phone.sip.tell(self.phone.sip.gen_cancel(self._text))
                    self._repeating = Repeating()
            elif self.state is CallState.ANSWERED:
                self.phone.sip.bye(self.request)
                self._end(200, None, by_far_end=False)

    def dialed(self, text: str) -> None:
        """The INVITE that asks for this call; repeated until the far end says something."""
        self._text = text

    # -- what the far end does ---------------------------------------------------------------------------------------

    def progress(self, message: Message) -> None:
        """A response to our INVITE."""
        with self._turn:
            if self.state is not CallState.DIALING:
                return
            if message.code < 200:
                began, self._provisional = self._provisional, True
                if self._cancelling and not began:
                    self.hangup()
                elif message.code in (180, 183) and not self._cancelling:
                    self.phone.tell(self, Change.RINGS_THERE)
            elif message.code < 300:
                self._answered_there(message)
            else:
                self._end(message.code, message.cause, by_far_end=True)

    def _answered_there(self, message: Message) -> None:
        try:
            self.answered(message)
        except Exception:
            # Whatever it was that the far end answered with, we can't speak it.
            self.phone.sip.tell(self.phone.sip.bye_after(message))
            self._end(488, None, by_far_end=False)
            return
        self._was_answered()
        if self._cancelling:
            self.hangup()

    def renegotiate(self, request: Message) -> None:
        """The far end asks for something else within the call: its new address is taken."""
        with self._turn:
            if self.state is CallState.ANSWERED and request.body:
                super().renegotiate(request)
            elif self.state is CallState.ANSWERED:
                self.phone.sip.tell(reply_to(request, _STATUS[488], ""), request.source)

    def cancelled(self, cause: int | None) -> None:
        """The caller gave up while it rang here."""
        with self._turn:
            if self.state is CallState.RINGING:
                tag = self.phone.sip.tagLibrary[self.call_id]
                self.phone.sip.final(self.request, reply_to(self.request, _STATUS[487], tag))
                self._end(487, cause, by_far_end=True)

    def over(self, *, by_far_end: bool, cause: int | None = None) -> None:
        with self._turn:
            self._end(200, cause, by_far_end=by_far_end)

    # -- time --------------------------------------------------------------------------------------------------------

    def attend(self, now: float) -> None:
        """Repeat what was not answered; give up what is hopeless; end what lasts too long."""
        with self._turn:
            if now > self.deadline:
                self.hangup()
                self.deadline = now + 1
            if self.state is CallState.DIALING:
                self._attend_dialing(now)
            elif self.state is CallState.ANSWERED and not self.acknowledged:
                if self._repeating.is_hopeless(now):
                    self.hangup()
                elif self._repeating.is_due(now):
                    self.phone.sip.tell(self._text, self.request.source)

    def _attend_dialing(self, now: float) -> None:
        waits = self._cancelling or not self._provisional
        if waits and self._repeating.is_hopeless(now):
            self._end(487 if self._cancelling else 408, None, by_far_end=False)
        elif waits and self._repeating.is_due(now):
            again = self.phone.sip.gen_cancel(self._text) if self._provisional else self._text
            self.phone.sip.tell(again)

    # -- ends --------------------------------------------------------------------------------------------------------

    def _was_answered(self) -> None:
        self.code = 200
        self.answered_at = time.time()
        self.taken_up.set()
        self.phone.tell(self, Change.ANSWERED)

    def _end(self, code: int, cause: int | None, *, by_far_end: bool) -> None:
        if self.ended.is_set():
            return
        self.state = CallState.ENDED
        self.code, self.cause, self.by_far_end, self.ended_at = code, cause, by_far_end, time.time()
        for stream in self.RTPClients:
            stream.stop()
        self.phone.was_ended(self)
        self.ended.set()
        self.taken_up.set()
        self.phone.tell(self, Change.ENDED)

    def __del__(self) -> None:
        """Everything is given back at the end of the call; pyVoIP's does it here, and takes others' ports along."""


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
        media = {port: dict(_CODECS)}
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
            self.sip.final(request, reply_to(request, _STATUS[503], tag, "Reason: Q.850;cause=34"))
            return
        try:
            call = Call(self, CallState.RINGING, request, secrets.randbelow(1 << 31), self.sip.myIP)
        except (ValueError, KeyError, IndexError):
            self.sip.final(request, reply_to(request, _STATUS[488], tag))
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
