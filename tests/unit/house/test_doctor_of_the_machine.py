"""What the doctor says about a folder and its disk, without a server."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tsunagaru import doctor


def test_a_folder_that_is_not_there_yet_is_well_where_it_can_be_made(tmp_path: Path) -> None:
    assert doctor.folder(tmp_path / "not" / "yet").well


def test_a_home_that_is_a_file_is_not_well(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    assert "TSUNAGARU_HOME" in doctor.folder(tmp_path / "home").remedy


def test_a_full_disk_is_told_before_it_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=6 * 1024**3))
    assert doctor.free_space(tmp_path).well
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=4 * 1024**3))
    assert "5 GB" in doctor.free_space(tmp_path).remedy


def test_japanese_time_is_nine_hours_ahead() -> None:
    assert doctor.time_zone().found == "UTC+9:00:00"
