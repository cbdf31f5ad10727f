"""Characters a key must not hold: what nobody can see or compare makes another key of it without anybody noticing."""

from __future__ import annotations

import unicodedata

from casefile.intake.encoding import STRANGE

_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Mn", "Me", "Zl", "Zp"})
_EMPTY_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs by name that show as nothing."""
_MOST_NAMED = 3
_LONGEST_SHOWN = 30


def unfit(text: str) -> list[tuple[int, str]]:
    """Private-use, lost, control, combining and invisible characters of a text, with their position from 1."""
    if text.isascii() and text.isprintable():
        return []
    composed = unicodedata.normalize("NFKC", text)
    return [(at, sign) for at, sign in enumerate(composed, 1) if _is_unfit(sign)]


def unfit_for_plain(text: str) -> list[tuple[int, str]]:
    """What is no visible ASCII character once full-width ones are narrowed, with its position from 1."""
    composed = unicodedata.normalize("NFKC", text)
    return [(at, sign) for at, sign in enumerate(composed, 1) if not "!" <= sign <= "~"]


def named(found: list[tuple[int, str]]) -> str:
    """Where which characters stand, for a reader who cannot see them."""
    places = "、".join(f"{at}文字目 U+{ord(sign):04X}" for at, sign in found[:_MOST_NAMED])
    return places if len(found) <= _MOST_NAMED else f"{places} ほか{len(found) - _MOST_NAMED}文字"


def visible(text: str) -> str:
    """The beginning of a text with every character that cannot be seen written as its code point."""
    shown = "".join(f"[U+{ord(sign):04X}]" if _is_unfit(sign) else sign for sign in text[:_LONGEST_SHOWN])
    return shown if len(text) <= _LONGEST_SHOWN else shown + "…"


def _is_unfit(sign: str) -> bool:
    return unicodedata.category(sign) in _UNSEEN or sign in _EMPTY_LETTERS or STRANGE.match(sign) is not None
