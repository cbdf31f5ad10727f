"""SIP messages pyVoIP stumbles over, and scripts on their way between processes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.sip.message import Message, reply_to, target_of
from rehearsal.sip.script import GoOn, HangUp, Listen, Press, Say, Script, Tone, Wait, from_plain, to_plain

PEER = ("127.0.0.1", 5060)


def request(method: str, *extra: str, to: str = "<sip:0900000@127.0.0.2>") -> Message:
    lines = [
        f"{method} sip:09000000001@127.0.0.2:5070 SIP/2.0",
        "Via: SIP/2.0/UDP 127.0.0.1:5060;rport;branch=z9hG4bKPjone",
        "Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKPjtwo;received=10.0.0.7",
        'From: "市役所" <sip:0300000000@127.0.0.1>;tag=theirs',
        f"To: {to}",
        "Call-ID: one",
        f"CSeq: 7 {method}",
        "Contact: <sip:asterisk@127.0.0.1:5060;transport=udp>",
        *extra,
        "Content-Length: 0",
    ]
    return Message("\r\n".join([*lines, "", ""]).encode(), PEER)


@pytest.mark.parametrize("method", ["OPTIONS", "INVITE", "CANCEL", "NOTIFY", "UPDATE"])
def test_every_method_is_read(method: str) -> None:
    message = request(method)
    assert (message.of_method, message.code, message.number) == (method, 0, 7)
    assert (message.dialed, message.caller) == ("09000000001", "0300000000")


@pytest.mark.parametrize(("line", "code"), [("SIP/2.0 486 Busy Here", 486), ("SIP/2.0 608 Rejected", 608)])
def test_a_response_of_any_code_is_read(line: str, code: int) -> None:
    text = request("INVITE", "Reason: Q.850 ;cause=34;text=x").raw.decode().split("\r\n", 1)[1]
    message = Message(f"{line}\r\n{text}".encode(), PEER)
    assert (message.code, message.of_method, message.cause) == (code, "INVITE", 34)


def test_a_withheld_number_is_none() -> None:
    raw = request("INVITE").raw.replace(b"0300000000@127.0.0.1", b"anonymous@anonymous.invalid")
    assert Message(raw, PEER).caller is None


def test_an_answer_copies_what_has_to_be_copied() -> None:
    answer = reply_to(request("OPTIONS"), "200 OK", "ours").split("\r\n")
    assert answer[0] == "SIP/2.0 200 OK"
    assert [line for line in answer if line.startswith("Via:")] == request("OPTIONS").lines_of("Via")
    assert "To: <sip:0900000@127.0.0.2>;tag=ours" in answer
    assert "CSeq: 7 OPTIONS" in answer
    within = reply_to(request("BYE", to="<sip:0900000@127.0.0.2>;tag=known"), "200 OK", "other")
    assert "tag=known" in within
    assert "tag=other" not in within


@pytest.mark.parametrize(
    ("contact", "target"),
    [
        ("<sip:a@127.0.0.1:5060>", "sip:a@127.0.0.1:5060"),
        ("<sip:a@127.0.0.1;transport=ws>;expires=3", "sip:a@127.0.0.1;transport=ws"),
        ('"x" <sip:a@b>', "sip:a@b"),
        ("sip:a@b;expires=3", "sip:a@b"),
    ],
)
def test_the_address_in_a_contact(contact: str, target: str) -> None:
    assert target_of(contact) == target


_SECONDS = st.floats(0, 100, allow_nan=False)
_STEPS = st.one_of(
    st.builds(Wait, _SECONDS),
    st.builds(Say, st.text(max_size=20), st.floats(0.5, 2), st.floats(-6, 6)),
    st.builds(Tone, _SECONDS, _SECONDS),
    st.builds(Press, st.text("0123456789*#", max_size=5)),
    st.builds(Listen, _SECONDS, _SECONDS),
    st.just(HangUp()),
    st.just(GoOn()),
)


@given(st.builds(Script, _SECONDS, _SECONDS, st.integers(200, 699), st.none(), st.lists(_STEPS).map(tuple)))
def test_a_script_is_the_same_on_the_other_side(script: Script) -> None:
    assert from_plain(to_plain(script)) == script


def test_what_no_telephone_does_is_refused() -> None:
    with pytest.raises(ValueError, match="Fly"):
        from_plain({"steps": [{"do": "Fly"}]})
    with pytest.raises(TypeError):
        from_plain({"steps": [{"do": "Wait", "minutes": 3}]})
