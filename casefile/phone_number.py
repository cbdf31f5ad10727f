"""Telephone numbers as the files write them, made into numbers we may dial, or not (DOMAIN.md §2.9).

The kind of a line comes from our own table of prefixes: libphonenumber calls the synthetic ranges invalid and of
unknown kind. Only its plausibility check is used.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import phonenumbers

from casefile.vocabulary import LineType

_NOTE_IN_BRACKETS = re.compile(r"[(\[【「](?![\d\s-]*[)\]】」])[^)\]】」]*(?:[)\]】」]|$)")
_EXTENSION = re.compile(r"(?:内線|ext\.?|#|x(?=\d))[\s:.\-]*\d+", re.IGNORECASE)
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−ーｰ‑⁃﹣－─", "-"))
_NUMBER = re.compile(r"\+?\d(?:[\s\-().]*\d)*")
_LEAST_DIGITS_OF_A_SECOND_NUMBER = 9


@dataclass(frozen=True, slots=True)
class ReadPhone:
    """What a cell said. `digits` are those of the number (never empty unless nothing was there); `e164` only where it
    may be dialed; `problem` is a Japanese reason why it may not, or could not be read."""

    digits: str
    e164: str | None
    line_type: LineType
    problem: str | None


@dataclass(frozen=True, slots=True)
class _Prefix:
    prefix: str
    kind: LineType
    lengths: tuple[int, ...]
    why: str


def read_phone(raw: str, area_code: str = "", own_numbers: frozenset[str] = frozenset()) -> ReadPhone:
    """Read one number out of what a file says.

    Notes such as (内線12), 様方 and 呼出 are left aside; +81 becomes 0; 184 and 186 in front are dropped; a local number gets
    `area_code` only where the two together have ten digits. `own_numbers` (E.164) are the office's own. Never raises.
    """
    text = unicodedata.normalize("NFKC", raw).translate(_DASHES)
    text = _EXTENSION.sub(" ", _NOTE_IN_BRACKETS.sub(" ", text))
    found = [_national(match[0]) for match in _NUMBER.finditer(text)]
    long = [digits for digits in found if len(digits) >= _LEAST_DIGITS_OF_A_SECOND_NUMBER]
    if not found:
        return ReadPhone("", None, LineType.UNKNOWN, "数字がありません")
    if len(long) > 1 and len(set(long)) > 1:
        return ReadPhone("".join(found), None, LineType.UNKNOWN, "番号が二つ以上あります")
    return _judged(long[0] if long else max(found, key=len), area_code, own_numbers)


def display(e164: str) -> str:
    """The number with half-width hyphens (GIF DS-445): 090-0123-4567, 048-477-1111."""
    digits = _digits_of(e164)
    if len(digits) == 11:
        return f"{digits[:3]}-{digits[3:7]}-{digits[7:]}"
    if _is_synthetic_digits(digits):
        return f"{digits[:2]}-{digits[2:6]}-{digits[6:]}"
    shown = phonenumbers.format_number(_parsed(digits), phonenumbers.PhoneNumberFormat.NATIONAL)
    return shown if shown.replace("-", "") == digits else digits


def mask(e164: str) -> str:
    """The number as others may see it: first group and last two digits (090-****-**67)."""
    groups = display(e164).split("-")
    if len(groups) < 2:
        return "*" * (len(groups[0]) - 2) + groups[0][-2:]
    hidden = ["*" * len(group) for group in groups[1:-1]]
    return "-".join([groups[0], *hidden, "*" * (len(groups[-1]) - 2) + groups[-1][-2:]])


def is_synthetic(e164: str) -> bool:
    """Whether the number lies in a range that cannot reach anybody: 090-0…, 070-0…, 050-0…, 03-0…"""
    return _is_synthetic_digits(_digits_of(e164))


def can_receive_sms(e164: str) -> bool:
    """Whether it is a mobile number (060, 070, 080, 090); no other kind takes a text."""
    return _judged(_digits_of(e164), "", frozenset()).line_type is LineType.MOBILE


def line_type_of(e164: str) -> LineType:
    """The kind of line of a stored number."""
    return _judged(_digits_of(e164), "", frozenset()).line_type


def _judged(digits: str, area_code: str, own_numbers: frozenset[str]) -> ReadPhone:
    if digits[:3] in {"184", "186"} and len(digits) > 10:
        digits = digits[3:]
    if digits[0] in "23456789":
        if not area_code or len(area_code) + len(digits) != 10:
            return ReadPhone(digits, None, LineType.UNKNOWN, "市外局番がなく、補えません")
        digits = area_code + digits
    entry = _entry(digits)
    if entry.kind is LineType.BARRED:
        return ReadPhone(digits, None, LineType.BARRED, entry.why)
    if len(digits) not in entry.lengths:
        return ReadPhone(digits, None, LineType.UNKNOWN, "桁数が正しくありません")
    if entry.kind is not LineType.LANDLINE and digits[3] == "0" and not _is_synthetic_digits(digits):
        return ReadPhone(digits, None, LineType.UNKNOWN, "使われていない番号帯です")
    # A landline of ten digits in a range of eleven (090-123-4567 with one digit lost) is caught by its length above.
    if entry.kind is LineType.LANDLINE and not phonenumbers.is_possible_number(_parsed(digits)):
        return ReadPhone(digits, None, LineType.UNKNOWN, "電話番号として成り立ちません")
    e164 = f"+81{digits[1:]}"
    if e164 in own_numbers:
        return ReadPhone(digits, None, LineType.BARRED, "この役所自身の番号です")
    return ReadPhone(digits, e164, entry.kind, None)


def _national(text: str) -> str:
    digits = re.sub(r"\D", "", text)
    if text.startswith("+81"):
        return "0" + digits[2:].lstrip("0")
    if text.startswith("+"):
        # Abroad: dialed with 010, which is barred.
        return "010" + digits
    return digits


def _digits_of(e164: str) -> str:
    return "0" + e164.removeprefix("+81") if e164.startswith("+81") else e164.lstrip("+")


def _is_synthetic_digits(digits: str) -> bool:
    entry = _entry(digits)
    return len(digits) in entry.lengths and digits.startswith(_synthetic_prefixes())


def _parsed(digits: str) -> phonenumbers.PhoneNumber:
    return phonenumbers.PhoneNumber(country_code=81, national_number=int(digits))


def _entry(digits: str) -> _Prefix:
    fitting = [entry for entry in _prefixes() if digits.startswith(entry.prefix)]
    if not fitting:
        return _Prefix("", LineType.UNKNOWN, (), "")
    return max(fitting, key=lambda entry: len(entry.prefix))


@cache
def _prefixes() -> tuple[_Prefix, ...]:
    return tuple(
        _Prefix(entry["prefix"], LineType(entry["kind"]), tuple(entry["lengths"]), entry.get("why", ""))
        for entry in _table()["prefixes"]
    )


@cache
def _synthetic_prefixes() -> tuple[str, ...]:
    return tuple(_table()["synthetic"])


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("casefile.data").joinpath("phone_prefixes.toml").read_text(encoding="utf-8"))
