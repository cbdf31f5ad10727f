"""pyVoIP's SIP client, mended: one receiving thread that nothing ends, and every request brought to its end.

Measured of pyVoIP 1.6.8, each with a test in tests/integration/rehearsal/sip/test_signalling.py: the ACK carries a To tag of its
own making, so that the far end cuts the call at 32.0 s; 403, 407, 486 and 603 are neither acknowledged nor told to anybody,
and silence makes `call` wait for ever; it can't cancel; OPTIONS is not understood; Call-IDs and branches begin anew with
each process, so that a restarted phone's first call is taken for a repetition of its last; a registration that is
renewed swallows the call that comes in meanwhile.
"""

from __future__ import annotations

import secrets
import socket
import threading
import time
from typing import TYPE_CHECKING

from rehearsal.sip.library import SIPClient
from rehearsal.sip.message import Message, reply_to, target_of

if TYPE_CHECKING:
    from rehearsal.sip.phone import Phone

Address = tuple[str, int]

_TICK = 0.1
_T1 = 0.5
_T2 = 4.0
GIVES_UP_AFTER = 32.0
"""64 × T1: whoever has not answered by then will not (RFC 3261 §17.1.1.2)."""
_REGISTERED_FOR = 120
_RENEW_AFTER = 60.0


class Signalling(SIPClient):  # type: ignore[misc]  # pyVoIP's own types are wrong
    """The SIP side of a phone. Its port may be 0: then the system chooses, and `myPort` tells."""

    phone: Phone
    NSD: bool
    myPort: int  # noqa: N815

    def __init__(self, server: Address, username: str, password: str, phone: Phone, own: Address) -> None:
        super().__init__(*server, username, password, phone=phone, myIP=own[0], myPort=own[1])
        self.unreadable = 0
        self.registered = threading.Event()
        self.registration_refused = 0
        self._receiver: threading.Thread | None = None
        self._finals: dict[str, tuple[float, str, Address]] = {}
        self._byes: dict[str, tuple[str, Repeating]] = {}
        self._register_text = ""
        self._register_id = self.gen_call_id()
        self._registering: tuple[float, float] | None = None
        self._renew_at = float("inf")
        self._acts_at = 0.0

    # -- open and close ----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Listen. Unlike pyVoIP's this registers nowhere: see `register`. Raises OSError if the port is taken."""
        if self.NSD:
            raise RuntimeError("this phone is switched on already")
        self.s = self.out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            self.s.bind((self.myIP, self.myPort))
        except OSError:
            self.s.close()
            raise
        self.myPort = self.s.getsockname()[1]
        self.s.settimeout(_TICK)
        self.NSD = True
        self._receiver = threading.Thread(target=self.recv_loop, name=f"sip-{self.myPort}", daemon=True)
        self._receiver.start()

    def stop(self) -> None:
        """Returns when the thread is gone and the port is free."""
        if not self.NSD:
            return
        if self.registered.is_set():
            self._renew_at = float("inf")
            self._send_register(0)
        self.NSD = False
        if self._receiver is not None and self._receiver is not threading.current_thread():
            self._receiver.join(2)
        self.s.close()

    @property
    def alive(self) -> bool:
        """Whether its thread still listens."""
        return self._receiver is not None and self._receiver.is_alive()

    def recv_loop(self) -> None:
        while self.NSD:
            try:
                raw, source = self.s.recvfrom(65_535)
            except TimeoutError:
                pass
            except OSError:
                # An ICMP "port unreachable" of an earlier datagram; a closed socket ends the loop by NSD.
                time.sleep(0.01)
            else:
                self.take(raw, source)
            if time.monotonic() >= self._acts_at:
                self._acts_at = time.monotonic() + _TICK
                self._repeat_and_forget()

    def take(self, raw: bytes, source: Address) -> None:
        """One datagram; whatever it holds ends nothing."""
        if not raw.strip(b"\r\n\0 "):
            return  # a keep-alive
        try:
            self.parse_message(Message(raw, source))
        except Exception:
            self.unreadable += 1

    def tell(self, text: str, to: Address | None = None) -> None:
        try:
            self.out.sendto(text.encode(), to or (self.server, self.port))
        except OSError:
            pass  # what is not answered is repeated

    def gen_call_id(self) -> str:
        """Never the same twice, in no process."""
        return f"{secrets.token_hex(16)}@{self.myIP}"

    def gen_tag(self) -> str:
        """pyVoIP's remembers every tag it ever drew."""
        return secrets.token_hex(4)

    # -- requests that come ------------------------------------------------------------------------------------------

    def parse_message(self, message: Message) -> None:
        if message.code:
            self._take_response(message)
            return
        match message.of_method:
            case "INVITE":
                self._take_invite(message)
            case "ACK":
                call = self.phone.call_of(message)
                if call is not None:
                    call.acknowledged = True
            case "BYE":
                self._take_bye(message)
            case "CANCEL":
                self._take_cancel(message)
            case "OPTIONS":
                self.tell(reply_to(message, "200 OK", self.gen_tag(), "Accept: application/sdp"), message.source)
            case _:
                self.tell(reply_to(message, "501 Not Implemented", self.gen_tag()), message.source)

    def _take_invite(self, message: Message) -> None:
        known = self.phone.call_of(message)
        if message.call_id in self._finals and (known is None or ";tag=" not in message.lines_of("To")[0]):
            _, text, to = self._finals[message.call_id]
            self.tell(text, to)
        elif known is None:
            self.tell(reply_to(message, "100 Trying", ""), message.source)
            self.phone.callback(message)
        elif ";tag=" in message.lines_of("To")[0]:
            known.renegotiate(message)

    def _take_bye(self, message: Message) -> None:
        call = self.phone.call_of(message)
        if call is None:
            status = "481 Call/Transaction Does Not Exist" if message.call_id not in self._finals else "200 OK"
            self.tell(reply_to(message, status, self.gen_tag()), message.source)
            return
        self.tell(reply_to(message, "200 OK", self.gen_tag()), message.source)
        call.over(by_far_end=True, cause=message.cause)

    def _take_cancel(self, message: Message) -> None:
        call = self.phone.call_of(message)
        if call is None:
            self.tell(reply_to(message, "481 Call/Transaction Does Not Exist", self.gen_tag()), message.source)
            return
        self.tell(reply_to(message, "200 OK", self.tagLibrary[message.call_id]), message.source)
        call.cancelled(message.cause)

    def final(self, request: Message, text: str) -> None:
        """Send the last response to an INVITE, and keep it: it is repeated until it is acknowledged."""
        self._finals[request.call_id] = (time.monotonic(), text, request.source)
        self.tell(text, request.source)

    def keep_a_while(self, call_id: str) -> None:
        """What is known of a call we asked for: something of it may still come."""
        self._finals.setdefault(call_id, (time.monotonic(), "", (self.server, self.port)))

    def bye(self, request: Message) -> None:
        """Say that a call is over, until that is answered."""
        text = self.gen_bye(request)
        self._byes[request.call_id] = (text, Repeating())
        self.tell(text)

    # -- responses that come -----------------------------------------------------------------------------------------

    def _take_response(self, message: Message) -> None:
        if message.of_method == "REGISTER":
            self._take_registration(message)
            return
        if message.of_method != "INVITE":
            if message.of_method == "BYE" and message.code >= 200:
                self._byes.pop(message.call_id, None)
            return
        if message.code >= 200:
            self.tell(self.gen_ack(message))
        call = self.phone.call_of(message)
        if call is not None:
            call.progress(message)
        elif 200 <= message.code < 300 and self.phone.may_be_ours(message):
            # It was answered after we had given up: nobody is left to talk to.
            self.tell(self.bye_after(message))

    def gen_ack(self, request: Message) -> str:
        """The ACK with the far end's To tag; for an answer to its contact, otherwise in the INVITE's own transaction."""
        answered = request.code < 300
        (to,), (sender,) = request.lines_of("To"), request.lines_of("From")
        goes_to = target_of(request.headers["Contact"]) if answered else target_of(request.headers["To"]["raw"])
        via = f"Via: SIP/2.0/UDP {self.myIP}:{self.myPort};branch={self.gen_branch()};rport"
        lines = [
            f"ACK {goes_to} SIP/2.0",
            via if answered else request.lines_of("Via")[0],
            "Max-Forwards: 70",
            to,
            sender,
            f"Call-ID: {request.call_id}",
            f"CSeq: {request.number} ACK",
            "Content-Length: 0",
        ]
        return "\r\n".join([*lines, "", ""])

    def gen_bye(self, request: Message) -> str:
        """A BYE in a transaction of its own: pyVoIP's bears the far end's Via, and is answered to the wrong side."""
        own = f"Via: SIP/2.0/UDP {self.myIP}:{self.myPort};branch={self.gen_branch()};rport"
        lines = str(super().gen_bye(request)).split("\r\n")
        kept = [line for line in lines[1:] if not line.startswith("Via:")]
        return "\r\n".join([f"BYE {target_of(request.headers['Contact'])} SIP/2.0", own, *kept])

    def gen_cancel(self, invite: str) -> str:
        """The CANCEL of an INVITE: its own transaction, no To tag (RFC 3261 §9.1)."""
        head = invite.split("\r\n\r\n")[0].split("\r\n")
        copied = [line for line in head if line.startswith(("Via:", "To:", "From:", "Call-ID:", "Max-Forwards:"))]
        number = next(line.split()[1] for line in head if line.startswith("CSeq:"))
        first = head[0].replace("INVITE", "CANCEL", 1)
        return "\r\n".join([first, *copied, f"CSeq: {number} CANCEL", "Content-Length: 0", "", ""])

    def bye_after(self, answer: Message) -> str:
        (to,), (sender,) = answer.lines_of("To"), answer.lines_of("From")
        lines = [
            f"BYE {target_of(answer.headers['Contact'])} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.myIP}:{self.myPort};branch={self.gen_branch()};rport",
            "Max-Forwards: 70",
            to,
            sender,
            f"Call-ID: {answer.call_id}",
            f"CSeq: {answer.number + 1} BYE",
            "Content-Length: 0",
        ]
        return "\r\n".join([*lines, "", ""])

    # -- registering -------------------------------------------------------------------------------------------------

    def register(self, within: float = 10.0) -> bool:
        """Register at the server and stay so; False if it did not come about `within` seconds."""
        self._send_register(_REGISTERED_FOR)
        return self.registered.wait(within)

    @property
    def is_registering(self) -> bool:
        """Whether the server has not decided yet."""
        return not self.registered.is_set() and not self.registration_refused

    def _send_register(self, seconds: int) -> None:
        self._register_text = self._registration(self.gen_first_response(), seconds)
        self._begin_registering()

    def _begin_registering(self) -> None:
        now = time.monotonic()
        self._registering = (now + GIVES_UP_AFTER, now + _T1)
        self.tell(self._register_text)

    def _registration(self, text: str, seconds: int) -> str:
        """pyVoIP's REGISTER within one registration: the same Call-ID each time, the time we ask for."""
        lines = [
            f"Call-ID: {self._register_id}"
            if line.startswith("Call-ID:")
            else f"Expires: {seconds}"
            if line.startswith("Expires:")
            else line
            for line in text.split("\r\n")
        ]
        return "\r\n".join(lines)

    def _take_registration(self, message: Message) -> None:
        if message.code < 200 or message.call_id != self._register_id:
            return
        seconds = 0 if "\r\nExpires: 0\r\n" in self._register_text else _REGISTERED_FOR
        if message.code == 401 and "Authorization:" not in self._register_text:
            self._register_text = self._registration(self.gen_register(message), seconds)
            self._begin_registering()
            return
        self._registering = None
        if message.code == 200:
            self._renew_at = time.monotonic() + _RENEW_AFTER if seconds else float("inf")
            (self.registered.set if seconds else self.registered.clear)()
        else:
            self.registration_refused = message.code
            self.registered.clear()
            self._renew_at = time.monotonic() + _T2

    # -- what is not answered is repeated; what is long over is forgotten ----------------------------------------------

    def _repeat_and_forget(self) -> None:
        now = time.monotonic()
        for call in self.phone.live_calls():
            call.attend(now)
        for call_id, (text, repeating) in list(self._byes.items()):
            if repeating.is_hopeless(now):
                del self._byes[call_id]
            elif repeating.is_due(now):
                self.tell(text)
        if self._registering is not None and now >= self._registering[1]:
            if now < self._registering[0]:
                self._registering = (self._registering[0], now + _T2)
                self.tell(self._register_text)
            else:
                self._registering, self._renew_at = None, now
                self.registered.clear()
        if now >= self._renew_at:
            self._renew_at = float("inf")
            self._send_register(_REGISTERED_FOR)
        for call_id in [one for one, (at, _, _) in self._finals.items() if now - at > GIVES_UP_AFTER]:
            del self._finals[call_id]
            self.phone.forget(call_id)


class Repeating:
    """When something is said again: after T1, each time twice as long, T2 at most, until `GIVES_UP_AFTER` (RFC 3261 §17)."""

    def __init__(self) -> None:
        self.begun = time.monotonic()
        self._pause = _T1
        self._at = self.begun + _T1

    def is_due(self, now: float) -> bool:
        if now < self._at:
            return False
        self._pause = min(self._pause * 2, _T2)
        self._at = now + self._pause
        return True

    def is_hopeless(self, now: float) -> bool:
        return now - self.begun > GIVES_UP_AFTER
