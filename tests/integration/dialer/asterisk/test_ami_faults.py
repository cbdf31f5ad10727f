"""The line to Asterisk through every fault of the other end."""

from __future__ import annotations

import time

import pytest

from dialer.asterisk.ami import Action, AmiTerms, Answered, Reason, Refused, Result, Unknown
from tests.fake_ami import BANNER, FakeAmi, Peer, Script, message, well_behaved
from tests.integration.dialer.asterisk.listening import IMPATIENT, QUICK, Heard, line
from tests.waiting import until


def _greet_and_close(peer: Peer) -> None:
    peer.greet()


def _greet_and_reset(peer: Peer) -> None:
    peer.greet()
    # A reset throws away what the other end has not read; its first Ping says that it has read the list.
    peer.read_action()
    peer.reset()


def _greet_and_fall_mute(peer: Peer) -> None:
    peer.greet()
    peer.stay_mute()


def _read_on_and_say_nothing(peer: Peer) -> None:
    peer.greet()
    peer.wait_for_the_end()


def _never_a_banner(peer: Peer) -> None:
    peer.wait_for_the_end()


def _half_a_banner(peer: Peer) -> None:
    peer.write(BANNER[:9])
    peer.wait_for_the_end()


def _another_service(peer: Peer) -> None:
    peer.write(b"220 mail.example ESMTP\r\n")
    peer.wait_for_the_end()


def _wrong_password(peer: Peer) -> None:
    peer.write(BANNER)
    login = peer.read_action()
    assert login is not None
    peer.respond(login, "Error", Message="Authentication failed")


def _mute_after_sign_in(peer: Peer) -> None:
    peer.write(BANNER)
    login = peer.read_action()
    assert login is not None
    peer.respond(login)
    peer.wait_for_the_end()


def _list_not_whole(peer: Peer) -> None:
    peer.write(BANNER)
    while (action := peer.read_action()) is not None:
        if action["Action"] != "CoreShowChannels":
            peer.respond(action)
            continue
        peer.respond(action, EventList="start")
        closing = {"Event": "CoreShowChannelsComplete", "ActionID": action["ActionID"], "EventList": "Complete"}
        peer.write(message({**closing, "ListItems": "3"}))


def _no_end_of_message(peer: Peer) -> None:
    peer.greet()
    for _ in range(80):
        peer.write(b"x" * 65536)
    peer.wait_for_the_end()


@pytest.mark.parametrize(
    ("fault", "terms", "reason"),
    [
        pytest.param(_greet_and_close, QUICK, "closed by Asterisk", id="closed"),
        pytest.param(_greet_and_reset, QUICK, "ing failed: ConnectionResetError", id="reset"),
        pytest.param(_no_end_of_message, QUICK, "no end of message in sight", id="no end of message"),
        pytest.param(_greet_and_fall_mute, IMPATIENT, "no answer to Ping", id="mute and deaf"),
        pytest.param(_read_on_and_say_nothing, IMPATIENT, "no answer to Ping", id="mute"),
    ],
)
def test_a_lost_line_is_noticed_told_and_opened_again(fault: Script, terms: AmiTerms, reason: str) -> None:
    heard = Heard()
    with FakeAmi(fault, fault) as server, line(server, heard, terms=terms) as ami:
        until(lambda: len(heard.resyncs) >= 3 and ami.connected, 10)
        until(lambda: isinstance(ami.send(Action("Ping")), Answered))
        assert len(server.peers) >= 3
    assert reason in heard.losses[0]
    # Between two lists of live channels there is always a loss.
    assert [type(told) for told in heard.told[:5]] == [tuple, str, tuple, str, tuple]


