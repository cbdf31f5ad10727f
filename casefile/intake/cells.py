"""From a cell's text to what COPY takes, column by column; every complaint is a Japanese reason.

A conversion is made once for each distinct text and remembered: a million rows hold few different dates and codes. Columns
that are already clean (plain digits, plain keys) are passed through whole after one look at all of them together.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence

from casefile.intake.kinds import Column, Form
from casefile.intake.legible import named, unfit, unfit_for_plain, visible
from casefile.wareki import DateStyle, read_date, read_year

NULL = "\\N"
_LONGEST_KEY = 64
_LONGEST_TEXT = 600
_LONGEST_NOTE = 4000
_MOST_YEN = 10**13
_MOST_WHOLE = 32767
_FIRST_YEAR, _LAST_YEAR = 1868, 2199
_REMEMBERED = 50_000

_CLEAN_KEYS = re.compile(r"[0-9A-Za-z]{1,64}(?:\n[0-9A-Za-z]{1,64})*")
_CLEAN_DIGITS = re.compile(r"\d{1,12}(?:\n\d{1,12})*", re.ASCII)
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_AMOUNT = re.compile(r"([+\-−▲△]?)[¥\\]?(\d{1,3}(?:,\d{3})+|\d+)円?(?:\.0+)?", re.ASCII)
_WHOLE = re.compile(r"\d{1,9}(?:\.0+)?", re.ASCII)
_DEGREES = re.compile(r"-?\d{1,3}(?:\.\d+)?", re.ASCII)
_BLANKS = " \t\u3000\xa0"
_YES = frozenset({"1", "1.0", "はい", "有", "○", "◯", "true", "y", "yes", "市外", "済"})
_NO = frozenset({"0", "0.0", "いいえ", "無", "×", "false", "n", "no", "市内", "未"})


class Unreadable(ValueError):
    """A cell that cannot be taken; its text is the Japanese reason."""


class Converter(dict[str, str | None]):
    """Text → COPY text, remembered; None for a cell that must be refused (`reason` says why)."""

    def __init__(
        self,
        column: Column,
        *,
        required: bool | None = None,
        default: str | None = None,
        codes: Mapping[str, str] | None = None,
        dates: DateStyle = DateStyle.AUTO,
    ) -> None:
        super().__init__()
        self.column = column
        self._required = column.required if required is None else required
        self._default = column.default if default is None else default
        self._codes = codes or {}
        self._read = _reader(column, dates)
        # A code table or a list of other spellings must see every value.
        self._passes = None
        if not self._codes and not column.choices:
            self._passes = {Form.KEY: _CLEAN_KEYS, Form.YEN: _CLEAN_DIGITS}.get(column.form)

    def __missing__(self, raw: str) -> str | None:
        try:
            value: str | None = self._convert(raw)
        except Unreadable:
            value = None
        if len(self) >= _REMEMBERED:
            self.clear()
        self[raw] = value
        return value

    def column_of(self, raws: Sequence[str]) -> Sequence[str | None]:
        """A whole column of cells."""
        if self._passes is not None and self._passes.fullmatch("\n".join(raws)):
            return raws
        return [self[raw] for raw in raws]

    def reason(self, raw: str) -> str:
        """Why a cell was refused."""
        try:
            self._convert(raw)
        except Unreadable as error:
            return str(error)
        raise AssertionError("asked for the reason of a cell that can be read")

    def _convert(self, raw: str) -> str:
        text = raw.strip()
        if text and self._codes:
            if text not in self._codes:
                raise Unreadable(
                    f"「{visible(text)}」はコード表にありません。対応表のコード表に足すか、値を直してください"
                )
            text = self._codes[text]
        elif self.column.form is Form.KEY:
            self._refuse_unfit(raw.strip(_BLANKS))
        text = text or self._default
        value = self._read(text) if text else None
        if value is None:
            if self._required:
                raise Unreadable("必須の値が空です")
            return "" if self.column.blank else NULL
        return value

    def _refuse_unfit(self, key: str) -> None:
        found = unfit_for_plain(key) if self.column.plain else unfit(key)
        if found:
            raise Unreadable(
                f"「{visible(key)}」には{self.column.label}に使えない文字があります({named(found)})。"
                "文字化けとみて、この行は誰のものとも決めていません。出力か転送をやり直してください"
            )


def _reader(column: Column, dates: DateStyle) -> Callable[[str], str | None]:
    """The function that reads one non-empty, stripped text; None means "nothing" (a date of zeros)."""
    return {
        Form.KEY: lambda text: _key(text, column.choices),
        Form.TEXT: lambda text: _text(text, _LONGEST_TEXT),
        Form.NOTE: _note,
        Form.DATE: lambda text: _date(text, dates),
        Form.YEN: lambda text: _yen(text, column.signed),
        Form.WHOLE: _whole,
        Form.YEAR: lambda text: _year(text, dates),
        Form.DEGREES: _degrees,
        Form.YES_NO: _yes_no,
        Form.CHOICE: lambda text: _choice(text, column.choices),
        Form.PHONE: lambda text: _text(text, _LONGEST_TEXT),
        Form.READING: lambda text: _text(text, _LONGEST_TEXT),
    }[column.form]


def _key(text: str, spellings: Mapping[str, str]) -> str:
    text = unicodedata.normalize("NFKC", spellings.get(text, text)).strip()
    text = spellings.get(text, text)
    if len(text) > _LONGEST_KEY:
        raise Unreadable(f"長すぎます({len(text)}文字)。{_LONGEST_KEY}文字までです")
    return text.translate(_ESCAPED)


def _text(text: str, longest: int) -> str:
    if len(text) > longest:
        raise Unreadable(f"長すぎます({len(text)}文字)。{longest}文字までです")
    return text.translate(_ESCAPED)


def _note(text: str) -> str:
    if holds_individual_number(text):
        raise Unreadable("個人番号とみられる12桁の数字があります。取り除いてください")
    return _text(text, _LONGEST_NOTE)


def _date(text: str, style: DateStyle) -> str | None:
    try:
        day = read_date(text, style)
    except ValueError:
        raise Unreadable(
            f"「{visible(text)}」は日付として読めません。2026-06-01 や R8.6.1 の形にしてください"
        ) from None
    if day is None:
        return None
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise Unreadable(f"「{visible(text)}」は日付として遠すぎます")
    return day.isoformat()


def _year(text: str, style: DateStyle) -> str | None:
    try:
        year = read_year(text, style)
    except ValueError:
        raise Unreadable(f"「{visible(text)}」は年度として読めません。2026 や 令和8 の形にしてください") from None
    return None if year is None else str(year)


def _yen(text: str, signed: bool) -> str:
    plain = unicodedata.normalize("NFKC", text).replace(" ", "")
    found = _AMOUNT.fullmatch(plain)
    if not found:
        raise Unreadable(f"「{visible(text)}」は金額として読めません。円単位の整数にしてください")
    yen = int(found[2].replace(",", ""))
    if yen > _MOST_YEN:
        raise Unreadable(f"「{visible(text)}」は金額として大きすぎます")
    if found[1] not in {"", "+"} and yen:
        if not signed:
            raise Unreadable(f"「{visible(text)}」は負の金額です。0以上にしてください")
        yen = -yen
    return str(yen)


def _whole(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).replace(" ", "")
    if plain in {"全期", "全"}:
        return "0"
    plain = plain.removesuffix("期")
    if not _WHOLE.fullmatch(plain) or int(plain.partition(".")[0]) > _MOST_WHOLE:
        raise Unreadable(f"「{visible(text)}」は0から{_MOST_WHOLE}までの整数ではありません")
    return str(int(plain.partition(".")[0]))


def _degrees(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text)
    if not _DEGREES.fullmatch(plain) or abs(float(plain)) > 180:
        raise Unreadable(f"「{visible(text)}」は緯度・経度(度)として読めません")
    return plain


def _yes_no(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).lower()
    if plain in _YES:
        return "t"
    if plain in _NO:
        return "f"
    raise Unreadable(f"「{visible(text)}」は1(はい)か0(いいえ)ではありません")


def _choice(text: str, words: Mapping[str, str]) -> str:
    found = words.get(text) or words.get(unicodedata.normalize("NFKC", text))
    if found is None:
        labels = "・".join(dict.fromkeys(word for word in words if not word.isascii()))
        raise Unreadable(
            f"「{visible(text)}」は使えません。{labels} のどれかにするか、対応表のコード表に足してください"
        )
    return found


# -- individual numbers, which must never come in ----------------------------------------------------------------------

INDIVIDUAL_NUMBER_HEADING = re.compile(r"個人番号|マイナンバー|my_?number|individual_?number", re.IGNORECASE)
_TWELVE_DIGITS = re.compile(r"(?<!\d)\d{12}(?!\d)", re.ASCII)
_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def is_individual_number(text: str) -> bool:
    """Twelve digits whose last one is the check digit of 番号法施行規則 (平成26年総務省令第85号 第5条)."""
    if len(text) != 12 or not text.isascii() or not text.isdigit():
        return False
    remainder = sum(int(digit) * weight for digit, weight in zip(text, _WEIGHTS, strict=False)) % 11
    return int(text[-1]) == (0 if remainder <= 1 else 11 - remainder)


def holds_individual_number(text: str) -> bool:
    """Whether free text contains one."""
    return any(is_individual_number(found) for found in _TWELVE_DIGITS.findall(unicodedata.normalize("NFKC", text)))
