"""Manager messages as typed values, and as bytes on the wire. Pure.

A message is lines of `Key: value`, each ended by CR LF, the whole ended by an empty line. **Only CR LF ends a line**: a
caller's name may hold U+2028, U+0085, VT, FF, a lone CR or LF, and none of them begins a header. Of a header that comes
twice the first stands; nothing that comes later in a message overwrites it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from asterisk.ami import Action as _WireAction

# Asterisk reads a line into 1,025 bytes and a message into 128 headers, and throws away what is longer.
LINE_BYTES = 1000
HEADERS = 120

_NEWLINE = "\r\n"
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_VARIABLE = re.compile(r"_{0,2}[A-Za-z][A-Za-z0-9_]*(\([A-Za-z0-9_,.:/-]*\))?")
_PLAIN_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
# Functions that only tell of a telephone.
_QUESTION = re.compile(r"CHANNEL\(pjsip,remote_tag\)|PJSIP_[A-Z]+\([A-Za-z0-9@,_-]*\)")
# Control characters, line and paragraph separators, halves of a surrogate pair.
_UNSAFE_CATEGORIES = frozenset({"Cc", "Zl", "Zp", "Cs"})
# Asterisk splits a `Variable` header at commas, and quotes, brackets and backslashes move where it splits.
_SPLITTERS = frozenset(',"\\()[]')
_OURS = frozenset({"action", "actionid", "variable"})


class UnsafeAction(ValueError):
    """An action that could be read as something else by Asterisk; nothing of it was sent."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened. `headers` are all but the name; a repeated one stands with its first value."""

    name: str
    headers: Mapping[str, str]
    repeated: tuple[tuple[str, str], ...] = ()

    def get(self, key: str, default: str = "") -> str:
        """A header's value, `default` where there is none."""
        return self.headers.get(key, default)

    def variables(self, key: str = "ChanVariable") -> dict[str, str]:
        """The channel variables told along (`channelvars` of manager.conf), first value of each name."""
        return _variables(self.headers, self.repeated, key)


@dataclass(frozen=True, slots=True)
class Response:
    """What Asterisk said to an action. `status` is Success, Error or Goodbye; `output` the lines of a Command."""

    status: str
    headers: Mapping[str, str]
    repeated: tuple[tuple[str, str], ...] = ()

    @property
    def refused(self) -> bool:
        return self.status.lower() == "error"

    @property
    def begins_a_list(self) -> bool:
        """Events follow, the last of them marked as such."""
        return self.headers.get("EventList", "").lower() == "start"

    @property
    def message(self) -> str:
        return self.headers.get("Message", "")

    @property
    def output(self) -> tuple[str, ...]:
        """The lines a Command printed."""
        if "Output" not in self.headers:
            return ()
        return (self.headers["Output"], *(value for key, value in self.repeated if key == "Output"))


@dataclass(frozen=True, slots=True)
class Action:
    """Something Asterisk is asked to do; without its ActionID, which is chosen when it is sent."""

    name: str
    fields: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LiveChannel:
    """A channel as CoreShowChannels tells of it. `state` is Asterisk's word: Up, Ringing, Down …"""

    name: str
    uniqueid: str
    linkedid: str
    state: str
    bridge_id: str
    variables: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def encode(action: Action, action_id: UUID) -> bytes:
    """The whole action as bytes, its empty line included.

    Raises `UnsafeAction` for a key or value with a control character or a line separator, for a key of another shape,
    for a field that is not the caller's to set, for a variable's value that Asterisk would split, and for a line or a
    message longer than Asterisk reads.
    """
    _check_key(action.name, _KEY)
    for key, value in action.fields.items():
        _check_key(key, _KEY)
        if action.name == "Setvar" and key == "Variable":
            # A name and nothing else: a function in its place would be carried out.
            _check_key(value, _PLAIN_VARIABLE)
        elif action.name == "Getvar" and key == "Variable":
            _check_key(value, _QUESTION)
        elif key.lower() in _OURS:
            raise UnsafeAction(f"{key} is not a field of an action; variables and the id have a place of their own")
        _check_value(key, value)
    for key, value in action.variables.items():
        _check_key(key, _VARIABLE)
        _check_value(key, value)
        if not _SPLITTERS.isdisjoint(value):
            raise UnsafeAction(f"the value of variable {key} holds a sign at which Asterisk would split it")
    fields = {"ActionID": str(action_id), **action.fields}
    text = str(_WireAction(action.name, fields, dict(action.variables))) + _NEWLINE
    lines = text.encode().split(b"\r\n")
    if len(lines) > HEADERS or max(map(len, lines)) > LINE_BYTES:
        raise UnsafeAction(f"{action.name} is longer than Asterisk reads: {HEADERS} headers of {LINE_BYTES} bytes")
    return b"\r\n".join(lines)


def decode(pack: str) -> Event | Response | None:
    """A message without its empty line; None for one that is neither event nor response."""
    first, *lines = pack.split(_NEWLINE)
    kind, colon, name = first.partition(":")
    if not colon:
        return None
    kind = kind.lower()
    if kind == "event":
        return Event(name.strip(), *_headers(lines))
    if kind == "response":
        return Response(name.strip(), *_headers(lines))
    return None


def live_channel(event: Event) -> LiveChannel:
    """One entry of CoreShowChannels."""
    return LiveChannel(
        event.get("Channel"),
        event.get("Uniqueid"),
        event.get("Linkedid"),
        event.get("ChannelStateDesc"),
        event.get("BridgeId"),
        event.variables(),
        event.headers,
    )


def _headers(lines: list[str]) -> tuple[Mapping[str, str], tuple[tuple[str, str], ...]]:
    # Two thirds of the time an event takes is spent in this loop.
    headers: dict[str, str] = {}
    repeated: tuple[tuple[str, str], ...] = ()
    for line in lines:
        key, colon, value = line.partition(": ")
        if not colon:
            key, colon, value = line.partition(":")
            if not colon:
                continue
        if key in headers:
            repeated = (*repeated, (key, value))
        else:
            headers[key] = value
    return headers, repeated


def _variables(headers: Mapping[str, str], repeated: tuple[tuple[str, str], ...], wanted: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in ((wanted, headers.get(wanted, "")), *repeated):
        name, equals, content = value.partition("=")
        if key == wanted and equals:
            found.setdefault(name, content)
    return found


def _check_key(key: str, shape: re.Pattern[str]) -> None:
    if not shape.fullmatch(key):
        raise UnsafeAction(f"{key!r} is no name Asterisk would take")


def _check_value(key: str, value: str) -> None:
    # The value itself may be personal; the error names only its place.
    if not value.isascii() or not value.isprintable():
        for sign in value:
            if unicodedata.category(sign) in _UNSAFE_CATEGORIES:
                raise UnsafeAction(f"the value of {key} holds U+{ord(sign):04X}, which may not be sent")
