"""What one Asterisk node is, as data: ports, trunks, operators' lines, wording. Everything its files are made from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import PurePosixPath

ANSWERED = "tsunagaru-answered"
"""Context of an originated call: extension `s`. Waits for a redirect until 2.0 s after the answer, then says who called."""
ANNOUNCE = "tsunagaru-announce"
"""Context that says who called and hangs up: extension `s`."""
JOIN = "tsunagaru-join"
"""Context that rings an operator's line and bridges; the resident is redirected here. The extension is the line's name,
and behind an underscore, told again and written down, who the operator is (32 hex digits)."""
JOIN_WAITING = "tsunagaru-join-waiting"
"""The same with an operator's channel that is up already: its unique id stands in place of the line's name."""
OPERATOR = "tsunagaru-operator"
"""Context where an operator's own channel waits between calls: extension `s`."""
INBOUND = "tsunagaru-inbound"
"""Context of call-backs (返電): any number."""
QUEUE = "tsunagaru-queue"
"""Context where a caller waits for an operator: extension `s`, `back` after a join that failed, `nobody` to be told that
nobody can come. Keys 1 to 3 are the menu's."""
GUARD = "tsunagaru-guard"
"""Context of a call that a recording guard (防犯通話録音装置) took: extension `s`. Its bell rings; a person may still come."""
ENDED = "tsunagaru-ended"
"""Subroutine at the end of every channel of a trunk: what became of the call is written down (`dialer/asterisk/past.py`)."""
ABSENT = "tsunagaru-absent"
"""Context that holds an id nobody may dial any more: extension `s`."""
AFTER_HOURS = "tsunagaru-after-hours"
"""Context that says the office is closed and calls back, and hangs up: extension `s`. Key 1: no call is wished for."""
HOLD = "tsunagaru-hold"
"""Context that keeps a resident company between two operators: extension `s`; hangs up by itself after a while."""
ASIDE = "tsunagaru-aside"
"""取次: context of a resident who waits while operator and colleague talk: extension `s`; ends by itself."""
ASIDE_ENDED = "tsunagaru-aside-ended"
"""Subroutine at the end of a resident who was ever asked to wait: who is with them is let go."""
TOGETHER = "tsunagaru-together"
"""取次: context of a resident who talks in the call's room with whoever is there: extension `s`."""
CONSULT = "tsunagaru-consult"
"""取次: context of an operator's channel that rings a colleague. Extension: the colleague's line, `_`, the attempt."""
ROOM = "tsunagaru-room"
"""取次: context of an operator's or colleague's channel in the call's room: the extension is the attempt."""
LISTEN = "tsunagaru-listen"
"""聴取: context of a supervisor's channel: extensions `listen`, `whisper`; TARGET is the operator's channel."""

CONSULT_RING_SECONDS = 20
"""A colleague who has not answered by then does not come."""
ASIDE_SECONDS = 200
"""A resident who has waited so long hears the two; a living engine puts them together earlier."""
JOIN_WITHIN_MS = 2_000
"""A live answer nobody took by then hears who called (DOMAIN §2.8, 放棄呼)."""
GUARD_SECONDS = 40
"""How long the bell behind a recording guard may ring."""
ABSENT_SECONDS = 600
"""How long an id stays held: longer than TCP goes on delivering what a dead process had written."""
MEMORY = "tsunagaru"
"""Family of the node's own database under which what became of calls is kept, by day (UTC), for a day or two."""
RECORDINGS = "recordings"
"""Folder below a node's home where its recordings are written, unless it has a place of its own for them."""
MEMORY_FOLDER = "lib"
"""Folder below a node's home where its own database lies, and outlives its end."""
CALLERS = "tsunagaru-callers"
"""The same for call-backs, from the moment they come: who called is not lost with an engine (`dialer/asterisk/past.py`)."""
CALLER_DAYS = 4
"""How many days of them are kept: over a long weekend."""
WISHES = 9
"""So often a caller's wish may change; who goes on pressing keys is told it is noted."""
AFTER_HOURS_SECONDS = 90
"""A caller outside the hours is listened to no longer, whatever they press."""
PLACES = 9
"""The last place in the queue that has words of its own."""

