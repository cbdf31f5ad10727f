"""Actions through a line that may break at any moment: each is sent once at most, and each has one result."""

from __future__ import annotations

import socket
import threading
import uuid
from dataclasses import dataclass, field
from uuid import UUID

import pytest

from dialer.asterisk.ami import Action, Ami, Answered, Reason, Refused, Result, Unknown
from dialer.asterisk.pending import UsedActionId
from dialer.asterisk.wire import Event, UnsafeAction
from tests.fake_ami import FakeAmi, Fields, Peer, message
from tests.integration.dialer.asterisk.listening import IMPATIENT, QUICK, Heard, line
from tests.waiting import until

ORIGINATE = Action("Originate", {"Channel": "PJSIP/+819000000000@trunk", "Async": "true"}, {"TSUNAGARU": "a1"})


def _greet_and_read_first(peer: Peer, name: str) -> Fields:
    """Everything is answered up to an action of this name."""
    peer.greet()
    while (action := peer.read_action()) is not None and action["Action"] != name:
        peer.answer(action)
    assert action is not None
    return action


def _send_in_small_pieces(ami: Ami) -> None:
    """The system takes no whole action at once from now on."""
    assert ami._connection is not None
    ami._connection._tcp.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)


# -- the connection killed at every step of one action ------------------------------------------------------------------


def test_killed_before_anything_was_written_it_did_not_happen() -> None:
    heard = Heard()
    gone = threading.Event()

    def dies(peer: Peer) -> None:
        peer.greet()
        gone.wait(5)

    with FakeAmi(dies) as server, line(server, heard, first_pause_seconds=0.5, longest_pause_seconds=0.5) as ami:
        gone.set()
        until(lambda: heard.losses)
        attempt_id = uuid.uuid4()
        assert ami.send(ORIGINATE, attempt_id) == Refused(attempt_id, Reason.NOT_CONNECTED)
        assert ami.wait_connected(5)
        assert isinstance(ami.send(Action("Ping")), Answered)
        assert server.actions("Originate") == []
        # Certainly never written, its id may be used.
        assert isinstance(ami.send(ORIGINATE, attempt_id), Answered)
        assert [sent["ActionID"] for sent in server.actions("Originate")] == [str(attempt_id)]


def test_lost_between_the_choice_of_a_connection_and_the_first_byte() -> None:
    with FakeAmi() as server, line(server, Heard()) as ami:
        taken = ami._connection
        assert taken is not None
        with taken._write_lock:
            results: list[Result] = []
            sender = threading.Thread(target=lambda: results.append(ami.send(ORIGINATE, seconds=5)))
            sender.start()
            until(lambda: ami.figures().pending_actions == 1 or len(server.actions("Ping")) > 1)
            taken.lose("cut by the test")
        sender.join()
        until(lambda: ami.figures().connections == 2)
        assert [type(result) for result in results] == [Refused]
        assert ami.wait_connected(5)
        assert isinstance(ami.send(Action("Ping")), Answered)
        assert server.actions("Originate") == []


