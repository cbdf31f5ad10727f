"""A test call over one trunk of a running node, with sound measured both ways.

Two telephones of our own at most: one is the office's end, brought up by the node at this machine's address; the other,
where the trunk leads to this machine, takes up the call at the far end. Times of both are of one clock, so that the way
of a sound is measured in each direction by itself.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from dialer.asterisk.ami import Action, Ami, AmiAddress, Answered, Event, LiveChannel
from dialer.asterisk.node.configuration import channel_to
from dialer.asterisk.node.node import JOIN_WAITING, OPERATOR, Trunk
from rehearsal.sip.call import Call, Change
from rehearsal.sip.media import Hearing, MediaPump
from rehearsal.sip.phone import Phone
from rehearsal.sip.sound import silence, tone

_CONNECTS_WITHIN = 5.0
_OWN_END_WITHIN = 10.0
_ENDS_WITHIN = 5.0
_BURST = tone(1000, 0.2) + silence(0.8)
_LOOKS_EVERY = 0.02
_ASKS_EVERY = 0.25
_TAG_OF_THE_FAR_END = "CHANNEL(pjsip,remote_tag)"
"""Empty until a response other than 100 came (RFC 3261 §12.1.2): a 183 makes no event that reaches us."""


class NoLineCheck(Exception):
    """The check could not be made; the message says, in Japanese, what to do."""


@dataclass(frozen=True, slots=True)
class Way:
    """Sound in one direction. `delay_ms`: median from a burst's first packet sent to its first packet received."""

    hearing: Hearing
    sent_packets: int
    delay_ms: float | None


@dataclass(frozen=True, slots=True)
class LineChecked:
    """`ringing_after`, `answered_after`: seconds from the dial. `cause`: Q.850, of a call that was not answered.

    `silent`: the address of a trunk that said nothing of the call until it was given up.
    `to_us` is measured at the office's end; `from_us` at the far end, None where that is no phone of ours.
    """

    number: str
    trunk: str
    ringing_after: float | None
    answered_after: float | None
    cause: str | None
    to_us: Way | None
    from_us: Way | None
    silent: str | None = None


def check_line(
    ami: AmiAddress,
    trunk: Trunk,
    number: str,
    *,
    own_address: str = "127.0.0.1",
    own_far_end: bool = False,
    ring_seconds: int = 30,
    talk_seconds: float = 6.0,
) -> LineChecked:
    """Place one call and measure it. `own_far_end`: take it up ourselves at the trunk's address.

    Whoever calls has made sure that the number may be dialed. Raises NoLineCheck.
    """
    check = _Check(ami, trunk, number, own_address, own_far_end)
    try:
        return check.run(ring_seconds, talk_seconds)
    finally:
        check.close()


