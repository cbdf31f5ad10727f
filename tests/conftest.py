"""What every test stands on: a real PostgreSQL, a database of its own, and rules that keep a test honest."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import uuid
from collections.abc import Generator, Iterator
from pathlib import Path

import psutil
import pytest
import pytest_socket
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from casefile.db import Database
from tests.fixtures import city, municipality
from tests.shared_city import passing, shared_city, shared_database
from tsunagaru.databases import create_database, drop_database
from tsunagaru.postgres import EmbeddedServer

__all__ = ["city", "municipality", "passing", "shared_city", "shared_database"]

_HOME_PREFIX = "tsunagaru-test-"
# A test database need not survive a power cut.
_FORGETFUL = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "128MB",
}
_IN_CI = os.environ.get("CI") == "true"

# The same examples at every run, no clock, no memory of earlier runs.
hypothesis_settings.register_profile(
    "repeatable", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("repeatable")


# -- the rules ------------------------------------------------------------------------------------------------------


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test's folder says what it is."""
    for item in items:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        if folder == "integration":
            item.add_marker(pytest.mark.integration)
        if folder == "e2e":
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.debian)
        if folder == "unit" and "server_url" in getattr(item, "fixturenames", ()):
            raise pytest.UsageError(f"{item.nodeid} is a unit test and must not ask for a database; move it")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A unit test opens no socket, not even a local one."""
    if item.path.is_relative_to(Path(__file__).parent / "unit"):
        pytest_socket.disable_socket()
    else:
        pytest_socket.enable_socket()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With CI=true a skipped test is a failure."""
    report = yield
    if _IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and with CI=true nothing may be left out: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """With CI=true a skipped module is a failure."""
    report = yield
    if _IN_CI and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped, and with CI=true nothing may be left out: {report.longrepr}"
    return report


# -- the server and its databases -----------------------------------------------------------------------------------


@pytest.fixture(scope="session", autouse=True)
def tsunagaru_home() -> Iterator[Path]:
    """A TSUNAGARU_HOME of this run alone, so that no test ever touches a real installation."""
    _clear_up_after_killed_runs()
    home = Path(tempfile.mkdtemp(prefix=f"{_HOME_PREFIX}{os.getpid()}-"))
    before = os.environ.get("TSUNAGARU_HOME")
    os.environ["TSUNAGARU_HOME"] = str(home)
    yield home
    if before is None:
        del os.environ["TSUNAGARU_HOME"]
    else:
        os.environ["TSUNAGARU_HOME"] = before
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def server_url(tsunagaru_home: Path) -> Iterator[str]:
    """The administrator's URL of a server to test on: DATABASE_URL's if it is set, otherwise an embedded one."""
    outside = os.environ.get("DATABASE_URL")
    if outside:
        yield outside
        return
    server = EmbeddedServer(tsunagaru_home, _FORGETFUL)
    atexit.register(server.stop)
    yield server.start()
    server.stop()
    atexit.unregister(server.stop)


@pytest.fixture(scope="session")
def template_database(server_url: str) -> Iterator[str]:
    """The name of a database that went through every migration and holds no rows."""
    from casefile import migrations

    name = f"tsunagaru_template_{uuid.uuid4().hex[:12]}"
    migrations.upgrade(create_database(server_url, name))
    yield name
    drop_database(server_url, name)


@pytest.fixture
def database_url(server_url: str, template_database: str) -> Iterator[str]:
    """The administrator's URL of a fresh, migrated database of this test alone."""
    name = f"tsunagaru_test_{uuid.uuid4().hex[:12]}"
    yield create_database(server_url, name, template_database)
    drop_database(server_url, name)


@pytest.fixture
def empty_database_url(server_url: str) -> Iterator[str]:
    """The administrator's URL of a database without any table."""
    name = f"tsunagaru_empty_{uuid.uuid4().hex[:12]}"
    yield create_database(server_url, name)
    drop_database(server_url, name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh, migrated database of this test alone, worked on as the application's role."""
    opened = Database(database_url)
    yield opened
    opened.close()


def _clear_up_after_killed_runs() -> None:
    """Stop servers whose test run was killed; an embedded server outlives its client by design."""
    for home in Path(tempfile.gettempdir()).glob(f"{_HOME_PREFIX}*"):
        pid = home.name.removeprefix(_HOME_PREFIX).partition("-")[0]
        if pid.isdigit() and not psutil.pid_exists(int(pid)) and os.access(home, os.W_OK):
            EmbeddedServer(home).stop()
            shutil.rmtree(home, ignore_errors=True)
