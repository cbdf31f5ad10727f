"""Residents and networks that sound before the answer: one sipp, the number that is dialed says what sounds and what follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dialer.asterisk.detection.sound import Sound
from tests.integration.dialer.playing_sipp import PlayingSipp

_TEMPLATE = Path(__file__).with_name("early.xml")
_ANSWER, _CANCELLED, _FIRST = 1, 2, 10
_ENDS = {"answer": _ANSWER, "until we give up": _CANCELLED}
_REFUSED = """
  <label id="{label}"/>
  <send retrans="500"><![CDATA[
SIP/2.0 {code} Refused
[last_Via:]
[last_From:]
[last_To:];tag=[pid]early[call_number]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
  <recv request="ACK" next="9"/>
"""


@dataclass(frozen=True, slots=True)
class Early:
    """`sound` is repeated until the end. `then`: `answer`, `until we give up`, or the SIP status it refuses with; the first
    and the last after so many seconds."""

    sound: Sound
    then: str
    after: float


def number_of(resident: int) -> str:
    """What is dialed, E.164."""
    return f"+8190000010{resident:02d}"


class EarlyFarEnd(PlayingSipp):
    """Takes calls to `number_of(0)` and on; whatever else is dialed is the first resident's."""

    def __init__(self, residents: Sequence[Early], address: str, folder: Path) -> None:
        super().__init__(_scenario(residents), [each.sound for each in residents], address, folder)


def _scenario(residents: Sequence[Early]) -> str:
    """The template with a branch for each resident, and one for each status."""
    asked, chosen, played, refused = [], [], [], []
    codes = sorted({each.then for each in residents} - _ENDS.keys())
    ends = _ENDS | {code: _FIRST + place for place, code in enumerate(codes)}
    for number, each in enumerate(residents):
        label = _FIRST + len(codes) + number
        dialed = number_of(number).replace("+81", "0")
        asked.append(f'      <ereg regexp="sip:{dialed}@" search_in="hdr" header="To:" assign_to="r{number}"/>')
        chosen.append(f'  <nop next="{label}" test="r{number}"/>')
        played.append(f'  <label id="{label}"/>\n  <nop><action><exec rtp_stream="{number}.ul,-1,0"/></action></nop>')
        played.append(f'  <pause milliseconds="{round(each.after * 1000)}" next="{ends[each.then]}"/>')
    refused = [_REFUSED.format(label=ends[code], code=code) for code in codes]
    text = _TEMPLATE.read_text(encoding="utf-8")
    for word, lines in {"ASKED": asked, "CHOSEN": chosen, "PLAYED": played, "REFUSED": refused}.items():
        text = text.replace(f"<!--{word}-->", "\n".join(lines))
    return text
