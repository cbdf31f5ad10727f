"""One file that installs and upgrades without any network: `python -m tsunagaru.bundle`, called by `make bundle`.

The file is a shell script with a tar behind it: our own wheel with the client already built, the wheels of everything
it needs at the versions and hashes of the lock file, pip itself, and a list of hashes the installer checks against.
Only what runs is taken along; tools for building and testing stay behind.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from importlib.metadata import distribution, version
from importlib.resources import files
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

PAYLOAD_MARK = "__PAYLOAD__"
_EXTRAS = ("", "rehearsal")


def build_bundle(source: Path, target: Path) -> Path:
    """Build the bundle of the checkout `source` for this platform and this Python into the folder `target`."""
    with tempfile.TemporaryDirectory(prefix="tsunagaru-bundle-") as workshop:
        wheels = Path(workshop) / "wheels"
        collect_dependencies(source / "requirements.lock", wheels)
        own = build_own_wheel(source, Path(workshop) / "own")
        shutil.copy(own, wheels)
        collect_installer(source / "requirements.lock", Path(workshop))
        return assemble(Path(workshop), own, target)


def collect_dependencies(lock: Path, wheels: Path) -> None:
    """Put a wheel of every package the product needs while running into `wheels`, by the lock's hashes."""
    wheels.mkdir(parents=True, exist_ok=True)
    _collect(lock, needed_packages(), wheels)


def collect_installer(lock: Path, folder: Path) -> None:
    """Put pip's own wheel into `folder`: an office's Python may come without pip."""
    _collect(lock, {"pip"}, folder)


def _collect(lock: Path, names: set[str], folder: Path) -> None:
    chosen = folder.parent / "chosen.lock"
    chosen.write_text("".join(_blocks(lock, names)), encoding="utf-8")
    _pip("wheel", "--no-deps", "--require-hashes", "--no-build-isolation", "-r", str(chosen), "-w", str(folder))


def build_own_wheel(source: Path, target: Path) -> Path:
    """Our own wheel from a copy of the rooms, so that nothing a former build left behind gets in."""
    target.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="tsunagaru-wheel-") as clean:
        ignored = shutil.ignore_patterns(
            "node_modules", "__pycache__", ".*", "build", "dist", "tests", "docs", "*.egg-info"
        )
        shutil.copytree(source, clean, dirs_exist_ok=True, ignore=ignored)
        _pip("wheel", "--no-deps", "--no-build-isolation", clean, "-w", str(target))
    (wheel,) = target.glob("*.whl")
    return wheel


def assemble(workshop: Path, own: Path, target: Path) -> Path:
    """Lay the installer before a tar of `workshop`'s wheels; give the finished file."""
    _, release, _, _ = parse_wheel_filename(own.name)
    (workshop / "bundle.lock").write_text("".join(_hashed(sorted((workshop / "wheels").iterdir()))), encoding="utf-8")
    payload = workshop / "payload.tar"
    with tarfile.open(payload, "w") as tar:
        for path in [workshop / "bundle.lock", *sorted(workshop.glob("pip-*.whl")), workshop / "wheels"]:
            tar.add(path, path.name, filter=_anonymous)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    script = (
        (files("tsunagaru") / "bundle_install.sh")
        .read_text(encoding="utf-8")
        .replace("@VERSION@", str(release))
        .replace("@PYTHON@", python)
        .replace("@MACHINE@", platform.machine())
        .replace("@SHA256@", _sha256(payload))
    )
    target.mkdir(parents=True, exist_ok=True)
    bundle = target / f"tsunagaru-{release}-python{python}-{platform.system().lower()}-{platform.machine()}.run"
    with bundle.open("wb") as file:
        file.write(script.encode() + f"{PAYLOAD_MARK}\n".encode())
        with payload.open("rb") as data:
            shutil.copyfileobj(data, file)
    bundle.chmod(0o755)
    return bundle


def needed_packages() -> set[str]:
    """The canonical names of all that the product needs while running, told by what is installed here."""
    found: set[str] = set()
    waiting = [("tsunagaru", extra) for extra in _EXTRAS]
    seen = set(waiting)
    while waiting:
        name, extra = waiting.pop()
        for text in distribution(name).requires or ():
            requirement = Requirement(text)
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
                continue
            needed = canonicalize_name(requirement.name)
            found.add(needed)
            for step in [(needed, ""), *((needed, wanted) for wanted in requirement.extras)]:
                if step not in seen:
                    seen.add(step)
                    waiting.append(step)
    return found


def _blocks(lock: Path, names: set[str]) -> Iterable[str]:
    """The lock's lines about the named packages."""
    wanted = False
    for line in lock.read_text(encoding="utf-8").splitlines(keepends=True):
        if not line.startswith((" ", "#")):
            wanted = canonicalize_name(line.partition("==")[0].partition("[")[0]) in names
        if wanted:
            yield line


def _hashed(wheels: Iterable[Path]) -> Iterable[str]:
    for wheel in wheels:
        name, release, _, _ = parse_wheel_filename(wheel.name)
        yield f"{name}=={release} --hash=sha256:{_sha256(wheel)}\n"


def _anonymous(info: tarfile.TarInfo) -> tarfile.TarInfo:
    """No trace of who built it and when."""
    info.uid = info.gid = info.mtime = 0
    info.uname = info.gname = ""
    return info


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pip(*words: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *words]
    subprocess.run(command, check=True)


def main() -> None:
    source = Path(__file__).resolve().parent.parent
    bundle = build_bundle(source, source / "dist")
    print(f"{bundle.relative_to(source)}  {bundle.stat().st_size / 1_000_000:.0f} MB  version {version('tsunagaru')}")


if __name__ == "__main__":
    main()
