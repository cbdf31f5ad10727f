"""One call of a telephone: pyVoIP's, mended. Whatever happens, it comes to an end, and gives back what it held."""

from __future__ import annotations

import threading
import time
from enum import StrEnum
from typing import TYPE_CHECKING

from rehearsal.sip.library import CallState, PayloadType, VoIPCall
from rehearsal.sip.media import Stream
from rehearsal.sip.message import Message, reply_to
from rehearsal.sip.signalling import Repeating

if TYPE_CHECKING:
    from rehearsal.sip.phone import Phone

CODECS = {0: PayloadType.PCMU, 101: PayloadType.EVENT}
STATUS = {
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
        ours = {number: kind for number, kind in codecs.items() if kind in CODECS.values()}
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
                self._text = reply_to(self.request, STATUS[code], tag, *reason)
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
                self.phone.sip.tell(reply_to(request, STATUS[488], ""), request.source)

    def cancelled(self, cause: int | None) -> None:
        """The caller gave up while it rang here."""
        with self._turn:
            if self.state is CallState.RINGING:
                tag = self.phone.sip.tagLibrary[self.call_id]
                self.phone.sip.final(self.request, reply_to(self.request, STATUS[487], tag))
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
