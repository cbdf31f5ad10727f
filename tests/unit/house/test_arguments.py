"""Whatever is typed wrongly is answered by one Japanese sentence and exit code 2."""

from __future__ import annotations

import re
from datetime import date

import pytest

from casefile.errors import TsunagaruError
from tsunagaru import cli
from tsunagaru.arguments import Parser, a_date, a_positive_factor, a_positive_number


def parser() -> Parser:
    made = Parser(prog="try")
    made.add_argument("file")
    made.add_argument("--days", type=a_positive_number)
    made.add_argument("--seed", type=int)
    made.add_argument("--speed", type=a_positive_factor)
    made.add_argument("--from", type=a_date, dest="start")
    made.add_argument("--format", choices=["json", "csv"])
    either = made.add_mutually_exclusive_group()
    either.add_argument("--one", action="store_true")
    either.add_argument("--other", action="store_true")
    return made


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "file を指定してください。"),
        (["a", "b"], "「b」という指定はありません。"),
        (["a", "--wrong"], "「--wrong」という指定はありません。"),
        (["a", "--days", "0"], "1以上の整数"),
        (["a", "--days", "²"], "1以上の整数"),
        (["a", "--seed", "x"], "整数を指定"),
        (["a", "--seed"], "--seed の後に値を指定"),
        (["a", "--speed", "0"], "0より大きい数"),
        (["a", "--speed", "inf"], "0より大きい数"),
        (["a", "--speed", "nan"], "0より大きい数"),
        (["a", "--from", "2026-02-30"], "日付ではありません"),
        (["a", "--format", "pdf"], "--format に「pdf」は使えません。"),
        (["a", "--one", "--other"], "一緒に使えません"),
    ],
)
def test_a_mistake_is_one_japanese_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(words)
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert sentence in told
    assert told.startswith("エラー: ")
    assert told.count("\n") == 1
    assert not re.search(r"argument|invalid|required", told)


def test_help_has_no_english_heading(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(["-h"])
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert shown.startswith("使い方: try")
    assert not re.search(r"usage:|options:|positional|show this", shown)


def test_a_date_is_a_calendar_day() -> None:
    assert a_date("2024-02-29") == date(2024, 2, 29)


@pytest.mark.parametrize("words", [[], ["nonsense"], ["--nonsense"]])
def test_the_command_itself_explains_a_mistake(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("エラー: ")


def test_every_command_of_the_design_is_in_the_table() -> None:
    promised = {"demo", "serve", "import", "rehearse", "report", "reach", "bench", "doctor", "backup", "restore"}
    assert promised <= set(cli.COMMANDS)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (TsunagaruError("直してください。"), "エラー: 直してください。\n"),
        (FileNotFoundError(2, "No such file", "a.csv"), "a.csv を読み書きできません"),
        (PermissionError(13, "Permission denied", "a.csv"), "a.csv を読み書きできません"),
    ],
)
def test_a_person_s_error_never_shows_a_traceback(
    error: Exception, sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> int:
        raise error

    monkeypatch.setattr(cli, "_run", fail)
    assert cli.main([]) == 2
    told = capsys.readouterr().err
    assert sentence in told
    assert "Traceback" not in told


def test_a_defect_of_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "_run", fail)
    with pytest.raises(ZeroDivisionError):
        cli.main([])