class _Check:
    def __init__(self, ami: AmiAddress, trunk: Trunk, number: str, own_address: str, own_far_end: bool) -> None:
        self._trunk = trunk
        self._number = number
        self._events = _Events()
        self._ami = Ami("line-check", ami, self._events)
        self._pump = MediaPump()
        self._calls: dict[Phone, Call] = {}
        self._own = Phone((own_address, 5060), (own_address, 0), self._pump, self._changed, "line-check")
        far = Phone((own_address, 5060), (trunk.host, trunk.port), self._pump, self._changed, number)
        self._far = far if own_far_end else None
        self._address = ami
        self._trunk_spoke = False

    def run(self, ring_seconds: int, talk_seconds: float) -> LineChecked:
        self._open()
        office, attempt = uuid4(), uuid4()
        own = f"PJSIP/{self._trunk.name}/sip:line-check@{self._own.address[0]}:{self._own.address[1]}"
        self._originate(office, own, OPERATOR, "s", 10)
        if not _until(lambda: self._own in self._calls, _OWN_END_WITHIN):
            raise NoLineCheck(
                f"ノードからこの端末の電話機({_told(self._own.address)})を呼べません。"
                "ノードとこの端末の間で SIP(UDP)を通してください。"
            )
        begun = time.monotonic()
        self._originate(attempt, channel_to(self._trunk.name, self._number), JOIN_WAITING, str(office), ring_seconds)
        self._wait_for_the_far_end(attempt, begun + ring_seconds + 5)
        if self._events.answered(attempt) is None:
            return self._not_answered(attempt, begun)
        self._speak(talk_seconds)
        return self._measured(attempt, begun)

    def close(self) -> None:
        """End both legs, whatever came of them, and give everything back."""
        for call in list(self._calls.values()):
            call.hangup()
        for channel in self._events.channels():
            self._ami.send(Action("Hangup", {"Channel": channel}))
        _until(lambda: not self._events.channels(), _ENDS_WITHIN)
        self._ami.close()
        for phone in (self._own, self._far):
            if phone is not None:
                phone.stop()
        self._pump.close()

    def _open(self) -> None:
        """Our telephones, then the node: each that can't be had is told by its own address."""
        try:
            self._own.start()
        except OSError as error:
            raise NoLineCheck(
                f"役所側の電話機を {self._own.address[0]} に置けません({error.strerror})。"
                "ノードの設定ファイルの bind が、この機械のアドレスではありません。"
                "bind をこの機械のアドレスに直してノードを動かし直すか、ノードの動いている機械で実行してください。"
            ) from error
        try:
            if self._far is not None:
                self._far.start()
        except OSError as error:
            raise NoLineCheck(
                f"相手側の電話機を {self._trunk.host}:{self._trunk.port} に置けません({error.strerror})。"
                "相手側もこの端末で受ける(--own-end)のは、回線の相手先がこの端末で、ほかに使われていないときだけです。"
            ) from error
        self._ami.start()
        if not self._ami.wait_connected(_CONNECTS_WITHIN):
            raise NoLineCheck(
                f"Asterisk の AMI({self._address.host}:{self._address.port})につながりません。"
                "ノードが動いているか、AMI の合言葉を確かめてください。"
            )

    def _wait_for_the_far_end(self, attempt: UUID, until: float) -> None:
        """Until the call is answered or over; on the way, whether the trunk says anything of it."""

        def spoke() -> bool:
            question = Action("Getvar", {"Channel": str(attempt), "Variable": _TAG_OF_THE_FAR_END})
            told = self._ami.send(question)
            self._trunk_spoke = isinstance(told, Answered) and bool(told.response.headers.get("Value"))
            return self._trunk_spoke

        _until(lambda: self._events.settled(attempt) or spoke(), until - time.monotonic(), _ASKS_EVERY)
        _until(lambda: self._events.settled(attempt), until - time.monotonic())

    def _changed(self, call: Call, change: Change) -> None:
        if change is Change.RINGS_HERE and call.phone not in self._calls:
            call.answer()
            self._calls[call.phone] = call

    def _originate(self, channel_id: UUID, channel: str, context: str, extension: str, seconds: int) -> None:
        fields = {
            "Channel": channel,
            "ChannelId": str(channel_id),
            "Context": context,
            "Exten": extension,
            "Priority": "1",
            "Async": "true",
            "Timeout": str(seconds * 1000),
            "CallerID": self._trunk.caller_number,
        }
        self._events.watch(channel_id)
        if not isinstance(result := self._ami.send(Action("Originate", fields)), Answered):
            raise NoLineCheck(
                f"Asterisk が発信を受け付けません({result.reason})。AMI の権限と回線の名前を確かめてください。"
            )

    def _speak(self, seconds: float) -> None:
        """Both ends say short bursts, so that their way can be timed."""
        ends = time.monotonic() + seconds
        for call in self._calls.values():
            if call.stream is not None:
                call.stream.write(silence(0.6) + _BURST * int(seconds))
        while time.monotonic() < ends and not any(call.ended.is_set() for call in self._calls.values()):
            time.sleep(_LOOKS_EVERY)

    def _not_answered(self, attempt: UUID, begun: float) -> LineChecked:
        ringing = self._events.ringing(attempt)
        cause = self._events.cause(attempt)
        silent = self._events.given_up(attempt) and ringing is None and not self._trunk_spoke
        return LineChecked(
            self._number,
            self._trunk.name,
            _after(ringing, begun),
            None,
            cause,
            None,
            None,
            _told((self._trunk.host, self._trunk.port)) if silent else None,
        )

    def _measured(self, attempt: UUID, begun: float) -> LineChecked:
        own = self._calls.get(self._own)
        far = self._calls.get(self._far) if self._far is not None else None
        return LineChecked(
            self._number,
            self._trunk.name,
            _after(self._events.ringing(attempt), begun),
            _after(self._events.answered(attempt), begun),
            None,
            _way(far, own),
            _way(own, far) if far is not None else None,
        )


