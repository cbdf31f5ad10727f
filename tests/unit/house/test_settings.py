"""The environment is read once, and what cannot be used is told."""

from __future__ import annotations

import stat
from datetime import date, timedelta
from pathlib import Path

import pytest

from casefile.clock import SystemClock, at_jst
from casefile.errors import TsunagaruError
from tsunagaru.databases import database_of, url_of
from tsunagaru.settings import Settings, secret


def test_everything_can_be_said(tmp_path: Path) -> None:
    settings = Settings.from_environment(
        {
            "TSUNAGARU_HOME": str(tmp_path),
            "DATABASE_URL": "postgresql://a:b@c/d",
            "TSUNAGARU_HOST": "0.0.0.0",
            "TSUNAGARU_PORT": "9000",
            "TSUNAGARU_LOG": "console",
        }
    )
    assert settings == Settings(tmp_path, "postgresql://a:b@c/d", "0.0.0.0", 9000, "console")
    assert settings.recordings == tmp_path / "recordings"


def test_silence_means_the_embedded_server_on_this_machine_alone() -> None:
    settings = Settings.from_environment({"DATABASE_URL": ""})
    assert settings.database_url is None
    assert (settings.host, settings.port, settings.log_format) == ("127.0.0.1", 8080, "json")


def test_an_ordinary_person_s_data_lie_in_the_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert Settings.from_environment({"XDG_DATA_HOME": "/data"}).home == Path("/data/tsunagaru")
    assert Settings.from_environment({}).home == Path.home() / ".local" / "share" / "tsunagaru"
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert Settings.from_environment({"XDG_DATA_HOME": "/data"}).home == Path("/var/lib/tsunagaru")


@pytest.mark.parametrize("port", ["x", "-1", "65536", "8080.5", "٨٠٨٠"])
def test_an_unusable_port_is_told(port: str) -> None:
    with pytest.raises(TsunagaruError, match="ポート番号"):
        Settings.from_environment({"TSUNAGARU_PORT": port})


def test_several_web_servers_are_told_of_each_other_and_of_the_proxy() -> None:
    settings = Settings.from_environment({"REDIS_URL": "redis://:geheim@redis:6379/0", "TSUNAGARU_PROXIES": "1"})
    assert (settings.redis_url, settings.proxies) == ("redis://:geheim@redis:6379/0", 1)
    alone = Settings.from_environment({"REDIS_URL": "", "TSUNAGARU_PROXIES": ""})
    assert (alone.redis_url, alone.proxies) == (None, 0)


def test_an_unusable_redis_is_told_without_its_password() -> None:
    with pytest.raises(TsunagaruError, match="redis://") as told:
        Settings.from_environment({"REDIS_URL": "http://:geheim@redis"})
    assert "geheim" not in str(told.value)


@pytest.mark.parametrize("number", ["x", "-1", "10", "１"])
def test_an_unusable_number_of_proxies_is_told(number: str) -> None:
    with pytest.raises(TsunagaruError, match="プロキシの段数"):
        Settings.from_environment({"TSUNAGARU_PROXIES": number})


def test_an_unknown_log_format_is_told() -> None:
    with pytest.raises(TsunagaruError, match="json か console"):
        Settings.from_environment({"TSUNAGARU_LOG": "xml"})


def test_a_clock_may_stand_at_a_day_and_hour_when_a_command_begins() -> None:
    settings = Settings.from_environment({"TSUNAGARU_CLOCK": "2026-10-04T17:00"})
    begun = at_jst(date(2026, 10, 4), 17)
    assert begun <= settings.time.now() < begun + timedelta(minutes=1)
    assert isinstance(Settings.from_environment({}).time, SystemClock)


def test_a_clock_that_is_none_is_told() -> None:
    with pytest.raises(TsunagaruError, match="2026-10-04T17:00 の形"):
        Settings.from_environment({"TSUNAGARU_CLOCK": "昨日"})


def test_a_secret_is_made_once_and_closed_to_others(tmp_path: Path) -> None:
    settings = Settings.from_environment({"TSUNAGARU_HOME": str(tmp_path / "home")})
    first = secret(settings, "session")
    assert len(first) >= 43
    assert secret(settings, "session") == first
    assert secret(settings, "other") != first
    assert stat.S_IMODE((settings.home / "session.secret").stat().st_mode) == 0o600


def test_a_home_nobody_can_write_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(TsunagaruError, match="TSUNAGARU_HOME"):
        secret(Settings.from_environment({"TSUNAGARU_HOME": str(tmp_path / "home")}), "session")


def test_another_database_on_the_same_server() -> None:
    url = "postgresql+psycopg://user:p%40ss@/old?host=%2Frun%2Fx"
    assert url_of(url, "new") == "postgresql://user:p%40ss@/new?host=%2Frun%2Fx"
    assert database_of(url) == "old"


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://a/b", "postgresql", "postgresql://a:b@host:port/c"])
def test_a_url_of_something_else_is_told(url: str) -> None:
    with pytest.raises(TsunagaruError, match="DATABASE_URL"):
        url_of(url, "x")


@pytest.mark.parametrize("url", ["", "nonsense", "postgresql", "postgresql://a:b@host:port/c"])
def test_so_is_one_whose_database_cannot_be_read(url: str) -> None:
    with pytest.raises(TsunagaruError, match="DATABASE_URL"):
        database_of(url)
