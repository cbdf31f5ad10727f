"""Numbers as files write them (DOMAIN.md §2.9): read, shown, hidden, and never a barred one dialed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefile.phone_number import can_receive_sms, display, is_synthetic, line_type_of, mask, read_phone
from casefile.vocabulary import LineType

BARRED = ("110", "118", "119", "1", "00", "010", "0990", "0570", "020", "0120", "0800")


@pytest.mark.parametrize(
    ("raw", "e164", "kind"),
    [
        ("048-477-1111", "+81484771111", LineType.LANDLINE),
        ("０４８（４７７）１１１１", "+81484771111", LineType.LANDLINE),
        ("048-477-1111(内線12)", "+81484771111", LineType.LANDLINE),
        ("048-477-1111 内線 12", "+81484771111", LineType.LANDLINE),
        ("048-477-1111(山田様方", "+81484771111", LineType.LANDLINE),
        ("048−477−1111 呼出", "+81484771111", LineType.LANDLINE),
        ("477-1111", "+81484771111", LineType.LANDLINE),
        ("+81 48 477 1111", "+81484771111", LineType.LANDLINE),
        ("+81(0)90-1234-5678", "+819012345678", LineType.MOBILE),
        ("186-090-1234-5678", "+819012345678", LineType.MOBILE),
        ("06-6208-8181", "+81662088181", LineType.LANDLINE),
        ("060-1234-5678", "+816012345678", LineType.MOBILE),
        ("080-1234-5678 妻", "+818012345678", LineType.MOBILE),
        ("050-5555-1234", "+815055551234", LineType.IP),
        ("090-0123-4567", "+819001234567", LineType.MOBILE),
        ("070-0123-4567", "+817001234567", LineType.MOBILE),
        ("050-0123-4567", "+815001234567", LineType.IP),
        ("03-0123-4567", "+81301234567", LineType.LANDLINE),
    ],
)
def test_numbers_that_can_be_dialed(raw: str, e164: str, kind: LineType) -> None:
    found = read_phone(raw, "048")
    assert (found.e164, found.line_type, found.problem) == (e164, kind, None)
    assert line_type_of(e164) is kind


@pytest.mark.parametrize(
    ("raw", "kind", "problem"),
    [
        ("110", LineType.BARRED, "緊急"),
        ("0120-000-000", LineType.BARRED, "0120"),
        ("080-0123-4567", LineType.BARRED, "0800"),
        ("0570-000-000", LineType.BARRED, "0570"),
        ("0990-123-456", LineType.BARRED, "0990"),
        ("020-1234-5678", LineType.BARRED, "020"),
        ("0077-1234", LineType.BARRED, "00XY"),
        ("010-1-212-555-1212", LineType.BARRED, "010"),
        ("+1 212 555 1212", LineType.BARRED, "010"),
        ("184-110", LineType.BARRED, "緊急"),
        ("060-0123-4567", LineType.UNKNOWN, "使われていない"),
        ("090-1234-567", LineType.UNKNOWN, "桁数"),
        ("48-477-1111", LineType.UNKNOWN, "市外局番"),
        ("03-1234-5678/090-1111-2222", LineType.UNKNOWN, "二つ以上"),
        ("なし", LineType.UNKNOWN, "数字がありません"),
        ("", LineType.UNKNOWN, "数字がありません"),
    ],
)
def test_numbers_that_cannot(raw: str, kind: LineType, problem: str) -> None:
    found = read_phone(raw, "048")
    assert found.e164 is None
    assert found.line_type is kind
    assert problem in (found.problem or "")


def test_local_numbers_need_an_area_code_that_makes_ten_digits() -> None:
    assert read_phone("477-1111").e164 is None
    assert read_phone("477-1111", "03").e164 is None
    assert read_phone("1234-5678", "03").e164 is None
    assert read_phone("2345-6789", "03").e164 == "+81323456789"


def test_the_office_s_own_number_is_barred() -> None:
    own = frozenset({"+81484771111"})
    assert read_phone("048-477-1111", "048", own).line_type is LineType.BARRED


def test_shown_and_hidden() -> None:
    assert display("+819001234567") == "090-0123-4567"
    assert display("+81484771111") == "048-477-1111"
    assert display("+81301234567") == "03-0123-4567"
    assert mask("+819001234567") == "090-****-**67"
    assert mask("+81484771111") == "048-***-**11"


def test_synthetic_numbers_and_texts() -> None:
    synthetic = ["+819001234567", "+817001234567", "+815001234567", "+81301234567"]
    real = ["+819012345678", "+818012345678", "+815012345678", "+81312345678", "+81484771111"]
    assert all(map(is_synthetic, synthetic))
    assert not any(map(is_synthetic, real))
    assert [can_receive_sms(number) for number in synthetic] == [True, True, False, False]
    assert can_receive_sms("+816012345678")


@given(
    st.one_of(st.text(max_size=30), st.text("0123456789-()+ 内線様方/", max_size=20)),
    st.sampled_from(["", "03", "048", "0494"]),
)
def test_no_text_ever_yields_a_barred_number(raw: str, area_code: str) -> None:
    found = read_phone(raw, area_code)
    assert (found.e164 is None) == (found.problem is not None)
    if found.e164 is not None:
        national = "0" + found.e164.removeprefix("+81")
        assert not national.startswith(BARRED)
        assert len(national) in {10, 11}
        assert found.line_type in {LineType.LANDLINE, LineType.MOBILE, LineType.IP}
        again = read_phone(display(found.e164))
        assert (again.e164, again.line_type) == (found.e164, found.line_type)


@given(
    st.sampled_from(["0990", "0570", "0120", "0800", "020", "010", "0077", "118"]), st.text("0123456789", max_size=9)
)
def test_barred_prefixes_stay_barred_in_every_dress(prefix: str, rest: str) -> None:
    for raw in (prefix + rest, f"({prefix}){rest}", f"184-{prefix}-{rest}", f"{prefix}-{rest}(内線1)"):
        assert read_phone(raw, "048").e164 is None
