"""What a text may say and how long it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefile.calendar import OfficeCalendar
from casefile.city import City, CitySettings
from sms.seeding import DEFAULT_WORDINGS
from sms.wording import length, lint, render

CITY = City(
    119998, "試験市", "シケンシ", "試験県", "納税課", True, "03", "+81300001111", CitySettings(), OfficeCalendar()
)
GOOD = "{sender}です。{phone}へお電話ください。送信専用です。"


@pytest.mark.parametrize(
    ("text", "units", "segments"),
    [
        ("あ" * 70, 70, 1),
        ("あ" * 71, 71, 2),
        ("あ" * 134, 134, 2),
        ("あ" * 135, 135, 3),
        ("𠮷" * 35, 70, 1),
        ("𠮷" * 36, 72, 2),
        ("", 0, 1),
    ],
)
def test_length_is_counted_in_utf16_units(text: str, units: int, segments: int) -> None:
    assert (length(text).units, length(text).segments) == (units, segments)


@given(st.text(max_size=700))
def test_segments_hold_the_text(text: str) -> None:
    try:
        measured = length(text)
    except UnicodeEncodeError:
        return
    assert measured.segments == 1 or measured.units <= 67 * measured.segments
    assert measured.units > 67 * (measured.segments - 1) or measured.segments == 1


def test_the_default_wordings_pass_and_are_one_message_each() -> None:
    for _, _, _, body in DEFAULT_WORDINGS:
        assert lint(body, CITY) == []
        assert length(render(body, CITY)).segments == 1


def test_the_section_is_named_only_where_it_may_be() -> None:
    assert render(GOOD, CITY).startswith("試験市納税課です。03-0000-1111へ")
    assert render(GOOD, replace(CITY, section_name_may_be_spoken=False)).startswith("試験市です。")


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("", "文面を入力"),
        (GOOD + "{name}", "{name} は使えません"),
        (GOOD + "{amount}と{address}", "{address}、{amount} は使えません"),
        (GOOD + "{", "波かっこ"),
        (GOOD + "山田様", "宛名"),
        (GOOD + "山田さん、", "宛名"),
        (GOOD + "金12,000円です", "金額"),
        (GOOD + "¥500", "金額"),
        (GOOD + "三万円", "金額"),
        (GOOD + "https://example.jp/", "URL"),
        (GOOD + "詳しくはcity.example.jpへ", "URL"),
        (GOOD + "本町1丁目2番地", "住所"),
        (GOOD + "滞納があります", "言い換え"),
        (GOOD + "差押の予告です", "言い換え"),
        (GOOD + "還付金があります", "還付"),
        (GOOD + "ATMへ", "還付"),
        ("試験市です。{phone}へ。送信専用です。", "{sender}"),
        ("{sender}です。送信専用です。", "{phone}"),
        ("{sender}です。{phone}へお電話ください。", "送信専用"),
        (GOOD + "\n" + "次の行", "改行"),
        (GOOD + "あ" * 640, "長すぎ"),
    ],
)
def test_the_linter_says_what_to_do(body: str, complaint: str) -> None:
    problems = lint(body, CITY)
    assert any(complaint in problem for problem in problems), problems
    assert all(problem.endswith("。") for problem in problems)


def test_ordinary_words_are_not_taken_for_names_or_amounts() -> None:
    assert lint(GOOD + "皆様子どもの健診も、一円まで", CITY) != []
    assert lint(GOOD + "お客様センターではありません。", CITY) != []
    assert lint(GOOD + "心当たりのない方はご容赦ください。", CITY) == []
