"""A key by which names are found and sorted by their reading; the reading itself is stored as it came."""

from __future__ import annotations

import unicodedata

_SMALL = "ァィゥェォッャュョヮヵヶ"
_LARGE = "アイウエオツヤユヨワカケ"
_FOLDED = str.maketrans(_SMALL + "ヂヅヲヰヱ", _LARGE + "ジズオイエ")
_HIRAGANA_TO_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}


def kana_key(reading: str) -> str:
    """The reading as full-width katakana without small kana, long marks, spaces and signs.

    Core systems write ショウジ as ｼﾖｳｼﾞ, and people spell ヅ and ズ alike: both sides of a search go through here.
    """
    text = unicodedata.normalize("NFKC", reading).translate(_HIRAGANA_TO_KATAKANA).translate(_FOLDED).upper()
    return "".join(sign for sign in text if sign.isalnum() and sign != "ー")
