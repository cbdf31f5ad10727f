"""Names of people who do not exist, surnames as frequent as in the country."""

from __future__ import annotations

import random
from bisect import bisect
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from japanese_personal_name_dataset import load_dataset

_TO_KATAKANA = {code: code + 0x60 for code in range(ord("ぁ"), ord("ゖ") + 1)}
_FOREIGN = {
    "en": (("SMITH", "JOHN", "スミス", "ジョン"), ("GARCIA", "MARIA", "ガルシア", "マリア")),
    "zh": (("王", "小明", "オウ", "ショウメイ"), ("李", "芳", "リ", "ホウ"), ("張", "偉", "チョウ", "イ")),
    "vi": (("NGUYEN", "VAN AN", "グエン", "ヴァン アン"), ("TRAN", "THI MAI", "チャン", "ティ マイ")),
    "pt": (("SILVA", "ANA", "シルバ", "アナ"), ("SANTOS", "PAULO", "サントス", "パウロ")),
    "ne": (("GURUNG", "RAM", "グルン", "ラム"),),
}
# Kanji of given names a file of CP932 cannot hold stay rare, as in life; most names avoid them.
_COMMON_KANJI = 4


@dataclass(frozen=True, slots=True)
class PersonName:
    family: str
    family_kana: str
    given: str
    given_kana: str

    @property
    def written(self) -> str:
        return f"{self.family} {self.given}"

    @property
    def kana(self) -> str:
        return f"{self.family_kana} {self.given_kana}"


@cache
def _surnames() -> tuple[tuple[tuple[str, str], ...], tuple[int, ...]]:
    _, _, last = load_dataset(kind="org", include_last_names=True)
    rows = sorted(
        ((name, entry["reading"], int(entry["count"])) for name, entry in last.items()), key=lambda r: (-r[2], r[0])
    )
    return tuple((name, katakana(reading)) for name, reading, _ in rows), tuple(accumulate(row[2] for row in rows))


@cache
def _given_names(sex: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    men, women = load_dataset(kind="opti")
    chosen = men if sex == "m" else women
    return tuple((katakana(reading), tuple(chosen[reading]["kanji"][:_COMMON_KANJI])) for reading in sorted(chosen))


def katakana(hiragana: str) -> str:
    return hiragana.translate(_TO_KATAKANA)


def draw_surname(rng: random.Random) -> tuple[str, str]:
    """A surname and its kana, by its real frequency."""
    names, weights = _surnames()
    return names[bisect(weights, rng.randrange(weights[-1]))]


def draw_given(rng: random.Random, sex: str) -> tuple[str, str]:
    kana, kanji = rng.choice(_given_names(sex))
    return rng.choice(kanji), kana


def draw_name(rng: random.Random, sex: str, family: tuple[str, str] | None = None) -> PersonName:
    """A full name; with `family` given, one more member of that family."""
    surname, surname_kana = family or draw_surname(rng)
    given, given_kana = draw_given(rng, sex)
    return PersonName(surname, surname_kana, given, given_kana)


def draw_foreign_name(rng: random.Random) -> tuple[PersonName, str]:
    """The name of a resident from abroad and the language he speaks."""
    language = rng.choice(sorted(_FOREIGN))
    return PersonName(*_shuffled(rng.choice(_FOREIGN[language]))), language


def _shuffled(row: tuple[str, str, str, str]) -> tuple[str, str, str, str]:
    family, given, family_kana, given_kana = row
    return family, family_kana, given, given_kana


_TRADES = (
    "建設",
    "運輸",
    "商事",
    "電機",
    "食品",
    "工務店",
    "クリーニング",
    "印刷",
    "介護サービス",
    "システム",
    "不動産",
    "製作所",
)


def draw_company(rng: random.Random) -> tuple[str, str]:
    """A company's name and kana."""
    surname, kana = draw_surname(rng)
    trade = rng.choice(_TRADES)
    form, form_kana, ahead = rng.choice(
        (
            ("株式会社", "カブシキガイシャ", True),
            ("有限会社", "ユウゲンガイシャ", True),
            ("合同会社", "ゴウドウガイシャ", False),
        )
    )
    reading = {
        "建設": "ケンセツ",
        "運輸": "ウンユ",
        "商事": "ショウジ",
        "電機": "デンキ",
        "食品": "ショクヒン",
        "工務店": "コウムテン",
        "クリーニング": "クリーニング",
        "印刷": "インサツ",
        "介護サービス": "カイゴサービス",
        "システム": "システム",
        "不動産": "フドウサン",
        "製作所": "セイサクショ",
    }[trade]
    if ahead:
        return f"{form}{surname}{trade}", f"{form_kana}{kana}{reading}"
    return f"{surname}{trade}{form}", f"{kana}{reading}{form_kana}"
