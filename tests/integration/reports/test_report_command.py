"""`tsunagaru report`: a file, or a sentence that says what to do."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import pytest

from casefile.clock import at_jst
from tsunagaru.cli import main

JULY = ["--from", "2026-07-01", "--to", "2026-07-31"]


@pytest.fixture
def installed(database_url: str, municipality: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One municipality in the database this command is told of; the clock stands in autumn 2026."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setattr("tsunagaru.settings.SystemClock", _Autumn)


class _Autumn:
    def now(self) -> datetime:
        return at_jst(date(2026, 9, 10), 10)


@pytest.mark.usefixtures("installed")
def test_every_form_becomes_a_file_and_the_same_bytes_again(tmp_path: Path) -> None:
    for form, fmt in (("calls", "json"), ("地区別", "csv"), ("文書効果状況表", "html"), ("calls", "xlsx")):
        paths = [tmp_path / f"{turn}.{fmt}" for turn in (1, 2)]
        for path in paths:
            assert main(["report", form, *JULY, "--as-of", "2026-08-31", "--format", fmt, "-o", str(path)]) == 0
        assert paths[0].read_bytes() == paths[1].read_bytes()
    assert main(["report", "calls", *JULY, "--by", "weekday", "-o", str(tmp_path / "w.json")]) == 0
    found = json.loads((tmp_path / "w.json").read_text())
    assert (found["axis"], found["header"]["municipality"]) == ("weekday", "試験市")


@pytest.mark.usefixtures("installed")
def test_wrong_requests_are_answered_with_a_sentence_and_no_file(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.json"
    for words, sentence in (
        (["sales", *JULY], "「sales」という帳票はありません。次のどれかを指定してください: calls(架電状況表)"),
        (["calls", "--from", "2026-08-01", "--to", "2026-07-31"], "始まりを終わり以前の日にしてください"),
        (["calls", *JULY, "--by", "town"], "次のどれかを指定してください: hour(時間帯別)"),
        (["calls", *JULY, "--as-of", "2026-12-01"], "まだ来ていません"),
        (["calls", *JULY, "--municipality", "011002"], "次から選んでください: 119998(試験市)"),
    ):
        assert main(["report", *words, "-o", str(path)]) == 2
        assert sentence in capfd.readouterr().err
        assert not path.exists()


@pytest.mark.usefixtures("installed")
def test_places_that_cannot_be_written_are_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "calls", *JULY, "-o", str(tmp_path)]) == 2
    assert "はフォルダーです" in capfd.readouterr().err
    assert main(["report", "calls", *JULY, "-o", str(tmp_path / "none" / "x.json")]) == 2
    assert "というフォルダーがありません" in capfd.readouterr().err
