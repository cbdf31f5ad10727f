"""Causes of the network → 架電結果, as data."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialer.asterisk.causes import our_cause_tables, read_cause_tables


@pytest.mark.parametrize(
    ("q850", "sip", "result"),
    [
        (1, 404, "05"),
        (22, 410, "06"),
        (28, 484, "11"),
        (17, 486, "02"),
        (19, 480, "03"),
        (18, None, "03"),
        (20, 480, "07"),  # the Reason header of a 480 says more than the status
        (21, 603, "08"),
        (21, 403, "08"),
        (34, 503, "12"),
        (38, None, "12"),
        (41, None, "12"),
        (42, None, "12"),
        (None, 486, "02"),
        (16, 299, "03"),
        (None, None, "03"),
    ],
)
def test_the_table_that_comes_with_the_program(q850: int | None, sip: int | None, result: str) -> None:
    assert our_cause_tables()["default"].result_of(q850, sip).value == result


def test_an_office_writes_a_table_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "causes.toml"
    file.write_text('[hikari]\notherwise = "12"\n[[hikari.rule]]\nq850 = [1]\nresult = "09"\n', encoding="utf-8")
    table = read_cause_tables(file)["hikari"]
    assert (table.result_of(1, 404).value, table.result_of(17, 486).value) == ("09", "12")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[a", "causes.toml: 書き方"),
        ('[a]\notherwise = "03"\n', "causes.toml の a: rule がありません"),
        ('[a]\notherwise = "99"\nrule = []\n', "架電結果 '99'"),
        ('[a]\notherwise = "01"\nrule = []\n', "架電結果 01 は回線の応答からは決まりません"),
        ('[a]\notherwise = "03"\n[[a.rule]]\nq850 = ["1"]\nresult = "05"\n', "q850 は番号の一覧"),
        ('[a]\notherwise = "03"\nrule = 3\n', "表の形"),
    ],
)
def test_a_wrong_table_is_named(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "causes.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=says):
        read_cause_tables(file)
