"""The picker's answer rates: shrunk where little is known, led by evidence where there is some."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from casefile.calendar import OfficeCalendar
from casefile.clock import at_jst
from dialer.picker import FIRST_GUESS, DayKind, HourSlot, ReachBook, hour_slot

_EVENING = HourSlot(DayKind.WEEKDAY, 19)
_NOON = HourSlot(DayKind.WEEKDAY, 12)
_HOME, _OTHER = UUID(int=1), UUID(int=2)


def test_nothing_known_is_the_first_guess() -> None:
    book = ReachBook()
    assert book.answer_rate(_HOME, _EVENING) == pytest.approx(FIRST_GUESS)
    assert book.evidence(_HOME, _EVENING) == "この番号への架電はまだありません(平日19時台は全体で25%が応答)"


def test_somebody_who_answers_only_at_seven_ranks_first_at_seven() -> None:
    book = ReachBook()
    book.add(_HOME, _EVENING, 4, 3)
    book.add(_HOME, _NOON, 4, 0)
    book.add(_OTHER, _NOON, 8, 3)
    assert book.answer_rate(_HOME, _EVENING) > book.answer_rate(_OTHER, _EVENING)
    assert book.answer_rate(_HOME, _NOON) < book.answer_rate(_OTHER, _NOON)
    assert [slot for slot, _, _ in book.best_slots(_HOME)] == [_EVENING, _NOON]
    assert book.evidence(_HOME, _EVENING) == "平日19時台 4回中3回応答、全体 8回中3回応答"


def test_one_try_moves_less_than_ten() -> None:
    few, many = ReachBook(), ReachBook()
    few.add(_HOME, _NOON, 1, 0)
    many.add(_HOME, _NOON, 10, 0)
    assert FIRST_GUESS > few.answer_rate(_HOME, _NOON) > many.answer_rate(_HOME, _NOON) > 0


def test_the_city_tells_about_a_number_never_tried() -> None:
    book = ReachBook()
    book.add(_OTHER, _EVENING, 500, 250)
    book.add(_OTHER, _NOON, 500, 50)
    assert book.answer_rate(_HOME, _EVENING) > 2 * book.answer_rate(_HOME, _NOON)


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 10, 5), DayKind.WEEKDAY),
        (date(2026, 10, 10), DayKind.SATURDAY),
        (date(2026, 10, 11), DayKind.HOLIDAY),
        (date(2026, 10, 12), DayKind.HOLIDAY),  # スポーツの日
    ],
)
def test_slots_by_the_japanese_calendar(day: date, kind: DayKind) -> None:
    assert hour_slot(at_jst(day, 18, 59), OfficeCalendar()) == HourSlot(kind, 18)
