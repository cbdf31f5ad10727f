"""The one file installs, upgrades and refuses without any network. A longer proof: `make prove-bundle`."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tsunagaru.bundle import assemble, build_own_wheel, collect_dependencies, collect_installer
from tsunagaru.postgres import EmbeddedServer

pytestmark = [pytest.mark.slow]

PROJECT = Path(__file__).parents[3]
NEXT_VERSION = "99.0.0"
_COUNT = "import sys, psycopg; print(psycopg.connect(sys.argv[1]).execute('SELECT count(*) FROM municipality').fetchone()[0])"


@dataclass(frozen=True)
class Office:
    """A machine without network: its two bundles, where they install to, where its data lie."""

    first: Path
    second: Path
    prefix: Path
    home: Path

    def offline(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command in a network namespace that has no interface."""
        namespace = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home.parent),
            "LANG": "C.UTF-8",
            "TSUNAGARU_HOME": str(self.home),
        }
        return subprocess.run(
            [*namespace, *map(str, words)], env=environment, cwd="/", capture_output=True, text=True, check=False
        )

    def install(self, bundle: Path) -> subprocess.CompletedProcess[str]:
        return self.offline("sh", bundle, "--prefix", self.prefix)

    def command(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        return self.offline(self.prefix / "bin" / "tsunagaru", *words)

    def current(self) -> str:
        return (self.prefix / "current").resolve().name


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    place = Path(tempfile.mkdtemp(prefix="tsunagaru-test-bundle-"))
    place.chmod(0o755)
    workshop = place / "workshop"
    wheels = workshop / "wheels"
    collect_dependencies(PROJECT / "requirements.lock", wheels)
    collect_installer(PROJECT / "requirements.lock", workshop)
    first = _bundle(PROJECT, place / "own-1", workshop)
    second = _bundle(_as_next_version(place / "source"), place / "own-2", workshop)
    yield Office(first, second, place / "prefix", place / "home")
    EmbeddedServer(place / "home").stop()
    shutil.rmtree(place)


def _bundle(source: Path, own_folder: Path, workshop: Path) -> Path:
    own = build_own_wheel(source, own_folder)
    beside = Path(shutil.copy(own, workshop / "wheels"))
    bundle = assemble(workshop, own, workshop.parent / "bundles")
    beside.unlink()
    return bundle


def _as_next_version(copy: Path) -> Path:
    shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns(".*", "node_modules", "dist", "tests", "__pycache__"))
    text = (copy / "pyproject.toml").read_text()
    first_line = next(line for line in text.splitlines() if line.startswith("version = "))
    (copy / "pyproject.toml").write_text(text.replace(first_line, f'version = "{NEXT_VERSION}"'))
    return copy


def test_it_installs_works_upgrades_and_refuses(office: Office) -> None:
    interfaces = office.offline("cat", "/proc/net/dev").stdout.splitlines()[2:]
    assert [line.split(":")[0].strip() for line in interfaces] == ["lo"]

    installed = office.install(office.first)
    assert installed.returncode == 0, installed.stderr
    version = office.current()
    assert office.command("--version").stdout == f"tsunagaru {version}\n"
    assert office.command("migrate").returncode == 0

    _add_a_municipality(office)

    # A file damaged on its way changes nothing.
    damaged = office.second.with_suffix(".damaged")
    content = bytearray(office.second.read_bytes())
    content[-100_000] ^= 0xFF
    damaged.write_bytes(content)
    refused = office.install(damaged)
    assert refused.returncode == 2
    assert "壊れています" in refused.stderr
    assert office.current() == version

    # Nobody's work is cut off.
    server = EmbeddedServer(office.home)
    server.start()
    refused = office.install(office.second)
    server.stop()
    assert refused.returncode == 2
    assert "止めてから" in refused.stderr
    assert office.current() == version

    upgraded = office.install(office.second)
    assert upgraded.returncode == 0, upgraded.stderr
    assert office.current() == NEXT_VERSION
    assert office.command("--version").stdout == f"tsunagaru {NEXT_VERSION}\n"
    assert len(list((office.home / "backups").glob("*.tar"))) == 1
    assert _municipalities(office) == 1

    # The saved state goes back in, too.
    (backup,) = (office.home / "backups").glob("*.tar")
    restored = office.command("restore", "--replace", backup)
    assert restored.returncode == 0, restored.stderr
    assert _municipalities(office) == 1


def _add_a_municipality(office: Office) -> None:
    server = EmbeddedServer(office.home)
    server.start()
    insert = "INSERT INTO municipality VALUES (131016, '見本市', '', '', '', true, '', '', '{}')"
    program = "import sys, psycopg\nwith psycopg.connect(sys.argv[1]) as c: c.execute(sys.argv[2])"
    done = office.offline(office.prefix / "current" / "bin" / "python", "-c", program, server.url("tsunagaru"), insert)
    server.stop()
    assert done.returncode == 0, done.stderr


def _municipalities(office: Office) -> int:
    server = EmbeddedServer(office.home)
    server.start()
    done = office.offline(office.prefix / "current" / "bin" / "python", "-c", _COUNT, server.url("tsunagaru"))
    server.stop()
    assert done.returncode == 0, done.stderr
    return int(done.stdout)
