"""Manager messages to bytes and back, whatever they hold."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.asterisk.connection import AmiAddress
from dialer.asterisk.wire import Action, Event, Response, UnsafeAction, decode, encode

_ID = UUID("7f1c0000-0000-4000-8000-000000000001")
_CONTROL = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)] + ["\ud800"]


def test_an_action_as_bytes() -> None:
    action = Action(
        "Originate", {"Channel": "PJSIP/1@t", "CallerID": "市役所 納税課"}, {"__A": "1", "CALLERID(name)": "b"}
    )
    assert encode(action, _ID).decode().split("\r\n") == [
        "Action: Originate",
        "ActionID: 7f1c0000-0000-4000-8000-000000000001",
        "Channel: PJSIP/1@t",
        "CallerID: 市役所 納税課",
        "Variable: __A=1",
        "Variable: CALLERID(name)=b",
        "",
        "",
    ]


@pytest.mark.parametrize("sign", _CONTROL, ids=lambda sign: f"U+{ord(sign):04X}")
def test_control_characters_are_refused_wherever_they_stand(sign: str) -> None:
    for action in (
        Action(f"Ping{sign}"),
        Action("Originate", {"CallerID": f"a{sign}b"}),
        Action("Originate", {"CallerID": f"市{sign}"}),
        Action("Originate", {f"Caller{sign}ID": "a"}),
        Action("Originate", {}, {"A": f"x{sign}"}),
        Action("Originate", {}, {f"A{sign}": "x"}),
    ):
        with pytest.raises(UnsafeAction):
            encode(action, _ID)


@pytest.mark.parametrize(
    "action",
    [
        Action(""),
        Action("Ping: x"),
        Action("Ping", {"": "x"}),
        Action("Ping", {"A:B": "x"}),
        Action("Ping", {"ActionID": "mine"}),
        Action("Ping", {"action": "Command"}),
        Action("Ping", {"Variable": "A=1,B=2"}),
        Action("Setvar", {"Channel": "PJSIP/a-1", "Variable": "SHELL(id)", "Value": "1"}),
        Action("Setvar", {"Channel": "PJSIP/a-1", "Variable": "A=1", "Value": "1"}),
        Action("Getvar", {"Variable": "SHELL(id)"}),
        Action("Getvar", {"Variable": "CHANNEL(pjsip,remote_tag)${SHELL(id)}"}),
        Action("Getvar", {"Variable": "CHANNEL(hangup_handler_push)"}),
        Action("Getvar", {"Variable": "PJSIP_AOR(a,contact)${SHELL(id)}"}),
        Action("Ping", {}, {"A=B": "x"}),
        Action("Ping", {}, {"A,B": "x"}),
        *(Action("Ping", {}, {"A": f"x{sign}B=y"}) for sign in ',"\\()[]'),
        Action("Ping", {"A": "x" * 1000}),
        Action("Ping", {"A": "漢" * 334}),
        Action("Ping", {f"A{number}": "x" for number in range(120)}),
    ],
    ids=lambda action: str(action)[:60],
)
def test_what_asterisk_would_read_otherwise_is_refused(action: Action) -> None:
    with pytest.raises(UnsafeAction):
        encode(action, _ID)


def test_a_channels_variable_is_set_by_its_name() -> None:
    data = encode(Action("Setvar", {"Channel": "PJSIP/a-1", "Variable": "PLACE", "Value": "2"}), _ID)
    assert data.split(b"\r\n")[2:5] == [b"Channel: PJSIP/a-1", b"Variable: PLACE", b"Value: 2"]


def test_a_refusal_does_not_quote_the_value() -> None:
    with pytest.raises(UnsafeAction, match=r"CallerID holds U\+000D") as refused:
        encode(Action("Originate", {"CallerID": "山田\r"}), _ID)
    assert "山田" not in str(refused.value)


@settings(max_examples=50)
@given(st.dictionaries(st.from_regex(r"[A-Z][A-Za-z0-9]{0,12}", fullmatch=True), st.text(max_size=60), max_size=6))
def test_whatever_is_let_through_is_one_message_with_these_headers(fields: dict[str, str]) -> None:
    try:
        data = encode(Action("UserEvent", fields), _ID)
    except UnsafeAction:
        return
    assert data.endswith(b"\r\n\r\n")
    assert data.count(b"\r\n\r\n") == 1
    back = decode(data.decode().replace("Action: ", "Event: ", 1).removesuffix("\r\n\r\n"))
    assert back == Event("UserEvent", {"ActionID": str(_ID), **fields})


@given(st.text(alphabet=st.sampled_from("あU:\r\n= \u2028\u0085\x0b\x1c") | st.characters(codec="utf-8"), max_size=60))
def test_no_name_overwrites_another_header(name: str) -> None:
    name = name.replace("\r\n", "")
    event = decode(f"Event: Newchannel\r\nUniqueid: 1.1\r\nCallerIDName: {name}\r\nLinkedid: 1.0")
    assert isinstance(event, Event)
    assert (event.get("Uniqueid"), event.get("Linkedid"), event.get("CallerIDName")) == ("1.1", "1.0", name)


def test_of_a_repeated_header_the_first_stands_and_the_rest_is_kept() -> None:
    event = decode(
        "Event: Hangup\r\nUniqueid: 1\r\nChanVariable: A=1\r\nUniqueid: 2\r\nChanVariable: B=x=y\r\nChanVariable: A=3\r\n"
        "ChanVariable: nothing\r\nDestChanVariable: C=4"
    )
    assert isinstance(event, Event)
    assert event.get("Uniqueid") == "1"
    assert event.variables() == {"A": "1", "B": "x=y"}
    assert event.variables("DestChanVariable") == {"C": "4"}
    assert event.variables("Other") == {}


def test_empty_values_and_lines_without_a_key() -> None:
    event = decode("Event: Hangup\r\nAccountCode: \r\nAppData:\r\nnonsense\r\nCause: 16")
    assert event == Event("Hangup", {"AccountCode": "", "AppData": "", "Cause": "16"})


def test_responses() -> None:
    said_no = decode("Response: Error\r\nMessage: Permission denied")
    assert isinstance(said_no, Response)
    assert said_no.refused
    assert said_no.message == "Permission denied"
    printed = decode("Response: Success\r\nMessage: Command output follows\r\nOutput: one\r\nOutput: \r\nOutput: three")
    assert isinstance(printed, Response)
    assert printed.output == ("one", "", "three")
    assert not printed.begins_a_list
    assert Response("Success", {"EventList": "start"}).begins_a_list
    assert Response("Success", {}).output == ()


@pytest.mark.parametrize("pack", ["", "nonsense", "Banner 9.0", "Other: x\r\nEvent: Hangup"])
def test_what_is_neither_event_nor_response(pack: str) -> None:
    assert decode(pack) is None


def test_a_secret_is_not_shown() -> None:
    assert "hush" not in repr(AmiAddress("127.0.0.1", 5038, "tsunagaru", "hush"))