@pytest.mark.parametrize("how", ["closed", "reset"])
def test_killed_mid_write_nobody_knows_and_it_is_not_sent_again(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The far end takes the first bytes of an action too large for the sockets' buffers, and goes."""

    def takes_a_bite(peer: Peer) -> None:
        peer.greet()
        peer.read_bytes(100)
        if how == "reset":
            peer.reset()

    monkeypatch.setattr("dialer.asterisk.wire.HEADERS", 30_000)
    large = Action("Originate", {f"Filler{number}": "x" * 900 for number in range(20_000)})
    attempt_id = uuid.uuid4()
    with (
        FakeAmi(takes_a_bite) as server,
        line(server, Heard(), ping_every_seconds=60, write_seconds=5) as ami,
    ):
        assert ami.send(large, attempt_id, seconds=10) == Unknown(attempt_id, Reason.CONNECTION_LOST)
        until(lambda: ami.figures().connections == 2)
        assert ami.wait_connected(5)
        assert isinstance(ami.send(Action("Ping")), Answered)
        with pytest.raises(UsedActionId):
            ami.send(large, attempt_id)
        assert server.actions("Originate") == []


@pytest.mark.parametrize("how", ["closed", "reset", "half an answer", "mute"])
def test_killed_after_the_write_nobody_knows_and_it_is_not_sent_again(how: str) -> None:
    def dies(peer: Peer) -> None:
        action = _greet_and_read_first(peer, "Originate")
        if how == "reset":
            peer.reset()
        elif how == "half an answer":
            peer.write(message({"Response": "Success", "ActionID": action["ActionID"]})[:-3])
        elif how == "mute":
            peer.wait_for_the_end()

    attempt_id = uuid.uuid4()
    terms = IMPATIENT if how == "mute" else QUICK
    with FakeAmi(dies) as server, line(server, Heard(), terms=terms) as ami:
        assert ami.send(ORIGINATE, attempt_id) == Unknown(attempt_id, Reason.CONNECTION_LOST)
        until(lambda: ami.figures().connections == 2)
        assert ami.wait_connected(5)
        assert isinstance(ami.send(Action("Ping")), Answered)
        with pytest.raises(UsedActionId):
            ami.send(ORIGINATE, attempt_id)
        assert [sent["ActionID"] for sent in server.actions("Originate")] == [str(attempt_id)]


def test_killed_after_the_answer_it_stays_answered() -> None:
    def dies(peer: Peer) -> None:
        peer.respond(_greet_and_read_first(peer, "Originate"), Message="Originate successfully queued")

    attempt_id = uuid.uuid4()
    with FakeAmi(dies) as server, line(server, Heard()) as ami:
        result = ami.send(ORIGINATE, attempt_id)
        until(lambda: ami.figures().connections == 2)
        assert ami.wait_connected(5)
        assert isinstance(ami.send(Action("Ping")), Answered)
        assert len(server.actions("Originate")) == 1
    assert isinstance(result, Answered)
    assert result.response.message == "Originate successfully queued"


def test_closed_by_us_with_an_action_on_its_way() -> None:
    results: list[Result] = []
    with FakeAmi(unanswered=["Originate"]) as server, line(server, Heard()) as ami:
        attempt_id = ami.submit(ORIGINATE, results.append)
        until(lambda: server.actions("Originate"))
        ami.close()
        assert results == [Unknown(attempt_id, Reason.CONNECTION_LOST)]
        ami.submit(ORIGINATE, results.append)
        assert isinstance(results[1], Refused)


# -- deadlines ----------------------------------------------------------------------------------------------------------


def test_a_thousand_unanswered_actions_leave_nothing_behind() -> None:
    results: list[Result] = []
    with FakeAmi(unanswered=["Originate"]) as server, line(server, Heard()) as ami:
        for _ in range(1000):
            ami.submit(ORIGINATE, results.append, seconds=0.3)
        until(lambda: len(results) == 1000)
        # A ping of the line's own may be on its way.
        until(lambda: ami.figures().pending_actions == 0)
        assert {(type(result), result.reason) for result in results if not isinstance(result, Answered)} == {
            (Unknown, Reason.NO_ANSWER)
        }
        assert len({result.action_id for result in results}) == 1000
        # The line lives on, and an answer that comes now finds nobody.
        for sent in list(server.actions("Originate")):
            server.peers[0].respond(sent)
        until(lambda: ami.figures().late_answers == 1000)
        assert isinstance(ami.send(Action("Ping")), Answered)
        assert len(server.peers) == 1
    assert len(results) == 1000


def test_waiting_ends_at_the_deadline() -> None:
    with FakeAmi(unanswered=["Originate"]) as server, line(server, Heard()) as ami:
        result = ami.send(ORIGINATE, seconds=0.05)
        assert result == Unknown(result.action_id, Reason.NO_ANSWER)
        until(lambda: ami.figures().pending_actions == 0)


# -- what is written ----------------------------------------------------------------------------------------------------


def test_the_id_is_the_callers_or_a_fresh_one() -> None:
    attempt_id = uuid.uuid4()
    with FakeAmi() as server, line(server, Heard()) as ami:
        ami.send(ORIGINATE, attempt_id)
        ami.send(ORIGINATE)
        first, second = server.actions("Originate")
    assert first["ActionID"] == str(attempt_id)
    assert UUID(second["ActionID"]) != attempt_id
    assert first["Variable"] == "TSUNAGARU=a1"
    assert first["Async"] == "true"


def test_an_injected_line_never_leaves() -> None:
    with FakeAmi() as server, line(server, Heard()) as ami:
        with pytest.raises(UnsafeAction):
            ami.send(Action("Originate", {"CallerID": "x\r\n\r\nAction: Command\r\nCommand: core stop now"}))
        assert isinstance(ami.send(Action("Ping")), Answered)
        assert {fields["Action"] for _, fields in server.received} == {"Login", "CoreShowChannels", "Ping"}


def test_eight_threads_write_whole_actions_only() -> None:
    """The far end reads nothing at first: every thread is caught with its action half written or waiting."""

    def reads_late(peer: Peer) -> None:
        peer.greet()
        peer.server.closing.wait(0.3)
        peer.serve()

    def send_many(ami: Ami, worker: int, results: list[Result]) -> None:
        for number in range(8):
            filler = {f"Filler{place}": f"{worker}-{number} 日本語 " + "x" * 900 for place in range(110)}
            results.append(ami.send(Action("UserEvent", {"UserEvent": f"{worker}-{number}", **filler}), seconds=20))

    results: list[Result] = []
    with (
        FakeAmi(reads_late, receive_bytes=4096) as server,
        line(server, Heard(), write_seconds=20, ping_every_seconds=60) as ami,
    ):
        _send_in_small_pieces(ami)
        threads = [threading.Thread(target=send_many, args=(ami, worker, results)) for worker in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        arrived = server.actions("UserEvent")
    assert [type(result) for result in results] == [Answered] * 64
    assert {sent["UserEvent"] for sent in arrived} == {
        f"{worker}-{number}" for worker in range(8) for number in range(8)
    }
    for sent in arrived:
        assert len(sent) == 113
        assert {value.split(" ")[0] for key, value in sent.items() if key.startswith("Filler")} == {sent["UserEvent"]}


def test_a_large_action_is_written_to_its_last_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dialer.asterisk.wire.HEADERS", 2000)
    large = Action("UserEvent", {f"Filler{number}": "x" * 900 for number in range(1000)})

    def slow_reader(peer: Peer) -> None:
        peer.greet()
        peer.server.closing.wait(0.2)
        peer.serve()

    with (
        FakeAmi(slow_reader, receive_bytes=4096) as server,
        line(server, Heard(), write_seconds=10, ping_every_seconds=60) as ami,
    ):
        _send_in_small_pieces(ami)
        assert isinstance(ami.send(large, seconds=10), Answered)
        assert len(server.actions("UserEvent")[0]) == 1002


# -- lists and answers --------------------------------------------------------------------------------------------------


def test_a_list_is_the_answer_of_whoever_asked_and_nobody_elses_events() -> None:
    heard = Heard()
    with FakeAmi() as server:
        server.channels = [b"Uniqueid: 1\r\n", b"Uniqueid: 2\r\n"]
        with line(server, heard) as ami:
            result = ami.send(Action("CoreShowChannels"))
    assert isinstance(result, Answered)
    assert [event.get("Uniqueid") for event in result.events] == ["1", "2", ""]
    assert heard.events == []


def test_the_event_of_an_originate_is_told_although_it_bears_its_id() -> None:
    heard = Heard()

    def originates(peer: Peer) -> None:
        action = _greet_and_read_first(peer, "Originate")
        peer.event("OriginateResponse", ActionID=action["ActionID"], Response="Failure")
        peer.respond(action)
        peer.serve()

    with FakeAmi(originates) as server, line(server, heard) as ami:
        assert isinstance(ami.send(ORIGINATE), Answered)
        until(lambda: heard.events)
    assert heard.events[0].name == "OriginateResponse"


@dataclass
class _Asking(Heard):
    """Asks something back at every event and waits for the answer."""

    ami: Ami | None = None
    answers: list[Result] = field(default_factory=list)

    def on_event(self, event: Event) -> None:
        super().on_event(event)
        assert self.ami is not None
        self.answers.append(self.ami.send(Action("Getvar", {"Variable2": "X"})))


def test_a_listener_may_wait_for_an_answer() -> None:
    asking = _Asking()

    def tells(peer: Peer) -> None:
        peer.greet()
        peer.read_action()
        for number in range(20):
            peer.event("Newchannel", Uniqueid=str(number))
        peer.serve()

    with FakeAmi(tells) as server, line(server, asking, ping_every_seconds=0.3) as ami:
        asking.ami = ami
        until(lambda: len(asking.answers) == 20)
    assert all(isinstance(answer, Answered) for answer in asking.answers)


def test_results_are_told_in_order_with_events() -> None:
    heard = Heard()

    def tells(peer: Peer) -> None:
        action = _greet_and_read_first(peer, "Originate")
        response = message({"Response": "Success", "ActionID": action["ActionID"]})
        peer.write(message({"Event": "A"}) + response + message({"Event": "B"}))
        peer.serve()

    with FakeAmi(tells) as server, line(server, heard) as ami:
        ami.submit(ORIGINATE, lambda result: heard.told.append(type(result).__name__))
        until(lambda: len(heard.events) == 2)
    assert [told.name if isinstance(told, Event) else told for told in heard.told[1:4]] == ["A", "Answered", "B"]
