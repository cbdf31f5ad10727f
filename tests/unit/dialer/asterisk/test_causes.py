"""Causes of the network → 架電結果, as data."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialer.asterisk.causes import our_cause_tables, read_cause_tables
from dialer.asterisk.detection.early import Early


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


@pytest.mark.parametrize(
    ("q850", "sip", "heard", "result"),
    [
        (16, 487, Early.BUSY, "02"),
        (18, 480, Early.BUSY, "02"),
        (17, 486, Early.RING_BACK, "02"),
        (34, 503, Early.BUSY, "12"),  # Japan's tone for a network without room is the busy tone
        (21, 603, Early.BUSY, "08"),
        (1, 404, Early.BUSY, "05"),
        (18, 480, Early.OUT_OF_REACH, "07"),
        (1, 404, Early.SUSPENDED, "09"),
        (16, None, Early.NOT_IN_SERVICE, "05"),
        # Somebody speaks; who knows of what.
        (1, 404, Early.VOICE, "05"),
        (20, 480, Early.VOICE, "07"),
        (18, 480, Early.VOICE, "03"),
        (18, 480, Early.ANNOUNCEMENT, "03"),
        (18, 480, Early.RING_BACK, "03"),
    ],
)
def test_what_was_heard_before_the_end_counts_beside_the_cause(
    q850: int | None, sip: int | None, heard: Early, result: str
) -> None:
    assert our_cause_tables()["default"].result_of(q850, sip, heard).value == result


@pytest.mark.parametrize(
    ("heard", "result"),
    [(Early.BUSY, "02"), (Early.SUSPENDED, "09"), (Early.RING_BACK, None), (Early.VOICE, None), (Early.UNKNOWN, None)],
)
def test_where_our_side_ends_a_call_only_what_was_heard_says_anything(heard: Early, result: str | None) -> None:
    assert our_cause_tables()["default"].result_of_sound(heard) == result


def test_an_office_says_what_a_voice_means_on_its_trunk(tmp_path: Path) -> None:
    file = tmp_path / "causes.toml"
    file.write_text(
        '[hikari]\notherwise = "03"\n[[hikari.rule]]\nheard = ["voice", "announcement"]\nsip = [480]\nresult = "07"\n',
        encoding="utf-8",
    )
    table = read_cause_tables(file)["hikari"]
    said = [
        table.result_of(18, sip, heard).value
        for sip, heard in ((480, Early.VOICE), (480, Early.BUSY), (486, Early.VOICE))
    ]
    assert said == ["07", "03", "03"]
    assert table.result_of_sound(Early.VOICE) is None


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
        ('[a]\notherwise = "03"\n[[a.rule]]\nresult = "05"\n', "どれもない行"),
        ('[a]\notherwise = "03"\n[[a.rule]]\nheard = ["song"]\nresult = "05"\n', "heard は次の名前の一覧"),
        ('[a]\notherwise = "03"\n[[a.rule]]\nheard = ["unknown"]\nresult = "05"\n', "heard は次の名前の一覧"),
        ('[a]\notherwise = "03"\n[[a.rule]]\nheard = "voice"\nresult = "05"\n', "heard は次の名前の一覧"),
    ],
)
def test_a_wrong_table_is_named(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "causes.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=says):
        read_cause_tables(file)
