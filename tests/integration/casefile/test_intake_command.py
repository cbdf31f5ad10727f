"""`tsunagaru import` and `bench import` as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.intake_city import ADDRESSEES, LAYOUTS, TAXES, arrears_row, write_standard
from tsunagaru.cli import main

CITY = LAYOUTS / "example_city_cp932.toml"
DAY = "2026-06-01"


@pytest.fixture
def typed(database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> object:
    """Type a command; gives (exit code, what it printed)."""
    monkeypatch.setenv("DATABASE_URL", database_url)

    def run(*words: object) -> tuple[int, str]:
        code = main([str(word) for word in words])
        caught = capsys.readouterr()
        return code, caught.out + caught.err

    return run


def standard_with_municipality(folder: Path) -> Path:
    head = CITY.read_text("utf-8").split("[municipality]")[1].split("[city]")[0]
    path = folder / "mapping.toml"
    path.write_text("[municipality]" + head + (LAYOUTS / "standard.toml").read_text("utf-8"), "utf-8")
    return path


def test_import_registers_tells_and_refuses(typed, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    mapping = standard_with_municipality(tmp_path)
    files = [
        write_standard(tmp_path / "税目.csv", "taxes", TAXES, DAY),
        write_standard(tmp_path / "宛名.csv", "addressees", ADDRESSEES, DAY),
    ]
    arrears = write_standard(tmp_path / "滞納.csv", "arrears", [arrears_row(), arrears_row("0009")], DAY)

    code, said = typed("import", LAYOUTS / "standard.toml", files[0])
    assert code == 2
    assert "自治体がまだ登録されていません" in said
    code, said = typed("import", mapping, *files, "--dry-run")
    assert code == 2
    assert "まだ登録されていません" in said

    code, said = typed("import", mapping, *files)
    assert code == 0, said
    assert "追加 3 / 変更 0 / 変更なし 0 / 受け付けず 0" in said
    code, said = typed("import", mapping, arrears, "--dry-run")
    assert code == 1
    assert "何も変えていません" in said
    assert "4行目「宛名番号」: 宛名番号「0009」は登録されていません" in said
    code, said = typed("import", mapping, arrears, "--json")
    assert code == 1
    (told,) = json.loads(said)["files"]
    assert (told["state"], told["rejected"], told["as_of"]) == ("applied", 1, DAY)
    assert told["rejects"][0]["raw"].startswith("0009,")
    code, said = typed("import", mapping, arrears)
    assert code == 1
    assert "変更なし 1 / 受け付けず 1" in said
    code, said = typed("import", mapping, *files)
    assert code == 0
    assert said.count("すでに取り込んでいます") == 2

    arrears.write_bytes(arrears.read_bytes()[:-10])
    code, said = typed("import", mapping, arrears)
    assert code == 2
    assert "取り込みませんでした" in said
    code, said = typed("import", mapping, tmp_path / "滞納_ない.csv")
    assert code == 2
    assert "読めません" in said
    code, said = typed("import", tmp_path / "no.toml", arrears)
    assert code == 2
    assert "対応表" in said


def test_the_bench_prints_its_table_and_the_machine(typed) -> None:  # type: ignore[no-untyped-def]
    code, said = typed("bench", "import", "--rows", "300")
    assert code == 0, said
    assert "PostgreSQLのCOPYだけ" in said
    assert "メモリーの最大" in said
    assert "cores" in said