class _Events:
    """What AMI tells of the two channels of a check."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._told: dict[str, _Channel] = {}

    def watch(self, channel_id: UUID) -> None:
        with self._turn:
            self._told[str(channel_id)] = _Channel()

    def on_resync(self, channels: tuple[LiveChannel, ...]) -> None:
        """Nothing of ours lived before."""

    def on_lost(self, reason: str) -> None:
        """What came of the calls is not told any more: they are given up by time."""

    def on_event(self, event: Event) -> None:
        headers = event.headers
        with self._turn:
            channel = self._told.get(headers.get("Uniqueid", ""))
            if channel is not None:
                channel.take(event.name, headers.get("ChannelStateDesc", ""), headers.get("Cause"))
                channel.name = headers.get("Channel", channel.name)

    def settled(self, channel_id: UUID) -> bool:
        channel = self._of(channel_id)
        return channel.answered is not None or channel.over

    def ringing(self, channel_id: UUID) -> float | None:
        return self._of(channel_id).ringing

    def answered(self, channel_id: UUID) -> float | None:
        return self._of(channel_id).answered

    def cause(self, channel_id: UUID) -> str | None:
        return self._of(channel_id).cause

    def given_up(self, channel_id: UUID) -> bool:
        """Whether it ended because its time to ring was over: neither the far end nor anybody here ended it."""
        channel = self._of(channel_id)
        return channel.over and not channel.ended_by_somebody

    def channels(self) -> Sequence[str]:
        """The names of those that live."""
        with self._turn:
            return [channel.name for channel in self._told.values() if channel.name and not channel.over]

    def _of(self, channel_id: UUID) -> _Channel:
        with self._turn:
            return self._told[str(channel_id)]


@dataclass(slots=True)
class _Channel:
    name: str = ""
    ringing: float | None = None
    answered: float | None = None
    cause: str | None = None
    over: bool = field(default=False)
    ended_by_somebody: bool = False

    def take(self, event: str, state: str, cause: str | None) -> None:
        now = time.monotonic()
        if event == "Newstate" and state == "Ringing" and self.ringing is None:
            self.ringing = now
        elif event == "Newstate" and state == "Up" and self.answered is None:
            self.answered = now
        elif event in ("HangupRequest", "SoftHangupRequest"):
            self.ended_by_somebody = True
        elif event == "Hangup":
            self.over, self.cause = True, cause


def _way(speaker: Call | None, listener: Call | None) -> Way | None:
    if listener is None or listener.stream is None:
        return None
    if speaker is None or speaker.stream is None:
        return Way(listener.stream.hearing, 0, None)
    delay = delay_ms(speaker.stream.send_onsets, listener.stream.hearing.onsets)
    return Way(listener.stream.hearing, speaker.stream.sent, delay)


def delay_ms(sent: Sequence[float], heard: Sequence[float]) -> float | None:
    """The median of the ways of bursts: each that was sent with the first that was heard within 0.9 s of it."""
    ways = []
    for moment in sent:
        arrived = next((onset for onset in heard if 0 <= onset - moment < 0.9), None)
        if arrived is not None:
            ways.append((arrived - moment) * 1000)
    return statistics.median(ways) if ways else None


def _after(moment: float | None, begun: float) -> float | None:
    return None if moment is None else moment - begun


def _told(address: tuple[str, int]) -> str:
    return f"{address[0]}:{address[1]}"


def _until(happened: Callable[[], object], seconds: float, every: float = _LOOKS_EVERY) -> bool:
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True
