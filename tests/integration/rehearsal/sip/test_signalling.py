"""pyVoIP's faults of signalling, each mended: a far end of a few lines says what breaks pyVoIP, over loopback."""

from __future__ import annotations

import itertools
import socket
import time
from collections.abc import Iterator

import pytest

from rehearsal.sip import signalling
from rehearsal.sip.call import Call, Change
from rehearsal.sip.media import MediaPump
from rehearsal.sip.message import Message
from rehearsal.sip.phone import Phone
from rehearsal.sip.sound import tone
from tests.waiting import until

HERE = "127.0.0.1"
SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP {codecs}\r\n"


class FarEnd:
    """SIP spoken by hand."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((HERE, 0))
        self.sound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sound.bind((HERE, 0))
        self.address: tuple[str, int] = self.socket.getsockname()
        self.seen: list[Message] = []

    def expect(self, what: str | int, within: float = 3.0) -> Message:
        """The next message that is this request or this response; what comes before it is kept in `seen`."""
        deadline = time.monotonic() + within
        while True:
            self.socket.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                message = Message(*self.socket.recvfrom(65_535))
            except TimeoutError:
                seen = [one.code or one.of_method for one in self.seen]
                raise AssertionError(f"{what} did not come within {within} s; there were {seen}") from None
            self.seen.append(message)
            if what in (message.code, "" if message.code else message.of_method):
                return message

    def nothing_more(self, what: str, within: float) -> None:
        with pytest.raises(AssertionError, match="did not come"):
            self.expect(what, within)

    def answer(self, request: Message, status: str, body: str = "", tag: str = ";tag=far") -> None:
        to = request.lines_of("To")[0]
        lines = [
            f"SIP/2.0 {status}",
            *request.lines_of("Via"),
            *request.lines_of("From"),
            to if ";tag=" in to else to + tag,
            *request.lines_of("Call-ID"),
            *request.lines_of("CSeq"),
            f"Contact: <sip:far@{self.address[0]}:{self.address[1]}>",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        self.socket.sendto(("\r\n".join([*lines, "", ""]) + body).encode(), request.source)

    def ask(self, to: Phone, method: str, call_id: str = "one", number: int = 1, body: str = "", tag: str = "") -> None:
        lines = [
            f"{method} sip:0900000@{HERE} SIP/2.0",
            f"Via: SIP/2.0/UDP {HERE}:{self.address[1]};branch=z9hG4bK{call_id}{number};rport",
            f"From: <sip:0300000000@{HERE}>;tag=far",
            f"To: <sip:0900000@{HERE}>{tag}",
            f"Call-ID: {call_id}",
            f"CSeq: {number} {method}",
            f"Contact: <sip:far@{HERE}:{self.address[1]}>",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        self.socket.sendto(("\r\n".join([*lines, "", ""]) + body).encode(), to.address)

    def offer(self, codecs: str = "0 101") -> str:
        events = "a=rtpmap:101 telephone-event/8000\r\n" if "101" in codecs else ""
        return SDP.format(port=self.sound.getsockname()[1], codecs=codecs) + events


@pytest.fixture
def far() -> Iterator[FarEnd]:
    end = FarEnd()
    yield end
    end.socket.close()
    end.sound.close()


@pytest.fixture
def changes() -> list[Change]:
    return []


@pytest.fixture
def phone(far: FarEnd, changes: list[Change]) -> Iterator[Phone]:
    pump = MediaPump()
    opened = Phone(far.address, (HERE, 0), pump, lambda _, change: changes.append(change), most_calls=2)
    opened.start()
    yield opened
    opened.stop()
    pump.close()
    assert opened.failures == 0


def talking(phone: Phone, far: FarEnd) -> tuple[Call, Message]:
    call = phone.call("0312345678")
    invite = far.expect("INVITE")
    far.answer(invite, "200 OK", far.offer())
    assert call.taken_up.wait(3)
    return call, invite


def test_the_answer_is_acknowledged_in_its_own_dialog(phone: Phone, far: FarEnd) -> None:
    call, invite = talking(phone, far)
    ack = far.expect("ACK")
    # pyVoIP draws another To tag: the far end goes on repeating its answer and cuts the call after 64 × T1.
    assert ack.lines_of("To")[0].endswith(";tag=far")
    assert ack.lines_of("From") == invite.lines_of("From")
    assert ack.raw.startswith(f"ACK sip:far@{HERE}:{far.address[1]} ".encode())
    far.answer(invite, "200 OK", far.offer())
    far.expect("ACK")
    call.hangup()
    bye = far.expect("BYE")
    assert bye.lines_of("Via")[0] != invite.lines_of("Via")[0]
    assert bye.lines_of("To")[0].endswith(";tag=far")
    # Nobody has answered: it is said again until somebody does.
    again = far.expect("BYE")
    far.answer(again, "200 OK")
    far.nothing_more("BYE", 1.5)


@pytest.mark.parametrize(
    "status", ["401 Unauthorized", "403 Forbidden", "404 No", "407 Proxy", "486 Busy", "503 X", "603 Decline", "608 Y"]
)
def test_every_refusal_is_acknowledged_and_ends_the_call(phone: Phone, far: FarEnd, status: str) -> None:
    call = phone.call("0312345678")
    invite = far.expect("INVITE")
    far.answer(invite, "100 Trying", tag="")
    far.answer(invite, status)
    ack = far.expect("ACK")
    # A refusal's ACK belongs to the INVITE's transaction (RFC 3261 §17.1.1.3).
    assert ack.lines_of("Via")[0] == invite.lines_of("Via")[0]
    assert ack.lines_of("To")[0].endswith(";tag=far")
    assert call.ended.wait(3)
    assert call.code == int(status[:3])
    far.answer(invite, status)
    far.expect("ACK")
    assert phone.live_calls() == ()


def test_silence_is_given_up(phone: Phone, far: FarEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signalling, "GIVES_UP_AFTER", 2.0)
    call = phone.call("0312345678")
    first, second = far.expect("INVITE"), far.expect("INVITE")
    assert first.raw == second.raw
    assert call.ended.wait(5)
    assert call.code == 408


def test_a_call_that_is_not_wanted_any_more_is_cancelled(phone: Phone, far: FarEnd) -> None:
    call = phone.call("0312345678")
    call.hangup()
    invite = far.expect("INVITE")
    far.nothing_more("CANCEL", 0.3)
    far.answer(invite, "180 Ringing")
    cancel = far.expect("CANCEL")
    assert cancel.lines_of("Via") == invite.lines_of("Via")
    assert cancel.lines_of("To") == invite.lines_of("To")
    assert cancel.number == invite.number
    far.answer(cancel, "200 OK")
    far.answer(invite, "487 Request Terminated")
    far.expect("ACK")
    assert call.ended.wait(3)
    assert call.code == 487


def test_an_answer_that_crosses_the_cancel_is_ended(phone: Phone, far: FarEnd) -> None:
    call = phone.call("0312345678")
    invite = far.expect("INVITE")
    far.answer(invite, "180 Ringing")
    until(lambda: phone.live_calls())
    call.hangup()
    far.answer(invite, "200 OK", far.offer())
    far.expect("ACK")
    far.answer(far.expect("BYE"), "200 OK")
    assert call.ended.wait(3)


def test_an_answer_in_another_language_is_ended(phone: Phone, far: FarEnd) -> None:
    call = phone.call("0312345678")
    far.answer(far.expect("INVITE"), "200 OK", far.offer(codecs="8"))
    far.expect("ACK")
    far.expect("BYE")
    assert call.ended.wait(3)
    assert call.code == 488


def test_options_are_answered_and_rubbish_is_survived(phone: Phone, far: FarEnd) -> None:
    for rubbish in (b"", b"\0\0\0\0", b"\r\n\r\n", b"HELLO\r\n\r\n", b"\xff" * 500, b"SIP/2.0 200 OK\r\n\r\n"):
        far.socket.sendto(rubbish, phone.address)
    far.ask(phone, "OPTIONS")
    assert "OPTIONS" in far.expect(200).lines_of("Allow")[0]
    far.ask(phone, "NOTIFY")
    far.expect(501)
    far.ask(phone, "BYE")
    far.expect(481)
    assert phone.sip.alive


def test_a_call_that_comes_is_rung_answered_renegotiated_and_ended(
    phone: Phone, far: FarEnd, changes: list[Change]
) -> None:
    far.ask(phone, "INVITE", body=far.offer(codecs="8 0 101"))
    far.expect(100)
    until(lambda: phone.live_calls())
    (call,) = phone.live_calls()
    call.ring()
    ringing = far.expect(180)
    call.answer()
    answer = far.expect(200)
    assert answer.lines_of("To") == ringing.lines_of("To")
    assert b"RTP/AVP 0 101" in answer.raw
    # Nobody has acknowledged it: it is said again, also when the INVITE is.
    assert far.expect(200).raw == answer.raw
    far.ask(phone, "INVITE", body=far.offer(codecs="8 0 101"))
    assert far.expect(200).raw == answer.raw
    far.ask(phone, "ACK")
    tag = answer.lines_of("To")[0].partition(";")[2]
    far.ask(phone, "INVITE", number=2, body=far.offer(), tag=f";{tag}")
    assert far.expect(200).number == 2
    far.ask(phone, "BYE", number=3, tag=f";{tag}")
    far.expect(200)
    assert call.ended.wait(3)
    assert (call.by_far_end, call.code) == (True, 200)
    assert changes == [Change.RINGS_HERE, Change.ANSWERED, Change.ENDED]


def test_a_caller_who_gives_up_is_let_go(phone: Phone, far: FarEnd) -> None:
    far.ask(phone, "INVITE", body=far.offer())
    until(lambda: phone.live_calls())
    (call,) = phone.live_calls()
    far.ask(phone, "CANCEL")
    far.expect(200)
    far.expect(487)
    assert call.ended.wait(3)
    call.answer()
    assert call.code == 487


def test_there_is_no_room_for_more_than_is_clean(phone: Phone, far: FarEnd) -> None:
    for call_id in ("one", "two", "three"):
        far.ask(phone, "INVITE", call_id, body=far.offer())
        far.expect(100)
    assert far.expect(503).call_id == "three"
    assert phone.refused_for_want_of_room == 1


def test_every_call_has_a_deadline(far: FarEnd) -> None:
    pump = MediaPump()
    phone = Phone(far.address, (HERE, 0), pump, lambda *_: None, longest_call_seconds=0.5)
    phone.start()
    try:
        call, _ = talking(phone, far)
        far.expect("BYE")
        assert call.ended.wait(1)
    finally:
        phone.stop()
        pump.close()


def test_a_phone_that_is_switched_on_again_is_not_taken_for_its_own_echo(far: FarEnd) -> None:
    seen = []
    for _ in range(2):
        pump = MediaPump()
        phone = Phone(far.address, (HERE, 0), pump, lambda *_: None)
        phone.start()
        phone.call("0312345678")
        invite = far.expect("INVITE")
        seen.append((invite.call_id, invite.lines_of("Via")[0].partition("branch=")[2]))
        phone.stop()
        pump.close()
    assert seen[0][0] != seen[1][0]
    assert seen[0][1] != seen[1][1]


def test_a_registration_swallows_no_call_and_is_renewed(
    far: FarEnd, changes: list[Change], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signalling, "_RENEW_AFTER", 0.5)
    pump = MediaPump()
    phone = Phone(far.address, (HERE, 0), pump, lambda _, change: changes.append(change), "desk-1", "the-secret")
    phone.start()
    try:
        assert not phone.sip.register(within=0)
        first = far.expect("REGISTER")
        # In the middle of it a call comes in.
        far.ask(phone, "INVITE", body=far.offer())
        far.expect(100)
        _challenge(far, first)
        second = far.expect("REGISTER")
        assert 'username="desk-1"' in second.lines_of("Authorization")[0]
        assert second.call_id == first.call_id
        far.answer(second, "200 OK")
        assert phone.sip.registered.wait(3)
        assert Change.RINGS_HERE in changes
        assert far.expect("REGISTER").call_id == first.call_id
    finally:
        phone.stop()
        pump.close()
    # Whoever leaves says so.
    until(lambda: far.expect("REGISTER"), fits=lambda message: "Expires: 0" in message.lines_of("Expires"))


def _challenge(far: FarEnd, register: Message) -> None:
    lines = [
        "SIP/2.0 401 Unauthorized",
        *register.lines_of("Via"),
        *register.lines_of("From"),
        register.lines_of("To")[0] + ";tag=far",
        *register.lines_of("Call-ID"),
        *register.lines_of("CSeq"),
        'WWW-Authenticate: Digest realm="asterisk",nonce="1/ab",opaque="x",algorithm=MD5,qop="auth"',
        "Content-Length: 0",
    ]
    far.socket.sendto("\r\n".join([*lines, "", ""]).encode(), register.source)


def test_two_phones_talk_both_ways_with_keys() -> None:
    pump = MediaPump()

    def take_up(call: Call, change: Change) -> None:
        if change is Change.RINGS_HERE:
            call.ring()
            call.answer()

    called = Phone((HERE, 1), (HERE, 0), pump, take_up)
    called.start()
    caller = Phone(called.address, (HERE, 0), pump, take_up)
    caller.start()
    called.sip.server, called.sip.port = caller.address
    try:
        call = caller.call("0900000", "09000000002")
        assert call.taken_up.wait(3)
        (other,) = called.live_calls()
        assert call.stream is not None
        assert other.stream is not None
        for stream, hertz, keys in ((call.stream, 400, "12#"), (other.stream, 1000, "*0")):
            stream.write(tone(hertz, 0.4))
            stream.press(keys)
        here, there = call.stream.hearing, other.stream.hearing
        until(lambda: (here.keys, there.keys), fits=lambda keys: keys == ("*0", "12#"))
        until(lambda: min(here.voiced_seconds, there.voiced_seconds), fits=lambda seconds: seconds >= 0.38)
        assert other.request.caller == "09000000002"
        assert (here.lost, there.lost) == (0, 0)
        other.hangup()
        assert call.ended.wait(3)
        assert (call.by_far_end, other.by_far_end) == (True, False)
    finally:
        caller.stop()
        called.stop()
        pump.close()
    assert list(itertools.chain(caller.live_calls(), called.live_calls())) == []