@pytest.mark.parametrize(
    "fault",
    [
        _never_a_banner,
        _half_a_banner,
        _another_service,
        _wrong_password,
        _mute_after_sign_in,
        _list_not_whole,
    ],
    ids=lambda fault: fault.__name__.strip("_"),
)
def test_a_line_that_never_came_up_is_tried_again_on_a_new_socket(fault: Script) -> None:
    heard = Heard()
    with FakeAmi(fault, fault) as server, line(server, heard, terms=IMPATIENT) as ami:
        assert ami.figures().losses >= 2
        assert ami.figures().connections >= 3
        assert len(server.peers) >= 3
        until(lambda: heard.told)
    # Nobody was connected before, so the first that is told is no loss.
    assert heard.told[0] == ()


def test_nobody_listens_and_then_somebody_does() -> None:
    heard = Heard()
    with FakeAmi() as gone:
        pass
    with line(gone, heard, connected=False) as ami:
        until(lambda: ami.figures().losses >= 2)
        assert not ami.connected
        assert isinstance(ami.send(Action("Ping")), Refused)
        assert heard.told == []
        with FakeAmi(port=gone.port):
            until(lambda: heard.resyncs)
            assert isinstance(ami.send(Action("Ping")), Answered)


def test_a_late_banner_in_pieces_is_waited_for() -> None:
    heard = Heard()

    def late(peer: Peer) -> None:
        peer.server.closing.wait(0.25)
        for byte in BANNER:
            peer.write(bytes([byte]))
        peer.serve()

    with FakeAmi(late) as server, line(server, heard):
        assert len(server.peers) == 1


def test_packets_split_at_every_byte() -> None:
    heard = Heard()
    told = {"Event": "Newchannel", "CallerIDName": "佐藤 花子", "Uniqueid": "1.1"}

    def drip(peer: Peer) -> None:
        peer.greet()
        peer.write_in_pieces(message(told) * 3, 1)
        peer.serve()

    with FakeAmi(drip) as server, line(server, heard):
        until(lambda: len(heard.events) == 3)
    assert {(event.name, event.get("CallerIDName"), event.get("Uniqueid")) for event in heard.events} == {
        ("Newchannel", "佐藤 花子", "1.1")
    }


def test_a_quiet_line_is_no_dead_line() -> None:
    heard = Heard()
    with FakeAmi() as server, line(server, heard, ping_every_seconds=60, write_seconds=0.2) as ami:
        connection = ami._connection
        assert connection is not None
        until(lambda: time.monotonic() - connection.last_heard > 0.7)
        assert isinstance(ami.send(Action("Ping")), Answered)
        assert len(server.peers) == 1
    assert heard.losses == ["closed by us"]


def test_a_peer_that_answers_pings_is_alive() -> None:
    heard = Heard()
    with FakeAmi() as server, line(server, heard):
        until(lambda: len(server.actions("Ping")) >= 4)
        assert len(server.peers) == 1
        ids = [ping["ActionID"] for ping in server.actions("Ping")]
        assert len(set(ids)) == len(ids)
    assert heard.losses == ["closed by us"]


def test_a_peer_that_tells_events_and_answers_nothing_is_given_up() -> None:
    heard = Heard()

    def deaf(peer: Peer) -> None:
        peer.greet()
        while not peer.server.closing.wait(0.02):
            peer.event("Newexten", Uniqueid="1.1")

    with FakeAmi(deaf) as server, line(server, heard, deaf_seconds=0.5):
        until(lambda: len(heard.resyncs) == 2)
    assert heard.losses[0] == "Asterisk tells events and answers nothing"


def test_a_peer_that_does_not_read_blocks_nobody_for_long() -> None:
    heard = Heard()

    def not_reading(peer: Peer) -> None:
        peer.greet()
        peer.stay_mute()

    big = Action("UserEvent", {f"Filler{number}": "x" * 900 for number in range(100)})
    with FakeAmi(not_reading) as server, line(server, heard, ping_every_seconds=60, write_seconds=0.3) as ami:
        results: list[Result] = []
        sent = 0
        while ami.connected:
            ami.submit(big, results.append, seconds=60)
            sent += 1
            assert sent < 1000
        until(lambda: len(heard.losses) == 1)
        until(lambda: len(results) == sent)
        until(lambda: len(heard.resyncs) == 2)
    kinds = {type(result) for result in results}
    assert Unknown in kinds
    assert kinds <= {Unknown, Refused}
    assert heard.losses[0] == "writing failed: TimeoutError"
    assert len(server.actions("UserEvent")) == 0


