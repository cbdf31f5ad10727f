"""Keys nobody can read are refused where they stand, and the sentence shows what cannot be seen."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefile.intake.cells import Converter
from casefile.intake.kinds import ARREARS, Column, Form
from casefile.intake.legible import unfit, visible

NOTICE = ARREARS.by_name["notice_no"]
NUMBER = ARREARS.by_name["addressee_no"]


@pytest.mark.parametrize(
    "sign",
    [
        "\uf8f1",
        "\ue000",
        "〓",
        "\ufffd",
        "\U0010feeb",
        "\x00",
        "\x1f",
        "\u200b",
        "\u00ad",
        "\u3164",
        "\ufe0f",
        "\u202e",
    ],
)
@pytest.mark.parametrize("column", [NOTICE, NUMBER])
@pytest.mark.parametrize("at", [0, 2, 4])
def test_a_key_with_what_cannot_be_seen_is_refused(column: Column, sign: str, at: int) -> None:
    converter = Converter(column)
    raw = "0041"[:at] + sign + "0041"[at:]
    assert converter[raw] is None
    assert "文字目 U+" in converter.reason(raw)
    assert sign == "〓" or sign not in converter.reason(raw)


def test_the_sentence_names_each_character_and_its_place() -> None:
    reason = Converter(NUMBER).reason("\uf8f3\uf8f10000000041")
    assert "「[U+F8F3][U+F8F1]0000000041」" in reason
    assert "1文字目 U+F8F3、2文字目 U+F8F1" in reason


@pytest.mark.parametrize(("raw", "value"), [("００４１", "0041"), (" 0041　", "0041"), ("C-12", "C-12")])
def test_a_number_may_be_wide_and_padded(raw: str, value: str) -> None:
    assert Converter(NUMBER)[raw] == value


@pytest.mark.parametrize("raw", ["ｱ0041", "亜0041", "00 41"])
def test_an_addressee_number_is_plain(raw: str) -> None:
    assert Converter(NUMBER)[raw] is None


def test_other_keys_keep_their_letters() -> None:
    assert Converter(NOTICE)["川口500あ12"] == "川口500あ12"
    assert Converter(NOTICE)["カ\u3099"] == "ガ"


def test_a_code_table_may_name_a_private_use_character() -> None:
    assert Converter(Column("x", "列", Form.KEY), codes={"\ue000": "11"})["\ue000"] == "11"


@given(st.text(max_size=40))
def test_what_is_shown_can_be_seen(text: str) -> None:
    assert "".join(sign for sign in visible(text) if unicodedata.category(sign) != "Zs").isprintable()


@given(st.text(min_size=1, max_size=20))
def test_a_key_that_is_taken_can_be_read(raw: str) -> None:
    value = Converter(NOTICE)[raw]
    assert value is None or not unfit(value)