EVENTS = (
    "BridgeEnter",
    "BridgeLeave",
    "ContactStatus",
    "CoreShowChannel",
    "CoreShowChannelsComplete",
    "DTMFEnd",
    "FullyBooted",
    "Hangup",
    "HangupRequest",
    "MixMonitorStart",
    "MixMonitorStop",
    "Newchannel",
    "Newstate",
    "OriginateResponse",
    "Shutdown",
    "SoftHangupRequest",
    "UserEvent",
)
"""The AMI events that reach the engine; everything else is dropped inside Asterisk (about 22 a call otherwise)."""
EARLY_EVENT = "DialState"
"""The event of a call on its way that begins to sound; sent only where a trunk is listened to before the answer."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_NUMBER = re.compile(r"\+?[0-9]{3,15}")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_SECRET = re.compile(r"[A-Za-z0-9_-]{16,128}")
_ACCOUNT = re.compile(r"[A-Za-z0-9_.@+-]{1,64}")
_PASSWORD = re.compile(r"[!-:<-Z^-~]{1,128}")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Ports:
    """Where a node listens. RTP takes two ports a call leg: first to last, last included."""

    sip: int
    ami: int
    http: int
    rtp_first: int
    rtp_last: int
    https: int | None = None
    """WSS for browsers; only with a certificate."""

    def __post_init__(self) -> None:
        for port in (self.sip, self.ami, self.http, self.rtp_first, self.rtp_last, self.https or 1):
            _demand(0 < port < 65_536, f"{port} はポート番号ではありません。")
        _demand(self.rtp_first % 2 == 0, "RTPの最初のポートは偶数にしてください。")
        _demand(self.rtp_last > self.rtp_first, "RTPの最後のポートは最初より大きくしてください。")


@dataclass(frozen=True, slots=True)
class Account:
    """What a carrier gave us to register with, where it demands that."""

    user: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        _matches(_ACCOUNT, self.user, "回線のユーザー名")
        _matches(_PASSWORD, self.password, "回線のパスワード")


@dataclass(frozen=True, slots=True)
class Trunk:
    """A SIP line bundle. `cps` and `lines` are kept by whoever dials; Asterisk itself does not count them.

    `caller_number`: shown to every resident (186), E.164 or national. `inbound`: calls from this peer are call-backs.
    """

    name: str
    host: str
    port: int
    caller_number: str
    cps: float
    lines: int
    account: Account | None = None
    codecs: tuple[str, ...] = ("ulaw", "alaw")
    inbound: bool = True
    causes: str = "default"
    """The table of its causes (`dialer/asterisk/causes.toml`)."""
    numbers: str = "national"
    """How it wants numbers: `national` (0312345678) or `e164` (+81312345678)."""
    municipality: int | None = None
    """The 団体コード whose calls it carries; without one, the only municipality there is."""
    floor: str | None = None
    """The name of the floor (`dialer.tables.Floor`) whose calls it carries; without one, the municipality's first."""

    early_media: bool = False
    """Whether its lines are listened to before the answer (docs/detection.md)."""

    def __post_init__(self) -> None:
        _matches(_NAME, self.name, "回線の名前(英小文字・数字・ハイフン)")
        _matches(_HOST, self.host, "回線の相手先")
        _matches(_NUMBER, self.caller_number, "発信者番号")
        _demand(0 < self.port < 65_536, f"{self.port} is no port")
        _demand(self.cps > 0 and self.lines > 0, "回線の毎秒発信数とチャネル数は0より大きくしてください。")
        _codecs(self.codecs)
        _demand(self.numbers in ("national", "e164"), "番号の書き方(numbers)は national か e164 にしてください。")
        _demand(isinstance(self.early_media, bool), "応答前の音を聞くか(early_media)は true か false にしてください。")


@dataclass(frozen=True, slots=True)
class OperatorLine:
    """An operator's line: a browser (WebRTC) or, with `webrtc` false, a desk phone that registers over SIP."""

    name: str
    secret: str = field(repr=False)
    webrtc: bool = True

    def __post_init__(self) -> None:
        _matches(_NAME, self.name, "内線の名前(英小文字・数字・ハイフン)")
        _matches(_SECRET, self.secret, "内線の合言葉(英数字16文字以上)")


