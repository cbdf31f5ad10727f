"""A SIP message as pyVoIP reads it, mended: methods and status codes it does not know are no reason to fall over."""

from __future__ import annotations

import re
from typing import Any

from rehearsal.sip.library import SIPMessage

METHODS = ["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "UPDATE", "NOTIFY", "MESSAGE", "REGISTER", "REFER"]
ALLOWED = "INVITE, ACK, BYE, CANCEL, OPTIONS"
_STATUS = re.compile(rb"^SIP/2\.0 (\d)(\d\d) ")
_CAUSE = re.compile(rb"(?im)^Reason: *Q\.850 *; *cause *= *(\d+)")
_TARGET = re.compile(r"<([^>]+)>|^([^;<]+)$|^([^;<]+);")
_USER = re.compile(rb"^\w+ sips?:([^@; ]+)@")


class Message(SIPMessage):  # type: ignore[misc]  # pyVoIP's own types are wrong
    """One request or response; `source` is where it came from. Raises for what is no SIP at all."""

    headers: dict[str, Any]

    def __init__(self, data: bytes, source: tuple[str, int]) -> None:
        self.source = source
        self.code = 0
        """The status code; 0 for a request."""
        super().__init__(data)

    def parse(self, data: bytes) -> None:
        self.SIPCompatibleMethods = METHODS
        status = _STATUS.match(data)
        if status is not None:
            self.code = int(status[1] + status[2])
        try:
            super().parse(data)
        except ValueError:
            if status is None:
                raise
            # An unknown code counts as the x00 of its class (RFC 3261 §8.1.3.2).
            self.headers = {"Via": []}
            super().parse(_STATUS.sub(b"SIP/2.0 " + status[1] + b"00 ", data))

    @property
    def call_id(self) -> str:
        return str(self.headers["Call-ID"])

    @property
    def of_method(self) -> str:
        """The method of the request, also for a response to it."""
        return str(self.headers["CSeq"]["method"])

    @property
    def number(self) -> int:
        """CSeq's number."""
        return int(self.headers["CSeq"]["check"])

    @property
    def dialed(self) -> str:
        """The user part of the address asked for."""
        found = _USER.match(self.raw)
        return found[1].decode() if found else ""

    @property
    def caller(self) -> str | None:
        """The caller's number; None where it is withheld."""
        number = self.headers["From"]["number"]
        return None if number is None or not re.fullmatch(r"\+?\d+", number) else str(number)

    @property
    def cause(self) -> int | None:
        """The Q.850 cause in a Reason header (RFC 3326), where there is one."""
        found = _CAUSE.search(self.raw)
        return int(found[1]) if found else None

    def lines_of(self, name: str) -> list[str]:
        """The header's lines as they came, in order."""
        head = self.raw.split(b"\r\n\r\n")[0].decode("utf-8", "replace").split("\r\n")
        return [line for line in head if line.lower().startswith(f"{name.lower()}:")]


def target_of(contact: str) -> str:
    """The address inside a Contact header."""
    found = _TARGET.search(contact)
    assert found is not None
    return (found[1] or found[2] or found[3]).strip()


def reply_to(request: Message, status: str, tag: str, *extra: str) -> str:
    """A response without a body: what has to be copied is copied as it came (RFC 3261 §8.2.6.2)."""
    (to,) = request.lines_of("To")
    lines = [
        f"SIP/2.0 {status}",
        *request.lines_of("Via"),
        *request.lines_of("From"),
        to if ";tag=" in to or status.startswith("100") else f"{to};tag={tag}",
        *request.lines_of("Call-ID"),
        *request.lines_of("CSeq"),
        *extra,
        f"Allow: {ALLOWED}",
        "Content-Length: 0",
    ]
    return "\r\n".join([*lines, "", ""])
