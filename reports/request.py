"""What is asked for: which form, over which days, by which axis, known as of which day. Words of the person are checked here."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from casefile.clock import at_jst, jst_date
from casefile.errors import TsunagaruError
from casefile.vocabulary import ClaimGroup, Purpose

EARLIEST_DAY, LATEST_DAY = date(1989, 1, 8), date(2999, 12, 31)
LONGEST_PERIOD_DAYS = 366 * 5


class FormName(Enum):
    """The forms by the name the command line takes, with the names people call them."""

    CALLS = "calls"
    DISTRICTS = "districts"
    DOCUMENTS = "documents"
    BEST_HOURS = "best-hours"

    @property
    def title(self) -> str:
        return _TITLES[self]

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The axes of the rows, the usual one first."""
        return _AXES[self]


class Axis(Enum):
    """What the rows of a form are."""

    HOUR = "hour"
    WEEKDAY = "weekday"
    WEEKDAY_FOLDED = "weekday-folded"
    DAY = "day"
    BRANCH = "branch"
    AREA = "area"
    TOWN = "town"
    LOT = "lot"
    SLOT = "slot"

    @property
    def title(self) -> str:
        return _AXIS_TITLES[self]


_TITLES = {
    FormName.CALLS: "架電状況表",
    FormName.DISTRICTS: "架電状況表(地区別)",
    FormName.DOCUMENTS: "文書効果状況表",
    FormName.BEST_HOURS: "架電推奨時間帯表",
}
_AXES = {
    FormName.CALLS: (Axis.HOUR, Axis.WEEKDAY, Axis.DAY, Axis.WEEKDAY_FOLDED),
    FormName.DISTRICTS: (Axis.AREA, Axis.BRANCH, Axis.TOWN),
    FormName.DOCUMENTS: (Axis.LOT,),
    FormName.BEST_HOURS: (Axis.SLOT,),
}
_AXIS_TITLES = {
    Axis.HOUR: "時間帯別",
    Axis.WEEKDAY: "曜日別",
    Axis.WEEKDAY_FOLDED: "曜日別(祝日を各曜日に含む)",
    Axis.DAY: "日別",
    Axis.BRANCH: "支所別",
    Axis.AREA: "地区別",
    Axis.TOWN: "大字・町丁目別",
    Axis.LOT: "発送ロット別",
    Axis.SLOT: "平日・土曜・日曜祝日の時間帯別",
}
_FORM_WORDS = {
    "架電状況表": FormName.CALLS,
    "架電状況": FormName.CALLS,
    "架電": FormName.CALLS,
    "架電状況表(地区別)": FormName.DISTRICTS,
    "地区別": FormName.DISTRICTS,
    "地区別架電状況表": FormName.DISTRICTS,
    "地区": FormName.DISTRICTS,
    "文書効果状況表": FormName.DOCUMENTS,
    "文書効果": FormName.DOCUMENTS,
    "文書": FormName.DOCUMENTS,
    "架電推奨時間帯表": FormName.BEST_HOURS,
    "架電推奨時間帯": FormName.BEST_HOURS,
    "推奨時間帯": FormName.BEST_HOURS,
}
_AXIS_WORDS = {
    "時間帯": Axis.HOUR,
    "時間帯別": Axis.HOUR,
    "曜日": Axis.WEEKDAY,
    "曜日別": Axis.WEEKDAY,
    "日": Axis.DAY,
    "日別": Axis.DAY,
    "支所": Axis.BRANCH,
    "地区": Axis.AREA,
    "町丁目": Axis.TOWN,
    "大字": Axis.TOWN,
    "ロット": Axis.LOT,
    "曜日区分": Axis.SLOT,
}


@dataclass(frozen=True, slots=True)
class Period:
    """Whole Japanese calendar days, both ends included."""

    first: date
    last: date

    @property
    def begins(self) -> datetime:
        """The first moment of the period."""
        return at_jst(self.first)

    @property
    def ends(self) -> datetime:
        """The first moment after the period."""
        return at_jst(self.last + timedelta(days=1))

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))


@dataclass(frozen=True, slots=True)
class Request:
    """One report asked for. `moment` is the last moment whose facts count; it is printed as 作成日時.

    For an as-of day in the past the moment is the end of that day whenever the report is run, so that the same request
    gives the same bytes; for the current day it is now.
    """

    form: FormName
    axis: Axis
    period: Period
    as_of: date
    moment: datetime
    made_by: str
    purpose: Purpose = Purpose.DUNNING
    claim_group: ClaimGroup | None = None


def form_named(word: str) -> FormName:
    """The form of an English or Japanese name. Raises TsunagaruError that lists the forms."""
    plain = unicodedata.normalize("NFKC", word).strip()
    for form in FormName:
        if plain.lower() == form.value:
            return form
    if plain in _FORM_WORDS:
        return _FORM_WORDS[plain]
    known = "、".join(f"{form.value}({form.title})" for form in FormName)
    raise TsunagaruError(f"「{word}」という帳票はありません。次のどれかを指定してください: {known}。")


def axis_named(form: FormName, word: str | None) -> Axis:
    """The axis of a form by its name; None means the form's usual one. Raises TsunagaruError that lists the axes."""
    if word is None:
        return form.axes[0]
    axis = next((axis for axis in Axis if axis.value == word), _AXIS_WORDS.get(word))
    if axis not in form.axes:
        known = "、".join(f"{axis.value}({axis.title})" for axis in form.axes)
        raise TsunagaruError(f"{form.title}の行は「{word}」にできません。次のどれかを指定してください: {known}。")
    return axis


def period_of(first: date, last: date) -> Period:
    """A period of whole days. Raises TsunagaruError when it is empty, too long or no working day of anybody."""
    if first < EARLIEST_DAY or last > LATEST_DAY:
        raise TsunagaruError(
            f"集計期間は {EARLIEST_DAY} から {LATEST_DAY} までの日で指定してください({first}~{last} は扱えません)。"
        )
    if first > last:
        raise TsunagaruError(
            f"集計期間の始まり {first} が終わり {last} より後です。始まりを終わり以前の日にしてください。"
        )
    if (last - first).days >= LONGEST_PERIOD_DAYS:
        raise TsunagaruError(f"集計期間 {first}~{last} は長すぎます。5年以内の期間に分けて指定してください。")
    return Period(first, last)


def ask(
    form: FormName,
    axis: Axis,
    period: Period,
    now: datetime,
    made_by: str,
    *,
    as_of: date | None = None,
    purpose: Purpose = Purpose.DUNNING,
    claim_group: ClaimGroup | None = None,
) -> Request:
    """A checked request. Without `as_of` the report is as of today. Raises TsunagaruError for days that cannot be."""
    today = jst_date(now)
    day = as_of or today
    if day > today:
        raise TsunagaruError(
            f"収納基準日 {day} はまだ来ていません。今日({today})以前の日を指定するか、指定を省いてください。"
        )
    if period.first > day:
        raise TsunagaruError(
            f"集計期間の始まり {period.first} が収納基準日 {day} より後です。期間か収納基準日を直してください。"
        )
    moment = min(now, at_jst(day + timedelta(days=1)))
    return Request(form, axis, period, day, moment, made_by, purpose, claim_group)
