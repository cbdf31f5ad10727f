"""What may be asked for, and the sentences for what may not."""

from __future__ import annotations

from datetime import date

import pytest

from casefile.clock import at_jst
from casefile.errors import TsunagaruError
from reports import Axis, FormName, ask, axis_named, form_named, period_of

NOW = at_jst(date(2026, 9, 10), 10, 30)
JULY = period_of(date(2026, 7, 1), date(2026, 7, 31))


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("calls", FormName.CALLS),
        ("CALLS", FormName.CALLS),
        ("架電状況表", FormName.CALLS),
        ("架電状況表（地区別）", FormName.DISTRICTS),
        ("地区別", FormName.DISTRICTS),
        ("文書効果状況表", FormName.DOCUMENTS),
    ],
)
def test_forms_have_english_and_japanese_names(word: str, form: FormName) -> None:
    assert form_named(word) is form


def test_an_unknown_form_lists_the_forms() -> None:
    with pytest.raises(TsunagaruError, match=r"「sales」という帳票はありません。.*calls.*districts.*documents"):
        form_named("sales")


def test_an_axis_belongs_to_its_form() -> None:
    assert axis_named(FormName.CALLS, None) is Axis.HOUR
    assert axis_named(FormName.CALLS, "曜日") is Axis.WEEKDAY
    assert axis_named(FormName.DISTRICTS, "town") is Axis.TOWN
    with pytest.raises(TsunagaruError, match=r"hour.*weekday.*day"):
        axis_named(FormName.CALLS, "town")
    with pytest.raises(TsunagaruError, match="「minute」にできません"):
        axis_named(FormName.CALLS, "minute")


def test_a_period_runs_forward_and_ends() -> None:
    with pytest.raises(TsunagaruError, match="より後です"):
        period_of(date(2026, 8, 1), date(2026, 7, 31))
    with pytest.raises(TsunagaruError, match="5年以内"):
        period_of(date(2016, 8, 1), date(2026, 7, 31))
    assert len(JULY.days) == 31
    assert JULY.begins == at_jst(date(2026, 7, 1))
    assert JULY.ends == at_jst(date(2026, 8, 1))


def test_as_of_a_past_day_is_its_end_and_as_of_today_is_now() -> None:
    past = ask(FormName.CALLS, Axis.HOUR, JULY, NOW, "検証", as_of=date(2026, 8, 31))
    assert past.moment == at_jst(date(2026, 9, 1))
    today = ask(FormName.CALLS, Axis.HOUR, JULY, NOW, "検証")
    assert (today.as_of, today.moment) == (date(2026, 9, 10), NOW)


def test_as_of_cannot_lie_ahead_nor_before_the_period() -> None:
    with pytest.raises(TsunagaruError, match="まだ来ていません"):
        ask(FormName.CALLS, Axis.HOUR, JULY, NOW, "検証", as_of=date(2026, 9, 11))
    with pytest.raises(TsunagaruError, match="収納基準日 2026-06-30 より後です"):
        ask(FormName.CALLS, Axis.HOUR, JULY, NOW, "検証", as_of=date(2026, 6, 30))