@dataclass(frozen=True, slots=True)
class Opening:
    """Days and hours (Asia/Tokyo) during which call-backs reach the room; holidays are the engine's to know."""

    first_day: str
    last_day: str
    opens: str
    closes: str
    """The last minute that is still open is the one before."""

    def __post_init__(self) -> None:
        _demand(self.first_day in _DAYS and self.last_day in _DAYS, f"曜日は {', '.join(_DAYS)} で書いてください。")
        _matches(_CLOCK, self.opens, "受付を始める時刻(HH:MM)")
        _matches(_CLOCK, self.closes, "受付を終える時刻(HH:MM)")
        _demand(self.opens < self.closes, "受付の終わりは始まりより後にしてください。")

    @property
    def last_minute(self) -> str:
        hour, minute = map(int, self.closes.split(":"))
        return "{:02d}:{:02d}".format(*divmod(hour * 60 + minute - 1, 60))


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM files as Asterisk sees them."""

    chain: PurePosixPath
    key: PurePosixPath


@dataclass(frozen=True, slots=True)
class Node:
    """One Asterisk. `home` is the folder of its files as Asterisk itself sees it, inside its root folder or container.

    `bind`: where SIP, RTP and the browsers' HTTP listen; AMI and plain HTTP never leave loopback. `media_address`: the
    address told to the far ends for audio. `ami_host`: where the engine finds AMI, `voice_host`: where browsers find the
    WebSocket, by the name in the certificate; both matter only where those are other machines or containers.
    """

    name: str
    home: PurePosixPath
    ports: Ports
    ami_user: str
    ami_secret: str = field(repr=False)
    trunks: tuple[Trunk, ...] = ()
    operators: tuple[OperatorLine, ...] = ()
    openings: tuple[Opening, ...] = ()
    """Empty: the dialplan never says closed by itself."""
    bind: str = "127.0.0.1"
    media_address: str = "127.0.0.1"
    ami_bind: str = "127.0.0.1"
    ami_host: str | None = None
    voice_host: str | None = None
    ami_permit: tuple[str, ...] = ("127.0.0.1/32",)
    http_bind: str = "127.0.0.1"
    certificate: Certificate | None = None
    recordings: PurePosixPath | None = None
    """Memory-backed storage for recordings; without it they lie below `home`."""
    events: tuple[str, ...] = EVENTS
    inbound_wait_seconds: int = 120
    """A call-back nobody took by then is told to call again."""
    hold_seconds: int = 20
    """How long a resident whose operator's line broke is kept for somebody to come back."""

    def __post_init__(self) -> None:
        _matches(_NAME, self.name, "ノードの名前(英小文字・数字・ハイフン)")
        _matches(_NAME, self.ami_user, "AMIのユーザー名")
        _matches(_SECRET, self.ami_secret, "AMIの合言葉(英数字16文字以上)")
        for address in (self.bind, self.media_address, self.ami_bind, self.http_bind):
            _demand(_is_address(address), f"{address} はIPアドレスではありません。")
        for host in (self.ami_host, self.voice_host):
            _demand(host is None or _HOST.fullmatch(host) is not None, f"{host} は機械の名前かアドレスではありません。")
        for network in self.ami_permit:
            _demand(_is_address(network.partition("/")[0]), f"{network} はネットワークではありません。")
        for path in (self.home, self.recordings, *self._certificate_files()):
            _demand(
                path is None or re.fullmatch(r"(/[A-Za-z0-9._@+-]+)+", str(path)) is not None,
                f"{path} は使えないパスです。",
            )
        names = [*(trunk.name for trunk in self.trunks), *(line.name for line in self.operators)]
        _demand(len(set(names)) == len(names), "同じ名前の回線か内線があります。")
        hosts = [trunk.host for trunk in self.trunks if trunk.inbound]
        _demand(
            len(set(hosts)) == len(hosts),
            "着信を受ける回線のうち二つの相手先が同じです。どちらからの着信か区別できません。",
        )
        _demand(
            (self.certificate is None) == (self.ports.https is None), "WSSにはポート(https)と証明書の両方が必要です。"
        )
        for event in self.events:
            _matches(re.compile("[A-Za-z]+"), event, "イベントの名前")

    def _certificate_files(self) -> tuple[PurePosixPath, ...]:
        return (self.certificate.chain, self.certificate.key) if self.certificate else ()

    @property
    def told_events(self) -> tuple[str, ...]:
        """The events it sends."""
        return (*self.events, EARLY_EVENT) if any(trunk.early_media for trunk in self.trunks) else self.events

    @property
    def ami_reached_at(self) -> str:
        """The host where AMI is connected to."""
        return self.ami_host or ("127.0.0.1" if ip_address(self.ami_bind).is_unspecified else self.ami_bind)

    @property
    def voice_url(self) -> str | None:
        """Where a browser's telephone registers; None where the file does not say."""
        if self.voice_host is None or self.ports.https is None:
            return None
        return f"wss://{self.voice_host}:{self.ports.https}/ws"

    @property
    def recordings_folder(self) -> PurePosixPath:
        return self.recordings or self.home / RECORDINGS


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


def _matches(pattern: re.Pattern[str], value: str, what: str) -> None:
    # The value itself may be a secret and is never repeated. `fullmatch` lets no newline through: nothing can add a line.
    _demand(pattern.fullmatch(value) is not None, f"{what}に使えない文字か長さです。")


def _codecs(codecs: tuple[str, ...]) -> None:
    known = {"ulaw", "alaw", "g722", "opus"}
    _demand(bool(codecs) and set(codecs) <= known, f"コーデックは {', '.join(sorted(known))} から選んでください。")
