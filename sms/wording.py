"""How long a text is, what it may say, and how a template becomes one (DOMAIN.md §2.12). Pure."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass

from casefile.city import City
from casefile.phone_number import display

SINGLE_UNITS = 70
PART_UNITS = 67
"""UTF-16 units of a single UCS-2 message, and of each part of a longer one."""
MOST_UNITS = 660
"""What every Japanese carrier takes (DOMAIN.md §2.12)."""

PLACEHOLDERS = ("sender", "phone")
"""The city (with its section, where that may be said) and the published number. Nothing about a person."""


@dataclass(frozen=True, slots=True)
class Length:
    """`units` of UTF-16 (𠮷 is two); `segments` is what is paid for."""

    units: int
    segments: int


def length(text: str) -> Length:
    """How long a text is for the network."""
    units = len(text.encode("utf-16-le")) // 2
    return Length(units, 1 if units <= SINGLE_UNITS else -(-units // PART_UNITS))


def render(body: str, city: City) -> str:
    """The text as it is sent, the same for everybody. Raises KeyError for a placeholder that lint refuses."""
    section = city.section_name if city.section_name_may_be_spoken else ""
    return body.format_map({"sender": f"{city.name}{section}", "phone": display(city.caller_number)})


# What a text must not say, as people write it, and what to do about it.
_BARRED: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"https?:|www\.|[a-z0-9-]+\.(?:jp|com|net|org|info|me|ly|app|dev)(?![a-z0-9])", re.IGNORECASE),
        "URLは書けません(なりすましと見分けがつきません)。電話番号だけを案内してください。",
    ),
    (re.compile(r"[¥¥]|[0-90-9一二三四五六七八九十百千万億,,]円"), "金額は書けません。金額を消してください。"),
    (
        re.compile(r"[^\s。、]様(?![々子式])|さん[、。宛]|殿"),
        "宛名(氏名)は書けません。「様」などの宛名を消してください。",
    ),
    (
        re.compile(r"〒|丁目|番地|[0-90-9]番[0-90-9]+号|[0-90-9]号室"),
        "住所は書けません。住所を消してください。",
    ),
    (
        re.compile(r"滞納|延滞|差押|差し押さえ|督促|未納"),
        "他人が見ても分かる言葉(滞納・未納・差押など)は書けません。「お知らせ」などに言い換えてください。",
    ),
    (
        re.compile(r"還付|ATM|ATM|口座番号|振込|暗証番号", re.IGNORECASE),
        "還付・ATM・振込などは書けません(還付金詐欺と見分けがつきません)。",
    ),
)


def lint(body: str, city: City) -> list[str]:
    """What is wrong with a template's wording, each as a Japanese sentence that says what to do; empty: nothing."""
    if not body.strip():
        return ["文面を入力してください。"]
    try:
        names = [name for _, name, _, _ in string.Formatter().parse(body) if name is not None]
    except ValueError:
        return ["波かっこ { } の対応が正しくありません。{sender} か {phone} の形で書いてください。"]
    unknown = sorted(set(names) - set(PLACEHOLDERS))
    if unknown:
        listed = "、".join(f"{{{name}}}" for name in unknown)
        return [f"{listed} は使えません。使えるのは {{sender}}(差出人)と {{phone}}(電話番号)だけです。"]
    problems = [sentence for pattern, sentence in _BARRED if pattern.search(body)]
    if "sender" not in names:
        problems.append("差出人がありません。{sender} を入れてください。")
    if "phone" not in names:
        problems.append("問い合わせの電話番号がありません。{phone} を入れてください。")
    if "送信専用" not in body:
        problems.append("「送信専用」と書いてください(返信を読めないことを伝えます)。")
    if "\n" in body or "\r" in body:
        problems.append("改行は使えません。1行で書いてください。")
    units = length(render(body, city)).units
    if units > MOST_UNITS:
        problems.append(f"長すぎます({units}文字)。{MOST_UNITS}文字以内にしてください。")
    return problems
