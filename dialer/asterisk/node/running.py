"""Start and stop one Asterisk in a root folder that `.ci/asterisk-root` built. Needs root, for chroot alone."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path, PurePosixPath

from dialer.asterisk.node.configuration import write_configuration, write_operators
from dialer.asterisk.node.memory import prepare_memory
from dialer.asterisk.node.node import MEMORY_FOLDER, RECORDINGS, Certificate, Node
from dialer.asterisk.node.prompts import SPEAK, Wording, write_prompts

_EDITION = ".edition"
_NODES = PurePosixPath("/srv/nodes")
_STARTS_WITHIN = 30.0
_STOPS_WITHIN = 10.0
_AS_ASTERISK = ("chroot", "--userspec=asterisk:asterisk")
_NOT_WAITING_FOR_THE_DISK = ("env", "LD_PRELOAD=libeatmydata.so")
"""What a node knows of calls outlives its process all the same; after a power cut the last seconds of it may be missing
(https://www.flamingspork.com/projects/libeatmydata/). A call's end never waits for a busy disk."""
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


class AsteriskNotStarted(Exception):
    """Asterisk did not come up; the message says what it told."""


def default_root() -> Path:
    """Where `.ci/asterisk-root` builds by default."""
    told = os.environ.get("ASTERISK_ROOT")
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(told) if told else Path(cache) / "tsunagaru" / "asterisk-22"


def why_not(root: Path) -> str | None:
    """Why no Asterisk can be started from this root folder here, with what to do; None if it can."""
    if not (root / _EDITION).is_file():
        return f"{root} に Asterisk がありません。root で .ci/asterisk-root を実行してください。"
    if os.geteuid() != 0:
        return "Asterisk のフォルダーに入れるのは root だけです(chroot)。"
    return None


def why_not_listening(node: Node) -> str | None:
    """Why Asterisk could not listen on this machine where the node says, with what to do; None if it can.

    Asterisk itself comes up all the same, and nobody reaches it.
    """
    doors = (
        ("bind", socket.SOCK_DGRAM, node.bind, "sip", node.ports.sip),
        ("ami_bind", socket.SOCK_STREAM, node.ami_bind, "ami", node.ports.ami),
        ("http_bind", socket.SOCK_STREAM, node.http_bind, "http", node.ports.http),
        ("bind", socket.SOCK_STREAM, node.bind, "https", node.ports.https or 0),
    )
    for item, kind, address, name, port in doors:
        if _trouble(kind, address, 0) is not None:
            return (
                f"{item} の {address} は、この機械のアドレスではありません。"
                f"設定ファイルの {item} をこの機械のアドレス(「ip -brief address」で分かります)に直してください。"
            )
        if (trouble := _trouble(kind, address, port)) is not None:
            return (
                f"{name} のポート {address}:{port} を使えません({trouble})。"
                f"使っているプログラムを止めるか、設定ファイルの [ports] の {name} を変えてください。"
            )
    return None


def _trouble(kind: socket.SocketKind, address: str, port: int) -> str | None:
    family = socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET
    with socket.socket(family, kind) as door:
        if kind is socket.SOCK_STREAM:
            # A connection that ended a moment ago does not hold its port.
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((address, port))
            if kind is socket.SOCK_STREAM:
                door.listen()
        except OSError as error:
            return error.strerror or str(error)
    return None


def new_secret() -> str:
    """A secret for AMI or a line: drawn at start, kept in files of mode 0600 and nowhere else."""
    return secrets.token_urlsafe(24)


def home_of(name: str) -> PurePosixPath:
    """The `home` of a node of this name in a root folder."""
    return _NODES / name


@dataclass(slots=True)
class RunningNode:
    """An Asterisk that is up. `stop` ends it and takes its files, secrets included, away; recordings nobody sealed stay."""

    node: Node
    root: Path
    process: subprocess.Popen[bytes]

    @property
    def folder(self) -> Path:
        """The node's files as this machine sees them."""
        return _outside(self.root, self.node.home)

    @property
    def pid(self) -> int:
        return self.process.pid

    def console(self, command: str) -> str:
        """What Asterisk's console answers."""
        return _console(self.root, self.node, command).stdout

    def reload_operators(self, node: Node) -> None:
        """Take over the operators' lines of `node`; calls go on."""
        write_operators(self.folder, node)
        _give_to_asterisk(self.root, self.folder)
        self.console("module reload res_pjsip.so")
        self.node = node

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End it with every call it has. What it knows of calls waits for its next start, recordings that were not sealed yet
        for whoever seals them; of its folder nothing else is left.
        """
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(_STOPS_WITHIN)
            except subprocess.TimeoutExpired:
                self.kill()
        _clear(self.folder)

    def discard(self) -> None:
        """End it for good: nobody will ask what it knew of calls."""
        self.stop()
        forget_node(self.root, self.node.name)


def start_node(
    root: Path,
    node: Node,
    wording: Wording,
    recorded: Path | None = None,
    certificate: Certificate | None = None,
    *,
    through: Sequence[str] = (),
) -> RunningNode:
    """Write the node's files, make what it says, start it, and return once calls can be placed.

    `node.home` must be `home_of(node.name)`. `certificate`: files of this machine, which Asterisk cannot see; it is given
    copies, which go with the node. `through`: a command that gives way to the one behind it, for a node in a place of its own
    (`nsenter`). What a node of this name knew of calls when it ended, it knows again. Raises AsteriskNotStarted, and OSError for a certificate that cannot be read.
    """
    hindrance = why_not(root)
    if hindrance:
        raise AsteriskNotStarted(hindrance)
    folder = _outside(root, node.home)
    _clear(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    if certificate is not None:
        node = replace(node, certificate=_lent(certificate, folder, node.home))
    configuration = write_configuration(folder, node)
    prepare_memory(folder / MEMORY_FOLDER)
    speak_prompts(root, folder / "sounds", wording, recorded)
    _give_to_asterisk(root, folder)
    # Not as root: `--userspec` drops every right before Asterisk's first instruction; its own id is the child's.
    with (folder / "log" / "start").open("wb") as told:
        process = subprocess.Popen(
            [
                *through,
                *_AS_ASTERISK,
                root,
                *_NOT_WAITING_FOR_THE_DISK,
                "asterisk",
                "-f",
                "-C",
                _inside(root, configuration),
            ],
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=subprocess.STDOUT,
            env=_ENVIRONMENT | {"HOME": str(node.home)},
            cwd="/",
            # A recording may be written into a folder anybody may look into, as a fresh tmpfs is.
            umask=0o077,
        )
    running = RunningNode(node, root, process)
    try:
        _until(lambda: _is_up(running), process)
    except AsteriskNotStarted as failure:
        said = (folder / "log" / "start").read_text(errors="replace")[-2000:]
        running.stop()
        raise AsteriskNotStarted(f"{failure}: {said}") from None
    except BaseException:
        running.stop()
        raise
    return running


def forget_node(root: Path, name: str) -> None:
    """Take away what a node of this name, that is down, knew of calls."""
    folder = _outside(root, home_of(name))
    shutil.rmtree(folder / MEMORY_FOLDER, ignore_errors=True)
    with suppress(OSError):
        folder.rmdir()


def speak_prompts(root: Path, sounds: Path, wording: Wording, recorded: Path | None = None) -> None:
    """Make the prompts of a folder with the root folder's voice; the same words are spoken once per root folder."""
    kept = _outside(root, PurePosixPath("/srv/prompts"))
    write_prompts(sounds, wording, recorded)
    for text in sounds.glob("*.txt"):
        spoken = kept / _filed_under(text)
        spoken.mkdir(parents=True, exist_ok=True)
        # Without this mark the sound is a tone: made where there was no voice, and spoken once there is one.
        if not (spoken / f".{text.stem}.spoken").is_file():
            shutil.copyfile(text, spoken / text.name)
            subprocess.run(
                ["chroot", root, "sh", "-c", SPEAK.read_text(encoding="utf-8"), SPEAK.name, _inside(root, spoken)],
                check=True,
                env=_ENVIRONMENT,
                cwd="/",
            )
        shutil.copyfile(spoken / f"{text.stem}.wav", sounds / f"{text.stem}.wav")


def _clear(folder: Path) -> None:
    """Take away what a node left, secrets included, but for its memory of calls and recordings of its last moments."""
    for left in folder.iterdir() if folder.is_dir() else ():
        if left.is_dir() and not left.is_symlink():
            if left.name not in (RECORDINGS, MEMORY_FOLDER) or not any(left.iterdir()):
                shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()


def _lent(certificate: Certificate, folder: Path, home: PurePosixPath) -> Certificate:
    lent = folder / "certificate"
    lent.mkdir(mode=0o700)
    for name, file in (("chain.pem", certificate.chain), ("key.pem", certificate.key)):
        (lent / name).touch(mode=0o600)
        (lent / name).write_bytes(Path(file).read_bytes())
    return Certificate(home / "certificate" / "chain.pem", home / "certificate" / "key.pem")


def _filed_under(text: Path) -> str:
    return hashlib.sha256(text.read_bytes() + SPEAK.read_bytes()).hexdigest()[:16]


def _is_up(running: RunningNode) -> bool:
    try:
        with socket.create_connection((running.node.ami_bind, running.node.ports.ami), timeout=1):
            pass
    except OSError:
        return False
    return "fully booted" in _console(running.root, running.node, "core waitfullybooted").stdout.lower()


def _until(happened: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _STARTS_WITHIN
    while not happened():
        if process.poll() is not None:
            raise AsteriskNotStarted(f"Asterisk が終わりました(コード {process.returncode})")
        if time.monotonic() > deadline:
            raise AsteriskNotStarted(f"Asterisk が {_STARTS_WITHIN:.0f} 秒たっても動きません")
        time.sleep(0.05)


def _console(root: Path, node: Node, command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["chroot", root, "asterisk", "-C", f"{node.home}/etc/asterisk.conf", "-rx", command],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=_STARTS_WITHIN,
        cwd="/",
    )


def _give_to_asterisk(root: Path, folder: Path) -> None:
    subprocess.run(["chroot", root, "chown", "-R", "asterisk:asterisk", _inside(root, folder)], check=True, cwd="/")


def _outside(root: Path, inside: PurePosixPath) -> Path:
    return root / inside.relative_to("/")


def _inside(root: Path, outside: Path) -> str:
    return f"/{outside.relative_to(root)}"
