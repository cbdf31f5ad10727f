"""The files a core system would write: frame, trailer, encoding, 和暦."""

from __future__ import annotations

from pathlib import Path

import pytest

from casefile.intake.kinds import KINDS
from rehearsal.city import Layout, SyntheticCity, write_files, write_rows
from rehearsal.city.rows import Row


def test_all_eleven_files_with_their_trailers(truth: SyntheticCity, tmp_path: Path) -> None:
    written = write_files(truth, tmp_path)
    assert [file.kind for file in written] == sorted(KINDS, key=lambda code: KINDS[code].order)
    for file in written:
        lines = file.path.read_bytes().decode("utf-8-sig").split("\r\n")
        assert lines[0].startswith(f"基準日,{truth.as_of.isoformat()},")
        assert lines[-2].startswith(f"合計,{file.rows},")
        assert len(lines) == file.rows + 4
    arrears = next(file for file in written if file.kind == "arrears")
    total = sum(debt.unpaid_yen for debts in truth.debts.values() for debt in debts)
    assert arrears.path.read_bytes().decode("utf-8-sig").split("\r\n")[-2] == f"合計,{truth.debt_rows()},{total}"


def test_the_citys_own_layout_is_cp932_with_japanese_years(truth: SyntheticCity, tmp_path: Path) -> None:
    written = {file.kind: file for file in write_files(truth, tmp_path, Layout.CITY_CP932)}
    lines = written["arrears"].path.read_bytes().decode("cp932").split("\r\n")
    assert lines[0] == "ヘッダ,滞納期別明細,令和8年10月2日現在"
    assert lines[1].startswith("宛名番号,税目コード,賦課年度")
    assert "令和8年度" in lines[2] or "令和" in lines[2]
    assert lines[-2].startswith(f"トレーラ,件数,{written['arrears'].rows},")
    assert written["districts"].path.read_bytes().decode("cp932").startswith("ヘッダ,地区,令和8年10月2日現在")


def test_what_cp932_cannot_hold_becomes_a_private_sign_and_never_a_question_mark(
    truth: SyntheticCity, tmp_path: Path
) -> None:
    row: Row = {
        "addressee_no": "0000000010",
        "kind": "個人",
        "name": "𠮷田 髙子",
        "name_kana": "ヨシダ タカコ",
        "address": "見本",
    }
    file = write_rows("addressees", [row], truth.as_of, tmp_path, Layout.CITY_CP932)
    text = file.path.read_bytes().decode("cp932")
    assert "?" not in text
    assert "\ue000田 髙子" in text


def test_same_city_same_bytes(truth: SyntheticCity, tmp_path: Path) -> None:
    first = [file.path.read_bytes() for file in write_files(truth, tmp_path / "a")]
    assert first == [file.path.read_bytes() for file in write_files(truth, tmp_path / "b")]


@pytest.mark.parametrize("layout", list(Layout))
def test_a_comma_in_a_cell_is_quoted(truth: SyntheticCity, tmp_path: Path, layout: Layout) -> None:
    row: Row = {"addressee_no": "1", "kind": "個人", "name": '甲,乙"丙', "address": "見本"}
    file = write_rows("addressees", [row], truth.as_of, tmp_path, layout)
    text = file.path.read_bytes().decode("utf-8-sig" if layout is Layout.STANDARD else "cp932")
    assert '"甲,乙""丙"' in text