def test_the_list_of_channels_comes_before_any_later_event() -> None:
    heard = Heard()

    def eager(peer: Peer) -> None:
        peer.write(BANNER)
        peer.event("FullyBooted")
        while (action := peer.read_action()) is not None:
            peer.event("Newchannel", Uniqueid=f"before {action['Action']}")
            peer.answer(action)
            if action["Action"] == "CoreShowChannels":
                break
        peer.event("Hangup", Uniqueid="7.1")

    with FakeAmi(eager, well_behaved) as server:
        headers = b"ChannelStateDesc: Up\r\nUniqueid: 7.1\r\nLinkedid: 7.0\r\nBridgeId: b-1\r\n"
        server.channels = [headers + b"ChanVariable: TSUNAGARU=a1\r\nChanVariable: OTHER=x=y\r\n"]
        with line(server, heard):
            until(lambda: len(heard.resyncs) == 2)
    first = heard.resyncs[0][0]
    assert heard.told[0] == (first,)
    assert [event.get("Uniqueid") for event in heard.events] == ["", "before Login", "before CoreShowChannels", "7.1"]
    assert isinstance(heard.told[5], str)
    assert (first.name, first.uniqueid, first.linkedid, first.state, first.bridge_id) == (
        "PJSIP/t-00000001",
        "7.1",
        "7.0",
        "Up",
        "b-1",
    )
    assert first.variables == {"TSUNAGARU": "a1", "OTHER": "x=y"}


def test_signing_in_asks_for_the_wanted_events_only() -> None:
    with FakeAmi() as server, line(server, Heard(), events="call,user"):
        (login,) = server.actions("Login")
    assert (login["Username"], login["Secret"], login["Events"]) == ("tsunagaru", "secret", "call,user")


def test_hostile_bytes_neither_move_a_header_nor_end_the_line() -> None:
    heard = Heard()
    signs = ["\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\r", "\n"]

    def hostile(peer: Peer) -> None:
        peer.greet()
        for sign in signs:
            name = f"山田{sign}Uniqueid: 666{sign}Event: Hangup"
            peer.event("Newchannel", Uniqueid="1.1", CallerIDName=name, Linkedid="1.0")
        peer.write(b"Event: Newchannel\r\nCallerIDName: \xff\xfe\x83\x81\r\nUniqueid: 1.1\r\nLinkedid: 1.0\r\n\r\n")
        peer.write(b"\r\n\r\nno header at all\r\n\r\nEvent\r\n\r\nResponse: Success\r\nActionID: 0\r\n\r\n")
        peer.event("Hangup", Uniqueid="1.1", Linkedid="1.0")
        peer.serve()

    with FakeAmi(hostile) as server, line(server, heard):
        until(lambda: len(heard.events) == len(signs) + 2)
        assert len(server.peers) == 1
    assert {(event.get("Uniqueid"), event.get("Linkedid")) for event in heard.events} == {("1.1", "1.0")}
    assert [event.name for event in heard.events] == ["Newchannel"] * (len(signs) + 1) + ["Hangup"]
    assert [event.get("CallerIDName") for event in heard.events[: len(signs)]] == [
        f"山田{sign}Uniqueid: 666{sign}Event: Hangup" for sign in signs
    ]


def test_an_error_of_asterisk_is_a_refusal() -> None:
    def says_no(peer: Peer) -> None:
        peer.greet()
        while (action := peer.read_action()) is not None:
            peer.respond(action, "Error", Message="Permission denied")

    with FakeAmi(says_no) as server, line(server, Heard(), ping_every_seconds=60) as ami:
        result = ami.send(Action("Originate"))
    assert isinstance(result, Refused)
    assert result.reason is Reason.ASTERISK_SAID_NO
    assert result.response is not None
    assert result.response.message == "Permission denied"
