"""`tsunagaru reach rank`: the files of PACING.md §7, read to the last line or refused with a sentence."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from casefile.calendar import OfficeCalendar
from tsunagaru.cli import main
from tsunagaru.reach_files import Rolls, read_attempts

_HEAD = "attempted_at,taxpayer,household,phone,line_type,district,birth_year,result,right_party\n"
_WHOM = "taxpayer,household,phone,line_type,district,birth_year\n"
_EVENING = "1,H1,+819000000001,mobile,D1,1980"
_DAY = "2,H2,+819000000002,mobile,D1,1980"
_NEW = "3,,+819000000003,landline,,"


def _history(folder: Path, lines: list[str], encoding: str = "utf-8") -> Path:
    path = folder / "attempts.csv"
    path.write_text(_HEAD + "".join(f"{line}\n" for line in lines), encoding=encoding)
    return path


def _month() -> list[str]:
    """One answers at 19 h only, one at 10 h only, each tried at both hours on ten weekdays."""
    lines = []
    for day in range(7, 19):
        if date(2026, 9, day).isoweekday() > 5:
            continue
        for hour, whom, answers in ((10, _EVENING, 0), (19, _EVENING, 1), (10, _DAY, 1), (19, _DAY, 0)):
            lines.append(f"2026-09-{day:02d}T{hour}:05:00+09:00,{whom},{'01' if answers else '03'},{answers}")
    return lines


def _rank(folder: Path, history: Path, at: str, candidates: str = f"{_WHOM}{_NEW}\n{_DAY}\n{_EVENING}\n") -> int:
    (folder / "candidates.csv").write_text(candidates, encoding="utf-8")
    asked = ["reach", "rank", "--history", str(history), "--candidates", str(folder / "candidates.csv")]
    return main([*asked, "--at", at, "-o", str(folder / "ranked.csv")])


def _ranked(folder: Path) -> list[dict[str, str]]:
    with (folder / "ranked.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_whoever_answers_at_seven_comes_first_at_seven(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history = _history(tmp_path, _month())
    assert _rank(tmp_path, history, "2026-10-05T19:00") == 0
    evening = _ranked(tmp_path)
    assert list(evening[0]) == [*_WHOM.strip().split(","), "p_live", "p_right_party"]
    assert [row["taxpayer"] for row in evening] == ["1", "3", "2"]
    assert all(0 < float(row["p_right_party"]) <= float(row["p_live"]) < 1 for row in evening)
    assert _rank(tmp_path, history, "2026-10-05T10:00+09:00") == 0
    assert _ranked(tmp_path)[0]["taxpayer"] == "2"
    assert "3人分" in capsys.readouterr().out


def test_what_happens_afterwards_is_not_known(tmp_path: Path) -> None:
    history = _history(tmp_path, _month())
    _rank(tmp_path, history, "2026-09-01T10:00")
    assert len({row["p_live"] for row in _ranked(tmp_path) if row["line_type"] == "mobile"}) == 1


def test_bad_lines_are_named_and_the_others_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = "2026-09-07T10:05:00+09:00,1,H1,+819000000001,mobile,D1,1980,03,0"
    history = _history(
        tmp_path,
        [
            good,
            good.replace("2026-09-07T10:05:00+09:00", "9月7日"),
            good.replace("2026-09-07", "2026-02-30"),
            good.replace(",03,", ",99,"),
            good.replace("mobile", "telegraph"),
            good.replace("1980", "昭和"),
            good.replace(",1,H1", ",,H1"),
            good[:-2],
            good[:-1] + "2",
            "",
            good,
        ],
    )
    assert _rank(tmp_path, history, "2026-10-05T19:00", f"{_WHOM}{_DAY}\n4,H4,,mobile,D1,1980\n") == 1
    told = capsys.readouterr()
    assert "記録 2件" in told.out
    lines = [line for line in told.err.splitlines() if line.startswith("attempts.csv")]
    assert [line.split()[1].split("行目")[0] for line in lines] == ["3", "4", "5", "6", "7", "8", "9", "10"]
    assert "9月7日" in lines[0]
    assert "02-30" in lines[1]
    assert "01 から 15" in lines[2]
    assert "landline" in lines[3]
    assert "西暦4桁" in lines[4]
    assert "宛名番号(taxpayer)が空です" in lines[5]
    assert "8個" in lines[6]
    assert "本人なら 1" in lines[7]
    assert "candidates.csv 3行目: 電話番号(phone)が空です。値を入れてください。" in told.err
    assert len(_ranked(tmp_path)) == 1


def test_many_bad_lines_go_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history = _history(tmp_path, ["x,1,H1,+819000000001,mobile,D1,1980,03,0"] * 30)
    assert _rank(tmp_path, history, "2026-10-05T19:00") == 1
    assert "ほか10行" in capsys.readouterr().err
    assert len((tmp_path / "attempts.csv.refused.csv").read_text(encoding="utf-8").splitlines()) == 31


def test_files_that_are_none_are_refused_with_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for content, sentence in (
        (b"", "空です"),
        (b"attempted_at,taxpayer\n", "household、phone"),
        (b"\xff\xfe\x00\x81", "文字コード"),
    ):
        path = tmp_path / "attempts.csv"
        path.write_bytes(content)
        assert _rank(tmp_path, path, "2026-10-05T19:00") == 2
        assert sentence in capsys.readouterr().err
    assert main(["reach", "rank", "--history", "none.csv", "--candidates", "x", "--at", "2026-10-05", "-o", "y"]) == 2


def test_other_encodings_columns_and_clocks(tmp_path: Path) -> None:
    path = tmp_path / "attempts.csv"
    lines = [
        "備考,result,attempted_at,taxpayer,household,phone,line_type,district,birth_year,right_party",
        "可,1,2026-09-07T01:05:00+00:00,1,,+819000000001,携帯,中央,,",
        "可,01,2026-09-07T10:05+09:00,1,,+819000000001,携帯,中央,,",
        "可,01,2026-09-07 10:05:00,1,,+819000000001,携帯,中央,,",
    ]
    path.write_text("\n".join(lines) + "\n", encoding="cp932")
    rolls = Rolls()
    history = read_attempts(path, rolls, OfficeCalendar())
    assert history.refused == []
    assert history.attempts.when.minute.tolist() == [605, 605, 605]
    assert history.attempts.right_party.tolist() == [-1, -1, -1]
    assert rolls.households.known("S-1") == 0
    assert history.attempts.whom.district.tolist() == [1, 1, 1]
